using System.Text.Json;
using ControlTower.Data.Exports;
using ControlTower.Data.Triage;

namespace ControlTower.Sync.Exports;

/// <summary>The cases of a filter, exactly those and in the order of the desk. No payload and nobody's name or address is in it.</summary>
public sealed class CaseExport(CaseQueries cases) : IExportTable
{
    public const string Name = "cases";

    public string Kind => Name;

    public string Act => "exceptions:case:export";

    public string Rows => "cases";

    public string File => "exceptions";

    public IReadOnlyList<ExportColumn> Columns { get; } =
    [
        new("Case", 10), new("About", 18), new("State", 10), new("Failure", 14), new("Code", 20), new("Cause", 44), new("Channel", 16), new("System", 22), new("Brand", 14), new("Store", 18), new("Value", 12),
        new("At risk", 12), new("Currency", 9), new("Attempts", 9), new("Seen", 7), new("In hands of", 20), new("Ticket", 16), new("Off the board until", 20), new("Opened", 20),
        new("Last seen", 20), new("Closed", 20), new("Closed by", 18), new("Resolution", 40),
    ];

    /// <summary>The cases of this filter as a file. What the filter depends on stays as it is now: whose cases, and until when.</summary>
    /// <param name="what">The address of the list, for people and the trail.</param>
    public static ExportAsked Ask(CaseFilter filter, ExportFormat format, string what) => new(Name, format, JsonSerializer.Serialize(filter, CaseFilterJson.Default.CaseFilter), what);

    public async Task<long> CountAsync(string filter, CancellationToken cancel) => (await cases.TotalAsync(Read(filter), cancel)).Count;

    public Task<IReadOnlyList<long>> KeysAsync(string filter, int most, CancellationToken cancel) => cases.WholeAsync(Read(filter), most, cancel);

    public async Task<IReadOnlyList<object?[]>> RowsAsync(IReadOnlyList<long> keys, CancellationToken cancel)
    {
        var rows = (await cases.RowsAsync(keys, cancel)).ToDictionary(row => row.Id);
        return [.. keys.Select(rows.GetValueOrDefault).OfType<CaseRow>().Select(Cells)];
    }

    private static CaseFilter Read(string filter) => JsonSerializer.Deserialize(filter, CaseFilterJson.Default.CaseFilter)!;

    private static object?[] Cells(CaseRow row) =>
    [
        $"C-{row.Id}", row.Name, row.State, row.Failure, row.Code, row.Title, row.Channel, row.ConnectionName ?? row.Connection, row.Brand, row.Store, row.Value?.Amount, row.AtRisk?.Amount, row.Value?.Currency,
        row.Attempts, row.Occurrences, row.Assignee?.Name, row.Ticket, row.Shelf is null ? null : (object?)row.Shelf.Until ?? "it changes", row.OpenedAt, row.LastSeenAt, row.ClosedAt, row.ClosedBy,
        row.Resolution,
    ];
}
