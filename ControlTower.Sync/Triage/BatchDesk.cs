using System.Globalization;
using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Data.Live;
using ControlTower.Data.Triage;
using ControlTower.Sync.Pumps;
using Npgsql;

namespace ControlTower.Sync.Triage;

/// <param name="Repeated">The same key had frozen it before: nothing was changed now.</param>
public sealed record BatchReceipt(FrozenBatch Batch, bool Repeated);

/// <param name="Refusal">Why nothing was changed, for the person who asked; null if it was done.</param>
public sealed record BatchAnswer(string? Refusal);

/// <summary>
/// Batches, as operators ask for them. Each act is one transaction with its audit entry and may be repeated after any error: a key starts one batch, and an act on a version that is no longer
/// there changes nothing. The caller has checked the permission. What was asked for is carried out by <see cref="BatchPump"/> on some node.
/// </summary>
public sealed class BatchDesk(TowerDataSources data, AuditLog audit, BatchQueries batches, ChangeNotifier changes, Doorbell doorbell, TimeProvider clock)
{
    /// <summary>Cases in one batch at most: so many are frozen within the time that a statement has, also on a machine that is busy with other things.</summary>
    public const int Most = 120_000;

    /// <summary>
    /// Freezes exactly those of the named cases that the act fits and that are in no other batch's hands; the others are left out and counted. Null if there are none.
    /// </summary>
    /// <exception cref="ArgumentException">No case is named, or more than <see cref="Most"/>; the plan or the order cannot be carried out; or a retry or closing of many has no reason.</exception>
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

        await audit.AppendAsync(connection, transaction, new AuditEntry(actor, Action(batch.Order.Kind), Subject(frozen.Id), AuditOutcome.Done, batch.Reason, Detail(batch, frozen)), cancel);
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
        var known = await batches.FindAsync(id, cancel);
        if (known is null || !await BatchStore.ChangeAsync(connection, id, version, act, actor.Name, cancel))
        {
            return new BatchAnswer(Refusal(await batches.FindAsync(id, cancel)));
        }

        var detail = new Dictionary<string, string>(StringComparer.Ordinal) { ["act"] = act.ToString().ToLowerInvariant() };
        if (act is BatchAct.Stop)
        {
            detail["let-go"] = Text(await BatchStore.SkipRestAsync(connection, id, $"{(known.Kind is BatchKind.Retry ? "Not sent" : "Not done")}: {actor.Name} stopped the batch", cancel));
        }

        await audit.AppendAsync(connection, transaction, new AuditEntry(actor, Action(known.Kind), Subject(id), Detail: detail), cancel);
        await RecordOutcomeAsync(connection, transaction, id, known.Kind, cancel);
        await transaction.CommitAsync(cancel);
        Tell();
        return new BatchAnswer(Refusal: null);
    }

    /// <summary>The trail says what a batch led to, in the transaction that finished it; nothing where it is not finished.</summary>
    internal async Task RecordOutcomeAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, long id, BatchKind kind, CancellationToken cancel)
    {
        if (await BatchWork.OutcomeAsync(connection, id, cancel) is not { } end)
        {
            return;
        }

        var detail = new Dictionary<string, string>(StringComparer.Ordinal) { ["act"] = "outcome", ["state"] = end.State };
        foreach (var (name, count) in kind is BatchKind.Retry
            ? new[] { ("proven", end.Proven), ("went-on", end.Passed), ("failed", end.Failed), ("skipped", end.Skipped) }
            : [("done", end.Passed), ("skipped", end.Skipped)])
        {
            detail[name] = Text(count);
        }

        var outcome = end.Failed > 0 || end.State is "stopped" ? AuditOutcome.Failed : AuditOutcome.Done;
        await audit.AppendAsync(connection, transaction, new AuditEntry(Actor.Tower("batches"), Action(kind), Subject(id), outcome, end.Why, detail), cancel);
    }

    /// <summary>What the audit calls the act of a batch, and of each of its steps.</summary>
    internal static string Action(BatchKind kind) => kind switch
    {
        BatchKind.Retry => "exceptions:case:retry",
        BatchKind.Assign => "exceptions:case:assign",
        BatchKind.Snooze => "exceptions:case:snooze",
        BatchKind.Wake => "exceptions:case:wake",
        BatchKind.Discard => "exceptions:case:discard",
        _ => "exceptions:case:resolve",
    };

    private void Check(NewBatch batch)
    {
        if (batch.CaseIds.Count is 0 or > Most)
        {
            throw new ArgumentException($"Choose between 1 and {Most} cases; {batch.CaseIds.Count} were chosen.", nameof(batch));
        }

        if (batch.Order.Kind is BatchKind.Retry or BatchKind.Resolve or BatchKind.Discard && (batch.Reason?.Trim().Length ?? 0) < CaseDesk.ShortestReason)
        {
            throw new ArgumentException($"Say why in {CaseDesk.ShortestReason} characters at least: it stands in the history for ever.", nameof(batch));
        }

        if (batch.Order.Kind is BatchKind.Retry && batch.Plan.Problems() is { Count: > 0 } problems)
        {
            throw new ArgumentException(string.Join(' ', problems.Values), nameof(batch));
        }

        if (batch.Order.Kind is BatchKind.Snooze or BatchKind.Assign)
        {
            _ = CaseDesk.Text(batch.Reason, CaseDesk.LongestNote, "The note", nameof(batch));
        }

        _ = CaseDesk.Text(batch.Order.Ticket, CaseDesk.LongestTicket, "The ticket", nameof(batch));
        CaseDesk.CheckUntil(batch.Order.Until, clock.GetUtcNow());
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
        ["act"] = "start", ["kind"] = batch.Order.Kind.ToString().ToLowerInvariant(), ["what"] = batch.What, ["count"] = Text(frozen.Count), ["left-out"] = Text(frozen.LeftOut),
        ["value"] = string.Join(", ", frozen.Values.Select(v => string.Create(CultureInfo.InvariantCulture, $"{v.Amount:0.00##} {v.Currency}"))),
        ["to"] = batch.Order.Kind is BatchKind.Assign ? batch.Order.AssigneeName ?? "nobody" : "", ["until"] = batch.Order.Until is { } until ? until.UtcDateTime.ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture) : "",
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
