using ControlTower.Data.Live;
using ControlTower.Data.Ownership;
using ControlTower.Sync.Ownership;
using ControlTower.Web.Auth;
using ControlTower.Web.Keys;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace ControlTower.Web.Pages.Ownership;

/// <summary>The log of what others than the owners wrote, the queue of what waits for a person, and the writes that a tried change would not have taken.</summary>
public sealed partial class WritesPage
{
    private const int Most = 100;

    private static readonly IReadOnlyList<Crumb> Above = [new("Ownership", Links.Ownership)];

    private readonly HashSet<long> ticked = [];
    private WritesQuery query = WritesQuery.Start;
    private OwnershipScene? scene;
    private IReadOnlyList<OwnershipWrite> rows = [];
    private long? count;
    private OwnershipWrite? open;
    private long? current;
    private bool? settling;
    private IReadOnlyList<long> chosen = [];
    private string why = "";

    [Inject] private OwnershipRoom Room { get; set; } = default!;
    [Inject] private OwnershipReads Reads { get; set; } = default!;
    [Inject] private OwnershipTrials Trials { get; set; } = default!;
    [Inject] private QuarantineDesk Desk { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private ISnackbar Snackbar { get; set; } = default!;

    private bool MaySettle => Person?.May(Permissions.OwnershipSettle) == true;

    private bool CanTick => MaySettle && query.Change is null && rows.Any(IsWaiting);

    private List<OwnershipWrite> Waits => [.. rows.Where(IsWaiting)];

    private string Here => query switch { { Change: not null } => OwnershipTabs.Matrix, { Waiting: true } => OwnershipTabs.Waiting, _ => OwnershipTabs.Blocked };

    private string Title => query switch { { Change: { } number } => $"Trial of {number}", { Waiting: true } => "Waiting", _ => "Writes" };

    private string Heading => query switch
    {
        { Change: { } number, Left: true } => $"What draft {number} would not have taken, and no owner spoke after",
        { Change: { } number } => $"What draft {number} would not have taken",
        { Waiting: true } => "Writes that wait for a person",
        { Verdict.Length: > 0 } => OwnershipWords.Verdict(query.Verdict).Word,
        _ => "Writes by others than the owner",
    };

    private string EmptyText => query switch
    {
        { Narrows: true } or { Before: not null } => "None fits.",
        { Change: not null } => "Nothing: it would have taken all of them.",
        { Waiting: true } => "Nothing waits.",
        _ => "Nobody but the owners has written.",
    };

    private IReadOnlyList<FilterView> Views =>
    [
        View("all", "All", "", false), View("waiting", "Waiting", "", true, scene?.Counts.Waiting), .. WritesQuery.Verdicts.Where(v => v != Judgement.Quarantined).Select(v => View(v, OwnershipWords.Verdict(v).Word, v, false)),
    ];

    private IReadOnlyList<FilterField> Fields => query.Verdict == Judgement.Quarantined ? [new FilterField("verdict", "kept aside")] : [];

    protected override Following Follows => new("The log of writes", LiveTopics.Ownership | LiveTopics.Cases, TimeSpan.FromSeconds(2), Links.OwnershipWrites);

    protected override Keymap Hands() => new("Writes",
    [
        .. KeyBinding.Walk(MoveAsync),
        new("Enter", "open", OpenAsync, Hint: true), new("x", "tick", TickCurrentAsync, Hint: true), new("/", "filter", Hint: true),
    ]);

    private static bool IsWaiting(OwnershipWrite write) => write is { Verdict: Judgement.Quarantined, SettledAt: null };

    private static string Chosen(ChangeEventArgs change) => change.Value?.ToString() ?? "";

    protected override void Show(string uri)
    {
        var before = query;
        query = WritesQuery.Parse(uri);
        if (query.Listed != before.Listed)
        {
            (current, settling) = (null, null);
            ticked.Clear();
        }
    }

    protected override async Task ReadAsync(CancellationToken cancel)
    {
        var read = await Room.ReadAsync(cancel);
        var filter = query.Filter(read.Now);
        var found = query.Change is { } number
            ? await Trials.RowsAsync(number, (await Reads.FindAsync(number, cancel))?.Tried?.Days ?? 14, query.Left, query.Before ?? long.MaxValue, Most, cancel)
            : await Reads.WritesAsync(filter, query.Before ?? long.MaxValue, Most, cancel);
        long? many = query.Change is null ? await Reads.CountAsync(filter, cancel) : null;
        var one = query.Open is { } id ? found.FirstOrDefault(w => w.Id == id) ?? (await Reads.RowsAsync([id], cancel)).FirstOrDefault() : null;
        cancel.ThrowIfCancellationRequested();
        (scene, rows, count, open) = (read, found, many, one);
        // What somebody settled meanwhile cannot be chosen any more.
        ticked.IntersectWith(rows.Where(IsWaiting).Select(w => w.Id));
    }

    private FilterView View(string key, string name, string verdict, bool waiting, long? many = null) =>
        new(key, name, (query.Top with { Verdict = verdict, Waiting = waiting }).Href(), query.Verdict == verdict && query.Waiting == waiting, many);

    private void Clear(string field) => Go(query.Top with { Verdict = "" });

    private void Tick(long id)
    {
        if (!ticked.Remove(id))
        {
            ticked.Add(id);
        }
    }

    private void TickAll(ChangeEventArgs change)
    {
        ticked.Clear();
        if (change.Value is true)
        {
            ticked.UnionWith(Waits.Select(w => w.Id));
        }
    }

    private void Ask(bool accept) => (settling, chosen, why, Acts.Wrong) = (accept, [.. ticked.Order()], "", null);

    private void AskOne(OwnershipWrite write, bool accept) => (settling, chosen, why, Acts.Wrong) = (accept, [write.Id], "", null);

    private void CloseSettle() => settling = Acts.IsBusy ? settling : null;

    private Task SettleAsync() => settling is { } accept ? Acts.RunAsync(async () =>
    {
        var (settled, told, wrong) = await Desk.SettleAsync(chosen, accept, why, await Actor.MustAsync(Permissions.OwnershipSettle), Gone);
        if (wrong is not null)
        {
            Acts.Wrong = wrong.Words;
            return;
        }

        settling = null;
        ticked.Clear();
        Snackbar.Add(
            settled == 0 ? "Somebody decided meanwhile. Nothing was changed." : $"{OwnershipWords.Many(settled, "write", "writes", Viewer?.Culture)} {(accept ? "accepted" : "refused")}.{(told > 0 ? $" The channel is told the owner's word for {OwnershipWords.Many(told, "value", "values", Viewer?.Culture)}." : "")}", settled == 0 ? Severity.Warning : Severity.Success);
        Close();
        await LoadAsync();
    }) : Task.CompletedTask;

    private void Go(WritesQuery wanted) => Navigation.NavigateTo(wanted.Href());

    private void Close()
    {
        if (open is not null)
        {
            open = null;
            Go(query.Listed);
        }
    }

    private Task MoveAsync(int by)
    {
        if (rows.Count > 0 && open is null && settling is null)
        {
            current = rows.Step(row => row.Id == current, by).Id;
            StateHasChanged();
        }

        return Task.CompletedTask;
    }

    private Task OpenAsync()
    {
        if (open is null && settling is null && current is { } id)
        {
            Go(query with { Open = id });
        }

        return Task.CompletedTask;
    }

    private Task TickCurrentAsync()
    {
        if (CanTick && open is null && settling is null && rows.FirstOrDefault(w => w.Id == current) is { } row && IsWaiting(row))
        {
            Tick(row.Id);
            StateHasChanged();
        }

        return Task.CompletedTask;
    }
}
