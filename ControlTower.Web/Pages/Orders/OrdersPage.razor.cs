using ControlTower.Data.Flows;
using ControlTower.Data.Live;
using ControlTower.Sync.Administration;
using ControlTower.Web.Auth;
using ControlTower.Web.Keys;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Routing;
using Microsoft.AspNetCore.Components.Web.Virtualization;
using Microsoft.Extensions.Logging;
using Microsoft.JSInterop;

namespace ControlTower.Web.Pages.Orders;

/// <summary>Orders: search by any id, filter, watch.</summary>
public sealed partial class OrdersPage : ComponentBase, IDisposable
{
    private static readonly TimeSpan SkeletonAfter = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan SlowAfter = TimeSpan.FromSeconds(5);

    private OrdersModel model = default!;
    private OrdersQuery query = OrdersQuery.All;
    private Keymap keymap = new("Orders", []);
    private Dictionary<string, string> shopNames = [];
    private Virtualize<OrderListItem>? list;
    private IDisposable? feed;
    private IDisposable? keys;
    private long? currentId;
    private bool showSkeleton;
    private bool stillAsking;
    private bool disposed;

    [Inject] private OrderQueries Queries { get; set; } = default!;
    [Inject] private StageLimitBook Limits { get; set; } = default!;
    [Inject] private LiveFeed Feed { get; set; } = default!;
    [Inject] private KeyFeed Keys { get; set; } = default!;
    [Inject] private ShellState Shell { get; set; } = default!;
    [Inject] private NavigationManager Navigation { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;
    [Inject] private ILogger<OrdersModel> Log { get; set; } = default!;
    [Inject] private IJSRuntime Js { get; set; } = default!;
    [CascadingParameter] private Viewer? Viewer { get; set; }
    [CascadingParameter] private Task<AuthenticationState> Auth { get; set; } = default!;

    private TimeZoneInfo Zone => (Viewer ?? Shared.Viewer.Default).StoreZone;

    private string? Sub => model.Total is { Count: > 0 } total && query.IsPlain ? $"{Say.Count(total.Count, Viewer?.Culture)} in all" : null;

    private string SortText => query.Sort switch { OrderSort.LongestInStage => "longest in their stage first", OrderSort.Value => "highest value first", _ => "newest first" };

    private string EmptyText => model.Filter.Narrows
        ? $"Nothing matches. {Say.Count(model.Everything ?? 0, Viewer?.Culture)} {(model.Everything == 1 ? "order is" : "orders are")} outside this filter."
        : "No orders yet. They appear here as soon as a shop sends one.";

    private IReadOnlyList<FilterView> Views =>
    [
        View("all", "All", OrdersQuery.All),
        View("open", "Under way", OrdersQuery.All with { Statuses = ["open", "attention"] }),
        View("attention", "Needs somebody", OrdersQuery.All with { Statuses = ["attention"], Sort = OrderSort.LongestInStage }),
        View("late", "Over 2 h in stage", OrdersQuery.All with { Age = TimeSpan.FromHours(2), Sort = OrderSort.LongestInStage }),
    ];

    public void Dispose()
    {
        disposed = true;
        Navigation.LocationChanged -= OnLocation;
        feed?.Dispose();
        keys?.Dispose();
        model.Dispose();
        Shell.Live(null);
    }

    protected override void OnInitialized()
    {
        model = new OrdersModel(Queries, Limits.Current, Clock, Log);
        query = OrdersQuery.Parse(Navigation.Uri);
        keymap = new Keymap("Orders",
        [
            .. KeyBinding.Walk(MoveAsync),
            new("Enter", "open", OpenCurrentAsync, Hint: true), new("/", "filter", Hint: true),
        ]);
        Navigation.LocationChanged += OnLocation;
    }

    protected override async Task OnInitializedAsync()
    {
        // Prerendering would ask everything twice and leave handlers behind.
        if (!RendererInfo.IsInteractive)
        {
            return;
        }

        model.TellsCauses = SignedIn.From((await Auth).User)?.May(Permissions.ExceptionsRead) == true;
        keys = Keys.Use(keymap);
        feed = Feed.Subscribe(LiveTopics.Flows | LiveTopics.Cases, () => InvokeAsync(RefreshAsync), StillTrueAsync);
        _ = InvokeAsync(SkeletonAsync);
        await OpenAsync();
    }

    private async Task OpenAsync()
    {
        await model.OpenAsync(query.Filter(Zone));
        shopNames = model.Facets.Sources.ToDictionary(shop => shop.Id, shop => shop.Name);
        currentId = model.Ids.Count > 0 ? model.Ids[0] : null;
        ShowLive();
        if (list is not null)
        {
            await list.RefreshDataAsync();
        }
    }

    private async Task RefreshAsync()
    {
        if (disposed)
        {
            return;
        }

        await model.RefreshAsync();
        if (disposed)
        {
            return;
        }

        ShowLive();
        if (list is not null)
        {
            await list.RefreshDataAsync();
        }

        StateHasChanged();
    }

    private Task<bool> StillTrueAsync() => Shell.StillTrueAsync(InvokeAsync, model.Panel);

    private async ValueTask<ItemsProviderResult<OrderListItem>> ProvideAsync(ItemsProviderRequest request)
    {
        var items = await model.WindowAsync(request.StartIndex, request.Count);
        return new ItemsProviderResult<OrderListItem>(items, model.Ids.Count);
    }

    private async Task SkeletonAsync()
    {
        await Task.Delay(SkeletonAfter, Clock);
        showSkeleton = true;
        StateHasChanged();
        await Task.Delay(SlowAfter - SkeletonAfter, Clock);
        stillAsking = true;
        StateHasChanged();
    }

    private void ShowLive() => Shell.Live(
        model.Panel.Fault is not null || !Feed.IsConnected ? Shared.Liveness.Late : Shared.Liveness.Live, model.Panel.AnsweredAt);

    private FilterView View(string key, string name, OrdersQuery view) => new(key, name, view.Href(), query.Href() == view.Href());

    private Task GoAsync(OrdersQuery next) => GoToAsync(next.Href());

    private Task GoToAsync(string href)
    {
        Navigation.NavigateTo(href);
        return Task.CompletedTask;
    }

    private void OnLocation(object? sender, LocationChangedEventArgs e) => _ = InvokeAsync(async () =>
    {
        var next = OrdersQuery.Parse(e.Location);
        if (disposed || !new Uri(e.Location).AbsolutePath.TrimEnd('/').Equals(Links.Orders, StringComparison.OrdinalIgnoreCase) || (next.Href() == query.Href() && next.Wrong.SequenceEqual(query.Wrong)))
        {
            return;
        }

        query = next;
        await OpenAsync();
        StateHasChanged();
    });

    private async Task MoveAsync(int by)
    {
        if (model.Ids.Count == 0)
        {
            return;
        }

        var at = currentId is { } id ? model.Ids.ToList().IndexOf(id) : -1;
        currentId = model.Ids[Math.Clamp(at + by, 0, model.Ids.Count - 1)];
        await InvokeAsync(StateHasChanged);
        await Js.InvokeVoidAsync("ctList.reveal", "orders-scroll", Math.Clamp(at + by, 0, model.Ids.Count - 1), 41);
    }

    private Task OpenCurrentAsync()
    {
        if (currentId is { } id)
        {
            Open(id);
        }

        return Task.CompletedTask;
    }

    private void Open(long id) => Navigation.NavigateTo(Links.Order(id));
}
