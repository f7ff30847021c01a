using ControlTower.Data.Db;
using ControlTower.Data.Flows;
using ControlTower.Sync.Flows;
using ControlTower.Sync.Telemetry;
using Microsoft.Extensions.Logging;

namespace ControlTower.Sync.Pumps;

/// <summary>Tells flows that a time they waited for has come. The database's clock decides; the flow's lock makes it once.</summary>
public sealed partial class DeadlinePump(TowerDataSources data, FlowRunner flows, ILogger<DeadlinePump> log) : IPump
{
    /// <summary>Until a deadline that could not be told is tried again. Meanwhile the others have their turn.</summary>
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(30);

    private const int Batch = 200;

    public string Name => "deadlines";

    public string Bell => "#deadlines";

    public TimeSpan Idle => TimeSpan.FromSeconds(3);

    public async Task<PumpRun> RunOnceAsync(CancellationToken cancel)
    {
        var due = await FlowStore.DueAsync(data.Work, Batch, cancel);
        if (due.Count == 0)
        {
            return PumpRun.Nothing;
        }

        var answers = await flows.ApplyAsync([.. due.Select(d => new FlowInput.Due(d.FlowId, d.Name))], cancel);
        var failed = due.Zip(answers).Where(p => p.Second is FlowAnswer.Failed).Select(p => p.First).ToList();
        if (failed.Count > 0)
        {
            NotTold(log, failed.Count, new WordlessError(((FlowAnswer.Failed)answers.First(a => a is FlowAnswer.Failed)).Error));
            await FlowStore.PostponeDeadlinesAsync(data.Work, [.. failed.Select(d => d.FlowId)], [.. failed.Select(d => d.Name)], Again, cancel);
        }

        foreach (var answer in answers)
        {
            TowerTelemetry.CountOutcome(Name, answer is FlowAnswer.Failed ? "failed" : "told");
        }

        return new PumpRun(due.Count, failed.Count, due.Count == Batch);
    }

    [LoggerMessage(EventId = 2461, Level = LogLevel.Error, Message = "{Count} deadlines could not be told, tried again later; the first of them")]
    private static partial void NotTold(ILogger log, int count, Exception error);
}
