using System.Globalization;
using ControlTower.Data.Connections;
using ControlTower.Web.Auth;
using ControlTower.Web.Keys;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;

namespace ControlTower.Web.Pages.Connections;

/// <summary>All connections: who is well, who is not, and what waits for whom.</summary>
public sealed partial class ConnectionsPage : ComponentBase, IDisposable
{
    private IDisposable? watching;
    private IDisposable? keys;
    private Keymap keymap = new("Connections", []);
    private string? currentId;

    [CascadingParameter] private Task<AuthenticationState> Auth { get; set; } = default!;
    [CascadingParameter] private Viewer? Viewer { get; set; }
    [Inject] private ConnectionsFeed Feed { get; set; } = default!;
    [Inject] private LiveFeed Live { get; set; } = default!;
    [Inject] private KeyFeed Keys { get; set; } = default!;
    [Inject] private ShellState Shell { get; set; } = default!;
    [Inject] private NavigationManager Navigation { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;

    private bool MayConfigure { get; set; }

    private TimeZoneInfo Zone => (Viewer ?? Shared.Viewer.Default).StoreZone;

    private string? Sub => Feed.All.Now.Value is { Count: > 0 } all ? Standing([.. all.Where(status => status.Disabled is null)], all.Count(status => status.Disabled is not null)) : null;

    // What is disabled is neither away nor well.
    private static string Standing(IReadOnlyList<ConnectionStatus> used, int disabled)
    {
        var flow = used.Count == 0 ? "none in use" : used.Count(status => status.IsHampered) is var away and > 0 ? $"{away} of {used.Count} do not flow freely" : $"{used.Count}, all flow";
        return disabled == 0 ? flow : $"{flow} · {disabled} disabled";
    }

    public void Dispose()
    {
        watching?.Dispose();
        keys?.Dispose();
        Shell.Live(null);
    }

    protected override async Task OnInitializedAsync()
    {
        MayConfigure = SignedIn.From((await Auth).User)?.May(Permissions.ConnectionsConfigure) == true;
        keymap = new Keymap("Connections",
        [
            .. KeyBinding.Walk(MoveAsync), new("Enter", "open", OpenCurrent, Hint: true),
        ]);
        if (!RendererInfo.IsInteractive)
            return;
        keys = Keys.Use(keymap);
        watching = Feed.All.Watch(() => _ = InvokeAsync(Refresh));
        Refresh();
    }

    private void Refresh()
    {
        var now = Feed.All.Now;
        if (now.At is not null)
            Shell.Live(now.Fault is null && Live.IsConnected ? Shared.Liveness.Live : Shared.Liveness.Late, now.At);
        StateHasChanged();
    }

    private Task MoveAsync(int by)
    {
        if (Feed.All.Now.Value is { Count: > 0 } all)
        {
            var at = all.Select(status => status.Id).ToList().IndexOf(currentId ?? "");
            currentId = all[at < 0 ? 0 : Math.Clamp(at + by, 0, all.Count - 1)].Id;
        }

        return InvokeAsync(StateHasChanged);
    }

    private Task OpenCurrent()
    {
        if (currentId is { } id)
            Open(id);
        return Task.CompletedTask;
    }

    private void Open(string id) => Navigation.NavigateTo(Links.Connection(id));

    private static string Second(ConnectionStatus status) =>
        string.Join(" · ", new[] { ConnectionWords.Role(status.Role), ConnectionWords.Vendor(status.Kind), status.Brand, status.Region }.Where(part => !string.IsNullOrEmpty(part)));

    private static string Whole(double share) => Math.Round(share * 100).ToString("0", CultureInfo.InvariantCulture) + "%";
}
