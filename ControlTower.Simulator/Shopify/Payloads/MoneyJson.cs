using System.Globalization;
using System.Text.Json.Nodes;
using ControlTower.Simulator.Traffic;

namespace ControlTower.Simulator.Shopify.Payloads;

/// <summary>How webhook bodies write money, times and their pairs of shop and presentment money.</summary>
internal static class MoneyJson
{
    public static string Text(Market market, decimal amount) => amount.ToString(market.Decimals == 0 ? "0" : "0.00", CultureInfo.InvariantCulture);

    public static JsonObject Set(Market market, decimal amount) => new()
    {
        ["shop_money"] = Pair(market, amount),
        ["presentment_money"] = Pair(market, amount),
    };

    private static JsonObject Pair(Market market, decimal amount) => new() { ["amount"] = Text(market, amount), ["currency_code"] = market.Currency };

    /// <summary>Older bodies name the currency member differently.</summary>
    public static JsonObject UnsettledSet(Market market, decimal amount) => new()
    {
        ["presentment_money"] = new JsonObject { ["amount"] = Text(market, amount), ["currency"] = market.Currency },
        ["shop_money"] = new JsonObject { ["amount"] = Text(market, amount), ["currency"] = market.Currency },
    };

    /// <summary>Local time of the shop with its offset, whole seconds.</summary>
    public static string Time(Market market, DateTimeOffset at) =>
        TimeZoneInfo.ConvertTime(at, TimeZoneInfo.FindSystemTimeZoneById(market.TimeZone)).ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture);

    public static JsonNode? Time(Market market, DateTimeOffset? at) => at is { } time ? Time(market, time) : null;

    public static JsonArray TaxLines(Market market, IEnumerable<TaxLine> taxes) => new(taxes.Select(t => (JsonNode)new JsonObject
    {
        ["channel_liable"] = false,
        ["price"] = Text(market, t.Price),
        ["price_set"] = Set(market, t.Price),
        ["rate"] = t.Rate,
        ["title"] = t.Title,
    }).ToArray());

    public static JsonArray Allocations(Market market, IEnumerable<Allocation> allocations) => new(allocations.Select(a => (JsonNode)new JsonObject
    {
        ["amount"] = Text(market, a.Amount),
        ["amount_set"] = Set(market, a.Amount),
        ["discount_application_index"] = a.Index,
    }).ToArray());
}
