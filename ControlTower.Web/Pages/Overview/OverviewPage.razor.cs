using System.Globalization;
using ControlTower.Data.Flows;
using ControlTower.Sync.Administration;
using ControlTower.Web.Auth;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Routing;
using Microsoft.Extensions.Options;

namespace ControlTower.Web.Pages.Overview;

/// <summary>Where everything is, what is stuck and what it is worth: live.</summary>
public sealed partial class OverviewPage : ComponentBase, IDisposable
{
    private const int MostNotices = 2;

    private IReadOnlyList<IDisposable> watching = [];
    private OverviewQuery query = new(Table: false);
    private SignedIn? person;
    private FlowLane? lane;
    private FlowLane? returnLane;
    private IReadOnlyList<FigureTile> tiles = FigureTiles.Loading;
    private IReadOnlyList<OutageNotice> notices = [];
    private IReadOnlyList<QuietNotice> quiet = [];

    [CascadingParameter] private Task<AuthenticationState> Auth { get; set; } = default!;
    [CascadingParameter] private Viewer? Viewer { get; set; }
    [Inject] private OverviewFeed Feed { get; set; } = default!;
    [Inject] private LiveFeed Live { get; set; } = default!;
    [Inject] private StageLimitBook Limits { get; set; } = default!;
    [Inject] private IOptions<OverviewTargets> Targets { get; set; } = default!;
    [Inject] private ShellState Shell { get; set; } = default!;
    [Inject] private NavigationManager Navigation { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;

    private Viewer Eyes => Viewer ?? Shared.Viewer.Default;

    private string Today => TimeZoneInfo.ConvertTime(Clock.GetUtcNow(), Eyes.StoreZone).ToString("ddd d MMM yyyy", CultureInfo.InvariantCulture);

    public void Dispose()
    {
        Navigation.LocationChanged -= OnLocation;
        foreach (var watch in watching)
            watch.Dispose();
        Shell.Live(null);
    }

    protected override async Task OnInitializedAsync()
    {
        person = SignedIn.From((await Auth).User);
        query = OverviewQuery.Parse(Navigation.Uri);
        Navigation.LocationChanged += OnLocation;
        Compose();
        // Prerendering shows what others have seen last, and asks nothing.
        if (RendererInfo.IsInteractive)
            watching = Feed.Watch(() => _ = InvokeAsync(Refresh));
    }

    private void Refresh()
    {
        Compose();
        var stages = Feed.Stages.Now;
        if (stages.At is not null)
            Shell.Live(stages.Fault is null && Live.IsConnected ? Shared.Liveness.Live : Shared.Liveness.Late, stages.At);
        StateHasChanged();
    }

    private void Compose()
    {
        var now = Clock.GetUtcNow();
        lane = Feed.Stages.Now.Value is { } stages ? OverviewModel.Lane(stages, Limits.Current, now, May(Permissions.OrdersRead)) : null;
        returnLane = Feed.Returns.Now.Value is { } returns ? OverviewModel.ReturnLane(returns, Limits.Current, now, May(Permissions.ReturnsRead)) : null;
        notices = Feed.Connections.Now.Value is { } connections ? OutageNotice.Of(connections, now, Eyes.StoreZone, Eyes.Culture) : [];
        quiet = Feed.Pulses.Now.Value is { } pulses ? QuietNotice.Of(pulses, Targets.Value, Weekday(now), Eyes.Culture) : [];
        tiles = Feed.Figures.Now.Value is { } figures
            ? FigureTiles.Of(figures, now, Eyes.StoreZone, Eyes.Culture, May(Permissions.ExceptionsRead), quiet)
            : FigureTiles.Loading;
    }

    private string Weekday(DateTimeOffset now) => TimeZoneInfo.ConvertTime(now, Eyes.StoreZone).ToString("dddd", CultureInfo.InvariantCulture);

    private bool May(string permission) => person?.May(permission) == true;

    private void OnLocation(object? sender, LocationChangedEventArgs e) => _ = InvokeAsync(() =>
    {
        query = OverviewQuery.Parse(e.Location);
        StateHasChanged();
    });
}
