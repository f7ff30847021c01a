using ControlTower.Data.Live;
using ControlTower.Web.Auth;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Routing;
using Microsoft.Extensions.Logging;

namespace ControlTower.Web.Pages.Ownership;

/// <summary>What the smaller pages of the room have in common: they read a scene, follow its changes and their address.</summary>
public abstract class OwnershipRoomPage : ComponentBase, IDisposable
{
    protected static readonly IReadOnlyList<Crumb> Above = [new("Ownership", Links.Ownership)];

    private static readonly TimeSpan AtMostEvery = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource gone = new();
    private IDisposable? feed;

    [Inject] protected OwnershipRoom Room { get; set; } = default!;
    [Inject] protected LiveFeed Feed { get; set; } = default!;
    [Inject] protected ShellState Shell { get; set; } = default!;
    [Inject] protected NavigationManager Navigation { get; set; } = default!;
    [Inject] protected TimeProvider Clock { get; set; } = default!;
    [Inject] protected ILogger<OwnershipRoomPage> Log { get; set; } = default!;
    [CascadingParameter] protected Viewer? Viewer { get; set; }
    [CascadingParameter] protected Task<AuthenticationState> Auth { get; set; } = default!;

    protected PanelGuard? Panel { get; private set; }

    protected OwnershipScene? Scene { get; private set; }

    protected SignedIn? Person { get; private set; }

    protected CancellationToken Gone => gone.IsCancellationRequested ? new CancellationToken(canceled: true) : gone.Token;

    protected TimeZoneInfo Zone => (Viewer ?? Viewer.Default).StoreZone;

    /// <summary>The page's own path and the subject of "… could not be read".</summary>
    protected abstract (string Path, string What) Of { get; }

    public void Dispose()
    {
        gone.Cancel();
        gone.Dispose();
        Navigation.LocationChanged -= OnLocation;
        feed?.Dispose();
        Left();
        Shell.Live(null);
        GC.SuppressFinalize(this);
    }

    protected override async Task OnInitializedAsync()
    {
        Show(Navigation.Uri);
        if (!RendererInfo.IsInteractive)
        {
            return;
        }

        Panel = new PanelGuard(Of.What, Clock, Log);
        Navigation.LocationChanged += OnLocation;
        feed = Feed.Subscribe(LiveTopics.Ownership | LiveTopics.Connections, () => InvokeAsync(() => Panel.PacedAsync(AtMostEvery, LoadAsync, Gone)));
        await LoadAsync();
    }

    // Asked again with each change of the circuit's authentication: a right that was taken away holds for the open page too.
    protected override async Task OnParametersSetAsync() => Person = SignedIn.From((await Auth).User);

    /// <summary>Takes what the address says.</summary>
    protected abstract void Show(string uri);

    /// <summary>Reads what the page shows beside the scene.</summary>
    protected virtual Task ReadAsync(OwnershipScene scene, CancellationToken cancel) => Task.CompletedTask;

    /// <summary>The page is left.</summary>
    protected virtual void Left()
    {
    }

    protected async Task LoadAsync()
    {
        if (gone.IsCancellationRequested)
        {
            return;
        }

        await Panel!.AskAsync(async () =>
        {
            var read = await Room.ReadAsync(gone.Token);
            await ReadAsync(read, gone.Token);
            Scene = read;
        });
        Shell.Live(Panel.Fault is null && Feed.IsConnected ? Shared.Feed.Live : Shared.Feed.Late, Panel.AnsweredAt);
        StateHasChanged();
    }

    private void OnLocation(object? sender, LocationChangedEventArgs change) => _ = InvokeAsync(async () =>
    {
        if (new Uri(change.Location).AbsolutePath.Equals(Of.Path, StringComparison.OrdinalIgnoreCase))
        {
            Show(change.Location);
            await LoadAsync();
        }
    });
}
