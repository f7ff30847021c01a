using ControlTower.Data.Db;
using ControlTower.Data.EventLog;
using ControlTower.Data.Live;
using ControlTower.Data.Reconciliation;

namespace ControlTower.Sync.Pumps;

/// <summary>
/// Follows the event log and keeps what channels say about money as the orders stand; then settles every group that anything touched, and tries the rules on what is left open. One node by its turn. What it
/// does not get to is marked still.
/// </summary>
public sealed class LedgerPump(TowerDataSources data, NodeIdentity node, ChangeNotifier changes) : IPump
{
    public const string Follower = "reconciliation";

    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(20);
    private const int Batch = 1_000;
    private const int Marks = 2_000;

    private FollowerTurn? held;

    public string Name => Follower;

    public string Bell => Doorbell.Ledger;

    public TimeSpan Idle => TimeSpan.FromSeconds(5);

    public async Task<PumpRun> RunOnceAsync(CancellationToken cancel)
    {
        held = await FollowerStore.TakeTurnAsync(data.Work, Follower, node.Id, Lease, cancel);
        if (held is not { } turn)
        {
            return PumpRun.Nothing;
        }

        var events = await EventLogReader.ReadAsync(data.Work, turn.Position, Batch, cancel);
        if (events.Count > 0 && !await FollowAsync(turn, events, cancel))
        {
            return PumpRun.Nothing; // Somebody else has the turn: they count these.
        }

        var settled = await ReconWork.SettleAsync(data.Work, Marks, cancel);
        if (settled > 0)
        {
            changes.Announce(LiveTopics.Reconciliation);
        }

        return new PumpRun(events.Count + settled, 0, Again: events.Count == Batch || settled > 0);
    }

    private async Task<bool> FollowAsync(FollowerTurn turn, IReadOnlyList<LoggedEvent> events, CancellationToken cancel)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await ReconWork.FollowAsync(connection, [.. events.Select(e => e.FlowId).Distinct().Order()], cancel);
        held = await FollowerStore.AdvanceAsync(connection, turn, events[^1].Position, cancel);
        if (held is null)
        {
            return false;
        }

        await transaction.CommitAsync(cancel);
        return true;
    }

    /// <summary>Hands the turn back, so that another node goes on at once.</summary>
    public async Task StopAsync(CancellationToken cancel)
    {
        if (held is { } turn)
        {
            await FollowerStore.EndTurnAsync(data.Work, turn, cancel);
        }
    }
}
