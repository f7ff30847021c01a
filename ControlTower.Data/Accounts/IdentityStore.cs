using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.Accounts;

/// <summary>Whom an authority outside means. <paramref name="Issuer"/> names the authority, <paramref name="Subject"/> is what it gives to nobody else. Neither is an e-mail or a name.</summary>
public sealed record ExternalIdentity(string Issuer, string Subject);

/// <summary>
/// Which account an identity of an authority outside belongs to. An account is found by the identity alone: one that has the same e-mail or name is somebody else's until an admin links it.
/// </summary>
public sealed class IdentityStore(TowerDataSources sources, AccountStore accounts, TimeProvider clock)
{
    public async Task<Account?> FindAsync(ExternalIdentity who, CancellationToken stop = default)
    {
        var ids = await sources.Work.Command("select account_id from account_identity where issuer = $1 and subject = $2", Sql.Of(who.Issuer), Sql.Of(who.Subject)).ListAsync(row => row.GetGuid(0), stop);
        return ids.Count == 0 ? null : await accounts.FindAsync(ids[0], stop);
    }

    /// <summary>Makes the account of an identity that was never seen. <see cref="AccountRefusal.EmailTaken"/>: somebody has that e-mail, perhaps the same identity, signed in at the same moment.</summary>
    public async Task<(Account? Account, AccountRefusal Refusal)> MakeAsync(ExternalIdentity who, NewAccount person, string? address, CancellationToken stop = default)
    {
        await using var connection = await sources.Work.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        var account = await accounts.InsertAsync(connection, person, passwordHash: null, stop);
        if (account is null || await InsertAsync(connection, account.Id, who, stop) == 0)
            return (null, AccountRefusal.EmailTaken);
        await accounts.WriteAsync(connection, transaction, new Actor(account.Id, account.Name, account.Role, address), "admin:account:add", account.Id, "first sign-in at the authority", Detail(who, ("role", account.Role)), stop);
        await transaction.CommitAsync(stop);
        return (account, AccountRefusal.None);
    }

    /// <summary>From now on the identity signs in to this account. One that belongs to an account already stays there: <see cref="AccountRefusal.IdentityTaken"/>.</summary>
    public async Task<AccountRefusal> LinkAsync(Guid accountId, ExternalIdentity who, Actor by, CancellationToken stop = default)
    {
        await using var connection = await sources.Work.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        if (!await connection.Command("select exists (select from account where id = $1)", Sql.Of(accountId)).ScalarAsync<bool>(stop))
            return AccountRefusal.NotFound;
        if (await InsertAsync(connection, accountId, who, stop) == 0)
            return AccountRefusal.IdentityTaken;
        await accounts.WriteAsync(connection, transaction, by, "admin:account:link", accountId, null, Detail(who), stop);
        await transaction.CommitAsync(stop);
        return AccountRefusal.None;
    }

    private Task<int> InsertAsync(NpgsqlConnection connection, Guid accountId, ExternalIdentity who, CancellationToken stop) =>
        connection.Command("insert into account_identity (issuer, subject, account_id, created_at) values ($1, $2, $3, $4) on conflict do nothing",
            Sql.Of(who.Issuer), Sql.Of(who.Subject), Sql.Of(accountId), Sql.Of(clock.GetUtcNow())).ExecuteAsync(stop);

    private static Dictionary<string, string> Detail(ExternalIdentity who, params (string Name, string Value)[] more)
    {
        var detail = more.ToDictionary(pair => pair.Name, pair => pair.Value, StringComparer.Ordinal);
        (detail["issuer"], detail["subject"]) = (who.Issuer, who.Subject);
        return detail;
    }
}
