using System.Runtime.CompilerServices;
using ControlTower.Data.Exports;
using ControlTower.Data.Reconciliation;

namespace ControlTower.Sync.Exports;

/// <summary>The items of a backlog, exactly those of the filter and in its order.</summary>
public sealed class BreaksExport(ReconQueries queries, ReconExports rows) : IExportTable
{
    public const string Name = "breaks";

    public string Kind => Name;

    public string Act => "finance:break:export";

    public string Rows => "items";

    public string File => "reconciliation";

    public IReadOnlyList<ExportColumn> Columns => Head;

    internal static IReadOnlyList<ExportColumn> Head { get; } =
    [
        new("Item", 10), new("Document", 18), new("Comparison", 14), new("Break", 18), new("State", 10), new("System", 22), new("Books", 16), new("Store", 12), new("Brand", 14), new("First side", 14), new("Other side", 14),
        new("Adjusted", 12), new("Difference", 12), new("Value", 12), new("Currency", 9), new("Oldest line", 20), new("Due", 20), new("Days late", 10), new("Match %", 9), new("Owner", 20), new("Resolve by", 20),
    ];

    /// <param name="what">The address of the list, for people and the trail.</param>
    public static ExportAsked Ask(ReconFilter filter, ExportFormat format, string what) => new(Name, format, ReconExports.Write(filter), what);

    public async Task<long> CountAsync(string filter, CancellationToken cancel) => (await queries.CountAsync(ReconExports.ReadItems(filter), cancel)).Count;

    public async Task<IReadOnlyList<long>> KeysAsync(string filter, int most, CancellationToken cancel) => await rows.ItemsAsync(ReconExports.ReadItems(filter), most, cancel);

    public async Task<IReadOnlyList<object?[]>> RowsAsync(IReadOnlyList<long> keys, CancellationToken cancel) => [.. (await rows.ItemsAsync(keys, cancel)).Select(Cells)];

    internal static object?[] Cells(ReconItemRow i) =>
    [
        $"B-{i.Id}", i.Document, i.Comparison, i.Kind, i.State, i.SourceName ?? i.Source, i.Books, i.Store, i.Brand, i.FirstAmount, i.OtherAmount, i.Adjusted, i.Difference, i.Value, i.Currency, i.FirstAt, i.DueAt, (long)i.DaysLate,
        (long?)i.Score, i.Owner ?? i.Team, i.ResolveBy,
    ];
}

/// <summary>Every line of a month of a set of books, on every side, with what it is matched with: the evidence of a closed month.</summary>
public sealed class EvidenceExport(ReconExports rows) : IExportBook
{
    public const string Name = "evidence";

    public string Kind => Name;

    public string Act => "finance:break:export";

    public string Rows => "lines";

    public string File => "reconciliation-lines";

    internal static IReadOnlyList<ExportColumn> Columns { get; } =
    [
        new("Line", 12), new("System", 22), new("Kind", 14), new("Status", 10), new("Document", 20), new("Business day", 12), new("At", 20), new("Amount", 14), new("Currency", 9), new("Shown amount", 14), new("Shown currency", 9),
        new("Fee", 10), new("Tax", 10), new("Payout", 20), new("Method", 14), new("Account", 12), new("Store", 12), new("References", 40), new("Words", 40), new("Stands", 30), new("Groups", 30),
    ];

    public static ExportAsked Ask(MonthFilter month, ExportFormat format, string what) => new(Name, format, ReconExports.Write(month), what);

    public Task<long> CountAsync(string filter, CancellationToken cancel) => rows.CountLinesAsync(ReconExports.ReadMonth(filter), cancel);

    public IReadOnlyList<ExportSheet> Sheets(string filter, CancellationToken cancel) => [Sheet(rows, ReconExports.ReadMonth(filter), cancel)];

    internal static ExportSheet Sheet(ReconExports rows, MonthFilter month, CancellationToken cancel) => new("Lines", Columns, ReadAsync(rows, month, cancel));

    private static async IAsyncEnumerable<object?[]> ReadAsync(ReconExports rows, MonthFilter month, [EnumeratorCancellation] CancellationToken cancel)
    {
        await foreach (var page in rows.LinesAsync(month, ExportFile.Slice, cancel))
        {
            foreach (var line in await rows.EvidenceAsync(page, cancel))
            {
                yield return Cells(line);
            }
        }
    }

    private static object?[] Cells(EvidenceRow l) =>
    [
        $"L-{l.Id}", l.Connection, l.Kind.ToString(), l.Status.ToString(), l.Document, l.Day.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture), l.At, l.Amount, l.Currency, l.ShownAmount, l.ShownCurrency, l.Fee, l.Tax,
        l.Payout, l.Method, l.Account, l.Store, l.Refs, l.Words, l.Stands, l.Groups,
    ];
}

/// <summary>What people took upon themselves, and rules tolerated, in a month of a set of books, with what was taken back.</summary>
public sealed class DecisionsExport(ReconExports rows) : IExportTable
{
    public const string Name = "adjustments";

    public string Kind => Name;

    public string Act => "finance:break:export";

    public string Rows => "adjustments";

    public string File => "reconciliation-adjustments";

    public IReadOnlyList<ExportColumn> Columns => Head;

    internal static IReadOnlyList<ExportColumn> Head { get; } =
    [
        new("Adjustment", 12), new("Comparison", 14), new("Document", 20), new("Amount", 14), new("Currency", 9), new("Reason", 24), new("Words", 40), new("By", 20), new("At", 20), new("Taken back", 20), new("By whom", 20), new("Why", 40),
        new("Booked as", 20),
    ];

    public static ExportAsked Ask(MonthFilter month, ExportFormat format, string what) => new(Name, format, ReconExports.Write(month), what);

    public async Task<long> CountAsync(string filter, CancellationToken cancel) => (await KeysAsync(filter, int.MaxValue, cancel)).Count;

    public async Task<IReadOnlyList<long>> KeysAsync(string filter, int most, CancellationToken cancel) => await rows.DecidedAsync(ReconExports.ReadMonth(filter), most, cancel);

    public async Task<IReadOnlyList<object?[]>> RowsAsync(IReadOnlyList<long> keys, CancellationToken cancel) => [.. (await rows.DecidedAsync(keys, cancel)).Select(Cells)];

    internal static object?[] Cells(DecidedRow a) =>
        [$"A-{a.Id}", a.Comparison, a.Document, a.Amount, a.Currency, a.Reason, a.Words, a.By, a.At, a.UndoneAt, a.UndoneBy, a.UndoneWhy, a.Booked];
}
