using System.Text.Json;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.Stripe;

/// <summary>Stripe counts in the smallest unit of a currency, by its own table: the króna and Uganda's shilling keep two decimals there, the ariary has none.</summary>
internal static class StripeMoney
{
    // Far above any payout, far below where sums of decimals overflow.
    private const long LargestMinor = 1_000_000_000_000_000;

    public static int Decimals(string currency) => currency switch
    {
        "ISK" or "UGX" => 2,
        "MGA" => 0,
        _ => Currencies.Decimals(currency),
    };

    public static decimal Major(long minor, string currency) => Decimals(currency) switch { 0 => minor, 3 => minor / 1000m, 4 => minor / 10000m, _ => minor / 100m };

    /// <exception cref="StripeFault">There is no currency under this name.</exception>
    public static string Currency(JsonElement of, string name = "currency")
        => of.Text(name)?.ToUpperInvariant() is { } code && Currencies.IsCode(code) ? code : throw new StripeFault($"{name} is no ISO 4217 code");

    /// <exception cref="StripeFault">There is no whole number of minor units under this name.</exception>
    public static decimal Amount(JsonElement of, string name, string currency) =>
        of.At(name) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out var minor) && minor is >= -LargestMinor and <= LargestMinor
            ? Major(minor, currency)
            : throw new StripeFault($"{name} is no whole number of minor units");

    /// <exception cref="StripeFault">There is no time under this name.</exception>
    public static DateTimeOffset When(JsonElement of, string name) =>
        of.At(name) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out var seconds) && seconds is >= 0 and <= 253_402_300_799L
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : throw new StripeFault($"{name} is no time");

    /// <summary>The id of what a member names, whether it was expanded or not.</summary>
    public static string? IdOf(JsonElement of, params ReadOnlySpan<string> path)
        => (of.Text(path) ?? of.At(path)?.Text("id")) is { } id && StripeId.IsOne(id) ? id : null;

    /// <exception cref="StripeFault">It has no id.</exception>
    public static string Id(JsonElement of) => IdOf(of, "id") ?? throw new StripeFault("the id is missing");
}
