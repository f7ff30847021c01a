using ControlTower.Data.Audit;
using ControlTower.Data.Live;
using ControlTower.Data.Promotions;
using ControlTower.Sync.Promotions;
using ControlTower.Web.Auth;
using ControlTower.Web.Keys;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Pages.Exceptions;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace ControlTower.Web.Pages.Promotions;

/// <summary>One release: how far it is, what is not as intended, what rolling back would do, and what people do to it.</summary>
public sealed partial class ReleasePage
{
    internal const int Most = 100;
    private const int MostLogged = 100;

    // No time is shown for the way back here: how fast a channel takes prices is not measured.
    private const double PerSecond = 1;

    private static readonly IReadOnlyList<Crumb> Above = [new("Promotions", Links.Promotions)];

    private readonly CaseTicks ticks = new();
    private ReleaseQuery query = default!;
    private PromotionView? promotion;
    private ReleaseView? release;
    private BackPreview? back;
    private IReadOnlyList<ReleaseLogEntry> log = [];
    private IReadOnlyList<ReleaseCell> cells = [];
    private long counted;
    private long? current;
    private ReleaseAct? asked;
    private string reason = "";

    [Parameter] public long Id { get; set; }
    [Inject] private PromotionQueries Promotions { get; set; } = default!;
    [Inject] private ReleaseQueries Queries { get; set; } = default!;
    [Inject] private ReleaseDesk Desk { get; set; } = default!;
    [Inject] private PlanDesk Plans { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private ISnackbar Snackbar { get; set; } = default!;

    private bool MayRun => Person?.May(Permissions.ReleasesRun) == true;

    private bool MayHold => Person?.May(Permissions.ReleasesHold) == true;

    private bool MayWrite => Person?.May(Permissions.PromotionsWrite) == true;

    protected override Following Follows => new("The release", LiveTopics.Promotions | LiveTopics.Connections, TimeSpan.FromSeconds(2), Links.Release(Id));

    protected override Keymap Hands() => new("Release",
    [
        .. KeyBinding.Walk(MoveAsync),
        new("x", "select", TickAsync, Hint: true), new("r", "retry", RetryHereAsync, Hint: true), new("h", "hold", HoldAsync, Hint: true), new("/", "filter", Hint: true),
    ]);

    protected override void Show(string uri)
    {
        (query, current) = (ReleaseQuery.Parse(Id, uri), null);
        ticks.Clear();
    }

    protected override async Task ReadAsync(CancellationToken cancel)
    {
        var view = await Promotions.FindAsync(Id, null, cancel);
        view = view is { Released: { } released } && released != view.Newest ? await Promotions.FindAsync(Id, released, cancel) : view;
        var read = view?.Released is null ? null : await Queries.ReadAsync(Id, cancel);
        if (read is not null)
        {
            log = await Queries.LogAsync(Id, MostLogged, cancel);
            back = view!.IsOver ? null : await Queries.BackAsync(Id, PerSecond, cancel);
            var (found, all) = (await Queries.CellsAsync(Id, query.Filter, Most, cancel), await Queries.CountAsync(Id, query.Filter, cancel));
            cancel.ThrowIfCancellationRequested();
            (cells, counted) = (found, all);
        }

        (promotion, release) = (view, read);
    }

    private void Ask(ReleaseAct act) => (asked, reason, Acts.Wrong) = (act, "", null);

    private void Close() => asked = Acts.IsBusy ? asked : null;

    private Task ActAsync() => asked is { } act && promotion is { } seen ? DoAsync(Permission(act), actor => act.Do switch
    {
        ReleaseDo.Hold => Desk.HoldAsync(Id, reason, actor, Gone),
        ReleaseDo.Resume => Desk.ResumeAsync(Id, seen.Version, reason, actor, Gone),
        ReleaseDo.Advance => Desk.AdvanceAsync(Id, seen.Version, act.Stage, actor, Gone),
        ReleaseDo.RollBack or ReleaseDo.End => Desk.RollBackAsync(Id, reason, act.Do is ReleaseDo.End, actor, Gone),
        ReleaseDo.Cancel => Plans.CancelAsync(Id, seen.Version, reason, actor, Gone),
        ReleaseDo.Set => Desk.SetAsync(Id, act.Cells!, reason, actor, Gone),
        _ => Desk.IgnoreAsync(Id, act.Cells!, reason, actor, Gone),
    }, act.NeedsReason) : Task.CompletedTask;

    private static string Permission(ReleaseAct act) => act.Do switch { ReleaseDo.Hold => Permissions.ReleasesHold, ReleaseDo.Cancel => Permissions.PromotionsWrite, _ => Permissions.ReleasesRun };

    private Task RetryAsync(IReadOnlyList<long> ids) => DoAsync(Permissions.ReleasesRun, actor => Desk.RetryAsync(Id, ids, actor, Gone), needsReason: false);

    private Task TryAgainAsync() => promotion is { } seen ? DoAsync(Permissions.ReleasesRun, actor => Desk.TryAgainAsync(Id, seen.Version, actor, Gone), needsReason: false) : Task.CompletedTask;

    private Task TakeAsync(bool take) => promotion is { } seen ? DoAsync(Permissions.ReleasesHold, actor => Desk.TakeAsync(Id, seen.Version, take, actor, Gone), needsReason: false) : Task.CompletedTask;

    private Task DoAsync(string permission, Func<Actor, Task<PromotionAnswer>> act, bool needsReason) => Acts.RunAsync(async () =>
    {
        if (needsReason && string.IsNullOrWhiteSpace(reason))
        {
            Acts.Wrong = "Say why in a few words: it stands in the history for ever.";
            return;
        }

        switch (await act(await Actor.MustAsync(permission)))
        {
            case PromotionAnswer.Done done:
                Snackbar.Add(done.Count > 0 ? $"Done, {PromotionWords.Many(done.Count, "price")}." : "Done.", Severity.Success);
                asked = null;
                ticks.Clear();
                break;
            case PromotionAnswer.Refused no:
                Acts.Wrong = no.Words;
                break;
        }

        await LoadAsync();
    });

    private Task MoveAsync(int by)
    {
        if (cells.Count > 0 && asked is null)
        {
            current = cells.Step(cell => cell.Id == current, by).Id;
            StateHasChanged();
        }

        return Task.CompletedTask;
    }

    private Task TickAsync()
    {
        if (MayRun && asked is null && current is { } id)
        {
            ticks.Toggle(id);
            StateHasChanged();
        }

        return Task.CompletedTask;
    }

    private Task RetryHereAsync() => MayRun && asked is null && (ticks.Count > 0 || current is not null) ? RetryAsync(ticks.Count > 0 ? [.. ticks.Ids] : [current!.Value]) : Task.CompletedTask;

    private Task HoldAsync()
    {
        if (MayHold && asked is null && promotion is { HeldAt: null, State: PromotionState.Scheduled or PromotionState.Releasing or PromotionState.Live })
        {
            Ask(new ReleaseAct(ReleaseDo.Hold));
            StateHasChanged();
        }

        return Task.CompletedTask;
    }
}
