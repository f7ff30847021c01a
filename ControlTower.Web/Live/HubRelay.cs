using ControlTower.Data.Live;
using Microsoft.AspNetCore.SignalR;

namespace ControlTower.Web.Live;

/// <summary>Passes changes on to everybody who is connected to this node.</summary>
public sealed class HubRelay(LiveFeed feed, ChangeListener listener, IHubContext<TowerHub, ITowerListener> hub) : IHostedService, IDisposable
{
    private IDisposable? subscription;
    private int pending;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        listener.Changed += Remember;
        subscription = feed.Subscribe(LiveTopics.Shown, TellAsync);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        Dispose();
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        listener.Changed -= Remember;
        subscription?.Dispose();
    }

    private void Remember(LiveTopics topics) => Interlocked.Or(ref pending, (int)(topics & LiveTopics.Shown));

    private async Task TellAsync()
    {
        var topics = (LiveTopics)Interlocked.Exchange(ref pending, 0);
        if (topics != LiveTopics.None)
        {
            await hub.Clients.All.Changed([.. Enum.GetValues<LiveTopics>().Where(t => t is not (LiveTopics.None or LiveTopics.Shown or LiveTopics.All) && topics.HasFlag(t)).Select(t => t.ToString())]);
        }
    }
}
