using ControlTower.Data.Live;
using Microsoft.Extensions.Hosting;

namespace ControlTower.Sync.Pumps;

/// <summary>Rings the bells of this node for what other nodes announce, so that work made there starts here at once and pumps may look seldom. A lost announcement costs their pause.</summary>
internal sealed class DistantBells(ChangeListener listener, Doorbell doorbell) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        listener.Changed += OnChanged;
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        listener.Changed -= OnChanged;
        return Task.CompletedTask;
    }

    private void OnChanged(LiveTopics topics)
    {
        if (topics.HasFlag(LiveTopics.Arrivals))
        {
            doorbell.Ring(Doorbell.Inbox);
        }

        if (topics.HasFlag(LiveTopics.Connections))
        {
            doorbell.Ring(Doorbell.Gates);
        }

        if (topics.HasFlag(LiveTopics.Batches))
        {
            doorbell.Ring(Doorbell.Batches);
        }

        if (topics.HasFlag(LiveTopics.Exports))
        {
            doorbell.Ring(Doorbell.Exports);
        }

        if (topics.HasFlag(LiveTopics.Imports))
        {
            doorbell.Ring(Doorbell.Imports);
        }
    }
}
