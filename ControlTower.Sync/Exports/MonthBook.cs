using System.Globalization;
using System.Runtime.CompilerServices;
using ControlTower.Data.Exports;
using ControlTower.Data.Reconciliation;

namespace ControlTower.Sync.Exports;

/// <summary>A month of a set of books as one workbook: what it comes to, what was matched, what was not, what people decided, and every line. Rows are of now; the summary of a signed month is as it was signed.</summary>
public sealed class MonthBook(ReconExports rows) : IExportBook
{
    public const string Name = "month";

    private static readonly ExportColumn[] Summary =
    [
        new("Comparison", 14), new("Source", 22), new("Currency", 9), new("Groups", 10), new("Matched by rules", 16), new("First side", 16), new("Other side", 16), new("Explained", 14), new("Tolerated", 14), new("Unexplained", 14),
        new("of it gross", 14), new("Open", 8), new("Value-days", 14), new("Month is", 10), new("Signed by", 20), new("Signed at", 20),
    ];

    private static readonly ExportColumn[] Matched =
    [
        new("Comparison", 14), new("Document", 20), new("Business day", 12), new("System", 22), new("First lines", 10), new("First side", 16), new("Other lines", 10), new("Other side", 16), new("Currency", 9), new("Linked by", 20), new("Group", 30),
    ];

    public string Kind => Name;

    public string Act => "finance:break:export";

    public string Rows => "rows";

    public string File => "reconciliation-month";

    public static ExportAsked Ask(MonthFilter month, string what) => new(Name, ExportFormat.Xlsx, ReconExports.Write(month), what);

    /// <summary>Of its lines: most rows of the other sheets stand for some of them.</summary>
    public Task<long> CountAsync(string filter, CancellationToken cancel) => rows.CountLinesAsync(ReconExports.ReadMonth(filter), cancel);

    public IReadOnlyList<ExportSheet> Sheets(string filter, CancellationToken cancel)
    {
        var month = ReconExports.ReadMonth(filter);
        return
        [
            new("Summary", Summary, SummaryAsync(month, cancel)), new("Matched", Matched, MatchedAsync(month, cancel)), new("Breaks", BreaksExport.Head, BreaksAsync(month, cancel)),
            new("Adjustments", DecisionsExport.Head, DecisionsAsync(month, cancel)), EvidenceExport.Sheet(rows, month, cancel),
        ];
    }

    private async IAsyncEnumerable<object?[]> SummaryAsync(MonthFilter month, [EnumeratorCancellation] CancellationToken cancel)
    {
        var (state, by, at, figures) = await rows.FiguresAsync(month, cancel);
        foreach (var f in figures)
        {
            yield return [f.Comparison, f.Source, f.Currency, f.Groups, f.Matched, f.First, f.Other, f.Adjusted, f.Tolerated, f.Unexplained, f.Gross, f.Open, f.ValueDays, state, by, at];
        }
    }

    private async IAsyncEnumerable<object?[]> MatchedAsync(MonthFilter month, [EnumeratorCancellation] CancellationToken cancel)
    {
        await foreach (var page in rows.LinesAsync(month, ExportFile.Slice, cancel))
        {
            foreach (var m in await rows.MatchedAsync(page, cancel))
            {
                yield return [m.Comparison, m.Document, m.Day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), m.System, m.FirstLines, m.First, m.OtherLines, m.Other, m.Currency, m.By, m.Group];
            }
        }
    }

    private async IAsyncEnumerable<object?[]> BreaksAsync(MonthFilter month, [EnumeratorCancellation] CancellationToken cancel)
    {
        for (var page = await rows.ItemsAsync(month, 0, ExportFile.Slice, cancel); page.Count > 0; page = await rows.ItemsAsync(month, page[^1], ExportFile.Slice, cancel))
        {
            foreach (var item in await rows.ItemsAsync(page, cancel))
            {
                yield return BreaksExport.Cells(item);
            }
        }
    }

    private async IAsyncEnumerable<object?[]> DecisionsAsync(MonthFilter month, [EnumeratorCancellation] CancellationToken cancel)
    {
        foreach (var page in (await rows.DecidedAsync(month, ExportDesk.Most, cancel)).Chunk(ExportFile.Slice))
        {
            foreach (var decided in await rows.DecidedAsync(page, cancel))
            {
                yield return DecisionsExport.Cells(decided);
            }
        }
    }
}
