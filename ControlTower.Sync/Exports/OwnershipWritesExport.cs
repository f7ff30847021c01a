using ControlTower.Data.Exports;
using ControlTower.Data.Ownership;
using ControlTower.Sync.Connections;

namespace ControlTower.Sync.Exports;

/// <summary>Writes by others than the owner, exactly those of the filter, the newest first.</summary>
public sealed class OwnershipWritesExport(OwnershipReads reads, ConnectionDirectory connections) : IExportTable
{
    public const string Name = "ownership-writes";

    public string Kind => Name;

    public string Act => "ownership:write:export";

    public string Rows => "writes";

    public string File => "ownership-writes";

    public IReadOnlyList<ExportColumn> Columns { get; } =
    [
        new("Write", 12), new("At", 20), new("Source", 24), new("Domain", 18), new("Field", 18), new("About", 24), new("Brand", 14), new("Region", 10), new("Channel", 24), new("Store", 14), new("Old", 24), new("New", 24),
        new("Owner's word", 24), new("Verdict", 12), new("By change", 10), new("Settled", 20), new("Settled as", 10), new("Settled by", 20), new("Why", 40),
    ];

    /// <param name="what">The address of the list, for people and the trail.</param>
    public static ExportAsked Ask(OwnershipWriteFilter filter, ExportFormat format, string what) => new(Name, format, OwnershipReads.Write(filter), what);

    public Task<long> CountAsync(string filter, CancellationToken cancel) => reads.CountAsync(OwnershipReads.Read(filter), cancel);

    public async Task<IReadOnlyList<long>> KeysAsync(string filter, int most, CancellationToken cancel) => await reads.KeysAsync(OwnershipReads.Read(filter), most, cancel);

    public async Task<IReadOnlyList<object?[]>> RowsAsync(IReadOnlyList<long> keys, CancellationToken cancel) => [.. (await reads.RowsAsync(keys, cancel)).Select(Cells)];

    private object?[] Cells(OwnershipWrite w) =>
    [
        w.Id, w.At, Of(w.Where.Source), OwnershipDomains.Find(w.Where.Domain)?.Words ?? w.Where.Domain, OwnershipDomains.Find(w.Where.Domain, w.Where.Field)?.Words ?? w.Where.Field, w.Subject, w.Where.Brand, w.Where.Region,
        Of(w.Where.Channel), w.Where.Store, w.Old, w.New, w.OwnerValue, w.Verdict, (long)w.SetNumber, w.SettledAt, w.SettledAs, w.SettledBy, w.SettledWhy,
    ];

    private string Of(string source) => connections.Find(source)?.Name ?? source;
}
