using ControlTower.Data.Db;
using ControlTower.Data.Flows;
using ControlTower.Sync.Flows;

namespace ControlTower.Sync.Pumps;

/// <summary>Tells flows that a time they waited for has come. The database's clock decides; the flow's lock makes it once.</summary>
public sealed class DeadlinePump(TowerDataSources data, FlowRunner flows) : IPump
{
    private const int Batch = 200;

    public string Name => "deadlines";

    public string Bell => "#deadlines";

    public TimeSpan Idle => TimeSpan.FromSeconds(1);

    public async Task<PumpRun> RunOnceAsync(CancellationToken cancel)
    {
        var due = await FlowStore.DueAsync(data.Work, Batch, cancel);
        if (due.Count == 0)
        {
            return PumpRun.Nothing;
        }

        var answers = await flows.ApplyAsync([.. due.Select(d => new FlowInput.Due(d.FlowId, d.Name))], cancel);
        var failed = answers.Count(a => a is FlowAnswer.Failed);

        // Failed ones stay due: they are looked at again with the next tick, not at once.
        return new PumpRun(due.Count, failed, due.Count == Batch && failed == 0);
    }
}
