using System.Globalization;
using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Accounts;

/// <summary>An open session as people see it. <paramref name="Number"/> names it and opens nothing.</summary>
public sealed record ListedSession(
    long Number, Guid AccountId, string Name, string Email, string Role, DateTimeOffset CreatedAt, DateTimeOffset LastSeenAt, string Address, string Agent, bool ByAuthority);

/// <summary>Which sessions are open, and their end by somebody's word. Each end is in the audit, and is seen on pages, hubs and the API within 10 s.</summary>
public sealed class SessionBook(TowerDataSources sources, AuditLog audit, TimeProvider clock)
{
    private const string Open = "s.ended_at is null and s.stamp = a.security_stamp and a.disabled_at is null and s.last_seen_at > $1 and s.created_at > $2";

    /// <summary>The newest 500 that are open. <paramref name="accountId"/> null: of everybody.</summary>
    public Task<List<ListedSession>> ListAsync(Guid? accountId, CancellationToken stop = default) =>
        sources.Work.Command(
            $"""
            select s.number, a.id, a.name, a.email, a.role, s.created_at, s.last_seen_at, s.address, s.agent, s.via = 'authority'
            from account_session s join account a on a.id = s.account_id where {Open} and ($3::uuid is null or a.id = $3) order by s.last_seen_at desc, s.number desc limit 500
            """, Sql.Of(Now - SessionStore.Idle), Sql.Of(Now - SessionStore.Absolute), Sql.Of(accountId, NpgsqlDbType.Uuid))
            .ListAsync(row => new ListedSession(row.GetInt64(0), row.GetGuid(1), row.GetString(2), row.GetString(3), row.GetString(4), row.GetFieldValue<DateTimeOffset>(5),
                row.GetFieldValue<DateTimeOffset>(6), row.GetString(7), row.GetString(8), row.GetBoolean(9)), stop);

    /// <summary>Ends one session of this person. False: it was over already, or is not theirs.</summary>
    public async Task<bool> EndAsync(Guid accountId, long number, string? reason, Actor by, CancellationToken stop = default) =>
        await EndAsync(accountId, "number = $3", number, reason, by, new() { ["session"] = number.ToString(CultureInfo.InvariantCulture) }, stop) > 0;

    /// <summary>Ends all sessions of this person but <paramref name="except"/>. Says how many.</summary>
    public Task<int> EndAllAsync(Guid accountId, long? except, string? reason, Actor by, CancellationToken stop = default) =>
        EndAsync(accountId, "number <> $3", except ?? 0, reason, by, [], stop);

    /// <summary>The person signs out of this session. Nothing is written when it was over already.</summary>
    public async Task SignOutAsync(string secret, Actor by, CancellationToken stop = default)
    {
        await using var connection = await sources.Work.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        if (await connection.Command("update account_session set ended_at = $2 where id_hash = $1 and ended_at is null", Sql.Of(Secrets.Hash(secret)), Sql.Of(Now)).ExecuteAsync(stop) == 0)
            return;
        await audit.AppendAsync(connection, transaction, new AuditEntry(by, "shell:session:end", $"account:{by.Id}"), stop);
        await transaction.CommitAsync(stop);
    }

    private DateTimeOffset Now => clock.GetUtcNow();

    private async Task<int> EndAsync(Guid accountId, string which, long number, string? reason, Actor by, Dictionary<string, string> detail, CancellationToken stop)
    {
        await using var connection = await sources.Work.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        var ended = await connection.Command($"update account_session set ended_at = $2 where account_id = $1 and ended_at is null and {which}", Sql.Of(accountId), Sql.Of(Now), Sql.Of(number)).ExecuteAsync(stop);
        if (ended == 0)
            return 0;
        detail["ended"] = ended.ToString(CultureInfo.InvariantCulture);
        await audit.AppendAsync(connection, transaction, new AuditEntry(by, "admin:session:manage", $"account:{accountId}", AuditOutcome.Done, reason, detail), stop);
        await transaction.CommitAsync(stop);
        return ended;
    }
}
