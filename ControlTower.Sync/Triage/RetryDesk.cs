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
/// outcome is looked up, never simply sent again. Asking twice retries once: the second finds the cases retrying. If this process dies on the way, <see cref="Jobs.DeskUpkeepJob"/>
/// opens within two minutes what it left retrying.
/// </summary>
public sealed class RetryDesk(TowerDataSources data, AuditLog audit, FlowRunner flows, ChangeNotifier changes, Doorbell doorbell)
{
    public const int Most = 1_000;


    /// <exception cref="ArgumentException">More than <see cref="Most"/> cases, or none.</exception>
    public async Task<RetryReceipt> RetryAsync(IReadOnlyCollection<long> caseIds, Actor actor, CancellationToken cancel)
    {
        var ids = caseIds.Distinct().Order().ToArray();
        if (ids.Length is 0 or > Most)
        {
            throw new ArgumentException($"Choose between 1 and {Most} cases; {ids.Length} were chosen.", nameof(caseIds));
        }

        var frozen = await Collision.TriedAgainAsync(() => FreezeOnceAsync(ids, actor, cancel));
        await RetryChecksAsync(frozen, actor, cancel);
        Tell(frozen);
        return new RetryReceipt([.. frozen.Select(f => f.Id)], [.. ids.Except(frozen.Select(f => f.Id))]);
    }

    /// <summary>
    /// Sends the open ones among these cases on their way and records it, inside the caller's transaction, which commits next. Then <see cref="RetryChecksAsync"/> and <see cref="Tell"/> are due.
    /// </summary>
    internal async Task<List<FrozenCase>> SendAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, long[] ids, Actor actor, string? batch, CancellationToken cancel)
    {
        var frozen = await RetryStore.FreezeAsync(connection, ids, cancel);
        await RetryStore.ReleaseDeliveriesAsync(connection, [.. frozen.Select(f => f.PostingKey).OfType<string>()], cancel);
        await RetryStore.ReopenMessagesAsync(connection, [.. frozen.Select(f => f.MessageId).OfType<long>()], cancel);
        if (frozen.Count > 0)
        {
            var detail = new Dictionary<string, string>(StringComparer.Ordinal) { ["cases"] = string.Join(' ', frozen.Select(f => f.Id)) };
            if (batch is not null)
            {
                detail["batch"] = batch;
            }

            var subject = frozen.Count == 1 ? $"case:{frozen[0].Id}" : $"{frozen.Count} cases";
            await audit.AppendAsync(connection, transaction, new AuditEntry(actor, "exceptions:case:retry", subject, AuditOutcome.Done, null, detail), cancel);
        }

        return frozen;
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

    private async Task<List<FrozenCase>> FreezeOnceAsync(long[] ids, Actor actor, CancellationToken cancel)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var frozen = await SendAsync(connection, transaction, ids, actor, null, cancel);
        await transaction.CommitAsync(cancel);
        return frozen;
    }
}
