using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.Shopify;

/// <summary>Readings that both shapes of a document share; each throws <see cref="UnusableException"/> that names the field.</summary>
internal static class Need
{
    public static T Value<T>(T? value, string field)
        where T : struct
        => value ?? throw new UnusableException(field, "This is missing.");

    public static string Currency(string? code, string field)
        => Currencies.IsCode(code) ? code! : throw new UnusableException(field, "This is no ISO 4217 code.");

    // Shopify's own ceiling for a price is far lower; beyond this the sums of an order could overflow.
    public static decimal Amount(decimal? amount, string field) => amount switch
    {
        null => throw new UnusableException(field, "The amount is missing."),
        < -1_000_000_000_000m or > 1_000_000_000_000m => throw new UnusableException(field, "The amount is out of range."),
        _ => amount.Value,
    };

    public static int Quantity(int? quantity, string field)
        => quantity is >= 0 and <= 1_000_000 ? quantity.Value : throw new UnusableException(field, "The quantity is missing or out of range.");

    public static string? Name(string? whole, string? first, string? last)
        => VendorText.Plain(whole, 200) ?? VendorText.Plain($"{first} {last}", 200);

    public static PostalAddress Address(string? name, string? line1, string? line2, string? city, string? province, string? code, string? country) => new(
        name, VendorText.Plain(line1, 200), VendorText.Plain(line2, 200), VendorText.Plain(city, 100), VendorText.Plain(province, 60), VendorText.Plain(code, 40), VendorText.Plain(country, 2));

    /// <summary>By lower-case name; the first of a name counts.</summary>
    public static IReadOnlyDictionary<string, string> Attributes(IEnumerable<(string? Name, string? Value)> pairs)
    {
        var attributes = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in pairs)
        {
            if (VendorText.Plain(name, 100) is { } key && VendorText.Plain(value, 200) is { } text)
            {
                attributes.TryAdd(key.ToLowerInvariant(), text);
            }
        }

        return attributes;
    }

    public static Tracking? Tracking(string? company, string? number, string? url)
    {
        var tracking = new Tracking(VendorText.Plain(company, 100), VendorText.Plain(number, 100), VendorText.Plain(url, 500));
        return tracking is { Carrier: null, Number: null, Url: null } ? null : tracking;
    }

    public static IReadOnlyList<ShipmentLine> Shipped(IEnumerable<(string? Sku, int Quantity)> lines) =>
    [
        .. lines.Where(l => l.Quantity > 0)
            .GroupBy(l => VendorText.Plain(l.Sku, 100) ?? "", StringComparer.Ordinal)
            .OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => new ShipmentLine(g.Key, g.Sum(l => l.Quantity))),
    ];
}
