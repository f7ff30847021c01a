using ControlTower.Data.Accounts;
using ControlTower.Data.Audit;
using ControlTower.Data.Operations;
using ControlTower.Web.Shared;
using Microsoft.Extensions.Logging;

namespace ControlTower.Web.Pages.Admin;

/// <summary>The audit trail without the markup: one page of it, how much fits, who and what there is to choose from, and what the last check of the data said of the chain.</summary>
public sealed class AuditModel(AuditQueries audit, AccountStore accounts, IntegrityStore integrity, TimeProvider clock, ILogger<AuditModel> log) : IDisposable
{
    /// <summary>Entries of one page.</summary>
    public const int PageLength = 100;

    private CancellationTokenSource current = new();
    private bool more;

    public PanelGuard Panel { get; } = new("The audit trail", clock, log);

    public IReadOnlyList<AuditRow> Rows { get; private set; } = [];

    /// <summary>Entries of the filter, on all pages.</summary>
    public long Count { get; private set; }

    /// <summary>Entries outside an empty filter.</summary>
    public long? Everything { get; private set; }

    /// <summary>The newest entry there was when the page was opened.</summary>
    public long Newest { get; private set; }

    public IReadOnlyList<Account> People { get; private set; } = [];

    public IReadOnlyList<string> Acts { get; private set; } = [];

    public IntegrityRun? Checked { get; private set; }

    /// <summary>Where the next page begins; null at the end.</summary>
    public long? Next => more ? Rows[^1].Seq : null;

    /// <summary>Opens a page anew; one that is still being opened is given up.</summary>
    public async Task OpenAsync(AuditQuery query, TimeZoneInfo zone)
    {
        // Not waited for: until the database has given up the old one, another may be opened.
        _ = current.CancelAsync();
        current = new CancellationTokenSource();
        var cancel = current.Token;
        await Panel.AskAsync(async () =>
        {
            // Before the rows: what is appended between the two is on the page and not in the file, never the other way round.
            var newest = await audit.NewestAsync(cancel);
            var filter = query.Filter(zone);
            var rows = await audit.PageAsync(filter, query.Before, PageLength + 1, cancel);
            var count = await audit.CountAsync(filter with { UpTo = newest }, cancel);
            var everything = rows.Count == 0 && query.IsNarrowed ? await audit.CountAsync(new AuditFilter(), cancel) : (long?)null;
            var (people, acts, run) = (await accounts.ListAsync(cancel), await audit.ActsAsync(cancel), (await integrity.ReadAsync(cancel)).Last);
            cancel.ThrowIfCancellationRequested();
            (Rows, more, Count, Everything, Newest, People, Acts, Checked) = ([.. rows.Take(PageLength)], rows.Count > PageLength, count, everything, newest, people, acts, run);
        });
    }

    /// <summary>The person's name; the id where nobody has it.</summary>
    public string NameOf(string id) => People.FirstOrDefault(person => person.Id.ToString() == id)?.Name ?? id;

    public void Dispose()
    {
        current.Cancel();
        current.Dispose();
    }
}
