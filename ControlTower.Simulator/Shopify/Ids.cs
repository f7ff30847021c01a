using System.Globalization;
using ControlTower.Simulator.Traffic;

namespace ControlTower.Simulator.Shopify;

/// <summary>
/// Vendor ids of one shop, derived from ordinals so that a rerun with the same seed meets the same ids. All below 2^53:
/// large enough to break 32-bit readers, safe in JSON numbers.
/// </summary>
public static class Ids
{
    private static long Root(Market market, long kind) => kind * 1_000_000_000_000 + market.Index * 100_000_000_000L;

    public static long Shop(Market market) => 60_000_000_000 + market.Index;
    public static long Order(Market market, long ordinal) => Root(market, 5) + ordinal;
    public static long FulfillmentOrder(Market market, long ordinal) => Root(market, 6) + ordinal;
    public static long Line(Market market, long ordinal, int place) => Root(market, 12) + ordinal * 100 + place;
    public static long FulfillmentLine(Market market, long ordinal, int place) => Root(market, 13) + ordinal * 100 + place;
    public static long Shipping(Market market, long ordinal) => Root(market, 3) + ordinal;
    public static long Customer(Market market, long number) => Root(market, 7) + number;
    public static long Address(Market market, long number) => Root(market, 9) + number;
    public static long Product(Market market, Article article) => Root(market, 8) + article.StyleOrdinal;
    public static long Collection(Market market, string title) => Root(market, 41) + title.Aggregate(0L, (sum, letter) => (sum * 31 + letter) % 1_000_000_007);
    public static long Variant(Market market, Article article) => Root(market, 43) + article.Ordinal;
    public static long InventoryItem(Market market, Article article) => Root(market, 45) + article.Ordinal;
    public static long Discount(Market market, long ordinal) => Root(market, 14) + ordinal;
    public static long PriceList(Market market, long ordinal) => Root(market, 15) + ordinal;
    public static long Location(Market market, int place) => 70_000_000_000L + market.Index * 1000 + place;

    /// <summary>Payments, refunds, parcels, edits, subscriptions: numbered as they come.</summary>
    public static long Event(Market market, long ordinal) => Root(market, 21) + ordinal;

    public static string Gid(string type, long id) => string.Create(CultureInfo.InvariantCulture, $"gid://shopify/{type}/{id}");

    /// <summary>The number of a gid of this type; null when it is something else.</summary>
    public static long? Parse(string type, string? gid)
    {
        var start = $"gid://shopify/{type}/";
        return gid is not null && gid.StartsWith(start, StringComparison.Ordinal)
            && long.TryParse(gid.AsSpan(start.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;
    }
}
