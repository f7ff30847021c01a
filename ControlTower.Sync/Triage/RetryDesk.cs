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
public sealed record RetryReceipt(IReadOnlyList<long> Frozen, IReadOnlyList<long> Left);

/// <summary>
/// Retry, as operators ask for it. Freezing, audit and the change of state are one transaction. A retried delivery keeps its key and goes through the replay lane; one of unknown
/// outcome is looked up, never simply sent again. Asking twice retries once: the second finds the cases retrying. If this process dies on the way, <see cref="Jobs.StrandedRetriesJob"/>
/// opens within two minutes what it left retrying.
/// </summary>
public sealed class RetryDesk(TowerDataSources data, AuditLog audit, FlowRunner flows, ChangeNotifier changes, Doorbell doorbell)
{
    public const int Most = 1_000;

    private const int DeadlockTries = 5;

    /// <exception cref="ArgumentException">More than <see cref="Most"/> cases, or none.</exception>
    public async Task<RetryReceipt> RetryAsync(IReadOnlyCollection<long> caseIds, Actor actor, CancellationToken cancel)
    {
        var ids = caseIds.Distinct().Order().ToArray();
        if (ids.Length is 0 or > Most)
        {
            throw new ArgumentException($"Choose between 1 and {Most} cases; {ids.Length} were chosen.", nameof(caseIds));
        }

        var frozen = await FreezeAsync(ids, actor, cancel);
        await RetryChecksAsync(frozen, actor, cancel);
        changes.Announce(LiveTopics.Cases | LiveTopics.Flows | LiveTopics.Connections);
        doorbell.Ring([Doorbell.Inbox, .. frozen.Select(f => f.ConnectionId).OfType<string>().Distinct(StringComparer.Ordinal)]);
        return new RetryReceipt([.. frozen.Select(f => f.Id)], [.. ids.Except(frozen.Select(f => f.Id))]);
    }

    // Flows lock what they work on, then its cases; here it is the other way round. When the two collide the database lets one of them through and undoes the other, whole.
    private async Task<List<FrozenCase>> FreezeAsync(long[] ids, Actor actor, CancellationToken cancel)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await FreezeOnceAsync(ids, actor, cancel);
            }
            catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.DeadlockDetected && attempt < DeadlockTries)
            {
                // Nothing of it was saved.
            }
        }
    }

    private async Task<List<FrozenCase>> FreezeOnceAsync(long[] ids, Actor actor, CancellationToken cancel)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var frozen = await RetryStore.FreezeAsync(connection, ids, cancel);
        await RetryStore.ReleaseDeliveriesAsync(connection, [.. frozen.Select(f => f.PostingKey).OfType<string>()], cancel);
        await RetryStore.ReopenMessagesAsync(connection, [.. frozen.Select(f => f.MessageId).OfType<long>()], cancel);
        if (frozen.Count > 0)
        {
            await audit.AppendAsync(connection, transaction, new AuditEntry(
                actor, "exceptions:case:retry", frozen.Count == 1 ? $"case:{frozen[0].Id}" : $"{frozen.Count} cases", AuditOutcome.Done, null,
                new Dictionary<string, string>(StringComparer.Ordinal) { ["cases"] = string.Join(' ', frozen.Select(f => f.Id)) }), cancel);
        }

        await transaction.CommitAsync(cancel);
        return frozen;
    }

    // A problem of the flow's own (a check that held the order) is decided again by the flow.
    private async Task RetryChecksAsync(List<FrozenCase> frozen, Actor actor, CancellationToken cancel)
    {
        var own = frozen.Where(f => f.PostingKey is null && f.MessageId is null && f.FlowId is not null).ToList();
        if (own.Count > 0)
        {
            await flows.ApplyAsync([.. own.Select(f => f.FlowId!.Value).Distinct().Select(id => new FlowInput.Retried(id, actor.Name))], cancel);
            await RetryStore.ReopenAsync(data.Work, [.. own.Select(f => f.Id)], cancel);
        }
    }
}
