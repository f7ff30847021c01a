using System.Text.Json;
using ControlTower.Data.Db;
using ControlTower.Data.Exports;
using ControlTower.Data.Triage;
using ControlTower.Sync.Triage.Mappings;

namespace ControlTower.Sync.Exports;

/// <summary>Mappings in force, exactly those of the filter, in columns that the list can be brought in with again.</summary>
public sealed class MappingsExport(TowerDataSources data) : IExportTable
{
    public const string Name = "mappings";

    public string Kind => Name;

    public string Act => "exceptions:mapping:export";

    public string Rows => "mappings";

    public string File => "mappings";

    public IReadOnlyList<ExportColumn> Columns { get; } = [.. MappingList.Columns.Select(title => new ExportColumn(title, 24)), new("Since", 20), new("By", 20), new("Why", 40)];

    /// <param name="what">The address of the list, for people and the trail.</param>
    public static ExportAsked Ask(MappingFilter filter, ExportFormat format, string what) => new(Name, format, JsonSerializer.Serialize(filter), what);

    public async Task<long> CountAsync(string filter, CancellationToken cancel) => (await MappingStore.CountsAsync(data.Read, Read(filter), cancel)).Values.Sum();

    public async Task<IReadOnlyList<long>> KeysAsync(string filter, int most, CancellationToken cancel) => [.. (await MappingStore.ListAsync(data.Read, Read(filter), 0, most, cancel)).Select(row => row.Id)];

    public async Task<IReadOnlyList<object?[]>> RowsAsync(IReadOnlyList<long> keys, CancellationToken cancel) =>
        [.. (await MappingStore.RowsAsync(data.Read, keys, cancel)).Select(row => (object?[])[row.ConnectionId, row.Kind, row.From, row.To, row.At, row.Who, row.Why])];

    private static MappingFilter Read(string filter) => JsonSerializer.Deserialize<MappingFilter>(filter)!;
}
