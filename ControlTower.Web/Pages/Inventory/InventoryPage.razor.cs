using ControlTower.Data.Inventory;
using ControlTower.Data.Live;
using ControlTower.Web.Keys;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;

namespace ControlTower.Web.Pages.Inventory;

/// <summary>The stock, SKU by SKU. Nothing is changed here.</summary>
public sealed partial class InventoryPage
{
    private const int PageSize = 60;

    private InventoryQuery query = InventoryQuery.All;
    private IReadOnlyList<StockItem> items = [];
    private string? currentSku;
    private bool more;

    [Inject] private StockQueries Queries { get; set; } = default!;

    private IReadOnlyList<FilterView> Views =>
    [
        View("all", "All", StockView.All), View("sold-out", "Sold out", StockView.SoldOut), View("oversold", "Oversold", StockView.Oversold),
        View("counted-short", "Counted short", StockView.CountedShort),
    ];

    private string EmptyText => query switch
    {
        { After.Length: > 0 } => $"No more SKUs behind {query.After}.",
        { Text.Length: > 0 } => $"No SKU{(query.View is StockView.All ? "" : " of this view")} begins with \"{query.Text}\".",
        { View: StockView.SoldOut } => "Nothing is sold out.",
        { View: StockView.Oversold } => "No till has sold what was promised.",
        { View: StockView.CountedShort } => "No count is below what is promised.",
        _ => "No stock is known yet. It appears here with the first count.",
    };

    // Orders move all the time, and every look costs the database something.
    protected override Following Follows => new("The stock", LiveTopics.Flows | LiveTopics.Stock, TimeSpan.FromSeconds(10), Links.Inventory);

    protected override Keymap Hands() => new("Inventory",
    [
        .. KeyBinding.Walk(MoveAsync), new("Enter", "open", OpenAsync, Hint: true), new("/", "filter", Hint: true),
    ]);

    protected override void Show(string uri) => (query, currentSku) = (InventoryQuery.Parse(uri), null);

    protected override async Task ReadAsync(CancellationToken cancel)
    {
        var found = await Queries.ItemsAsync(query.View, query.Text.Length == 0 ? null : query.Text, query.After, PageSize + 1, cancel);
        cancel.ThrowIfCancellationRequested();
        (more, items) = (found.Count > PageSize, [.. found.Take(PageSize)]);
    }

    private FilterView View(string key, string name, StockView view) =>
        new(key, name, (InventoryQuery.All with { View = view, Text = query.Text }).Href(), query.View == view);

    private void Go(InventoryQuery wanted) => Navigation.NavigateTo(wanted.Href());

    private Task MoveAsync(int by)
    {
        if (items.Count > 0)
        {
            currentSku = items.Step(item => item.Sku == currentSku, by).Sku;
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
}
