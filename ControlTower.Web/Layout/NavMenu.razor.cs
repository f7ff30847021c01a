using ControlTower.Data.Db;
using ControlTower.Web.Auth;
using ControlTower.Web.Hosting;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Routing;
using Microsoft.Extensions.Options;

namespace ControlTower.Web.Layout;

/// <summary>The navigation of one person: absent what they may never open, a number where something needs them.</summary>
public sealed partial class NavMenu : ComponentBase, IDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource gone = new();
    private Dictionary<string, NavCount> counts = [];
    private IDisposable? listening;
    private bool reading;

    [Parameter, EditorRequired]
    public SignedIn Person { get; set; } = default!;

    [Parameter]
    public EventCallback OnNavigate { get; set; }

    [Parameter]
    public EventCallback OnSystemTheme { get; set; }

    [Inject]
    private NavigationManager Navigation { get; set; } = default!;

    [Inject]
    private IOptions<TowerOptions> Options { get; set; } = default!;

    [Inject]
    private IEnumerable<INavCounts> Sources { get; set; } = default!;

    [Inject]
    private AgeTicker Ticker { get; set; } = default!;

    public void Dispose()
    {
        Navigation.LocationChanged -= OnLocation;
        listening?.Dispose();
        gone.Cancel();
        gone.Dispose();
    }

    protected override void OnInitialized() => Navigation.LocationChanged += OnLocation;

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!firstRender || !Sources.Any())
            return;
        listening = Ticker.Listen(() => Every, () => _ = InvokeAsync(ReadAsync));
        await ReadAsync();
    }

    private async Task ReadAsync()
    {
        if (reading)
            return;
        reading = true;
        try
        {
            var read = new Dictionary<string, NavCount>(StringComparer.Ordinal);
            foreach (var source in Sources)
            {
                foreach (var count in await source.ReadAsync(Person, gone.Token))
                    read[count.Href] = count;
            }

            counts = read;
            StateHasChanged();
        }
        catch (Exception e) when (e is OperationCanceledException || DatabaseTrouble.Is(e))
        {
            // The numbers stay as they were; the page itself says what is wrong.
        }
        finally
        {
            reading = false;
        }
    }

    private NavCount? CountOf(Screen screen) => counts.GetValueOrDefault(screen.Href);

    private bool IsHere(Screen screen) => Screens.At(Person, "/" + Navigation.ToBaseRelativePath(Navigation.Uri).Split('?', '#')[0]) == screen;

    private void OnLocation(object? sender, LocationChangedEventArgs e) => _ = InvokeAsync(StateHasChanged);
}
