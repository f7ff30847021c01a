using ControlTower.Data.Db;

namespace ControlTower.Data.Accounts;

/// <summary>
/// A live session with its person as they are now. <paramref name="ProvenAt"/>: when they last showed who they are; <paramref name="ByAuthority"/>: an authority outside vouched for them, not a
/// password; <paramref name="Number"/> names the session on screen.
/// </summary>
public sealed record OpenSession(Guid AccountId, string Email, string Name, string Role, bool Finance, DateTimeOffset CreatedAt, DateTimeOffset LastSeenAt, DateTimeOffset ProvenAt, bool ByAuthority, long Number);

/// <summary>Sessions. The browser holds 256 random bits; we hold their hash, the stamp at sign-in, and when it was last used.</summary>
public sealed class SessionStore(TowerDataSources sources, TimeProvider clock)
{
    /// <summary>Signed out after this long without activity.</summary>
    public static readonly TimeSpan Idle = TimeSpan.FromMinutes(30);

    /// <summary>Signed out after this long whatever happens.</summary>
    public static readonly TimeSpan Absolute = TimeSpan.FromHours(12);

    /// <summary>A new id at every sign-in: an id from before is never taken over.</summary>
    /// <param name="agent">The browser in words, for the person's list of sessions.</param>
    /// <param name="provenAt">When the person showed who they are; now unless it says.</param>
    public async Task<string> OpenAsync(Guid accountId, string address, string agent = "", bool byAuthority = false, DateTimeOffset? provenAt = null, CancellationToken stop = default)
    {
        var secret = Secrets.Create();
        await sources.Work.Command(
            """
            with person as (update account set last_sign_in_at = $3 where id = $2 returning security_stamp)
            insert into account_session (id_hash, account_id, stamp, created_at, last_seen_at, proven_at, address, agent, via) select $1, $2, security_stamp, $3, $3, $7, $4, $5, $6 from person
            """,
            Sql.Of(Secrets.Hash(secret)), Sql.Of(accountId), Sql.Of(clock.GetUtcNow()), Sql.Of(address), Sql.Of(agent), Sql.Of(byAuthority ? "authority" : "local"),
            Sql.Of((provenAt ?? clock.GetUtcNow()).ToUniversalTime())).ExecuteAsync(stop);
        return secret;
    }

    /// <summary>Null when ended, idle too long, too old, of another stamp or of a disabled person.</summary>
    public async Task<OpenSession?> ReadAsync(string secret, CancellationToken stop = default)
    {
        var now = clock.GetUtcNow();
        return (await sources.Work.Command(
            """
            select a.id, a.email, a.name, a.role, a.finance, s.created_at, s.last_seen_at, coalesce(s.proven_at, s.created_at), s.via = 'authority', s.number
            from account_session s join account a on a.id = s.account_id
            where s.id_hash = $1 and s.ended_at is null and s.stamp = a.security_stamp and a.disabled_at is null and s.last_seen_at > $2 and s.created_at > $3
            """,
            Sql.Of(Secrets.Hash(secret)), Sql.Of(now - Idle), Sql.Of(now - Absolute))
            .ListAsync(row => new OpenSession(row.GetGuid(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetBoolean(4),
                row.GetFieldValue<DateTimeOffset>(5), row.GetFieldValue<DateTimeOffset>(6), row.GetFieldValue<DateTimeOffset>(7), row.GetBoolean(8), row.GetInt64(9)), stop)).FirstOrDefault();
    }

    /// <summary>The person did something. Written once a minute at most: that is exact enough for 30 minutes.</summary>
    public Task<int> TouchAsync(string secret, CancellationToken stop = default) =>
        sources.Work.Command("update account_session set last_seen_at = $2 where id_hash = $1 and ended_at is null and last_seen_at < $2 - interval '1 minute'",
            Sql.Of(Secrets.Hash(secret)), Sql.Of(clock.GetUtcNow())).ExecuteAsync(stop);

    /// <summary>The person showed anew who they are.</summary>
    /// <param name="at">When; null: now.</param>
    public Task<int> ProveAsync(string secret, DateTimeOffset? at, CancellationToken stop = default) =>
        sources.Work.Command("update account_session set proven_at = $2 where id_hash = $1 and ended_at is null", Sql.Of(Secrets.Hash(secret)), Sql.Of((at ?? clock.GetUtcNow()).ToUniversalTime())).ExecuteAsync(stop);

    public Task<int> EndAsync(string secret, CancellationToken stop = default) =>
        sources.Work.Command("update account_session set ended_at = $2 where id_hash = $1 and ended_at is null",
            Sql.Of(Secrets.Hash(secret)), Sql.Of(clock.GetUtcNow())).ExecuteAsync(stop);

    /// <summary>Removes sessions and links that ended long ago, and old failures. Safe at any time.</summary>
    public Task<int> PruneAsync(CancellationToken stop = default) =>
        sources.Work.Command(
            """
            with old_sessions as (delete from account_session where last_seen_at < $1),
                 old_links as (delete from account_link where expires_at < $1),
                 old_steps as (delete from sign_in_step where created_at < $1)
            delete from sign_in_failure where at < $1
            """, Sql.Of(clock.GetUtcNow() - TimeSpan.FromDays(2))).ExecuteAsync(stop);
}
