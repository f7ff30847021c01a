using ControlTower.Data.Flows;
using ControlTower.Data.Live;
using ControlTower.Data.Triage;
using ControlTower.Sync.Administration;
using ControlTower.Sync.Triage;
using ControlTower.Web.Auth;
using ControlTower.Web.Keys;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Routing;
using Microsoft.Extensions.Logging;
using Microsoft.JSInterop;
using MudBlazor;

namespace ControlTower.Web.Pages.Exceptions;

/// <summary>The exceptions desk: causes, cases, one case; look, move, open. What people do to cases is in the other half.</summary>
public sealed partial class ExceptionsPage : ComponentBase, IDisposable
{
    private static readonly TimeSpan SkeletonAfter = TimeSpan.FromMilliseconds(300);

    private readonly CancellationTokenSource gone = new();
    private ExceptionsModel model = default!;
    private ExceptionsQuery query = ExceptionsQuery.All;
    private IReadOnlyList<CauseGroup> groups = [];
    private Keymap keymap = new("Exceptions", []);
    private CaseListPanel? listPanel;
    private IDisposable? feed;
    private IDisposable? keys;
    private SignedIn? person;
    private long? currentId;
    private List<string> causesBeside = [];
    private bool showSkeleton;
    private string announcement = "";
    private string news = "";

    [Inject] private CaseQueries Cases { get; set; } = default!;
    [Inject] private CaseDetailQueries Details { get; set; } = default!;
    [Inject] private RetryDesk Desk { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private LiveFeed Feed { get; set; } = default!;
    [Inject] private KeyFeed Keys { get; set; } = default!;
    [Inject] private ShellState Shell { get; set; } = default!;
    [Inject] private ISnackbar Snackbar { get; set; } = default!;
    [Inject] private NavigationManager Navigation { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;
    [Inject] private ILogger<ExceptionsModel> Log { get; set; } = default!;
    [Inject] private IJSRuntime Js { get; set; } = default!;
    [CascadingParameter] private Viewer? Viewer { get; set; }
    [CascadingParameter] private Task<AuthenticationState> Auth { get; set; } = default!;

    private Guid Me => person?.AccountId ?? Guid.Empty;

    private TimeZoneInfo Zone => (Viewer ?? Shared.Viewer.Default).StoreZone;

    private bool MayRetry => person?.May(Permissions.ExceptionsRetry) == true;

    private bool MayResolve => person?.May(Permissions.ExceptionsResolve) == true;

    private bool MayRead => person?.May(Permissions.OrdersReadPersonal) == true;

    private string? Sub => model.Total is { Count: > 0 } total && !query.IsClosed && total.Values.Count > 0
        ? $"{Values} at risk"
        : null;

    private string Values => Viewer?.Totals?.Sum(model.Total?.Values ?? []) is { } sum
        ? $"≈ {Say.Money(sum, MoneyStyle.Whole, Viewer.Culture)}"
        : string.Join(" + ", (model.Total?.Values ?? []).Select(value => Say.Money(value, MoneyStyle.Whole, Viewer?.Culture)));

    /// <summary>Of the cause that the address names, or of all of them.</summary>
    private long? ExportCount => query.OneCause is null ? model.Total?.Count : model.Cause?.Count;

    private string SortWord => query.View switch { DeskView.OldestFirst => "Oldest", DeskView.Closed or DeskView.Proven => "Newest", _ => "Due first, then money" };

    private string EmptyText => query switch
    {
        { IsNarrowed: true } => $"Nothing matches. {Say.Count(model.Everything ?? 0, Viewer?.Culture)} open {(model.Everything == 1 ? "case is" : "cases are")} outside this filter.",
        { View: DeskView.Retrying } => "Nothing is being retried.",
        { View: DeskView.Mine } => "No open case is in your hands.",
        { View: DeskView.Soon } => "No order with an open case is late within the hour.",
        { View: DeskView.Snoozed } => "Nothing is snoozed or on hold.",
        { View: DeskView.Proven } => "Nothing was proven in the last 24 hours.",
        { View: DeskView.Closed } => "No case was closed in the last 24 hours.",
        _ => "No open cases.",
    };

    private static readonly (DeskView View, string Name)[] BuiltIn =
    [
        (DeskView.MoneyFirst, "Money first"), (DeskView.OldestFirst, "Oldest first"), (DeskView.Mine, "Mine"), (DeskView.Soon, "SLA under 1 h"), (DeskView.Retrying, "Retrying"),
        (DeskView.Snoozed, "Snoozed"), (DeskView.Proven, "Proven"), (DeskView.Closed, "Closed"),
    ];

    /// <summary>All causes as one, where there is more than one.</summary>
    private CauseGroup? AllCauses => groups.Count > 1 || model.IsAll
        ? new CauseGroup(ExceptionsQuery.AllCauses, "All causes", Status.Bad, "", model.Total?.Count ?? 0, model.Total?.Values ?? [], [])
        : null;

    private IReadOnlyList<FilterView> Views => [.. BuiltIn.Select(one => View(one.View, one.Name)), .. Saved];

    public void Dispose()
    {
        gone.Cancel();
        gone.Dispose();
        Navigation.LocationChanged -= OnLocation;
        feed?.Dispose();
        keys?.Dispose();
        self?.Dispose();
        model.Dispose();
        Shell.Live(null);
    }

    protected override void OnInitialized()
    {
        model = new ExceptionsModel(Cases, Details, Clock, Log);
        query = ExceptionsQuery.Parse(Navigation.Uri);
        Navigation.LocationChanged += OnLocation;
    }

    // Asked again with each change of the circuit's authentication: a right that was taken away holds for the open page too.
    protected override async Task OnParametersSetAsync() => person = SignedIn.From((await Auth).User);

    protected override async Task OnInitializedAsync()
    {
        person = SignedIn.From((await Auth).User);
        keymap = new Keymap("Exceptions", Bindings());
        if (!RendererInfo.IsInteractive)
        {
            return;
        }

        keys = Keys.Use(keymap);
        pace = DeskPace.Of(Setting.Pace ?? Viewer?.DeskPace);
        feed = Feed.Subscribe(LiveTopics.Cases | LiveTopics.Connections, () => InvokeAsync(FollowAsync), StillTrueAsync);
        _ = InvokeAsync(async () =>
        {
            await Task.Delay(SkeletonAfter, Clock, gone.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            showSkeleton = true;
            StateHasChanged();
        });
        await OpenAsync();
    }

    private IReadOnlyList<KeyBinding> Bindings() =>
    [
        .. KeyBinding.Walk(MoveAsync),
        new("0", "all causes", () => GoAsync(query with { Cause = ExceptionsQuery.AllCauses, Case = null })), new("J", "next cause", () => MoveCauseAsync(1)), new("K", "previous cause", () => MoveCauseAsync(-1)),
        .. MayRetry
            ? new KeyBinding[]
            {
                new("x", "tick", () => TickCurrentAsync(range: false), Hint: true), new("X", "tick up to here", () => TickCurrentAsync(range: true)), new("A", "tick all", TickAllByKeyAsync, Hint: true),
                new("r", "retry", RetryAsAskedAsync, Hint: true),
            }
            : [],
        .. MayAssign
            ? new KeyBinding[]
            {
                new("s", "snooze", AskSnoozeAsync, Hint: true), new("a", "assign or hold", AskAssignAsync, Hint: true), new("w", "back on the board", WakeAsync),
                new("u", "undo", UndoAsync, Hint: true),
            }
            : [],
        .. MayResolve ? new KeyBinding[] { new("e", "resolve", () => AskEndingAsync(CaseEnding.Resolved), Hint: true), new("d", "discard", () => AskEndingAsync(CaseEnding.Discarded)) } : [],
        new("Enter", "open", () => GoAsync(query with { Case = currentId }), Hint: true), new("Escape", "close", CloseAsync, Hint: true),
        new("[", "previous tab", () => TurnAsync(-1)), new("]", "next tab", () => TurnAsync(1)), new("/", "filter", Hint: true),
        new("c", "copy the order's name", CopyAsync), new("l", "copy link", CopyLinkAsync), new(".", "show what changed", RefreshAsync),
        .. BuiltIn.Select((one, at) => new KeyBinding((at + 1).ToString(System.Globalization.CultureInfo.InvariantCulture), one.Name, () => GoAsync(At(one.View)))),
    ];

    private async Task OpenAsync()
    {
        await ReadSavedAsync();
        await model.OpenAsync(query, Me, Zone);
        await model.OpenCaseAsync(query.Case);
        currentId = query.Case is { } id && model.Ids.Contains(id) ? id : model.Ids.Count > 0 ? model.Ids[0] : null;
        await ShownAsync();
    }

    private async Task RefreshAsync()
    {
        if (gone.IsCancellationRequested || isHidden)
        {
            return;
        }

        var before = model.NewCount;
        await model.RefreshAsync();
        if (model.NewCount > before)
        {
            news = $"{model.NewCount} new {(model.NewCount == 1 ? "case" : "cases")}";
        }

        await ShownAsync();
    }

    private async Task ShownAsync()
    {
        groups = [.. model.Causes.Select(CaseWording.Group)];
        if (model.Causes.Any(cause => cause.Fingerprint == model.Filter.Fingerprint))
        {
            causesBeside = [.. model.Causes.Select(cause => cause.Fingerprint)];
        }

        (isBehind, followed) = (false, Clock.GetTimestamp());
        ShowLiveness();
        if (listPanel is not null)
        {
            await listPanel.ReadAgainAsync();
        }

        StateHasChanged();
        await LookedAsync();
    }

    private FilterView View(DeskView view, string name) =>
        new(view.ToString(), ExceptionsQuery.IsOver(view) && query.Closed.IsAny ? name + " today" : name, At(view).Href(), query.View == view && !IsSaved, model.Counts.TryGetValue(view, out var count) ? count.Count : null, count.OrMore);

    private ExceptionsQuery At(DeskView view) => query.Anew with { View = view, Closed = ExceptionsQuery.IsOver(view) ? query.Closed : DayRange.Any };

    private async Task MoveAsync(int by)
    {
        if (model.Ids.Count == 0)
        {
            return;
        }

        var at = currentId is { } id ? model.Ids.ToList().IndexOf(id) : -1;
        var to = Math.Clamp(at + by, 0, model.Ids.Count - 1);
        currentId = model.Ids[to];
        // With the pane open, moving on means reading on.
        if (query.Case is not null)
        {
            await GoAsync(query with { Case = currentId }, replace: true);
        }

        StateHasChanged();
        await Js.InvokeVoidAsync("ctList.reveal", gone.Token, "cases-scroll", to, CaseListPanel.RowHeight);
    }

    private Task MoveCauseAsync(int by)
    {
        var causes = model.Causes.Select(cause => cause.Fingerprint).ToList();
        if (causes.Count == 0 || (model.IsAll && by < 0))
        {
            return Task.CompletedTask;
        }

        // A cause of which nothing is left is not in the list any more: from it the way goes on to the next of then that still is.
        var (at, was) = (causes.IndexOf(model.Filter.Fingerprint ?? ""), causesBeside.IndexOf(model.Filter.Fingerprint ?? ""));
        var beside = by > 0 ? causesBeside.Skip(was + 1) : causesBeside.Take(Math.Max(was, 0)).Reverse();
        var next = at == 0 && by < 0 ? ExceptionsQuery.AllCauses : at >= 0 ? causes[Math.Clamp(at + by, 0, causes.Count - 1)] : beside.FirstOrDefault(causes.Contains) ?? (by > 0 ? causes[^1] : causes[0]);
        return GoAsync(query with { Cause = next, Case = null });
    }

    private Task TurnAsync(int by) => query.Case is null ? Task.CompletedTask : GoAsync(query with { Tab = (CaseTab)(((int)query.Tab + by + 4) % 4) }, replace: true);

    private async Task CloseAsync()
    {
        if (query.Case is null)
        {
            model.Ticks.Clear();
            StateHasChanged();
            return;
        }

        await GoAsync(query with { Case = null, Tab = CaseTab.Response });
        await Js.InvokeVoidAsync("ctList.focus", gone.Token, "#cases-scroll");
    }

    private Task CopyAsync() => (model.Detail?.Row ?? (currentId is { } id ? model.Row(id) : null)) is { } row ? Js.InvokeVoidAsync("ctList.copy", gone.Token, row.Name).AsTask() : Task.CompletedTask;

    private Task CopyLinkAsync() => Js.InvokeVoidAsync("ctList.copy", gone.Token, Navigation.Uri).AsTask();

    private Task GoAsync(ExceptionsQuery to) => GoAsync(to, replace: false);

    private Task GoAsync(ExceptionsQuery to, bool replace)
    {
        Navigation.NavigateTo(to.Href(), new NavigationOptions { ReplaceHistoryEntry = replace });
        return Task.CompletedTask;
    }

    private void OnLocation(object? sender, LocationChangedEventArgs e) => _ = InvokeAsync(async () =>
    {
        if (gone.IsCancellationRequested || !new Uri(e.Location).AbsolutePath.TrimEnd('/').Equals(Links.Exceptions, StringComparison.OrdinalIgnoreCase))
        {
            return;
        }

        var (before, now) = (query, ExceptionsQuery.Parse(e.Location));
        query = now;
        // The first cause is shown without being named; naming it, or opening a case of it, opens no new list. Another view does, also from a desk that has no cause to show.
        var named = now.IsAll == model.IsAll && now.OneCause == model.Filter.Fingerprint && (now with { Cause = null }).SameListAs(before with { Cause = null });
        if (!now.SameListAs(before) && !named)
        {
            await OpenAsync();
        }
        else if (now.Case != before.Case)
        {
            currentId = now.Case ?? currentId;
            await model.OpenCaseAsync(now.Case);
            await ShownAsync();
        }

        StateHasChanged();
    });
}
