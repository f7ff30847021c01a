using ControlTower.Data.Db;
using ControlTower.Data.EventLog;
using ControlTower.Data.Live;
using ControlTower.Data.Promotions;

namespace ControlTower.Sync.Pumps;

/// <summary>Follows the event log and keeps what was sold of what is promoted, for the guards and the figures of releases. Its place moves with what it wrote: each order counts once, as it is now.</summary>
public sealed class PromotionSalesPump(TowerDataSources data, NodeIdentity node, ChangeNotifier changes) : IPump
{
    public const string Follower = "promotion-sales";

    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(10);
    private const int Batch = 2_000;

    private FollowerTurn? held;

    public string Name => Follower;

    public string Bell => "#promotion-sales";

    public TimeSpan Idle => TimeSpan.FromSeconds(2);

    public async Task<PumpRun> RunOnceAsync(CancellationToken cancel)
    {
        held = await FollowerStore.TakeTurnAsync(data.Work, Follower, node.Id, Lease, cancel);
        if (held is not { } turn)
        {
            return PumpRun.Nothing;
        }

        var events = await EventLogReader.ReadAsync(data.Work, turn.Position, Batch, cancel);
        if (events.Count == 0)
        {
            return PumpRun.Nothing;
        }

        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var sold = await ReleaseStore.SoldAsync(connection, [.. events.Select(e => e.FlowId).Distinct().Order()], cancel);
        held = await FollowerStore.AdvanceAsync(connection, turn, events[^1].Position, cancel);
        if (held is null)
        {
            return PumpRun.Nothing; // Somebody else has the turn: they count these.
        }

        await transaction.CommitAsync(cancel);
        if (sold > 0)
        {
            changes.Announce(LiveTopics.Promotions);
        }

        return new PumpRun(events.Count, 0, Again: events.Count == Batch);
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
