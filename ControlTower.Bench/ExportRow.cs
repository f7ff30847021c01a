using ControlTower.Sync.Exports;

namespace ControlTower.Bench;

/// <summary>A row of the exported list: 12 columns of texts, whole and decimal numbers and times, the same for each writer.</summary>
internal sealed record ExportRow(
    long Number, string Order, string Channel, string Store, string City, string Sku, int Pieces, decimal Net, decimal Tax, decimal Gross, DateTime PlacedAt, DateTime BookedAt)
{
    private static readonly DateTime First = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
    private static readonly string[] Cities = ["Berlin", "Kraków", "Málaga", "Århus", "Tilburg & Breda", "Göteborg"];

    public static IReadOnlyList<ExportColumn> Columns { get; } =
    [
        new(nameof(Number), 10), new(nameof(Order), 14), new(nameof(Channel), 16), new(nameof(Store), 12), new(nameof(City), 18), new(nameof(Sku), 16), new(nameof(Pieces), 8), new(nameof(Net), 12),
        new(nameof(Tax), 12), new(nameof(Gross), 12), new(nameof(PlacedAt), 20), new(nameof(BookedAt), 20),
    ];

    /// <summary>As the product's tables hand rows to its writers.</summary>
    public object?[] ToCells() => [Number, Order, Channel, Store, City, Sku, Pieces, Net, Tax, Gross, new DateTimeOffset(PlacedAt), new DateTimeOffset(BookedAt)];

    public static IEnumerable<ExportRow> Of(int rows) => Enumerable.Range(1, rows).Select(Row);

    /// <summary>What <see cref="Gross"/> of so many rows comes to.</summary>
    public static decimal GrossOf(int rows) => Enumerable.Range(1, rows).Sum(Money);

    private static ExportRow Row(int i)
    {
        var gross = Money(i);
        var tax = Math.Round(gross * 19 / 119, 2);
        return new ExportRow(
            i, $"NL-2026-{i:0000000}", i % 3 == 0 ? "shopify-eu" : "store-tills", $"ST-{i % 1000:0000}", Cities[i % Cities.Length], $"SKU-{i * 7919L % 50_000}", 1 + (i % 5), gross - tax, tax, gross,
            First.AddSeconds(i * 31L), First.AddSeconds((i * 31L) + 47));
    }

    private static decimal Money(int i) => 5 + (i * 37L % 100_000 / 100m);
}
