using ControlTower.Data.Db;
using ControlTower.Data.Live;

namespace ControlTower.Sync.Pumps;

/// <summary>Says every five seconds that this node lives, and how deep its queues are.</summary>
public sealed class NodePump(TowerDataSources data, NodeIdentity node, NodeSign sign, PumpMeter meter, ChangeNotifier changes) : IPump
{
    public string Name => "node";

    public string Bell => "#node";

    public TimeSpan Idle => TimeSpan.FromSeconds(5);

    public async Task<PumpRun> RunOnceAsync(CancellationToken cancel)
    {
        // The sign of life first: it must not wait for a look at queues that are long or at screens that are busy.
        await sign.GiveAsync(meter.ToJson(), cancel);
        changes.Announce(LiveTopics.Nodes);
        foreach (var (pump, (depth, oldest)) in await NodeStore.DepthsAsync(data.Read, cancel))
        {
            meter.Deep(pump, depth, oldest);
        }

        return PumpRun.Nothing;
    }

    public Task StopAsync(CancellationToken cancel) => NodeStore.LeaveAsync(data.Work, node.Id, cancel);
}
