using ControlTower.Data.Live;
using ControlTower.Sync.Ownership;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;

namespace ControlTower.Web.Pages.Ownership;

/// <summary>What the smaller pages of the room have in common: they read a scene, follow its changes and their address.</summary>
public abstract class OwnershipRoomPage : LivePage
{
    protected static readonly IReadOnlyList<Crumb> Above = [new("Ownership", Links.Ownership)];

    [Inject] protected OwnershipRoom Room { get; set; } = default!;

    protected OwnershipScene? Scene { get; private set; }

    /// <summary>The page's own path and the subject of "… could not be read".</summary>
    protected abstract (string Path, string What) Of { get; }

    protected sealed override Following Follows => new(Of.What, LiveTopics.Ownership | LiveTopics.Connections, TimeSpan.FromSeconds(2), Of.Path);

    protected sealed override async Task ReadAsync(CancellationToken cancel)
    {
        var read = await Room.ReadAsync(cancel);
        await ReadAsync(read, cancel);
        Scene = read;
    }

    /// <summary>Reads what the page shows beside the scene.</summary>
    protected virtual Task ReadAsync(OwnershipScene scene, CancellationToken cancel) => Task.CompletedTask;
}
