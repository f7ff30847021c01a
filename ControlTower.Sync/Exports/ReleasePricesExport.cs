using ControlTower.Data.Exports;
using ControlTower.Data.Promotions;

namespace ControlTower.Sync.Exports;

/// <summary>Every price of a release: what stood there before, what was intended, what was read back, and why it is not as intended.</summary>
public sealed class ReleasePricesExport(ReleaseExports rows) : IExportTable
{
    public const string Name = "release-prices";

    internal static IReadOnlyList<ExportColumn> Head { get; } =
    [
        new("SKU", 22), new("Title", 32), new("Channel", 22), new("Store", 20), new("Currency", 9), new("Stage", 7), new("State", 16), new("Revision", 9), new("Starts", 20), new("Ends", 20), new("Planned from", 14), new("Before", 14),
        new("Compare-at before", 16), new("Intended", 14), new("Compare-at intended", 16), new("Read back", 14), new("Compare-at read back", 16), new("Read back at", 20), new("First as intended", 20), new("Last proven", 20), new("Reason", 44),
        new("Changed by", 34), new("Left out by", 20), new("Left out because", 34),
    ];

    public string Kind => Name;

    public string Act => "promotions:release:export";

    public string Rows => "prices";

    public string File => "release-prices";

    public IReadOnlyList<ExportColumn> Columns => Head;

    /// <param name="what">The address of the release, for people and the trail.</param>
    public static ExportAsked Ask(long promotion, ExportFormat format, string what) => new(Name, format, ReleaseExports.Write(promotion), what);

    public Task<long> CountAsync(string filter, CancellationToken cancel) => rows.CountAsync(ReleaseExports.Read(filter), cancel);

    public async Task<IReadOnlyList<long>> KeysAsync(string filter, int most, CancellationToken cancel) => await rows.KeysAsync(ReleaseExports.Read(filter), 0, most, cancel);

    public async Task<IReadOnlyList<object?[]>> RowsAsync(IReadOnlyList<long> keys, CancellationToken cancel) => [.. (await rows.PricesAsync([.. keys], cancel)).Select(Cells)];

    internal static object?[] Cells(ReleasePriceRow p) =>
    [
        p.Sku, p.Title, p.Channel, p.Store, p.Currency, (long)p.Stage, p.State.Replace('-', ' '), (long)p.Revision, p.Starts, p.Ends, p.Base, p.Captured && p.Former is null ? "none of its own" : p.Former, p.FormerCompare, p.Price, p.Compare,
        p.Seen, p.SeenCompare, p.SeenAt, p.EffectiveAt, p.ProvenAt, p.Reason, p.ChangedBy, p.IgnoredBy, p.IgnoredWhy,
    ];
}
