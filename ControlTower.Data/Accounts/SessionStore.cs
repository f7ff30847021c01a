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

    /// <summary>A new id at every sign-in: an id from before is never taken over. The stamp is compared by the very statement that opens the session.</summary>
    /// <param name="stamp">The person's when they began to show who they are.</param>
    /// <param name="agent">The browser in words, for the person's list of sessions.</param>
    /// <returns>Null: the person has another stamp by now, or was disabled, and signs in anew.</returns>
    public async Task<string?> OpenAsync(Guid accountId, Guid stamp, string address, string agent = "", CancellationToken stop = default)
    {
        var secret = Secrets.Create();
        return await sources.Work.Command(
            """
            with person as (update account set last_sign_in_at = $3 where id = $2 and security_stamp = $6 and disabled_at is null returning security_stamp)
            insert into account_session (id_hash, account_id, stamp, created_at, last_seen_at, proven_at, address, agent, via) select $1, $2, security_stamp, $3, $3, $3, $4, $5, 'local' from person
            """,
            Sql.Of(Secrets.Hash(secret)), Sql.Of(accountId), Sql.Of(clock.GetUtcNow()), Sql.Of(address), Sql.Of(agent), Sql.Of(stamp)).ExecuteAsync(stop) == 1 ? secret : null;
    }

    /// <summary>The same for whom the authority vouches for: the identity must still be linked when the session opens.</summary>
    /// <param name="provenAt">When the person showed there who they are.</param>
    /// <returns>Null: the identity is linked no more, or the person was disabled.</returns>
    public async Task<string?> OpenByAuthorityAsync(Guid accountId, ExternalIdentity who, string address, string agent, DateTimeOffset provenAt, CancellationToken stop = default)
    {
        var secret = Secrets.Create();
        return await sources.Work.Command(
            """
            with person as (update account set last_sign_in_at = $3 where id = $2 and disabled_at is null returning id, security_stamp),
                 linked as (update account_identity i set last_used_at = $3 from person where i.account_id = person.id and i.issuer = $7 and i.subject = $8 and i.unlinked_at is null returning person.security_stamp)
            insert into account_session (id_hash, account_id, stamp, created_at, last_seen_at, proven_at, address, agent, via) select $1, $2, security_stamp, $3, $3, $6, $4, $5, 'authority' from linked
            """,
            Sql.Of(Secrets.Hash(secret)), Sql.Of(accountId), Sql.Of(clock.GetUtcNow()), Sql.Of(address), Sql.Of(agent), Sql.Of(provenAt.ToUniversalTime()), Sql.Of(who.Issuer), Sql.Of(who.Subject)).ExecuteAsync(stop) == 1
            ? secret : null;
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

    /// <summary>The person showed anew who they are. False: the session is over, or the person has another stamp by now.</summary>
    public async Task<bool> ProveAsync(string secret, CancellationToken stop = default) =>
        await sources.Work.Command(
            "update account_session s set proven_at = $2 from account a where s.id_hash = $1 and s.ended_at is null and a.id = s.account_id and a.security_stamp = s.stamp and a.disabled_at is null", Sql.Of(Secrets.Hash(secret)), Sql.Of(clock.GetUtcNow())).ExecuteAsync(stop) == 1;

    /// <summary>The same by the authority's word. False as well: the identity is not linked to the person, or not any more.</summary>
    /// <param name="at">When they showed it there.</param>
    public async Task<bool> ProveByAuthorityAsync(string secret, ExternalIdentity who, DateTimeOffset at, CancellationToken stop = default) =>
        await sources.Work.Command(
            """
            with linked as (select account_id from account_identity where issuer = $3 and subject = $4 and unlinked_at is null for share)
            update account_session s set proven_at = $2 from account a, linked
            where s.id_hash = $1 and s.ended_at is null and a.id = s.account_id and a.security_stamp = s.stamp and a.disabled_at is null and linked.account_id = a.id
            """, Sql.Of(Secrets.Hash(secret)), Sql.Of(at.ToUniversalTime()), Sql.Of(who.Issuer), Sql.Of(who.Subject)).ExecuteAsync(stop) == 1;

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
