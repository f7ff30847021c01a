using ControlTower.Data.Canonical;
using ControlTower.Data.Flows;
using ControlTower.Data.Timeline;
using ControlTower.Data.Triage;
using ControlTower.Sync.Triage;
using ControlTower.Web.Shared;
using Microsoft.Extensions.Logging;

namespace ControlTower.Web.Pages.Exceptions;

/// <summary>
/// The desk without its markup: causes, one cause's frozen list, the case in the pane, the ticks. Rows change in place and never move; new cases are counted; what was
/// closed meanwhile stays greyed until the list is opened again.
/// </summary>
public sealed class ExceptionsModel(CaseQueries cases, CaseDetailQueries details, TimeProvider clock, ILogger<ExceptionsModel> log) : IDisposable
{
    /// <summary>One act touches at most so many cases.</summary>
    public const int MostAtOnce = BatchDesk.Most;

    /// <summary>So many ticked rows are kept fresh; of more than can be seen the value is read once.</summary>
    private const int MostFresh = 1000;

    private readonly Dictionary<long, CaseRow> rows = [];
    private readonly Dictionary<long, CallBody?> bodies = [];
    private readonly List<long> ids = [];
    private CancellationTokenSource current = new();
    private CaseCursor? next;
    private long newest;
    private (int Start, int Count) window;
    private string? message;
    private long? wantedCase;
    private ExceptionsQuery? listed;
    private (Guid Me, TimeZoneInfo? Zone) reader;
    private readonly Dictionary<long, Money> atRisk = []; // Of ticked cases that are not on the screen.
    private (int Ticks, IReadOnlyList<Money> Values) ticked = (-1, []);

    public static IReadOnlyList<DeskView> Views { get; } = Enum.GetValues<DeskView>();

    public PanelGuard CausesPanel { get; } = new("The causes", clock, log);

    public PanelGuard ListPanel { get; } = new("The list of cases", clock, log);

    public PanelGuard CasePanel { get; } = new("This case", clock, log);

    public CaseFilter Filter { get; private set; } = new();

    /// <summary>Cases of each view, not narrowed.</summary>
    public IReadOnlyDictionary<DeskView, CaseCount> Counts { get; private set; } = new Dictionary<DeskView, CaseCount>();

    /// <summary>Views under a name, to be counted like the others.</summary>
    public IReadOnlyList<ExceptionsQuery> Saved { get; set; } = [];

    /// <summary>Cases of each of <see cref="Saved"/>, in their order.</summary>
    public IReadOnlyList<CaseCount> SavedCounts { get; private set; } = [];

    public IReadOnlyList<Cause> Causes { get; private set; } = [];

    public CaseTotal? Total { get; private set; }

    /// <summary>The chosen cause; null when there is none to choose, and when all are shown.</summary>
    public Cause? Cause { get; private set; }

    /// <summary>The list has the cases of all causes.</summary>
    public bool IsAll { get; private set; }

    /// <summary>Open cases that the list stands for, however many of them were read.</summary>
    public long OpenCount => IsAll ? Causes.Count < CaseQueries.CauseLimit ? Causes.Sum(cause => (long)cause.Open) : Total?.Count ?? 0 : Cause?.Open ?? Ids.Count;

    public IReadOnlyList<long> Ids => ids;

    public CaseTicks Ticks { get; } = new();

    public int NewCount { get; private set; }

    public DateTimeOffset? OpenedAt { get; private set; }

    public CaseDetail? Detail { get; private set; }

    /// <summary>True if the case in the address does not exist.</summary>
    public bool IsCaseMissing { get; private set; }

    /// <summary>Open cases outside an empty filter.</summary>
    public long? Everything { get; private set; }

    /// <summary>What the ticked cases put at risk, however they were ticked.</summary>
    public IReadOnlyList<Money> TickedValues
    {
        get
        {
            if (ticked.Ticks != Ticks.Version)
            {
                ticked = (Ticks.Version, [.. Ticks.Ids.Select(AtRisk).OfType<Money>().GroupBy(money => money.Currency, StringComparer.Ordinal)
                    .Select(group => new Money(group.Sum(money => money.Amount), group.Key)).OrderByDescending(money => money.Amount)]);
            }

            return ticked.Values;
        }
    }

    public IReadOnlyList<string> Systems { get; private set; } = [];

    /// <summary>Brands and stores to narrow by.</summary>
    public CaseChoices Choices { get; private set; } = CaseChoices.None;

    /// <summary>Opens the desk anew: causes, then the list of the chosen one. An opening still under way is given up.</summary>
    /// <param name="zone">In which days begin and end; null for UTC.</param>
    public async Task OpenAsync(ExceptionsQuery query, Guid me, TimeZoneInfo? zone = null)
    {
        // Not waited for: until the database has given up the old one, another may be opened.
        _ = current.CancelAsync();
        current = new CancellationTokenSource();
        var cancel = current.Token;
        (reader, IsAll) = ((me, zone), query.IsAll);
        // What was ticked was ticked in a list: of another one nothing is ticked yet.
        var list = query with { Cause = null };
        if (listed?.SameListAs(list) == false)
        {
            Untick();
        }

        listed = list;
        var filter = query.Filter(Reader);
        await ReadCausesAsync(filter, query.IsNarrowed, cancel);
        if (query.IsAll)
        {
            Cause = null;
            await OpenListAsync(filter, cancel);
            return;
        }

        var wanted = query.Cause ?? (query.Case is { } id ? await FingerprintOfAsync(id, cancel) : null);
        Choose(wanted);
        await OpenListAsync(filter with { Fingerprint = wanted ?? Cause?.Fingerprint }, cancel);
    }

    /// <summary>The rows of a part of the list, for the virtual table.</summary>
    public async Task<IReadOnlyList<CaseListItem>> WindowAsync(int start, int count)
    {
        var cancel = current.Token;
        await ListPanel.AskAsync(async () =>
        {
            while (next is not null && ids.Count < start + count + 100)
            {
                var page = await cases.KeysAsync(Filter, next, CaseQueries.PageSize, cancel);
                var known = ids.ToHashSet();
                ids.AddRange(page.Ids.Where(id => !known.Contains(id)));
                next = page.Next;
            }

            window = (start, count);
            await FillAsync([.. InView().Where(id => !rows.ContainsKey(id))], cancel);
        });
        return [.. InView().Select(Item)];
    }

    /// <summary>Asks again for everything in sight. The list keeps its order and its rows.</summary>
    public async Task RefreshAsync()
    {
        var cancel = current.Token;
        await ReadCausesAsync(Filter with { Fingerprint = null }, narrowed: false, cancel);
        Cause = Causes.FirstOrDefault(cause => cause.Fingerprint == Filter.Fingerprint) ?? Cause;
        await ListPanel.AskAsync(async () =>
        {
            var seen = InView().Concat(Ticks.Ids.Take(MostFresh)).Distinct().ToList();
            NewCount = await cases.NewerAsync(Filter, newest, cancel);
            await FillAsync(seen, cancel);
        });
        if (wantedCase is { } open)
        {
            await OpenCaseAsync(open);
        }
    }

    /// <summary>Shows a case in the pane; null closes it.</summary>
    public async Task OpenCaseAsync(long? id)
    {
        wantedCase = id;
        if (id is not { } wanted)
        {
            (Detail, IsCaseMissing) = (null, false);
            return;
        }

        await CasePanel.AskAsync(async () =>
        {
            var detail = await details.LoadAsync(wanted, current.Token);
            if (wantedCase != wanted)
            {
                return;
            }

            // What was erased since is not kept here either.
            if (Detail?.Row.Id != wanted || Detail.ErasedAt != detail?.ErasedAt)
            {
                bodies.Clear();
                message = null;
            }

            (Detail, IsCaseMissing) = (detail, detail is null);
            if (detail is not null)
            {
                rows[wanted] = detail.Row;
            }
        });
    }

    /// <summary>The bodies of one call of the case in the pane. Call only for a person who may read them.</summary>
    public async Task<CallBody?> BodyAsync(long callId)
    {
        if (Detail is { } open && !bodies.ContainsKey(callId))
        {
            await CasePanel.AskAsync(async () =>
            {
                var body = await details.CallBodyAsync(open.Row.Id, callId, current.Token);
                if (Detail?.Row.Id == open.Row.Id)
                {
                    bodies[callId] = body;
                }
            });
        }

        return bodies.GetValueOrDefault(callId);
    }

    /// <summary>The message that the case in the pane is about. Call only for a person who may read it.</summary>
    public async Task<string?> MessageAsync()
    {
        if (Detail is { } open && message is null)
        {
            await CasePanel.AskAsync(async () =>
            {
                // Read for one case it is not shown at another.
                var body = await details.MessageBodyAsync(open.Row.Id, current.Token);
                if (Detail?.Row.Id == open.Row.Id)
                {
                    message = body;
                }
            });
        }

        return message;
    }

    /// <summary>All cases of the list, as one act may take: the first <see cref="MostAtOnce"/>, and whether there are more.</summary>
    public async Task<(IReadOnlyList<long> Ids, bool More)> WholeListAsync()
    {
        var all = await cases.WholeAsync(Filter, MostAtOnce + 1, current.Token);
        return all.Count > MostAtOnce ? ([.. all.Take(MostAtOnce)], true) : (all, false);
    }

    /// <summary>Ticks the whole list. True if it is longer than one act may take.</summary>
    public async Task<bool> TickWholeAsync()
    {
        var (all, more) = await WholeListAsync();
        Ticks.All(all);
        await WeighAsync();
        return more;
    }

    /// <summary>Ticks everything from the row touched last to this one, read or not.</summary>
    public Task TickRangeAsync(long id)
    {
        Ticks.Range(id, Ids);
        return WeighAsync();
    }

    /// <summary>The set that a dialog shows and an act gets.</summary>
    public Task<CaseSet> FreezeAsync(IReadOnlyCollection<long> set, BatchKind kind = BatchKind.Retry) => cases.SetAsync(set, kind, current.Token);

    public CaseRow? Row(long id) => rows.GetValueOrDefault(id);

    /// <summary>These cases as they are on the screen; those that were ticked and never shown, as they are now.</summary>
    public async Task<IReadOnlyList<CaseRow>> ReadAsync(IReadOnlyCollection<long> wanted)
    {
        await FillAsync([.. wanted.Where(id => !rows.ContainsKey(id))], current.Token);
        return [.. wanted.Select(Row).OfType<CaseRow>()];
    }

    /// <summary>The case as it is now.</summary>
    public async Task<CaseRow?> ReadAgainAsync(long id)
    {
        await FillAsync([id], current.Token);
        return Row(id);
    }

    public void Dispose()
    {
        current.Cancel();
        current.Dispose();
    }

    private DeskReader Reader => new(reader.Me, clock.GetUtcNow(), reader.Zone);

    private async Task ReadCausesAsync(CaseFilter filter, bool narrowed, CancellationToken cancel) => await CausesPanel.AskAsync(async () =>
    {
        var causes = await cases.CausesAsync(filter, cancel);
        var total = await cases.TotalAsync(filter, causes, cancel);
        var counts = await cases.CountsAsync([.. Views.Select(view => ExceptionsQuery.All with { View = view }).Concat(Saved).Select(one => one.Filter(Reader))], cancel);
        var choices = await cases.ChoicesAsync(cancel);
        Everything = causes.Count == 0 && narrowed ? (await cases.TotalAsync(new CaseFilter(), cancel)).Count : null;
        cancel.ThrowIfCancellationRequested();
        (Causes, Total, Counts, SavedCounts, Choices) = (causes, total, Views.Zip(counts).ToDictionary(), [.. counts.Skip(Views.Count)], choices);
        Systems = [.. causes.Select(cause => cause.Connection).OfType<string>().Concat(Systems).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    });

    private void Choose(string? fingerprint) =>
        Cause = fingerprint is null ? Causes.Count > 0 ? Causes[0] : null : Causes.FirstOrDefault(cause => cause.Fingerprint == fingerprint);

    private async Task OpenListAsync(CaseFilter filter, CancellationToken cancel) => await ListPanel.AskAsync(async () =>
    {
        var newestNow = await cases.NewestIdAsync(cancel);
        var keys = filter.Fingerprint is null && Causes.Count == 0 ? new CaseKeys([], null) : await cases.KeysAsync(filter, null, CaseQueries.PageSize, cancel);
        cancel.ThrowIfCancellationRequested();
        if (filter.Fingerprint != Filter.Fingerprint)
        {
            Untick();
        }

        foreach (var id in Ticks.Ids)
        {
            // A tick stays when the list is read again, and so does what it is worth.
            if (AtRisk(id) is { } money)
            {
                atRisk[id] = money;
            }
        }

        ids.Clear();
        rows.Clear();
        ids.AddRange(keys.Ids);
        (Filter, next, newest, NewCount, OpenedAt) = (filter, keys.Next, newestNow, 0, clock.GetUtcNow());
    });

    private void Untick()
    {
        Ticks.Clear();
        atRisk.Clear();
    }

    private Money? AtRisk(long id) => rows.TryGetValue(id, out var row) ? row.AtRisk : atRisk.TryGetValue(id, out var money) ? money : null;

    private async Task WeighAsync()
    {
        foreach (var (id, money) in await cases.AtRiskAsync([.. Ticks.Ids.Where(id => !rows.ContainsKey(id) && !atRisk.ContainsKey(id))], current.Token))
        {
            atRisk[id] = money;
        }

        ticked = (-1, []);
    }

    private async Task<string?> FingerprintOfAsync(long id, CancellationToken cancel)
    {
        string? fingerprint = null;
        await CasePanel.AskAsync(async () => fingerprint = await cases.RowsAsync([id], cancel) is [var row, ..] ? row.Fingerprint : null);
        return fingerprint;
    }

    private List<long> InView() => ids.Skip(window.Start).Take(window.Count).ToList();

    private async Task FillAsync(IReadOnlyCollection<long> wanted, CancellationToken cancel)
    {
        foreach (var row in await cases.RowsAsync(wanted, cancel))
        {
            rows[row.Id] = row;
        }

        ticked = (-1, []);
    }

    private CaseListItem Item(long id)
    {
        var row = rows.GetValueOrDefault(id);
        var gone = row is null ? null
            : !Filter.EffectiveStates.Contains(row.State)
                ? row.State switch { "resolved" => $"Closed: {row.Resolution ?? "resolved"}", "discarded" => $"Discarded: {row.Resolution}", "retrying" => "Being retried", _ => "Open again" }
            : Filter.EffectiveShelf is { } shelved && shelved != row.IsShelved(clock.GetUtcNow()) ? row.Shelf is null ? "Back on the board" : "Off the board"
            : Filter.Assignee is { } mine && row.Assignee?.Id != mine ? "In other hands" : null;
        return new CaseListItem(id, row, gone);
    }
}

/// <summary>A place in the list. <paramref name="Row"/> is null while it is being read; <paramref name="Gone"/> says why it is greyed.</summary>
public sealed record CaseListItem(long Id, CaseRow? Row, string? Gone);
