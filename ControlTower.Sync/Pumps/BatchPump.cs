using System.Globalization;
using System.Runtime.ExceptionServices;
using ControlTower.Data.Db;
using ControlTower.Data.Live;
using ControlTower.Data.Triage;
using ControlTower.Sync.Triage;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ControlTower.Sync.Pumps;

/// <summary>
/// Carries batches out: sends the cases of the present stage at the batch's rate, sees them settle, goes on when all of a stage are settled, and stops a batch in which too much fails. A batch
/// is in the hands of one node by a lease; each step is one transaction behind its fence, so a node that dies anywhere leaves a whole step or none, and its successor goes on within the lease.
/// What was asked for by itself, outside of a batch, is followed to its end here, too. A target that does not answer fails nothing: what was sent stays in work, and the stage waits. An act that sends nothing is done slice by slice, each settled with its commit.
/// </summary>
public sealed partial class BatchPump(TowerDataSources data, RetryDesk desk, CaseDesk hands, BatchDesk batches, OutcomeTrail outcomes, NodeIdentity node, ChangeNotifier changes, ILogger<BatchPump> log) : IPump
{
    /// <summary>Batches of a dead node are taken over after this long.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(10);

    /// <summary>Between two looks at a batch that waits for its cases, and the shortest time that a rate is kept over.</summary>
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(5);

    private readonly Dictionary<long, long> fences = [];

    public string Name => "batches";

    public string Bell => Doorbell.Batches;

    public TimeSpan Idle => fences.Count > 0 ? Pace : Rest;

    public async Task<PumpRun> RunOnceAsync(CancellationToken cancel)
    {
        await outcomes.WriteAsync(cancel);
        var turns = await BatchWork.HoldAsync(data.Work, node.Id, Lease, cancel);
        Remember(turns);
        var (sent, again) = (0, false);
        PostgresException? wrong = null;
        foreach (var turn in turns)
        {
            try
            {
                var step = await WorkAsync(turn, cancel);
                (sent, again) = (sent + step.Sent, again || step.Again);
            }
            catch (PostgresException error)
            {
                // One batch that cannot go on keeps no other from it.
                wrong ??= error;
            }
        }

        if (wrong is not null)
        {
            ExceptionDispatchInfo.Throw(wrong);
        }

        // A case that its target refuses again is no failure of the pump.
        return new PumpRun(sent, 0, again);
    }

    /// <summary>Hands the batches back, so that another node goes on at once.</summary>
    public Task StopAsync(CancellationToken cancel) => BatchWork.ReleaseAsync(data.Work, node.Id, cancel);

    /// <returns>What was sent, and whether there is more to do at once.</returns>
    internal async Task<(int Sent, bool Again)> WorkAsync(BatchTurn turn, CancellationToken cancel)
    {
        var step = await Collision.TriedAgainAsync(() => StepAsync(turn, cancel));
        if (step.Frozen.Count > 0)
        {
            desk.Tell(step.Frozen);
        }

        if (step.Moved)
        {
            changes.Announce(step.Acted > 0 ? LiveTopics.Batches | LiveTopics.Cases : LiveTopics.Batches);
        }

        // Asked of the tables, not of the step: what a node that died has sent is owed as well.
        if (step.Actor is not { } actor || await BatchWork.OwedAsync(data.Work, turn, cancel) is not { Count: > 0 } owed)
        {
            return (step.Frozen.Count + step.Acted, step.Again);
        }

        await desk.RetryChecksAsync(owed, actor, cancel);
        changes.Announce(LiveTopics.Cases | LiveTopics.Flows);
        return (step.Frozen.Count, true);
    }

    private async Task<Step> StepAsync(BatchTurn turn, CancellationToken cancel)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (await BatchWork.LockAsync(connection, turn, cancel) is not { } held)
        {
            return Step.Lost;
        }

        if (held.Order.Kind is not BatchKind.Retry)
        {
            return await ActAsync(connection, transaction, held, cancel);
        }

        var settled = await BatchWork.SettleAsync(connection, held.Id, cancel);
        var after = held with
        {
            Well = held.Well + settled.Proven + settled.Passed,
            Failed = held.Failed + settled.Failed,
            Sent = held.Sent - settled.Count,
        };
        var why = WhyStop(after);
        var next = why is null && held.MaySend ? await NextAsync(connection, after, cancel) : [];
        var stage = next is [{ } first, ..] ? first.Stage : held.Stage;
        // The audit entry of what is sent locks the head of the chain until the commit: it comes after all that may wait.
        await BatchWork.AdvanceAsync(connection, held.Id, stage, sent: 0, settled, skipped: 0, cancel);
        if (why is not null)
        {
            await BatchWork.StopAsync(connection, held.Id, why, cancel);
            Stopped(log, held.Id, why);
        }

        var frozen = next.Count > 0 ? await SendAsync(connection, transaction, after, next, stage, cancel) : [];
        await batches.RecordOutcomeAsync(connection, transaction, held.Id, BatchKind.Retry, cancel);
        await transaction.CommitAsync(cancel);
        return new Step(frozen, settled != default || next.Count > 0 || why is not null, next.Count > frozen.Count, held.Actor);
    }

    private async Task<Step> ActAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, BatchHeld batch, CancellationToken cancel)
    {
        var next = batch.MaySend ? await BatchWork.NextAsync(connection, batch.Id, batch.PerSecond, cancel) : [];
        if (next.Count == 0)
        {
            return Step.Lost;
        }

        var moved = await hands.CarryOutAsync(connection, transaction, next.ConvertAll(item => new CaseSeen(item.CaseId, item.Version)), batch, cancel);
        await BatchWork.ActedAsync(connection, batch.Id, [.. next.Select(i => i.Ordinal)], [.. moved.Select(m => m.Id)], cancel);
        await BatchWork.AdvanceAsync(connection, batch.Id, next[^1].Stage, moved.Count, new BatchSettled(0, moved.Count, 0, 0), next.Count - moved.Count, cancel);
        await batches.RecordOutcomeAsync(connection, transaction, batch.Id, batch.Order.Kind, cancel);
        await transaction.CommitAsync(cancel);
        return new Step([], Moved: true, Again: moved.Count < next.Count, null) { Acted = moved.Count };
    }

    private async Task<List<FrozenCase>> SendAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, BatchHeld batch, List<BatchItem> items, int stage, CancellationToken cancel)
    {
        var (frozen, _) = await desk.SendAsync(
            connection, transaction, [.. items.Select(i => i.CaseId)], batch.Actor, batch.Id.ToString(CultureInfo.InvariantCulture), cancel);
        await BatchWork.SentAsync(connection, batch.Id, [.. items.Select(i => i.Ordinal)], [.. frozen.Select(f => f.Id)], cancel);
        await BatchWork.AdvanceAsync(connection, batch.Id, stage, frozen.Count, default, items.Count - frozen.Count, cancel);
        return frozen;
    }

    /// <summary>The next items of one stage: of the present one while it has any, of the following one when nothing of the present one is in work.</summary>
    private static async Task<List<BatchItem>> NextAsync(NpgsqlConnection connection, BatchHeld batch, CancellationToken cancel)
    {
        var next = await BatchWork.NextAsync(connection, batch.Id, batch.PerSecond, cancel);
        return next is [var first, ..] && (first.Stage == batch.Stage || batch.Sent == 0) ? [.. next.TakeWhile(item => item.Stage == first.Stage)] : [];
    }

    private static string? WhyStop(BatchHeld batch)
    {
        var settled = batch.Well + batch.Failed;
        return batch.State is "running" or "paused" && batch.Failed > 0 && batch.Failed > batch.FailureLimit * settled
            ? string.Create(CultureInfo.InvariantCulture, $"{batch.Failed} of {settled} failed in stage {batch.Stage}, more than {batch.FailureLimit * 100:0.##}%")
            : null;
    }

    private void Remember(List<BatchTurn> turns)
    {
        foreach (var turn in turns.Where(turn => fences.GetValueOrDefault(turn.Id) != turn.Fence))
        {
            Took(log, turn.Id, turn.Fence);
        }

        fences.Clear();
        turns.ForEach(turn => fences[turn.Id] = turn.Fence);
    }

    private sealed record Step(List<FrozenCase> Frozen, bool Moved, bool Again, Data.Audit.Actor? Actor)
    {
        public static readonly Step Lost = new([], Moved: false, Again: false, null);

        /// <summary>Cases that an act was done to that sends nothing.</summary>
        public int Acted { get; init; }
    }

    [LoggerMessage(EventId = 2490, Level = LogLevel.Information, Message = "This node carries out batch {Batch} now (fence {Fence})")]
    private static partial void Took(ILogger log, long batch, long fence);

    [LoggerMessage(EventId = 2491, Level = LogLevel.Warning, Message = "Batch {Batch} stopped by itself: {Why}")]
    private static partial void Stopped(ILogger log, long batch, string why);
}
