using ControlTower.Data.Db;
using ControlTower.Data.EventLog;
using ControlTower.Data.Kpis;
using ControlTower.Data.Live;
using ControlTower.Sync.Gateway;

namespace ControlTower.Sync.Pumps;

/// <summary>
/// Follows the event log and keeps key figures as the flows stand, counts calls into their hours, and keeps what stood at each hour's end. One node by its turn; a batch and the follower's place are one
/// transaction, so each event counts exactly once.
/// </summary>
public sealed class KpiPump(TowerDataSources data, NodeIdentity node, ChangeNotifier changes, TimeProvider clock) : IPump
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan SampleEvery = TimeSpan.FromMinutes(5);
    private const int Batch = 500;
    private const int Touched = 250;
    private const int Notes = 5_000;

    private readonly SteadyClock steady = new(clock);
    private FollowerTurn? held;
    private DateTimeOffset sampleAt;
    private bool noted;

    public string Name => KpiWork.Follower;

    public string Bell => "#kpis";

    public TimeSpan Idle => TimeSpan.FromSeconds(2);

    public async Task<PumpRun> RunOnceAsync(CancellationToken cancel)
    {
        held = await FollowerStore.TakeTurnAsync(data.Work, KpiWork.Follower, node.Id, Lease, cancel);
        if (held is not { } turn)
        {
            return PumpRun.Nothing;
        }

        var events = await EventLogReader.ReadAsync(data.Work, turn.Position, Batch, cancel);
        if (await ReckonAsync(turn, events, cancel) is not { } beside)
        {
            return PumpRun.Nothing; // Somebody else has the turn: they count these.
        }

        if (steady.Now >= sampleAt)
        {
            await KpiWork.SampleAsync(data.Work, cancel);
            sampleAt = steady.Now + SampleEvery;
        }

        if (!noted)
        {
            await KpiSettings.NoteDeploymentAsync(data.Work, node.Version, cancel);
            noted = true;
        }

        if (events.Count + beside > 0)
        {
            changes.Announce(LiveTopics.Kpis);
        }

        return new PumpRun((int)(events.Count + beside), 0, Again: events.Count == Batch || beside >= Touched);
    }

    /// <summary>Hands the turn back, so that another node goes on at once.</summary>
    public async Task StopAsync(CancellationToken cancel)
    {
        if (held is { } turn)
        {
            await FollowerStore.EndTurnAsync(data.Work, turn, cancel);
        }
    }

    /// <returns>How much was learnt beside the log; null if the turn is lost.</returns>
    private async Task<long?> ReckonAsync(FollowerTurn turn, List<LoggedEvent> events, CancellationToken cancel)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        // First of all, so that who lost the turn waits here or is told, and never reckons beside its successor.
        held = await FollowerStore.AdvanceAsync(connection, turn, events.Count > 0 ? events[^1].Position : turn.Position, cancel);
        if (held is null)
        {
            return null;
        }

        var touched = await KpiWork.TouchedAsync(connection, Touched, cancel);
        long[] flows = [.. events.Select(e => e.FlowId).Concat(touched).Distinct()];
        if (flows.Length > 0)
        {
            await KpiWork.ReckonAsync(connection, flows, cancel);
        }

        var calls = await KpiWork.FoldCallsAsync(connection, Notes, cancel);
        await transaction.CommitAsync(cancel);
        return touched.Count + calls;
    }
}
