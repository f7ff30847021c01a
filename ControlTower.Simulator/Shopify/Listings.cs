using System.Globalization;
using System.Text.Json;
using ControlTower.Simulator.Ledger;
using ControlTower.Simulator.Traffic;

namespace ControlTower.Simulator.Shopify;

/// <summary>What a shop shows of a variant.</summary>
/// <param name="CompareAt">The price that it is said to be reduced from.</param>
public sealed record Listing(long Variant, decimal Price, string? Barcode, string Sku, bool Active, DateTimeOffset UpdatedAt, decimal? CompareAt = null);

/// <summary>The listings of one shop: the brand's range as it was first put up, and what was changed since. Called under the shop's lock.</summary>
public sealed class Listings(Market market)
{
    private static readonly DateTimeOffset Listed = new(2026, 1, 5, 9, 0, 0, TimeSpan.Zero);

    private readonly Dictionary<long, Listing> changed = [];

    public Listing Of(Article article) => changed.GetValueOrDefault(Ids.Variant(market, article))
        ?? new Listing(Ids.Variant(market, article), Traffic.Range.Price(article.Style, market.Currency), article.Gtin, article.Sku, true, Listed);

    /// <summary>When anything of a product last changed.</summary>
    public DateTimeOffset ChangedAt(Article article) => Traffic.Range.Of(market.Brand).Where(a => a.StyleOrdinal == article.StyleOrdinal).Max(a => Of(a).UpdatedAt);

    public Listing Change(ShopChange change, Article article, Func<Listing, Listing> how, DateTimeOffset now)
    {
        var next = how(Of(article)) with { UpdatedAt = now };
        changed[next.Variant] = next;
        change.Puts.Add(EffectBook.Put("listings", next.Variant.ToString(CultureInfo.InvariantCulture), next));
        return next;
    }

    public void Restore(Put put)
    {
        if (put.Value?.Deserialize<Listing>(Journal.Json) is { } listing) changed[listing.Variant] = listing;
    }
}
