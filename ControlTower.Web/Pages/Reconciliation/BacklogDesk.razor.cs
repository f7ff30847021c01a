using ControlTower.Data.Audit;
using ControlTower.Data.Reconciliation;
using ControlTower.Sync.Reconciliation;
using ControlTower.Web.Auth;
using ControlTower.Web.Keys;
using ControlTower.Web.Pages.Exceptions;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Logging;
using Microsoft.JSInterop;
using MudBlazor;

namespace ControlTower.Web.Pages.Reconciliation;

/// <summary>The list of items, the one that is open, and what people do about them.</summary>
public sealed partial class BacklogDesk : ComponentBase, IDisposable
{
    private readonly CancellationTokenSource gone = new();
    private readonly CaseTicks ticks = new();
    private Keymap keymap = new("Reconciliation", []);
    private PanelGuard? list;
    private PanelGuard? pane;
    private BacklogRows rows = default!;
    private IReadOnlyList<ReconOwner> owners = [];
    private IReadOnlyList<ReconReason> reasons = [];
    private IReadOnlyList<ReconProblem> problems = [];
    private IReadOnlyList<(string Currency, long Count, decimal Value)> alike = [];
    private (ReconQuery Query, string Currency, DateTimeOffset? At)? loaded;
    private ReconItemView? view;
    private ReconItemView? about;
    private ReconAct? asked;
    private Guid key;
    private long? current;
    private string reason = "";
    private IDisposable? keys;

    [Parameter, EditorRequired] public ReconQuery Query { get; set; } = default!;
    [Parameter, EditorRequired] public string Currency { get; set; } = "";
    [Parameter, EditorRequired] public long Suggested { get; set; }
    [Parameter, EditorRequired] public Func<string, string> NameOf { get; set; } = default!;
    [Parameter, EditorRequired] public SignedIn Person { get; set; } = default!;

    /// <summary>When the page was answered last: this is asked again with it.</summary>
    [Parameter, EditorRequired] public DateTimeOffset? At { get; set; }

    /// <summary>Something was done: the figures are others now.</summary>
    [Parameter] public EventCallback OnMoved { get; set; }

    /// <summary>How many items the list has.</summary>
    [Parameter] public EventCallback<long> OnCounted { get; set; }
    [Inject] private ReconQueries Queries { get; set; } = default!;
    [Inject] private ReconItemQueries Items { get; set; } = default!;
    [Inject] private ReconOwners Owners { get; set; } = default!;
    [Inject] private ReconSettings Settings { get; set; } = default!;
    [Inject] private ReconDesk Desk { get; set; } = default!;
    [Inject] private ReconRepairDesk Repairs { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private ISnackbar Snackbar { get; set; } = default!;
    [Inject] private KeyFeed Keys { get; set; } = default!;
    [Inject] private NavigationManager Navigation { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;
    [Inject] private ILogger<BacklogDesk> Log { get; set; } = default!;
    [Inject] private IJSRuntime Js { get; set; } = default!;
    [CascadingParameter] private Viewer? Viewer { get; set; }

    private bool MayMatch => Person.May(Permissions.FinanceMatch);

    private bool MayAdjust => Person.May(Permissions.FinanceAdjust);

    private bool MayAct => MayMatch && asked is null && !Acts.IsBusy && view is { MonthClosed: false };

    public void Dispose()
    {
        gone.Cancel();
        gone.Dispose();
        keys?.Dispose();
    }

    protected override void OnInitialized()
    {
        (list, pane) = (new PanelGuard("The backlog", Clock, Log), new PanelGuard("The item", Clock, Log));
        rows = new BacklogRows(ReadAsync);
        keymap = new Keymap("Reconciliation", Bindings());
        keys = Keys.Use(keymap);
    }

    protected override async Task OnParametersSetAsync()
    {
        var wanted = (Query, Currency, At);
        if (loaded == wanted)
        {
            return;
        }

        if (loaded is { } before && (before.Query.AsList != Query.AsList || before.Currency != Currency))
        {
            ticks.Clear();
            rows.Turn();
            current = null;
        }

        loaded = wanted;
        await LoadAsync();
    }

    private IReadOnlyList<KeyBinding> Bindings() =>
    [
        .. KeyBinding.Walk(MoveAsync),
        .. MayMatch
            ? new KeyBinding[]
            {
                new("y", "accept the match", AcceptByKeyAsync, Hint: true), new("n", "not this", RefuseByKeyAsync, Hint: true), new("m", "match by hand", () => AskByKey(ReconDo.ByHand), Hint: true),
                new("e", "explain", () => AskByKey(ReconDo.Adjust), Hint: true), new("a", "take or give back", OwnByKey, Hint: true), new("x", "select", TickAsync, Hint: true),
                new("p", "post again", PostByKeyAsync, Hint: true), new("r", "read both sides again", () => MayAct ? ReadAgainAsync() : Task.CompletedTask, Hint: true),
            }
            : [],
        new("/", "filter", Hint: true),
    ];

    private async Task LoadAsync()
    {
        if (gone.IsCancellationRequested)
        {
            return;
        }

        var (wanted, currency) = (Query, Currency);
        await list!.AskAsync(async () =>
        {
            await rows.LoadAsync(wanted.Filter(currency, Person.AccountId));
            owners = await Owners.HoldersAsync(gone.Token);
        });
        if (wanted.AsList == Query.AsList && currency == Currency && list.Fault is null)
        {
            await OnCounted.InvokeAsync(rows.Count);
        }

        current = Query.Item ?? (rows.IndexOf(current) >= 0 ? current : rows.Rows.Count > 0 ? rows.Rows[0].Id : null);
        await pane!.AskAsync(async () =>
        {
            var open = current;
            var found = open is { } id ? await Items.FindAsync(id, gone.Token) : null;
            view = open == current ? found : view;
        });
        StateHasChanged();
    }

    private async Task<BacklogRead> ReadAsync(ReconFilter filter, int most)
    {
        var found = await Queries.ListAsync(filter, 0, most, gone.Token);
        var (count, value) = await Queries.CountAsync(filter, gone.Token);
        return new BacklogRead(found, count, value);
    }

    private Task MoreAsync()
    {
        rows.More();
        return LoadAsync();
    }

    private async Task MoveAsync(int by)
    {
        if (rows.Rows.Count == 0 || asked is not null)
        {
            return;
        }

        var to = Math.Clamp(rows.IndexOf(current) + by, 0, rows.Rows.Count - 1);
        Navigation.NavigateTo((Query with { Item = rows.Rows[to].Id }).Href(), new NavigationOptions { ReplaceHistoryEntry = true });
        await Js.InvokeVoidAsync("ctList.reveal", gone.Token, "items-scroll", to, BacklogList.RowHeight);
    }

    private void Ask(ReconAct act) => _ = AskAsync(act);

    private async Task AskAsync(ReconAct act)
    {
        // The dialog is about what was open when it was asked for, whatever the list shows since.
        (reason, problems, Acts.Wrong, key, about) = ("", [], null, Guid.CreateVersion7(), view);
        if (act.Do is ReconDo.Adjust)
        {
            await Acts.RunAsync(async () => reasons = await Settings.ReasonsAsync(gone.Token));
        }
        else if (act.Do is ReconDo.Alike)
        {
            await Acts.RunAsync(async () => alike = await Items.AlikeAsync(act.Id, gone.Token));
        }

        asked = Acts.Wrong is null ? act : null;
        StateHasChanged();
    }

    private void Close() => asked = Acts.IsBusy ? asked : null;

    private Task AcceptByKeyAsync() => MayAct && view is { Suggestions.Count: > 0 } ? AcceptAsync(view.Suggestions[0].Id) : Task.CompletedTask;

    private Task RefuseByKeyAsync() => MayAct && view is { Suggestions.Count: > 0 } ? RefuseAsync(view.Suggestions[0].Id) : Task.CompletedTask;

    private Task AskByKey(ReconDo what) =>
        MayAct && view!.Item.State is "open" or "coming" && (what is ReconDo.ByHand || (MayAdjust && view.Item.Difference != 0m)) ? AskAsync(new ReconAct(what)) : Task.CompletedTask;

    private Task OwnByKey() => MayAct ? AskAsync(new ReconAct(ReconDo.Own, Items: ticks.Count > 0 ? [.. ticks.Ids] : [view!.Item.Id])) : Task.CompletedTask;

    private Task TickAsync()
    {
        if (MayMatch && asked is null && current is { } id && rows.IndexOf(id) >= 0)
        {
            ticks.Toggle(id);
            StateHasChanged();
        }

        return Task.CompletedTask;
    }

    private Task AcceptAsync(long link) => DoAsync(Permissions.FinanceMatch, actor => Desk.AcceptAsync([link], actor, gone.Token), "Matched");

    private Task RefuseAsync(long link) => DoAsync(Permissions.FinanceMatch, actor => Desk.RefuseAsync([link], null, actor, gone.Token), "It is not offered again");

    private Task AlikeAsync() => DoAsync(Permissions.FinanceMatch, actor => Desk.AcceptAlikeAsync(asked!.Id, (int)alike.Sum(a => a.Count), actor, gone.Token), "Matched");

    private Task AdjustAsync(AdjustAsked ask) =>
        DoAsync(Permissions.FinanceAdjust, actor => Desk.AdjustAsync(about!.Item.Id, about.Item.Version, ask.Amount, ask.Reason, ask.Words, key, actor, gone.Token), "Explained");

    private Task LinkAsync((IReadOnlyList<long> Items, string Why) ask) =>
        DoAsync(Permissions.FinanceMatch, actor => Desk.LinkAsync([about!.Item.Id, .. ask.Items], ask.Why, actor, gone.Token), "Matched by hand");

    private Task OwnAsync((bool Take, DateTimeOffset? Until) ask) => DoAsync(
        Permissions.FinanceMatch, actor => Desk.OwnAsync([.. asked!.Items!], ask.Take ? Person.AccountId : null, ask.Take ? Person.Name : null, ask.Until, actor, gone.Token), ask.Take ? "In your hands" : "Given back");

    private Task ReadAgainAsync() => view is { Item.Id: var item } ? DoAsync(Permissions.FinanceMatch, actor => Desk.ReadAgainAsync(item, actor, gone.Token), "Both sides are read again") : Task.CompletedTask;

    private Task PostByKeyAsync() =>
        MayAct && ReconRepairDesk.MayBePosted(view!.Item) && Person.May(ReconRepairDesk.PermissionOf(view.Item.Comparison)) ? PostAgainAsync() : Task.CompletedTask;

    private Task PostAgainAsync() =>
        view is { Item: var item } ? DoAsync(ReconRepairDesk.PermissionOf(item.Comparison), actor => Repairs.PostAgainAsync(item.Id, actor, gone.Token), "Handed to the ERP") : Task.CompletedTask;

    private Task CommentAsync(string words) => view is { Item.Id: var item } ? DoAsync(Permissions.FinanceMatch, actor => Desk.CommentAsync(item, words, actor, gone.Token), "Noted") : Task.CompletedTask;

    private Task ReasonAsync() => asked is { } act ? DoAsync(act.Do is ReconDo.UndoAdjustment ? Permissions.FinanceAdjust : Permissions.FinanceMatch, actor => act.Do switch
    {
        ReconDo.Link => Desk.LinkAsync(act.Items!, reason, actor, gone.Token),
        ReconDo.Undo => Desk.UndoAsync(act.Id, reason, actor, gone.Token),
        ReconDo.UndoAdjustment => Desk.UndoAdjustmentAsync(about!.Item.Id, act.Id, reason, actor, gone.Token),
        ReconDo.Acknowledge => Desk.AcknowledgeAsync(about!.Item.Id, reason, actor, gone.Token),
        _ => Desk.NotToleratedAsync(about!.Item.Id, reason, actor, gone.Token),
    }, "Done") : Task.CompletedTask;

    private Task DoAsync(string permission, Func<Actor, Task<ReconAnswer>> act, string done) => Acts.RunAsync(async () =>
    {
        var (before, at) = (current, rows.IndexOf(current));
        var stays = asked?.Do is ReconDo.Undo or ReconDo.UndoAdjustment or ReconDo.Strict;
        problems = [];
        var answer = await act(await Actor.MustAsync(permission));
        if (answer is ReconAnswer.Refused no)
        {
            (Acts.Wrong, problems) = (no.Words, no.Problems ?? []);
        }
        else if (answer is ReconAnswer.Done did)
        {
            Snackbar.Add(did.Words ?? (did.Count > 1 ? $"{done}, {Say.Count(did.Count, Viewer?.Culture)}." : $"{done}."), Severity.Success);
            asked = null;
            ticks.Clear();
        }

        await LoadAsync();
        // Done with one, the next takes its place; what was taken back stays before the eyes.
        if (answer is ReconAnswer.Done && at >= 0 && rows.IndexOf(before) < 0)
        {
            Navigation.NavigateTo((Query with { Item = stays ? before : rows.Rows.Count > 0 ? rows.Rows[Math.Min(at, rows.Rows.Count - 1)].Id : null }).Href(), new NavigationOptions { ReplaceHistoryEntry = true });
        }

        await OnMoved.InvokeAsync();
    });
}
