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
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Routing;
using Microsoft.Extensions.Logging;
using MudBlazor;

namespace ControlTower.Web.Pages.Promotions;

/// <summary>One release: how far it is, what is not as intended, what rolling back would do, and what people do to it.</summary>
public sealed partial class ReleasePage : ComponentBase, IDisposable
{
    internal const int Most = 100;
    private const int MostLogged = 100;

    // No time is shown for the way back here: how fast a channel takes prices is not measured.
    private const double PerSecond = 1;

    private static readonly TimeSpan AtMostEvery = TimeSpan.FromSeconds(2);
    private static readonly IReadOnlyList<Crumb> Above = [new("Promotions", Links.Promotions)];

    private readonly CancellationTokenSource gone = new();
    private readonly CaseTicks ticks = new();
    private ReleaseQuery query = default!;
    private Keymap keymap = new("Release", []);
    private PanelGuard? panel;
    private PromotionView? promotion;
    private ReleaseView? release;
    private BackPreview? back;
    private IReadOnlyList<ReleaseLogEntry> log = [];
    private IReadOnlyList<ReleaseCell> cells = [];
    private long counted;
    private long? current;
    private ReleaseAct? asked;
    private string reason = "";
    private SignedIn? person;
    private IDisposable? feed;
    private IDisposable? keys;

    [Parameter] public long Id { get; set; }
    [Inject] private PromotionQueries Promotions { get; set; } = default!;
    [Inject] private ReleaseQueries Queries { get; set; } = default!;
    [Inject] private ReleaseDesk Desk { get; set; } = default!;
    [Inject] private PlanDesk Plans { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private ISnackbar Snackbar { get; set; } = default!;
    [Inject] private LiveFeed Feed { get; set; } = default!;
    [Inject] private KeyFeed Keys { get; set; } = default!;
    [Inject] private ShellState Shell { get; set; } = default!;
    [Inject] private NavigationManager Navigation { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;
    [Inject] private ILogger<ReleasePage> Log { get; set; } = default!;
    [CascadingParameter] private Viewer? Viewer { get; set; }
    [CascadingParameter] private Task<AuthenticationState> Auth { get; set; } = default!;

    private bool MayRun => person?.May(Permissions.ReleasesRun) == true;

    private bool MayHold => person?.May(Permissions.ReleasesHold) == true;

    private bool MayWrite => person?.May(Permissions.PromotionsWrite) == true;

    public void Dispose()
    {
        gone.Cancel();
        gone.Dispose();
        Navigation.LocationChanged -= OnLocation;
        feed?.Dispose();
        keys?.Dispose();
        Shell.Live(null);
    }

    protected override void OnInitialized()
    {
        query = ReleaseQuery.Parse(Id, Navigation.Uri);
        keymap = new Keymap("Release",
        [
            new("j", "next", () => MoveAsync(1), Hint: true), new("k", "previous", () => MoveAsync(-1), Hint: true), new("ArrowDown", "next", () => MoveAsync(1)), new("ArrowUp", "previous", () => MoveAsync(-1)),
            new("x", "select", TickAsync, Hint: true), new("r", "retry", RetryHereAsync, Hint: true), new("h", "hold", HoldAsync, Hint: true), new("/", "filter", Hint: true),
        ]);
        if (RendererInfo.IsInteractive)
        {
            panel = new PanelGuard("The release", Clock, Log);
            keys = Keys.Use(keymap);
            Navigation.LocationChanged += OnLocation;
            feed = Feed.Subscribe(LiveTopics.Promotions | LiveTopics.Connections, () => InvokeAsync(() => panel.PacedAsync(AtMostEvery, LoadAsync, gone.IsCancellationRequested ? new CancellationToken(canceled: true) : gone.Token)));
        }
    }

    // Asked again with each change of the circuit's authentication: a right that was taken away holds for the open page too.
    protected override async Task OnParametersSetAsync()
    {
        person = SignedIn.From((await Auth).User);
        query = ReleaseQuery.Parse(Id, Navigation.Uri);
        await LoadAsync();
    }

    private async Task LoadAsync()
    {
        if (panel is null || gone.IsCancellationRequested)
        {
            return;
        }

        var wanted = query;
        await panel.AskAsync(async () =>
        {
            var view = await Promotions.FindAsync(Id, null, gone.Token);
            view = view is { Released: { } released } && released != view.Newest ? await Promotions.FindAsync(Id, released, gone.Token) : view;
            var read = view?.Released is null ? null : await Queries.ReadAsync(Id, gone.Token);
            if (read is not null)
            {
                log = await Queries.LogAsync(Id, MostLogged, gone.Token);
                back = view!.IsOver ? null : await Queries.BackAsync(Id, PerSecond, gone.Token);
                var (found, all) = (await Queries.CellsAsync(Id, wanted.Filter, Most, gone.Token), await Queries.CountAsync(Id, wanted.Filter, gone.Token));
                (cells, counted) = wanted == query ? (found, all) : (cells, counted);
            }

            (promotion, release) = (view, read);
        });
        Shell.Live(panel.Fault is null && Feed.IsConnected ? Shared.Feed.Live : Shared.Feed.Late, panel.AnsweredAt);
        StateHasChanged();
    }

    private void Ask(ReleaseAct act) => (asked, reason, Acts.Wrong) = (act, "", null);

    private void Close() => asked = Acts.IsBusy ? asked : null;

    private Task ActAsync() => asked is { } act && promotion is { } seen ? DoAsync(Permission(act), actor => act.Do switch
    {
        ReleaseDo.Hold => Desk.HoldAsync(Id, reason, actor, gone.Token),
        ReleaseDo.Resume => Desk.ResumeAsync(Id, seen.Version, reason, actor, gone.Token),
        ReleaseDo.Advance => Desk.AdvanceAsync(Id, seen.Version, act.Stage, actor, gone.Token),
        ReleaseDo.RollBack or ReleaseDo.End => Desk.RollBackAsync(Id, reason, act.Do is ReleaseDo.End, actor, gone.Token),
        ReleaseDo.Cancel => Plans.CancelAsync(Id, seen.Version, reason, actor, gone.Token),
        ReleaseDo.Set => Desk.RetryAsync(Id, act.Cells!, whatever: true, actor, gone.Token),
        _ => Desk.IgnoreAsync(Id, act.Cells!, reason, actor, gone.Token),
    }, act.NeedsReason) : Task.CompletedTask;

    private static string Permission(ReleaseAct act) => act.Do switch { ReleaseDo.Hold => Permissions.ReleasesHold, ReleaseDo.Cancel => Permissions.PromotionsWrite, _ => Permissions.ReleasesRun };

    private Task RetryAsync(IReadOnlyList<long> ids) => DoAsync(Permissions.ReleasesRun, actor => Desk.RetryAsync(Id, ids, whatever: false, actor, gone.Token), needsReason: false);

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
            current = cells[Math.Clamp(cells.ToList().FindIndex(cell => cell.Id == current) + by, 0, cells.Count - 1)].Id;
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

    private void OnLocation(object? sender, LocationChangedEventArgs change) => _ = InvokeAsync(async () =>
    {
        if (new Uri(change.Location).AbsolutePath.Equals(Links.Release(Id), StringComparison.OrdinalIgnoreCase))
        {
            (query, current) = (ReleaseQuery.Parse(Id, change.Location), null);
            ticks.Clear();
            await LoadAsync();
        }
    });

    private string Time(DateTimeOffset at) => Say.Time(at, Clock.GetUtcNow(), (Viewer ?? Shared.Viewer.Default).StoreZone);
}
