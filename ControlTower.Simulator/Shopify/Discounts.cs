using System.Globalization;
using System.Text.Json;
using ControlTower.Simulator.Ledger;
using ControlTower.Simulator.Traffic;

namespace ControlTower.Simulator.Shopify;

/// <summary>The discounts of one shop. Called under the shop's lock.</summary>
public sealed class Discounts(Market market)
{
    private readonly SortedDictionary<long, ShopDiscount> all = [];

    public IReadOnlyList<ShopDiscount> All => [.. all.Values];

    public long NextId => Ids.Discount(market, all.Count + 1);

    public ShopDiscount? Find(long id) => all.GetValueOrDefault(id);

    public ShopDiscount Keep(ShopChange change, ShopDiscount discount)
    {
        all[discount.Id] = discount;
        change.Puts.Add(EffectBook.Put("discounts", discount.Id.ToString(CultureInfo.InvariantCulture), discount));
        return discount;
    }

    /// <summary>What a buyer gets off a variant without doing anything for it: the discount that is best for one piece at this price. What is got beside something else is not modelled at the checkout.</summary>
    public ShopDiscount? Granted(long variant, decimal price, DateTimeOffset now) => all.Values
        .Where(d => d is { HasCode: false, IsBuySome: false } && d.Status(now) == "ACTIVE" && d.Variants.Contains(variant))
        .MaxBy(d => d.Amount ?? (price * d.Percent));

    public void Restore(Put put)
    {
        if (put.Value?.Deserialize<ShopDiscount>(Journal.Json) is { } discount) all[discount.Id] = discount;
    }
}
