using ControlTower.Data.Kpis;
using ControlTower.Web.Auth;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Routing;
using Microsoft.Extensions.Logging;

namespace ControlTower.Web.Pages.Kpis;

/// <summary>What the screens of key figures have in common: an address that is a scope, checked before anything is asked, and time that goes on.</summary>
public abstract class KpiScreen : ComponentBase, IDisposable
{
    private readonly CancellationTokenSource gone = new();
    private PanelGuard? zones;
    private IDisposable? known;
    private (string Zone, bool Is) zone = ("", true);

    [Inject] protected KpiFeed Feed { get; set; } = default!;
    [Inject] protected LiveFeed Live { get; set; } = default!;
    [Inject] protected NavigationManager Navigation { get; set; } = default!;
    [Inject] protected TimeProvider Clock { get; set; } = default!;
    [Inject] private ShellState Shell { get; set; } = default!;
    [Inject] private KpiQueries Zones { get; set; } = default!;
    [Inject] private ILogger<KpiScreen> Log { get; set; } = default!;
    [CascadingParameter] private Viewer? Viewer { get; set; }
    [CascadingParameter] private Task<AuthenticationState> Auth { get; set; } = default!;

    protected KpiQuery Query { get; private set; } = new();

    /// <summary>Null until the address has been looked at, and where nothing can be shown for it.</summary>
    protected KpiSpan? Span { get; private set; }

    protected IReadOnlyList<KpiProblem> Problems { get; private set; } = [];

    protected SignedIn? Person { get; private set; }

    protected KpiKnown? Known => Feed.Known.Now.Value;

    protected Fault? KnownFault => Feed.Known.Now.Fault ?? zones?.Fault;

    /// <summary>The viewer, in the zone of the address.</summary>
    protected Viewer Eyes { get; private set; } = Shared.Viewer.Default;

    protected CancellationToken Gone => gone.IsCancellationRequested ? new CancellationToken(canceled: true) : gone.Token;

    /// <summary>The address of the screen, without a query.</summary>
    protected abstract string Path { get; }

    /// <summary>Asks for what the screen shows of <see cref="Span"/>.</summary>
    protected abstract void Look();

    /// <summary>When the newest of what is shown was answered, and whether it could be.</summary>
    protected abstract (DateTimeOffset? At, bool Sound) Answered { get; }

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        gone.Cancel();
        gone.Dispose();
        Navigation.LocationChanged -= OnLocation;
        known?.Dispose();
        Shell.Live(null);
    }

    protected override async Task OnInitializedAsync()
    {
        Person = SignedIn.From((await Auth).User);
        (Query, Eyes) = (KpiQuery.Parse(Navigation.Uri), Viewer ?? Shared.Viewer.Default);
        if (RendererInfo.IsInteractive)
        {
            zones = new PanelGuard("The zone", Clock, Log);
            Navigation.LocationChanged += OnLocation;
            known = Feed.Known.Watch(Changed);
            await TurnAsync();
        }
    }

    // Asked again with each change of the circuit's authentication: a right that was taken away holds for the open page too.
    protected override async Task OnParametersSetAsync() => Person = SignedIn.From((await Auth).User);

    /// <summary>Something that is shown moved. The time that is asked about may have, too.</summary>
    protected void Changed() => _ = InvokeAsync(() =>
    {
        if (!gone.IsCancellationRequested)
        {
            Refresh();
        }
    });

    protected void Go(KpiQuery wanted) => Navigation.NavigateTo(wanted.Href(Path));

    protected bool May(string permission) => Person?.May(permission) == true;

    /// <summary>Reads the address and shows what it asks for.</summary>
    protected async Task TurnAsync()
    {
        Query = KpiQuery.Parse(Navigation.Uri);
        if (Query.Zone != zone.Zone)
        {
            var asked = Query.Zone;
            var found = false;
            if (!await zones!.AskAsync(async () => found = await KpiScopes.KnowsZoneAsync(Query, Zones, Gone)))
            {
                StateHasChanged();
                return;
            }

            zone = (asked, found);
        }

        Refresh();
    }

    private void Refresh()
    {
        if (Query.Zone != zone.Zone)
        {
            return;
        }

        var usual = Viewer ?? Shared.Viewer.Default;
        Eyes = zone is { Is: true, Zone.Length: > 0 } ? usual with { StoreZone = TimeZoneInfo.FindSystemTimeZoneById(zone.Zone) } : usual;
        var (span, impossible) = KpiSpan.Of(Query, Clock.GetUtcNow(), Eyes.StoreZone);
        Problems = [.. Query.Problems, .. zone.Is ? [] : new[] { KpiScopes.NoZone(Query) }, .. Known is { } all ? KpiScopes.Strangers(Query, all) : [],
            .. impossible is { } problem && Query.Problems.Count == 0 ? new[] { problem } : []];
        Span = Problems.Count == 0 && Known is not null ? span : null;
        if (Span is not null)
        {
            Look();
        }

        var (at, sound) = Answered;
        Shell.Live(sound && KnownFault is null && Live.IsConnected ? Shared.Liveness.Live : Shared.Liveness.Late, at);
        StateHasChanged();
    }

    private void OnLocation(object? sender, LocationChangedEventArgs change) => _ = InvokeAsync(async () =>
    {
        if (!gone.IsCancellationRequested && new Uri(change.Location).AbsolutePath.TrimEnd('/').Equals(Path, StringComparison.OrdinalIgnoreCase))
        {
            await TurnAsync();
        }
    });
}
