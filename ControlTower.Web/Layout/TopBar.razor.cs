using System.Globalization;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;

namespace ControlTower.Web.Layout;

/// <summary>Where I am, search, live state, the stores' clock, theme and keys.</summary>
public sealed partial class TopBar : ComponentBase, IDisposable
{
    private IDisposable? listening;

    [Parameter]
    public bool Dark { get; set; }

    [Parameter]
    public EventCallback OnTheme { get; set; }

    [Parameter]
    public EventCallback OnMenu { get; set; }

    [CascadingParameter]
    private Viewer? Viewer { get; set; }

    [Inject]
    private ShellState Shell { get; set; } = default!;

    [Inject]
    private TimeProvider Clock { get; set; } = default!;

    [Inject]
    private AgeTicker Ticker { get; set; } = default!;

    private string Now
    {
        get
        {
            var zone = (Viewer ?? Shared.Viewer.Default).StoreZone;
            var now = Clock.GetUtcNow();
            return string.Create(CultureInfo.InvariantCulture, $"{TimeZoneInfo.ConvertTime(now, zone):HH:mm} {Zones.Abbreviation(zone, now)}");
        }
    }

    public void Dispose()
    {
        Shell.Changed -= Refresh;
        listening?.Dispose();
    }

    protected override void OnInitialized() => Shell.Changed += Refresh;

    // With a feed on screen its age counts by the second; else only the minute changes.
    protected override void OnAfterRender(bool firstRender)
    {
        if (firstRender)
            listening = Ticker.Listen(() => Shell.Feed is null ? TimeSpan.FromSeconds(60 - Clock.GetUtcNow().Second) : TimeSpan.FromSeconds(1), Refresh);
    }

    private void Refresh() => _ = InvokeAsync(StateHasChanged);
}
