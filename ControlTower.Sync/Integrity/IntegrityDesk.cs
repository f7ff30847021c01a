using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Data.Live;

namespace ControlTower.Sync.Integrity;

/// <summary>Through which people ask for a check of the data. The caller has checked the permission. A worker takes it up within a minute.</summary>
public sealed class IntegrityDesk(TowerDataSources data, AuditLog audit, ChangeNotifier changes)
{
    public const string Check = "operations:integrity:check";

    /// <summary>Asks for a check, in one transaction with its audit entry. False if one was already asked for or runs: that is the same question, and nothing is recorded.</summary>
    public async Task<bool> AskAsync(Actor actor, CancellationToken cancel = default)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (await connection.Command("insert into integrity_run (requested_by) values ($1) on conflict do nothing", Sql.Of(actor.Name)).ExecuteAsync(cancel) == 0)
        {
            return false;
        }

        await audit.AppendAsync(connection, transaction, new AuditEntry(actor, Check, "integrity"), cancel);
        await transaction.CommitAsync(cancel);
        changes.Announce(LiveTopics.Nodes);
        return true;
    }
}
