using System.Collections.Frozen;

namespace ControlTower.Data.Canonical;

/// <summary>Decimals of ISO 4217 currencies. Codes outside the exceptions have two.</summary>
public static class Currencies
{
    // Source: ISO 4217 amendment list, minor unit column.
    private static readonly FrozenDictionary<string, int> Exceptions = new Dictionary<string, int>(StringComparer.Ordinal)
    {
        ["BIF"] = 0, ["CLP"] = 0, ["DJF"] = 0, ["GNF"] = 0, ["ISK"] = 0, ["JPY"] = 0, ["KMF"] = 0, ["KRW"] = 0, ["PYG"] = 0, ["RWF"] = 0, ["UGX"] = 0,
        ["UYI"] = 0, ["VND"] = 0, ["VUV"] = 0, ["XAF"] = 0, ["XOF"] = 0, ["XPF"] = 0,
        ["BHD"] = 3, ["IQD"] = 3, ["JOD"] = 3, ["KWD"] = 3, ["LYD"] = 3, ["OMR"] = 3, ["TND"] = 3,
        ["CLF"] = 4, ["UYW"] = 4,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static int Decimals(string currency) => Exceptions.GetValueOrDefault(currency, 2);

    /// <summary>True for three upper-case ASCII letters, the form of every ISO 4217 code.</summary>
    public static bool IsCode(string? currency) => currency is { Length: 3 } && currency.All(char.IsAsciiLetterUpper);

    /// <summary>The amount in the currency's smallest unit, for vendors that speak minor units.</summary>
    public static long ToMinor(decimal amount, string currency)
    {
        var scale = Scale(currency);
        var minor = amount * scale;
        return minor == decimal.Truncate(minor)
            ? (long)minor
            : throw new ArgumentException($"{amount} has more decimals than {currency} allows.", nameof(amount));
    }

    public static decimal FromMinor(long minor, string currency) => minor / Scale(currency);

    private static decimal Scale(string currency) => Decimals(currency) switch { 0 => 1m, 2 => 100m, 3 => 1_000m, _ => 10_000m };
}
