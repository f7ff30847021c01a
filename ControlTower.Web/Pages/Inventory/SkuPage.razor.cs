using System.Globalization;
using ControlTower.Data.Inventory;
using ControlTower.Data.Live;
using ControlTower.Sync.Inventory;
using ControlTower.Web.Auth;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace ControlTower.Web.Pages.Inventory;

/// <summary>One SKU: its places, the orders that hold it, its ledger with each movement's reason.</summary>
public sealed partial class SkuPage
{
    private const int MostHolds = 100;

    private static readonly IReadOnlyList<Crumb> Above = [new("Inventory", Links.Inventory)];

    private IReadOnlyList<StockPosition> positions = [];
    private IReadOnlyList<StockSetAside> holds = [];
    private IReadOnlyList<DriftCell> published = [];
    private IReadOnlyList<StockMovement> ledger = [];
    private IReadOnlyList<StockCountWaiting> counts = [];
    private StockPosition? chosen;
    private string pieces = "";
    private string reason = "";
    private string? location;
    private long? before;

    [Parameter] public string Sku { get; set; } = "";

    /// <summary>The place whose ledger is shown alone.</summary>
    [SupplyParameterFromQuery(Name = "place")] public string? Place { get; set; }

    /// <summary>The row of the ledger before which the page begins.</summary>
    [SupplyParameterFromQuery(Name = "before")] public string? Before { get; set; }
    [Inject] private StockQueries Queries { get; set; } = default!;
    [Inject] private DriftQueries Channels { get; set; } = default!;
    [Inject] private SafetyStockDesk Desk { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private ISnackbar Messages { get; set; } = default!;

    private bool MayOpenOrders => Person?.May(Permissions.OrdersRead) == true;

    private string Sum =>
        $"{Say.Count(positions.Sum(place => (long)place.Available), Viewer?.Culture)} available, {Say.Count(positions.Sum(place => (long)place.OnHand), Viewer?.Culture)} on hand, {Say.Count(positions.Sum(place => (long)place.Reserved), Viewer?.Culture)} reserved";

    // Orders move all the time, and every look costs the database something.
    protected override Following Follows => new("The stock", LiveTopics.Flows | LiveTopics.Stock, TimeSpan.FromSeconds(10));

    protected override void Show(string uri) => before = long.TryParse(Before, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;

    protected override async Task ReadAsync(CancellationToken cancel)
    {
        // Text from an address may hold what no text of the database can.
        var sku = Sku.Contains('\0', StringComparison.Ordinal) ? "" : Sku;
        var places = await Queries.PositionsAsync(sku, cancel);
        var place = places.FirstOrDefault(p => p.Location == Place)?.Location;
        var (kept, moved) = (await Queries.SetAsideAsync(sku, MostHolds, cancel), await Queries.LedgerAsync(sku, place, before, cancel));
        var shown = await Channels.OfSkuAsync(sku, cancel);
        var waiting = await Queries.CountsWaitingAsync(sku, cancel);
        cancel.ThrowIfCancellationRequested();
        (positions, location, holds, published, ledger, counts) = (places, place, kept, shown, moved, waiting);
    }

    private string Href(string? place, long? older)
    {
        var parts = new[] { place is null ? null : $"place={Uri.EscapeDataString(place)}", older is null ? null : string.Create(CultureInfo.InvariantCulture, $"before={older}") };
        return parts.OfType<string>().Any() ? $"{Links.Sku(Sku)}?{string.Join('&', parts.OfType<string>())}" : Links.Sku(Sku);
    }

    private void Close() => chosen = Acts.IsBusy ? chosen : null;

    private void Choose(StockPosition place) => (chosen, pieces, reason, Acts.Wrong) = (place, place.Safety.ToString(CultureInfo.InvariantCulture), "", null);

    private Task KeepAsync() => Acts.RunAsync(async () =>
    {
        var actor = await Actor.MustAsync(Permissions.SafetyStockWrite);
        var wanted = int.TryParse(pieces.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var whole) ? whole : throw new ArgumentException("The pieces to keep back are a whole number, such as 2.");
        var kept = await Desk.SetAsync(Sku, chosen!.Location, wanted, chosen.Safety, reason, actor, Gone);
        Messages.Add(kept ? "Kept back. Channels are told by themselves." : "Somebody changed it meanwhile. You see it as it is now.", kept ? Severity.Success : Severity.Warning);
        chosen = null;
        await LoadAsync();
    });

    private string NameOf(string id) => positions.FirstOrDefault(place => place.Location == id)?.Name ?? id;
}
