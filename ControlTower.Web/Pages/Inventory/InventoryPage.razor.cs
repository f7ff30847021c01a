using ControlTower.Data.Inventory;
using ControlTower.Data.Live;
using ControlTower.Web.Keys;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Routing;
using Microsoft.Extensions.Logging;

namespace ControlTower.Web.Pages.Inventory;

/// <summary>The stock, SKU by SKU. Nothing is changed here.</summary>
public sealed partial class InventoryPage : ComponentBase, IDisposable
{
    private const int PageSize = 60;

    private static readonly TimeSpan AtMostEvery = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource gone = new();
    private InventoryQuery query = InventoryQuery.All;
    private Keymap keymap = new("Inventory", []);
    private PanelGuard? panel;
    private IReadOnlyList<StockItem> items = [];
    private string? currentSku;
    private bool more;
    private IDisposable? feed;
    private IDisposable? keys;

    [Inject] private StockQueries Queries { get; set; } = default!;
    [Inject] private LiveFeed Feed { get; set; } = default!;
    [Inject] private KeyFeed Keys { get; set; } = default!;
    [Inject] private ShellState Shell { get; set; } = default!;
    [Inject] private NavigationManager Navigation { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;
    [Inject] private ILogger<InventoryPage> Log { get; set; } = default!;
    [CascadingParameter] private Viewer? Viewer { get; set; }

    private IReadOnlyList<FilterView> Views =>
    [
        View("all", "All", StockView.All), View("sold-out", "Sold out", StockView.SoldOut), View("oversold", "Oversold", StockView.Oversold),
    ];

    private string EmptyText => query switch
    {
        { After.Length: > 0 } => $"No more SKUs behind {query.After}.",
        { Text.Length: > 0 } => $"No SKU{(query.View is StockView.All ? "" : " of this view")} begins with \"{query.Text}\".",
        { View: StockView.SoldOut } => "Nothing is sold out.",
        { View: StockView.Oversold } => "No till has sold what was promised.",
        _ => "No stock is known yet. It appears here with the first count.",
    };

    public void Dispose()
    {
        gone.Cancel();
        gone.Dispose();
        Navigation.LocationChanged -= OnLocation;
        feed?.Dispose();
        keys?.Dispose();
        Shell.Live(null);
    }

    protected override async Task OnInitializedAsync()
    {
        query = InventoryQuery.Parse(Navigation.Uri);
        keymap = new Keymap("Inventory",
        [
            new("j", "next", () => MoveAsync(1), Hint: true), new("k", "previous", () => MoveAsync(-1), Hint: true), new("ArrowDown", "next", () => MoveAsync(1)),
            new("ArrowUp", "previous", () => MoveAsync(-1)), new("Enter", "open", OpenAsync, Hint: true), new("/", "filter", Hint: true),
        ]);
        if (!RendererInfo.IsInteractive)
        {
            return;
        }

        panel = new PanelGuard("The stock", Clock, Log);
        keys = Keys.Use(keymap);
        Navigation.LocationChanged += OnLocation;
        feed = Feed.Subscribe(LiveTopics.Flows | LiveTopics.Stock, () => InvokeAsync(RefreshAsync));
        await LoadAsync();
    }

    // Orders move all the time and every look costs the database something: not with each of them, but the last one is never left out.
    private Task RefreshAsync() => panel!.PacedAsync(AtMostEvery, LoadAsync, gone.IsCancellationRequested ? new CancellationToken(canceled: true) : gone.Token);

    private async Task LoadAsync()
    {
        if (gone.IsCancellationRequested)
        {
            return;
        }

        var asked = query;
        await panel!.AskAsync(async () =>
        {
            var found = await Queries.ItemsAsync(asked.View, asked.Text.Length == 0 ? null : asked.Text, asked.After, PageSize + 1, gone.Token);
            if (asked == query)
            {
                (more, items) = (found.Count > PageSize, [.. found.Take(PageSize)]);
            }
        });
        Shell.Live(panel.Fault is null && Feed.IsConnected ? Shared.Feed.Live : Shared.Feed.Late, panel.AnsweredAt);
        StateHasChanged();
    }

    private FilterView View(string key, string name, StockView view) =>
        new(key, name, (InventoryQuery.All with { View = view, Text = query.Text }).Href(), query.View == view);

    private void Go(InventoryQuery wanted) => Navigation.NavigateTo(wanted.Href());

    private Task MoveAsync(int by)
    {
        if (items.Count > 0)
        {
            var at = items.ToList().FindIndex(item => item.Sku == currentSku);
            currentSku = items[Math.Clamp(at + by, 0, items.Count - 1)].Sku;
            StateHasChanged();
        }

        return Task.CompletedTask;
    }

    private Task OpenAsync()
    {
        if (currentSku is { } sku)
        {
            Navigation.NavigateTo(Links.Sku(sku));
        }

        return Task.CompletedTask;
    }

    private void OnLocation(object? sender, LocationChangedEventArgs change) => _ = InvokeAsync(() =>
    {
        if (!new Uri(change.Location).AbsolutePath.Equals(Links.Inventory, StringComparison.OrdinalIgnoreCase))
        {
            return Task.CompletedTask;
        }

        (query, currentSku) = (InventoryQuery.Parse(change.Location), null);
        return LoadAsync();
    });
}
