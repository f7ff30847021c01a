using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Data.Live;
using ControlTower.Data.Triage;
using ControlTower.Sync.Flows;
using ControlTower.Sync.Pumps;
using Npgsql;

namespace ControlTower.Sync.Triage;

/// <param name="Frozen">Cases that were retried: exactly those named that were still open.</param>
/// <param name="Left">Cases that were named but not open any more, or not retryable.</param>
/// <param name="Held">What goes out again, as it was held: enough to take the retry back.</param>
public sealed record RetryReceipt(IReadOnlyList<long> Frozen, IReadOnlyList<long> Left, IReadOnlyList<HeldPosting> Held);

/// <summary>
/// Retry, as operators ask for it. Freezing, audit and the change of state are one transaction. A retried delivery keeps its key and goes through the replay lane; one of unknown
/// outcome is looked up, never simply sent again. Asking twice retries once: the second finds the cases retrying. If this process dies on the way, <see cref="Jobs.DeskUpkeepJob"/>
/// opens within two minutes what it left retrying.
/// </summary>
public sealed class RetryDesk(TowerDataSources data, AuditLog audit, FlowRunner flows, BatchDesk batches, ChangeNotifier changes, Doorbell doorbell)
{
    public const int Most = 1_000;

    /// <exception cref="ArgumentException">More than <see cref="Most"/> cases, or none.</exception>
    public Task<RetryReceipt> RetryAsync(IReadOnlyCollection<long> caseIds, Actor actor, CancellationToken cancel) => RetryAsync(caseIds, TimeSpan.Zero, actor, cancel);

    /// <param name="pause">Documents go out no sooner, so that the retry can be taken back until then. Checks and messages are looked at again at once.</param>
    /// <exception cref="ArgumentException">More than <see cref="Most"/> cases, or none.</exception>
    public async Task<RetryReceipt> RetryAsync(IReadOnlyCollection<long> caseIds, TimeSpan pause, Actor actor, CancellationToken cancel)
    {
        var ids = caseIds.Distinct().Order().ToArray();
        if (ids.Length is 0 or > Most)
        {
            throw new ArgumentException($"Choose between 1 and {Most} cases; {ids.Length} were chosen.", nameof(caseIds));
        }

        var (frozen, held) = await Collision.TriedAgainAsync(() => FreezeOnceAsync(ids, pause, actor, cancel));
        await RetryChecksAsync(frozen, actor, cancel);
        Tell(frozen);
        return new RetryReceipt([.. frozen.Select(f => f.Id)], [.. ids.Except(frozen.Select(f => f.Id))], held);
    }

    /// <summary>Takes a retry back as far as its documents have not gone out: those are held as before, and their cases are open. Returns the cases; asking twice does it once.</summary>
    public async Task<IReadOnlyList<long>> TakeBackAsync(RetryReceipt retry, Actor actor, CancellationToken cancel)
    {
        var back = await Collision.TriedAgainAsync(() => TakeBackOnceAsync(retry, actor, cancel));
        changes.Announce(LiveTopics.Cases | LiveTopics.Connections);
        return back;
    }

    /// <summary>
    /// Calls a retry off that waits and has not begun its call, whoever asked for it and however long ago: the document is held as before, the case is open, and its batch lets go of it.
    /// Asking twice does it once. Only documents wait; messages and checks are looked at again at once.
    /// </summary>
    /// <returns>Why nothing was changed, for the person who asked; null if it was called off.</returns>
    public async Task<string?> CallOffAsync(CaseSeen seen, Actor actor, CancellationToken cancel)
    {
        var refusal = await Collision.TriedAgainAsync(() => CallOffOnceAsync(seen, actor, cancel));
        if (refusal is null)
        {
            changes.Announce(LiveTopics.Cases | LiveTopics.Connections | LiveTopics.Batches);
        }

        return refusal;
    }

    private async Task<string?> CallOffOnceAsync(CaseSeen seen, Actor actor, CancellationToken cancel)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        // The batch before its cases, as the pump locks them.
        var batch = await BatchWork.LockOfAsync(connection, seen.Id, cancel);
        if (await RetryStore.HeldAsync(connection, seen, cancel) is not { } held)
        {
            return "It changed meanwhile, or there is no call to call off. Nothing was changed.";
        }

        if (await RetryStore.TakeBackAsync(connection, [seen.Id], [held], cancel) is not [_])
        {
            return "Its call has begun, or it is being looked up at the target: wait for the outcome. Nothing was changed.";
        }

        await AwaitedOutcomes.CalledOffAsync(connection, [seen.Id], actor.Name, cancel);
        if (batch is { } of)
        {
            await BatchWork.LetGoAsync(connection, of, seen.Id, $"Called off by {actor.Name}", cancel);
        }

        await audit.AppendAsync(connection, transaction, new AuditEntry(actor, "exceptions:case:call-off", Subject([seen.Id]), AuditOutcome.Done, null, new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["before"] = "retrying", ["held-as"] = held.State,
        }), cancel);
        if (batch is { } ended)
        {
            await batches.RecordOutcomeAsync(connection, transaction, ended.Id, BatchKind.Retry, cancel);
        }

        await transaction.CommitAsync(cancel);
        return null;
    }

    private async Task<List<long>> TakeBackOnceAsync(RetryReceipt retry, Actor actor, CancellationToken cancel)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var back = await RetryStore.TakeBackAsync(connection, [.. retry.Frozen], retry.Held, cancel);
        if (back.Count > 0)
        {
            await AwaitedOutcomes.CalledOffAsync(connection, [.. back], actor.Name, cancel);
            await audit.AppendAsync(connection, transaction, new AuditEntry(
                actor, "exceptions:case:undo", Subject(back), AuditOutcome.Done, null, new Dictionary<string, string>(StringComparer.Ordinal) { ["cases"] = Ids(back) }), cancel);
        }

        await transaction.CommitAsync(cancel);
        return back;
    }

    /// <summary>
    /// Sends the open ones among these cases on their way and records it, inside the caller's transaction, which commits next. Then <see cref="RetryChecksAsync"/> and <see cref="Tell"/> are due.
    /// </summary>
    /// <param name="batch">The batch that sends them, which says itself what it led to; null for anybody else, to whom <see cref="OutcomeTrail"/> says it of each case.</param>
    internal async Task<(List<FrozenCase> Frozen, List<HeldPosting> Held)> SendAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, long[] ids, Actor actor, string? batch, CancellationToken cancel)
    {
        var frozen = await RetryStore.FreezeAsync(connection, ids, cancel);
        var held = await RetryStore.ReleaseDeliveriesAsync(connection, [.. frozen.Select(f => f.PostingKey).OfType<string>()], cancel);
        await RetryStore.ReopenMessagesAsync(connection, [.. frozen.Select(f => f.MessageId).OfType<long>()], cancel);
        if (frozen.Count > 0)
        {
            var detail = new Dictionary<string, string>(StringComparer.Ordinal) { ["cases"] = Ids(frozen.Select(f => f.Id)) };
            if (batch is not null)
            {
                detail["batch"] = batch;
            }
            else
            {
                await AwaitedOutcomes.RetriesAsync(connection, [.. frozen.Select(f => f.Id)], actor, cancel);
            }

            await audit.AppendAsync(
                connection, transaction, new AuditEntry(actor, "exceptions:case:retry", Subject(frozen.ConvertAll(f => f.Id)), AuditOutcome.Done, null, detail), cancel);
        }

        return (frozen, held);
    }

    /// <summary>Says what was sent, and wakes who works on it.</summary>
    internal void Tell(List<FrozenCase> frozen)
    {
        changes.Announce(LiveTopics.Cases | LiveTopics.Flows | LiveTopics.Connections);
        doorbell.Ring([Doorbell.Inbox, .. frozen.Select(f => f.ConnectionId).OfType<string>().Distinct(StringComparer.Ordinal)]);
    }

    /// <summary>A problem of the flow's own (a check that held the order) is decided again by the flow. Asking it twice is harmless.</summary>
    internal async Task RetryChecksAsync(List<FrozenCase> frozen, Actor actor, CancellationToken cancel)
    {
        var own = frozen.Where(f => f.PostingKey is null && f.MessageId is null && f.FlowId is not null).ToList();
        if (own.Count > 0)
        {
            await flows.ApplyAsync([.. own.Select(f => f.FlowId!.Value).Distinct().Select(id => new FlowInput.Retried(id, actor.Name))], cancel);
            await RetryStore.ReopenAsync(data.Work, [.. own.Select(f => f.Id)], cancel);
        }
    }

    private static string Subject(List<long> cases) => cases.Count == 1 ? $"case:{cases[0]}" : $"{cases.Count} cases";

    private static string Ids(IEnumerable<long> cases) => string.Join(' ', cases);

    private async Task<(List<FrozenCase> Frozen, List<HeldPosting> Held)> FreezeOnceAsync(long[] ids, TimeSpan pause, Actor actor, CancellationToken cancel)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var sent = await SendAsync(connection, transaction, ids, actor, null, cancel);
        if (pause > TimeSpan.Zero)
        {
            await RevisionStore.DelayAsync(connection, [.. sent.Held.Select(h => h.Key)], pause, cancel);
        }

        await transaction.CommitAsync(cancel);
        return sent;
    }
}
