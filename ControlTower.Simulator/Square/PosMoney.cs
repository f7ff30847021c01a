using System.Text.Json.Nodes;

namespace ControlTower.Simulator.Square;

internal static class PosMoney
{
    public static JsonObject Of(long minor, string currency) => new() { ["amount"] = minor, ["currency"] = currency };

    public static long Minor(this JsonNode? money) => money?["amount"]?.GetValue<long>() ?? 0;

    public static decimal Major(long minor) => minor / 100m;

    public static string Iso(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture);
}
