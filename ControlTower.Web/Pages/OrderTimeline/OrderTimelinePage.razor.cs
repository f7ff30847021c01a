using ControlTower.Data.Db;
using ControlTower.Data.Flows;
using ControlTower.Data.Live;
using ControlTower.Data.Timeline;
using ControlTower.Sync.Administration;
using ControlTower.Sync.Operations;
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

namespace ControlTower.Web.Pages.OrderTimeline;

/// <summary>One order across shop, tower and ERP.</summary>
public sealed partial class OrderTimelinePage : ComponentBase, IDisposable
{
    private static readonly TimeSpan SkeletonAfter = TimeSpan.FromMilliseconds(300);

    private readonly CancellationTokenSource gone = new();
    private OrderTimelineModel model = default!;
    private OrderTimelineQuery query = OrderTimelineQuery.Parse("");
    private Keymap keymap = new("Order", []);
    private StoryDrawing? drawing;
    private DateTimeOffset now;
    private IDisposable? feed;
    private IDisposable? keys;
    private SignedIn? person;
    private string? body;
    private bool showSkeleton;
    private bool erasing;

    [Parameter] public long Id { get; set; }
    [Inject] private OrderStoryQueries Stories { get; set; } = default!;
    [Inject] private OrderQueries Orders { get; set; } = default!;
    [Inject] private ErasureDesk Erasure { get; set; } = default!;
    [Inject] private StageLimitBook Limits { get; set; } = default!;
    [Inject] private LiveFeed Feed { get; set; } = default!;
    [Inject] private KeyFeed Keys { get; set; } = default!;
    [Inject] private ShellState Shell { get; set; } = default!;
    [Inject] private NavigationManager Navigation { get; set; } = default!;
    [Inject] private ISnackbar Snackbar { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;
    [Inject] private ILogger<OrderTimelineModel> Log { get; set; } = default!;
    [Inject] private IJSRuntime Js { get; set; } = default!;
    [CascadingParameter] private Viewer? Viewer { get; set; }
    [CascadingParameter] private Task<AuthenticationState> Auth { get; set; } = default!;

    private static IReadOnlyList<Crumb> Above { get; } = [new Crumb("Orders", Links.Orders)];

    private TimeZoneInfo Zone => (Viewer ?? Shared.Viewer.Default).StoreZone;

    private bool MayRead => person?.May(Permissions.OrdersReadPersonal) == true;

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
        model = new OrderTimelineModel(Stories, Orders, Clock, Log);
        query = OrderTimelineQuery.Parse(Navigation.Uri);
        keymap = new Keymap("Order",
        [
            new("[", "previous view", () => TurnAsync(-1), Hint: true), new("]", "next view", () => TurnAsync(1), Hint: true),
            new("Enter", "open case", OpenCaseAsync, Hint: true), new("c", "copy the order's name", () => CopyAsync(model.Story?.Head.Name), Hint: true),
            new("l", "copy link", () => CopyAsync(Navigation.Uri)), new("Escape", "back to the list", () => GoAsync(Links.Orders), Hint: true),
        ]);
        Navigation.LocationChanged += OnLocation;
    }

    protected override async Task OnInitializedAsync()
    {
        person = SignedIn.From((await Auth).User);
        if (!RendererInfo.IsInteractive)
        {
            return;
        }

        keys = Keys.Use(keymap);
        feed = Feed.Subscribe(LiveTopics.Flows | LiveTopics.Cases | LiveTopics.Connections, () => InvokeAsync(RefreshAsync), StillTrueAsync);
        _ = InvokeAsync(async () =>
        {
            await Task.Delay(SkeletonAfter, Clock, gone.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            showSkeleton = true;
            StateHasChanged();
        });
    }

    // Asked again with each change of the circuit's authentication: a right that was taken away holds for the open page too.
    protected override async Task OnParametersSetAsync()
    {
        person = SignedIn.From((await Auth).User);
        if (RendererInfo.IsInteractive && model.Story?.Head.Id != Id)
        {
            await LoadAsync();
        }
    }

    private async Task LoadAsync()
    {
        await model.LoadAsync(Id, person?.May(Permissions.ExceptionsRead) == true, gone.Token);
        if (model.Story?.Head.Kind == ControlTower.Sync.Flows.ReturnToRefund.ReturnToRefundFlow.Name)
        {
            // A case of a return leads here like one of an order.
            Navigation.NavigateTo(Links.Return(Id), replace: true);
            return;
        }

        Draw();
        Shell.Live(model.Panel.Fault is not null || !Feed.IsConnected ? Shared.Liveness.Late : Shared.Liveness.Live, model.Panel.AnsweredAt);
    }

    // What has happened does not change; how long something waits by now does.
    private void Draw()
    {
        now = Clock.GetUtcNow();
        drawing = model.Story is { } story ? StoryDrawing.Of(story, now, Zone) : null;
    }

    private async Task RefreshAsync()
    {
        if (!gone.IsCancellationRequested)
        {
            await LoadAsync();
            StateHasChanged();
        }
    }

    private async Task<bool> StillTrueAsync()
    {
        await InvokeAsync(() =>
        {
            Draw();
            StateHasChanged();
        });
        return await Shell.StillTrueAsync(InvokeAsync, model.Panel);
    }

    private async Task ReadAsync(StoryLine line)
    {
        try
        {
            // Asked anew: an address or a hidden button is no permission.
            await Actor.MustAsync(Permissions.OrdersReadPersonal);
            body = line switch
            {
                { MessageId: { } message } => await model.MessageAsync(message, gone.Token),
                { CallId: { } call } when model.Story!.Calls.FirstOrDefault(candidate => candidate.Id == call) is { } found => Both((await model.BodiesAsync([found], gone.Token))[call]),
                _ => null,
            } ?? "No longer kept: what was said is erased after 30 days, and with the buyer's data.";
            await SelectAsync(line.Key);
        }
        catch (UnauthorizedAccessException)
        {
            Snackbar.Add("You may not read this any more.", Severity.Error);
        }
        catch (Exception error) when (DatabaseTrouble.Is(error))
        {
            Snackbar.Add("This could not be read: the database did not answer. Try it again.", Severity.Error);
        }
    }

    private async Task EraseAsync(string reason)
    {
        await Acts.RunAsync(async () =>
        {
            var answer = await Erasure.EraseAsync(Id, reason, await Actor.MustAsync(Permissions.OrdersErase), gone.Token);
            (erasing, body) = (false, null);
            Snackbar.Add(answer switch
            {
                ErasureAnswer.Erased => "The buyer's data is erased.",
                ErasureAnswer.Waits => "The buyer's data is erased in the night after the order and its cases have ended.",
                ErasureAnswer.AskedBefore => "Somebody has asked for this before; nothing more was done.",
                _ => "There is no such order any more.",
            }, answer is ErasureAnswer.NoSuchOrder ? Severity.Warning : Severity.Success);
            await LoadAsync();
        });
        if (Acts.Wrong is { } wrong)
        {
            Snackbar.Add(wrong, Severity.Error);
        }
    }

    private static string? Both(CallBody? call) => call switch
    {
        null or { Request: null, Response: null } => null,
        { Response: null } => call.Request,
        { Request: null } => call.Response,
        _ => $"{call.Request}\n\n{call.Response}",
    };

    private RenderFragment ViewTab(TimelineView view, string text) => builder =>
    {
        builder.OpenElement(0, "a");
        builder.AddAttribute(1, "class", view == query.View ? "tab on" : "tab");
        builder.AddAttribute(2, "href", (query with { View = view, Selected = null }).Href(Id));
        builder.AddAttribute(3, "aria-current", view == query.View ? "page" : null);
        builder.AddAttribute(4, "data-ct", $"view:{view.ToString().ToLowerInvariant()}");
        builder.AddContent(5, text);
        builder.CloseElement();
    };

    private Task SelectAsync(string key) => GoAsync((query with { Selected = key }).Href(Id), replace: true);

    private Task TurnAsync(int by) => GoAsync((query with { View = (TimelineView)(((int)query.View + by + 3) % 3), Selected = null }).Href(Id), replace: true);

    private Task OpenCaseAsync() => model.Story?.Cases.FirstOrDefault(problem => problem.ClosedAt is null) is { } open && person?.May(Permissions.ExceptionsRead) == true
        ? GoAsync(Links.Case(open.Id))
        : Task.CompletedTask;

    private Task CopyAsync(string? text) => text is null ? Task.CompletedTask : Js.InvokeVoidAsync("ctList.copy", gone.Token, text).AsTask();

    private Task GoAsync(string href, bool replace = false)
    {
        Navigation.NavigateTo(href, new NavigationOptions { ReplaceHistoryEntry = replace });
        return Task.CompletedTask;
    }

    private void OnLocation(object? sender, LocationChangedEventArgs e) => _ = InvokeAsync(() =>
    {
        if (gone.IsCancellationRequested)
        {
            return;
        }

        query = OrderTimelineQuery.Parse(e.Location);
        StateHasChanged();
    });
}
