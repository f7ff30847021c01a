using ControlTower.Data.Audit;
using ControlTower.Data.Triage;

namespace ControlTower.Sync.Exports;

/// <summary>
/// The cases of a filter as a file, exactly those and in the order of the desk. Read and written page by page, so that a million rows need no more memory than a thousand. No payload and
/// nobody's name or address is in it. Who took it along, what and how many rows, stands in the audit trail, also if the reader went away half way.
/// </summary>
public sealed class CaseExport(CaseQueries cases, AuditLog audit)
{
    private static readonly string[] Heads =
    [
        "Case", "About", "State", "Failure", "Code", "Cause", "Channel", "System", "Brand", "Value", "At risk", "Currency", "Attempts", "Seen", "In hands of", "Ticket", "Off the board until",
        "Opened", "Last seen", "Closed", "Closed by", "Resolution",
    ];

    /// <param name="what">The filter in words, for the trail.</param>
    public async Task WriteAsync(CaseFilter filter, string what, Actor actor, Func<string, CancellationToken, Task> write, CancellationToken cancel)
    {
        var written = 0L;
        try
        {
            await write(CsvText.Line(Heads), cancel);
            CaseCursor? after = null;
            do
            {
                var page = await cases.KeysAsync(filter, after, CaseQueries.PageSize, cancel);
                var rows = (await cases.RowsAsync(page.Ids, cancel)).ToDictionary(row => row.Id);
                foreach (var id in page.Ids)
                {
                    if (rows.TryGetValue(id, out var row))
                    {
                        await write(CsvText.Line(Cells(row)), cancel);
                        written++;
                    }
                }

                after = page.Next;
            }
            while (after is not null);
        }
        finally
        {
            await audit.AppendAsync(
                new AuditEntry(actor, "exceptions:case:export", $"{written} cases", AuditOutcome.Done, null, new Dictionary<string, string>(StringComparer.Ordinal) { ["filter"] = what }), CancellationToken.None);
        }
    }

    private static object?[] Cells(CaseRow row) =>
    [
        $"C-{row.Id}", row.Name, row.State, row.Failure, row.Code, row.Title, row.Channel, row.ConnectionName ?? row.Connection, row.Brand, row.Value?.Amount, row.AtRisk?.Amount, row.Value?.Currency,
        row.Attempts, row.Occurrences, row.Assignee?.Name, row.Ticket, row.Shelf is null ? null : (object?)row.Shelf.Until ?? "it changes", row.OpenedAt, row.LastSeenAt, row.ClosedAt, row.ClosedBy,
        row.Resolution,
    ];
}
