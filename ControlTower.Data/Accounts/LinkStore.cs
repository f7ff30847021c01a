using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using NpgsqlTypes;

namespace ControlTower.Data.Accounts;

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
        return await accounts.AnyAsync(stop) ? null : (true, null);
    }

    /// <summary>Makes the first admin, once. Two people with the same link: one wins, the other gets <see cref="AccountRefusal.LinkVoid"/>.</summary>
    public async Task<(Guid? AccountId, AccountRefusal Refusal)> MakeFirstAdminAsync(
        string secret, string email, string name, string passwordHash, string? address, CancellationToken stop = default)
    {
        await using var connection = await sources.Work.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        if (await UseAsync(connection, secret, null, stop) == 0)
            return (null, AccountRefusal.LinkVoid);
        // The lock makes "nobody yet" true until the commit.
        await connection.Command("lock table account in share row exclusive mode").ExecuteAsync(stop);
        if (await connection.Command("select exists (select from account)").ScalarAsync<bool>(stop))
            return (null, AccountRefusal.NotFirst);
        var account = (await accounts.InsertAsync(connection, new NewAccount(email, name, "Admin", Finance: true), passwordHash, stop))!;
        await accounts.WriteAsync(connection, transaction, new Actor(account.Id, account.Name, account.Role, address), "admin:account:first", account.Id, null, [], stop);
        await transaction.CommitAsync(stop);
        return (account.Id, AccountRefusal.None);
    }

    /// <summary>Sets the password of the link's person and ends all that was open with the old one.</summary>
    public async Task<AccountRefusal> SetPasswordAsync(string secret, Guid accountId, string passwordHash, string? address, CancellationToken stop = default)
    {
        await using var connection = await sources.Work.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        if (await UseAsync(connection, secret, accountId, stop) == 0)
            return AccountRefusal.LinkVoid;
        var person = await connection.Command(
            "with waiting as (delete from account_factor where account_id = $1 and confirmed_at is null) update account set password_hash = $2, security_stamp = gen_random_uuid() where id = $1 and disabled_at is null returning name, role",
            Sql.Of(accountId), Sql.Of(passwordHash)).ListAsync(row => new Actor(accountId, row.GetString(0), row.GetString(1), address), stop);
        if (person.Count == 0)
            return AccountRefusal.NotFound;
        await accounts.WriteAsync(connection, transaction, person[0], "admin:account:set-password", accountId, null, [], stop);
        await transaction.CommitAsync(stop);
        return AccountRefusal.None;
    }

    private Task<int> UseAsync(Npgsql.NpgsqlConnection connection, string secret, Guid? accountId, CancellationToken stop) =>
        connection.Command(
            "update account_link set used_at = $2 where hash = $1 and used_at is null and expires_at > $2 and account_id is not distinct from $3",
            Sql.Of(Secrets.Hash(secret)), Sql.Of(clock.GetUtcNow()), Sql.Of(accountId, NpgsqlDbType.Uuid)).ExecuteAsync(stop);
}
