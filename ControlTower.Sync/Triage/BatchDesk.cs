using System.Globalization;
using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Data.Live;
using ControlTower.Data.Triage;
using ControlTower.Sync.Pumps;

namespace ControlTower.Sync.Triage;

/// <param name="Repeated">The same key had frozen it before: nothing was changed now.</param>
public sealed record BatchReceipt(FrozenBatch Batch, bool Repeated);

/// <param name="Refusal">Why nothing was changed, for the person who asked; null if it was done.</param>
public sealed record BatchAnswer(string? Refusal);

/// <summary>
/// Batches, as operators ask for them. Each act is one transaction with its audit entry and may be repeated after any error: a key starts one batch, and an act on a version that is no longer
/// there changes nothing. The caller has checked the permission. What was asked for is carried out by <see cref="BatchPump"/> on some node.
/// </summary>
public sealed class BatchDesk(TowerDataSources data, AuditLog audit, BatchQueries batches, ChangeNotifier changes, Doorbell doorbell)
{
    /// <summary>Cases in one batch at most: so many are frozen within the time that a statement has, also on a machine that is busy with other things.</summary>
    public const int Most = 120_000;

    private const string Retry = "exceptions:case:retry";

    /// <summary>
    /// Freezes exactly those of the named cases that are open, can be retried and are in no other batch's hands; the others are left out and counted. Null if there are none.
    /// </summary>
    /// <exception cref="ArgumentException">No case is named, or more than <see cref="Most"/>, or the plan cannot be carried out.</exception>
    public async Task<BatchReceipt?> StartAsync(NewBatch batch, Actor actor, CancellationToken cancel)
    {
        Check(batch);
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await BatchStore.TakeTurnAsync(connection, cancel);
        if (await BatchStore.FindAsync(connection, batch.Key, cancel) is { } known)
        {
            return new BatchReceipt(known, Repeated: true);
        }

        if (await BatchStore.FreezeAsync(connection, batch, actor, cancel) is not { } frozen)
        {
            return null;
        }

        await audit.AppendAsync(connection, transaction, new AuditEntry(actor, Retry, Subject(frozen.Id), AuditOutcome.Done, batch.Reason, Detail(batch, frozen)), cancel);
        await transaction.CommitAsync(cancel);
        Tell();
        return new BatchReceipt(frozen, Repeated: false);
    }

    /// <summary>Nothing more is sent until it is resumed; what is in work goes on.</summary>
    public Task<BatchAnswer> PauseAsync(long id, int version, Actor actor, CancellationToken cancel) => ActAsync(id, version, BatchAct.Pause, actor, cancel);

    public Task<BatchAnswer> ResumeAsync(long id, int version, Actor actor, CancellationToken cancel) => ActAsync(id, version, BatchAct.Resume, actor, cancel);

    /// <summary>Ends it for good: what was not sent is let go of, what is in work goes on and is counted.</summary>
    public Task<BatchAnswer> StopAsync(long id, int version, Actor actor, CancellationToken cancel) => ActAsync(id, version, BatchAct.Stop, actor, cancel);

    private async Task<BatchAnswer> ActAsync(long id, int version, BatchAct act, Actor actor, CancellationToken cancel)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (!await BatchStore.ChangeAsync(connection, id, version, act, actor.Name, cancel))
        {
            return new BatchAnswer(Refusal(await batches.FindAsync(id, cancel)));
        }

        var detail = new Dictionary<string, string>(StringComparer.Ordinal) { ["act"] = act.ToString().ToLowerInvariant() };
        if (act is BatchAct.Stop)
        {
            detail["let-go"] = Text(await BatchStore.SkipRestAsync(connection, id, $"Not sent: {actor.Name} stopped the batch", cancel));
        }

        await audit.AppendAsync(connection, transaction, new AuditEntry(actor, Retry, Subject(id), Detail: detail), cancel);
        await transaction.CommitAsync(cancel);
        Tell();
        return new BatchAnswer(Refusal: null);
    }

    private static void Check(NewBatch batch)
    {
        if (batch.CaseIds.Count is 0 or > Most)
        {
            throw new ArgumentException($"Choose between 1 and {Most} cases; {batch.CaseIds.Count} were chosen.", nameof(batch));
        }

        if (batch.Plan.Problems() is { Count: > 0 } problems)
        {
            throw new ArgumentException(string.Join(' ', problems.Values), nameof(batch));
        }
    }

    private static string Refusal(BatchRow? now) => now switch
    {
        null => "There is no such batch. Nothing was changed.",
        { State: "running" } => $"{now.StateBy} has resumed it meanwhile. Nothing was changed.",
        { State: "paused" } => $"{now.StateBy} has paused it meanwhile. Nothing was changed.",
        { State: "cancelled" } => $"{now.StateBy} has stopped it meanwhile. Nothing was changed.",
        { State: "stopped" } => "It has stopped by itself meanwhile. Nothing was changed.",
        _ => "It is done already. Nothing was changed.",
    };

    private static Dictionary<string, string> Detail(NewBatch batch, FrozenBatch frozen) => new(StringComparer.Ordinal)
    {
        ["act"] = "start", ["what"] = batch.What, ["count"] = Text(frozen.Count), ["left-out"] = Text(frozen.LeftOut),
        ["value"] = string.Join(", ", frozen.Values.Select(v => string.Create(CultureInfo.InvariantCulture, $"{v.Amount:0.00##} {v.Currency}"))),
        ["stages"] = string.Join(' ', batch.Plan.Stages), ["per-second"] = Text(batch.Plan.PerSecond), ["failure-limit"] = batch.Plan.FailureLimit.ToString(CultureInfo.InvariantCulture),
    };

    private static string Subject(long id) => $"batch:{id}";

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private void Tell()
    {
        changes.Announce(LiveTopics.Batches);
        doorbell.Ring(Doorbell.Batches);
    }
}
