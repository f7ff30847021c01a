using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.Accounts;

/// <summary>Whom an authority outside means. <paramref name="Issuer"/> names the authority, <paramref name="Subject"/> is what it gives to nobody else. Neither is an e-mail or a name.</summary>
public sealed record ExternalIdentity(string Issuer, string Subject);

/// <summary>An identity that opens an account. <paramref name="LastUsedAt"/>: when it last did; null: not since that is kept.</summary>
public sealed record LinkedIdentity(ExternalIdentity Who, DateTimeOffset LinkedAt, DateTimeOffset? LastUsedAt);

/// <summary>
/// Which account an identity of an authority outside belongs to. An account is found by the identity alone: one that has the same e-mail or name is somebody else's until an admin links it.
/// </summary>
public sealed class IdentityStore(TowerDataSources sources, AccountStore accounts, AuditLog audit, TimeProvider clock)
{
    private const string Again = "do update set account_id = excluded.account_id, created_at = excluded.created_at, last_used_at = null, unlinked_at = null where account_identity.unlinked_at is not null";

    public async Task<Account?> FindAsync(ExternalIdentity who, CancellationToken stop = default)
    {
        var ids = await sources.Work.Command("select account_id from account_identity where issuer = $1 and subject = $2 and unlinked_at is null", Sql.Of(who.Issuer), Sql.Of(who.Subject)).ListAsync(row => row.GetGuid(0), stop);
        return ids.Count == 0 ? null : await accounts.FindAsync(ids[0], stop);
    }

    /// <summary>It opened an account once and opens none now: what its person may not do with one account they do not begin anew with another. An admin links it again.</summary>
    public Task<bool> WasUnlinkedAsync(ExternalIdentity who, CancellationToken stop = default) =>
        sources.Work.Command("select exists (select from account_identity where issuer = $1 and subject = $2 and unlinked_at is not null)", Sql.Of(who.Issuer), Sql.Of(who.Subject)).ScalarAsync<bool>(stop);

    /// <summary>Makes the account of an identity that was never seen. <see cref="AccountRefusal.EmailTaken"/>: somebody has that e-mail, perhaps the same identity, signed in at the same moment.</summary>
    public async Task<(Account? Account, AccountRefusal Refusal)> MakeAsync(ExternalIdentity who, NewAccount person, string? address, CancellationToken stop = default)
    {
        await using var connection = await sources.Work.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        var account = await accounts.InsertAsync(connection, person, passwordHash: null, stop);
        if (account is null || await InsertAsync(connection, account.Id, who, "do nothing", stop) == 0)
            return (null, AccountRefusal.EmailTaken);
        await accounts.WriteAsync(connection, transaction, new Actor(account.Id, account.Name, account.Role, address), "admin:account:add", account.Id, "first sign-in at the authority", Detail(who, ("role", account.Role)), stop);
        await transaction.CommitAsync(stop);
        return (account, AccountRefusal.None);
    }

    /// <summary>From now on the identity signs in to this account. One that belongs to an account already stays there; one that was unlinked may come to any: <see cref="AccountRefusal.IdentityTaken"/>.</summary>
    public async Task<AccountRefusal> LinkAsync(Guid accountId, ExternalIdentity who, Actor by, CancellationToken stop = default)
    {
        await using var connection = await sources.Work.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        if (!await connection.Command("select exists (select from account where id = $1)", Sql.Of(accountId)).ScalarAsync<bool>(stop))
            return AccountRefusal.NotFound;
        if (await InsertAsync(connection, accountId, who, Again, stop) == 0)
            return AccountRefusal.IdentityTaken;
        await accounts.WriteAsync(connection, transaction, by, "admin:account:link", accountId, null, Detail(who), stop);
        await transaction.CommitAsync(stop);
        return AccountRefusal.None;
    }

    /// <summary>What opens this account, oldest first.</summary>
    public Task<List<LinkedIdentity>> ListAsync(Guid accountId, CancellationToken stop = default) =>
        sources.Work.Command("select issuer, subject, created_at, last_used_at from account_identity where account_id = $1 and unlinked_at is null order by created_at, issuer, subject", Sql.Of(accountId))
            .ListAsync(row => new LinkedIdentity(new(row.GetString(0), row.GetString(1)), row.GetFieldValue<DateTimeOffset>(2), row.Maybe<DateTimeOffset?>(3)), stop);

    /// <summary>
    /// The identity opens this account no more, and what authorities opened for the person is over within seconds; what else is open proves nothing of what the identity proved. The row stays:
    /// see <see cref="WasUnlinkedAsync"/>. <see cref="AccountRefusal.OnlyWayIn"/>: they could not sign in any more; that is in the audit.
    /// </summary>
    /// <param name="action">The permission by which this is done.</param>
    public async Task<AccountRefusal> UnlinkAsync(Guid accountId, ExternalIdentity who, string action, Actor by, CancellationToken stop = default)
    {
        await using var connection = await sources.Work.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        // The person is locked, so that of two identities that are unlinked at once one stays if there is nothing else.
        await connection.Command("select from account where id = $1 for update", Sql.Of(accountId)).ExecuteAsync(stop);
        var could = await CanSignInAsync(connection, accountId, stop);
        await transaction.SaveAsync("linked", stop);
        if (await connection.Command("update account_identity set unlinked_at = $4 where account_id = $1 and issuer = $2 and subject = $3 and unlinked_at is null", Sql.Of(accountId), Sql.Of(who.Issuer), Sql.Of(who.Subject), Sql.Of(clock.GetUtcNow())).ExecuteAsync(stop) == 0)
            return AccountRefusal.NotFound;
        var refusal = could && !await CanSignInAsync(connection, accountId, stop) ? AccountRefusal.OnlyWayIn : AccountRefusal.None;
        if (refusal is AccountRefusal.OnlyWayIn)
            await transaction.RollbackAsync("linked", stop);
        else
            await connection.Command(
                "update account_session set ended_at = case when via = 'authority' then $2 end, proven_at = 'epoch' where account_id = $1 and ended_at is null", Sql.Of(accountId), Sql.Of(clock.GetUtcNow())).ExecuteAsync(stop);
        await audit.AppendAsync(
            connection, transaction,
            refusal is AccountRefusal.None ? new AuditEntry(by, action, $"account:{accountId}", Detail: Detail(who)) : new AuditEntry(by, action, $"account:{accountId}", AuditOutcome.Refused, "the only way in", Detail(who)), stop);
        await transaction.CommitAsync(stop);
        return refusal;
    }

    private async Task<bool> CanSignInAsync(NpgsqlConnection connection, Guid accountId, CancellationToken stop) => (await accounts.WhoCanSignInAsync(connection, "a.id = $1", [Sql.Of(accountId)], stop)).Count > 0;

    private Task<int> InsertAsync(NpgsqlConnection connection, Guid accountId, ExternalIdentity who, string ifKnown, CancellationToken stop) =>
        connection.Command($"insert into account_identity (issuer, subject, account_id, created_at) values ($1, $2, $3, $4) on conflict (issuer, subject) {ifKnown}",
            Sql.Of(who.Issuer), Sql.Of(who.Subject), Sql.Of(accountId), Sql.Of(clock.GetUtcNow())).ExecuteAsync(stop);

    private static Dictionary<string, string> Detail(ExternalIdentity who, params (string Name, string Value)[] more)
    {
        var detail = more.ToDictionary(pair => pair.Name, pair => pair.Value, StringComparer.Ordinal);
        (detail["issuer"], detail["subject"]) = (who.Issuer, who.Subject);
        return detail;
    }
}
