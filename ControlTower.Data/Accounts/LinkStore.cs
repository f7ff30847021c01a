using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using NpgsqlTypes;

namespace ControlTower.Data.Accounts;

/// <summary>What using a link came to, and the stamp of its person from then on: who used it is let in while that holds.</summary>
public sealed record LinkUse(AccountRefusal Refusal, Guid AccountId = default, Guid Stamp = default);

/// <summary>
/// One-time links. A link works once, until it expires, and only the newest of its kind: issuing one voids those before it.
/// </summary>
public sealed class LinkStore(TowerDataSources sources, AccountStore accounts, TimeProvider clock)
{
    /// <summary>For a person (new, or without a password any more); null account: for the first admin. Returns the secret, once.</summary>
    public async Task<string> IssueAsync(Guid? accountId, TimeSpan lifetime, Actor by, CancellationToken stop = default)
    {
        var secret = Secrets.Create();
        var now = clock.GetUtcNow();
        await using var connection = await sources.Work.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        await connection.Command("delete from account_link where account_id is not distinct from $1 and used_at is null", Sql.Of(accountId, NpgsqlDbType.Uuid)).ExecuteAsync(stop);
        await connection.Command("insert into account_link (hash, account_id, created_at, expires_at) values ($1, $2, $3, $4)",
            Sql.Of(Secrets.Hash(secret)), Sql.Of(accountId, NpgsqlDbType.Uuid), Sql.Of(now), Sql.Of(now + lifetime)).ExecuteAsync(stop);
        if (accountId is { } id)
            await accounts.WriteAsync(connection, transaction, by, "admin:account:issue-link", id, null, [], stop);
        await transaction.CommitAsync(stop);
        return secret;
    }

    /// <summary>Whom the link is for, without using it. Null: void.</summary>
    public async Task<(bool First, Account? Account)?> PeekAsync(string secret, CancellationToken stop = default)
    {
        var rows = await sources.Work.Command(
            "select account_id from account_link where hash = $1 and used_at is null and expires_at > $2", Sql.Of(Secrets.Hash(secret)), Sql.Of(clock.GetUtcNow()))
            .ListAsync(row => row.Maybe<Guid?>(0), stop);
        if (rows.Count == 0)
            return null;
        if (rows[0] is { } id)
            return await accounts.FindAsync(id, stop) is { DisabledAt: null } account ? (false, account) : null;
        return await accounts.AnyAdminAsync(stop) ? null : (true, null);
    }

    /// <summary>
    /// Makes an admin while none can sign in, once. Two people with the same link: one wins, the other gets <see cref="AccountRefusal.LinkVoid"/>. <see cref="AccountRefusal.EmailTaken"/> leaves the link as it was.
    /// </summary>
    public async Task<LinkUse> MakeFirstAdminAsync(
        string secret, string email, string name, string passwordHash, string? address, CancellationToken stop = default)
    {
        await using var connection = await sources.Work.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        if (await UseAsync(connection, secret, null, stop) == 0)
            return new(AccountRefusal.LinkVoid);
        // The lock makes "nobody yet" true until the commit.
        await connection.Command("lock table account in share row exclusive mode").ExecuteAsync(stop);
        if ((await accounts.AdminsAsync(connection, stop)).Count > 0)
            return new(AccountRefusal.NotFirst);
        if (await accounts.InsertAsync(connection, new NewAccount(email, name, "Admin", Finance: true), passwordHash, stop) is not { } account)
            return new(AccountRefusal.EmailTaken);
        var stamp = await connection.Command("select security_stamp from account where id = $1", Sql.Of(account.Id)).ScalarAsync<Guid>(stop);
        await accounts.WriteAsync(connection, transaction, new Actor(account.Id, account.Name, account.Role, address), "admin:account:first", account.Id, null, [], stop);
        await transaction.CommitAsync(stop);
        return new(AccountRefusal.None, account.Id, stamp);
    }

    /// <summary>Sets the password of the link's person and ends all that was open with the old one.</summary>
    public async Task<LinkUse> SetPasswordAsync(string secret, Guid accountId, string passwordHash, string? address, CancellationToken stop = default)
    {
        await using var connection = await sources.Work.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        if (await UseAsync(connection, secret, accountId, stop) == 0)
            return new(AccountRefusal.LinkVoid);
        var person = await connection.Command(
            "with waiting as (delete from account_factor where account_id = $1 and confirmed_at is null) update account set password_hash = $2, security_stamp = gen_random_uuid() where id = $1 and disabled_at is null returning name, role, security_stamp",
            Sql.Of(accountId), Sql.Of(passwordHash)).ListAsync(row => (Actor: new Actor(accountId, row.GetString(0), row.GetString(1), address), Stamp: row.GetGuid(2)), stop);
        if (person.Count == 0)
            return new(AccountRefusal.NotFound);
        await accounts.WriteAsync(connection, transaction, person[0].Actor, "admin:account:set-password", accountId, null, [], stop);
        await transaction.CommitAsync(stop);
        return new(AccountRefusal.None, accountId, person[0].Stamp);
    }

    private Task<int> UseAsync(Npgsql.NpgsqlConnection connection, string secret, Guid? accountId, CancellationToken stop) =>
        connection.Command(
            "update account_link set used_at = $2 where hash = $1 and used_at is null and expires_at > $2 and account_id is not distinct from $3",
            Sql.Of(Secrets.Hash(secret)), Sql.Of(clock.GetUtcNow()), Sql.Of(accountId, NpgsqlDbType.Uuid)).ExecuteAsync(stop);
}
