using ControlTower.Data.Db;
using ControlTower.Data.Live;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ControlTower.Sync.Pumps;

/// <summary>The sign of life of a node without pumps, every five seconds. Workers give theirs through <see cref="NodePump"/>.</summary>
public sealed partial class NodeBeat(TowerDataSources data, NodeIdentity node, NodeSign sign, ChangeNotifier changes, DatabaseWatch watch, TimeProvider clock, ILogger<NodeBeat> log) : BackgroundService
{
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(3);

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        using var patience = new CancellationTokenSource(Farewell, clock);
        try
        {
            await NodeStore.LeaveAsync(data.Work, node.Id, patience.Token);
        }
        catch (Exception error) when (error is OperationCanceledException || watch.Missed("node", error))
        {
            // Others see it fall silent.
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await sign.GiveAsync("{}", stoppingToken);
                watch.Reached();
                changes.Announce(LiveTopics.Nodes);
            }
            catch (Exception error) when (error is not (OutOfMemoryException or OperationCanceledException))
            {
                if (!watch.Missed("node", error))
                {
                    NotSaid(log, error);
                }
            }

            await Task.Delay(Pace, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(EventId = 2451, Level = LogLevel.Error, Message = "This node could not say that it lives")]
    private static partial void NotSaid(ILogger log, Exception error);
}
