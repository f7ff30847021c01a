using System.Globalization;
using ControlTower.Data.Audit;
using ControlTower.Data.Db;

namespace ControlTower.Data.Accounts;

/// <summary>Counts the codes that came while a person's were not looked at, and tells each pause in the audit as one row when it is over: whoever floods the door does not flood the chain.</summary>
public sealed class PauseBook(TowerDataSources sources, AuditLog audit, TimeProvider clock)
{
    /// <param name="until">When codes are looked at again.</param>
    public Task<int> TurnedAwayAsync(Guid accountId, DateTimeOffset until, CancellationToken stop = default) =>
        sources.Work.Command(
            "insert into sign_in_pause as p (account_id, tries, until) values ($1, 1, $2) on conflict (account_id) do update set tries = p.tries + 1, until = greatest(p.until, excluded.until)",
            Sql.Of(accountId), Sql.Of(until.ToUniversalTime())).ExecuteAsync(stop);

    /// <summary>Tells the pauses that are over, each once. Safe at any time.</summary>
    public async Task TellAsync(CancellationToken stop = default)
    {
        await using var connection = await sources.Work.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        foreach (var (account, tries) in await connection.Command("delete from sign_in_pause where until <= $1 returning account_id, tries", Sql.Of(clock.GetUtcNow())).ListAsync(row => (row.GetGuid(0), row.GetInt32(1)), stop))
        {
            await audit.AppendAsync(
                connection, transaction,
                new AuditEntry(
                    Actor.Tower("sign-in"), "shell:session:open", $"account:{account}", AuditOutcome.Refused, "second factor, tried during the pause",
                    new Dictionary<string, string>(StringComparer.Ordinal) { ["tries"] = tries.ToString(CultureInfo.InvariantCulture) }), stop);
        }

        await transaction.CommitAsync(stop);
    }
}
