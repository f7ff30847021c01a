using System.Globalization;
using ControlTower.Data.Inventory;
using ControlTower.Data.Live;
using ControlTower.Web.Auth;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.Extensions.Logging;

namespace ControlTower.Web.Pages.Inventory;

/// <summary>One SKU: its places, the orders that hold it, its ledger with each movement's reason.</summary>
public sealed partial class SkuPage : ComponentBase, IDisposable
{
    private const int MostHolds = 100;

    private static readonly TimeSpan AtMostEvery = TimeSpan.FromSeconds(10);

    private static readonly IReadOnlyList<Crumb> Above = [new("Inventory", Links.Inventory)];

    private readonly CancellationTokenSource gone = new();
    private PanelGuard? panel;
    private IReadOnlyList<StockPosition> positions = [];
    private IReadOnlyList<StockSetAside> holds = [];
    private IReadOnlyList<DriftCell> published = [];
    private IReadOnlyList<StockMovement> ledger = [];
    private string? location;
    private long? before;
    private IDisposable? feed;

    [Parameter] public string Sku { get; set; } = "";

    /// <summary>The place whose ledger is shown alone.</summary>
    [SupplyParameterFromQuery(Name = "place")] public string? Place { get; set; }

    /// <summary>The row of the ledger before which the page begins.</summary>
    [SupplyParameterFromQuery(Name = "before")] public string? Before { get; set; }
    [Inject] private StockQueries Queries { get; set; } = default!;
    [Inject] private DriftQueries Channels { get; set; } = default!;
    [Inject] private LiveFeed Feed { get; set; } = default!;
    [Inject] private ShellState Shell { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;
    [Inject] private ILogger<SkuPage> Log { get; set; } = default!;
    [CascadingParameter] private Viewer? Viewer { get; set; }
    [CascadingParameter] private Task<AuthenticationState> Auth { get; set; } = default!;

    private bool MayOpenOrders { get; set; }

    private string Sum =>
        $"{Say.Count(positions.Sum(place => (long)place.Available), Viewer?.Culture)} available, {Say.Count(positions.Sum(place => (long)place.OnHand), Viewer?.Culture)} on hand, {Say.Count(positions.Sum(place => (long)place.Reserved), Viewer?.Culture)} reserved";

    public void Dispose()
    {
        gone.Cancel();
        gone.Dispose();
        feed?.Dispose();
        Shell.Live(null);
    }

    protected override void OnInitialized()
    {
        if (RendererInfo.IsInteractive)
        {
            panel = new PanelGuard("The stock", Clock, Log);
            feed = Feed.Subscribe(LiveTopics.Flows | LiveTopics.Stock, () => InvokeAsync(RefreshAsync));
        }
    }

    protected override async Task OnParametersSetAsync()
    {
        MayOpenOrders = SignedIn.From((await Auth).User)?.May(Permissions.OrdersRead) == true;
        before = long.TryParse(Before, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;
        await LoadAsync();
    }

    // Orders move all the time and every look costs the database something: not with each of them, but the last one is never left out.
    private Task RefreshAsync() => panel!.PacedAsync(AtMostEvery, LoadAsync, gone.IsCancellationRequested ? new CancellationToken(canceled: true) : gone.Token);

    private async Task LoadAsync()
    {
        if (panel is null || gone.IsCancellationRequested)
        {
            return;
        }

        // Text from an address may hold what no text of the database can.
        var sku = Sku.Contains('\0', StringComparison.Ordinal) ? "" : Sku;
        var asked = (Sku, Place, Before);
        await panel.AskAsync(async () =>
        {
            var places = await Queries.PositionsAsync(sku, gone.Token);
            var place = places.FirstOrDefault(p => p.Location == asked.Place)?.Location;
            var (kept, moved) = (await Queries.SetAsideAsync(sku, MostHolds, gone.Token), await Queries.LedgerAsync(sku, place, before, gone.Token));
            var shown = await Channels.OfSkuAsync(sku, gone.Token);
            if (asked == (Sku, Place, Before))
            {
                (positions, location, holds, published, ledger) = (places, place, kept, shown, moved);
            }
        });
        Shell.Live(panel.Fault is null && Feed.IsConnected ? Shared.Feed.Live : Shared.Feed.Late, panel.AnsweredAt);
        StateHasChanged();
    }

    private string Href(string? place, long? older)
    {
        var parts = new[] { place is null ? null : $"place={Uri.EscapeDataString(place)}", older is null ? null : string.Create(CultureInfo.InvariantCulture, $"before={older}") };
        return parts.OfType<string>().Any() ? $"{Links.Sku(Sku)}?{string.Join('&', parts.OfType<string>())}" : Links.Sku(Sku);
    }

    private string NameOf(string id) => positions.FirstOrDefault(place => place.Location == id)?.Name ?? id;

    private string Time(DateTimeOffset at) => Say.Time(at, Clock.GetUtcNow(), (Viewer ?? Shared.Viewer.Default).StoreZone);
}
