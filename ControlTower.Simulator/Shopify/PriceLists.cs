using System.Globalization;
using System.Text.Json;
using ControlTower.Simulator.Ledger;
using ControlTower.Simulator.Traffic;

namespace ControlTower.Simulator.Shopify;

/// <summary>A price list of a shop.</summary>
/// <param name="Off">Fraction by which its prices lie below the shop's; negative: above.</param>
/// <param name="Rate">Units of its currency for one of the shop's.</param>
public sealed record PriceList(long Id, string Name, string Currency, int Decimals, decimal Off, decimal Rate);

/// <summary>A price that is fixed on a list, over what the list reckons.</summary>
public sealed record FixedPrice(long List, long Variant, decimal Price, decimal? CompareAt);

/// <summary>The price lists of one shop, and what is fixed on them: its members', and that of a market with another currency. What a basket costs is not theirs. Called under the shop's lock.</summary>
public sealed class PriceLists(Market market)
{
    private readonly Dictionary<(long List, long Variant), FixedPrice> fixedPrices = [];

    public IReadOnlyList<PriceList> All { get; } =
    [
        new(Ids.PriceList(market, 1), $"Members {market.Region}", market.Currency, market.Decimals, 0.1m, 1m),
        market.Currency == "CHF" ? new(Ids.PriceList(market, 2), "Norway", "NOK", 2, 0m, 12m) : new(Ids.PriceList(market, 2), "Switzerland", "CHF", 2, 0m, market.Currency == "JPY" ? 0.006m : 1.1m),
    ];

    public PriceList? Find(long id) => All.FirstOrDefault(l => l.Id == id);

    public FixedPrice? Fixed(PriceList list, long variant) => fixedPrices.GetValueOrDefault((list.Id, variant));

    public int Count(PriceList list) => fixedPrices.Keys.Count(k => k.List == list.Id);

    /// <summary>What the list reckons from the shop's own price.</summary>
    public static decimal Reckoned(PriceList list, decimal own) => Math.Round(own * (1 - list.Off) * list.Rate, list.Decimals, MidpointRounding.AwayFromZero);

    public void Fix(ShopChange change, FixedPrice price)
    {
        fixedPrices[(price.List, price.Variant)] = price;
        change.Puts.Add(EffectBook.Put("fixed-prices", Key(price.List, price.Variant), price));
    }

    public void Take(ShopChange change, PriceList list, long variant)
    {
        fixedPrices.Remove((list.Id, variant));
        change.Puts.Add(EffectBook.Gone("fixed-prices", Key(list.Id, variant)));
    }

    public void Restore(Put put)
    {
        if (put.Value?.Deserialize<FixedPrice>(Journal.Json) is { } price)
        {
            fixedPrices[(price.List, price.Variant)] = price;
        }
        else if (put.Id.Split('/') is [var list, var variant])
        {
            fixedPrices.Remove((long.Parse(list, CultureInfo.InvariantCulture), long.Parse(variant, CultureInfo.InvariantCulture)));
        }
    }

    private static string Key(long list, long variant) => string.Create(CultureInfo.InvariantCulture, $"{list}/{variant}");
}
