using System.Globalization;
using ControlTower.Data.Audit;
using ControlTower.Data.Catalog;
using ControlTower.Data.Db;
using ControlTower.Data.Live;

namespace ControlTower.Sync.Catalog;

/// <summary>What people say of customers who may be one. Nobody is merged by it: that they belong together is remembered, and who said so. Audit entries name the pair, never the people.</summary>
public sealed class CustomerDesk(TowerDataSources data, AuditLog audit, ChangeNotifier changes)
{
    public const string Permission = "customers:pair:decide";

    public const int LongestReason = 500;

    /// <param name="same">True: they are one; false: they are not; null: what was said is taken back.</param>
    /// <returns>False if the pair is another by now, or that is said already: nothing changed.</returns>
    /// <exception cref="ArgumentException">No reason, or one that is too long.</exception>
    public async Task<bool> SayAsync(CustomerPair seen, bool? same, string why, Actor actor, CancellationToken cancel)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(why);
        var reason = why.Trim();
        if (reason.Length > LongestReason)
        {
            throw new ArgumentException($"The reason has {reason.Length} characters; at most {LongestReason} fit.", nameof(why));
        }

        var verdict = same switch { true => "same", false => "different", null => null };
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (!await CustomerQueries.SayAsync(connection, seen, verdict, actor.Name, reason, cancel))
        {
            return false;
        }

        await audit.AppendAsync(connection, transaction, new AuditEntry(
            actor, Permission, string.Create(CultureInfo.InvariantCulture, $"customer-pair:{seen.Id}"), AuditOutcome.Done, reason,
            new Dictionary<string, string>(StringComparer.Ordinal) { ["verdict"] = verdict ?? "taken back", ["systems"] = $"{seen.A.ConnectionId}, {seen.B.ConnectionId}" }), cancel);
        await transaction.CommitAsync(cancel);
        changes.Announce(LiveTopics.Connections);
        return true;
    }
}
