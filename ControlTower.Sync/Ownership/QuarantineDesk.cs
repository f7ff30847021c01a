using ControlTower.Data.Audit;
using ControlTower.Data.Catalog;
using ControlTower.Data.Db;
using ControlTower.Data.Live;
using ControlTower.Data.Ownership;
using ControlTower.Data.Triage;
using ControlTower.Sync.Triage;

namespace ControlTower.Sync.Ownership;

/// <summary>
/// What people decide about writes that wait: accept, and the message is applied or the value counts as taken; or refuse, and the message ends without effect or the channel is told the owner's word again. One
/// transaction with its audit entry. A write that somebody settled meanwhile is left as it is.
/// </summary>
public sealed class QuarantineDesk(TowerDataSources data, AuditLog audit, RetryDesk retries, ChangeNotifier changes)
{
    public const string Permission = "ownership:write:settle";

    public const int Most = 500;

    /// <returns>How many writes were settled, and of how many values the channel is told the owner's word again, which can be done for prices, barcodes and whether an item is sold; or why none was. All parts of a
    /// message are settled together.</returns>
    public async Task<(int Settled, int Told, OwnershipAnswer.Refused? Wrong)> SettleAsync(IReadOnlyCollection<long> writes, bool accept, string why, Actor actor, CancellationToken cancel)
    {
        if (writes.Count is 0 or > Most)
        {
            return (0, 0, new OwnershipAnswer.Refused("field", $"Choose 1 to {Most} writes.", "writes"));
        }

        if (why.Trim().Length is < 3 or > OwnershipDraftRules.LongestWhy)
        {
            return (0, 0, new OwnershipAnswer.Refused("field", "Say why in 3 to 1,000 characters. It stands in the audit.", "why"));
        }

        var (settled, told, sent) = await Collision.TriedAgainAsync(() => SettleOnceAsync([.. writes.Distinct().Order()], accept, why.Trim(), actor, cancel));
        if (settled > 0)
        {
            changes.Announce(LiveTopics.Ownership | LiveTopics.Stock);
        }

        retries.Tell(sent);
        return (settled, told, null);
    }

    private async Task<(int Settled, int Told, List<FrozenCase> Sent)> SettleOnceAsync(long[] ids, bool accept, string why, Actor actor, CancellationToken cancel)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var held = await OwnershipLog.LockWaitingAsync(connection, ids, cancel);
        if (held.Count == 0)
        {
            return (0, 0, []);
        }

        await OwnershipLog.SettleAsync(connection, [.. held.Select(w => w.Id)], accept ? "accepted" : "refused", actor.Name, why, cancel);
        var cases = await OwnershipLog.CasesAsync(connection, [.. held.Select(w => w.MessageId).OfType<long>().Distinct()], cancel);
        // Once a person has decided, the message goes on either way: the guard sees what they said.
        var (sent, _) = await retries.SendAsync(connection, transaction, [.. cases], actor, null, cancel);
        var told = 0;
        if (!accept)
        {
            foreach (var channel in held.Where(w => w.MessageId is null).GroupBy(w => w.Where.Channel, StringComparer.Ordinal))
            {
                told += (await CatalogActs.PublishAsync(connection, await CatalogActs.SeenAsync(connection, channel.Key, [.. channel.Select(w => w.Subject).Distinct()], cancel), cancel)).Count;
            }
        }

        await audit.AppendAsync(
            connection, transaction,
            new AuditEntry(actor, Permission, held.Count == 1 ? $"write:{held[0].Id}" : $"{held.Count} writes", Reason: why.Length > 500 ? why[..500] : why, Detail: new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["what"] = accept ? "accepted" : "refused", ["writes"] = string.Join(' ', held.Take(100).Select(w => w.Id)),
            }),
            cancel);
        await transaction.CommitAsync(cancel);
        return (held.Count, told, sent);
    }
}
