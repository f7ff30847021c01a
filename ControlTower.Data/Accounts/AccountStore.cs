using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Accounts;

/// <summary>
/// Accounts, each write with its audit row in one transaction. SQL by hand, because the guards (last admin, session end) are row locks and
/// conditional updates in the same transaction as the audit chain.
/// </summary>
public sealed class AccountStore(TowerDataSources sources, AuditLog audit, SignInWays ways, TimeProvider clock)
{
    private const string Columns =
        "id, email, name, role, finance, password_hash is not null, created_at, last_sign_in_at, disabled_at, exists (select from account_identity i where i.account_id = account.id and i.unlinked_at is null)";

    public async Task<bool> AnyAsync(CancellationToken stop = default) =>
        await sources.Work.Command("select exists (select from account)").ScalarAsync<bool>(stop);

    /// <summary>An admin can sign in. While none can, the first-run link opens.</summary>
    public async Task<bool> AnyAdminAsync(CancellationToken stop = default)
    {
        await using var connection = await sources.Work.OpenConnectionAsync(stop);
        return (await AdminsAsync(connection, stop)).Count > 0;
    }

    public Task<List<Account>> ListAsync(CancellationToken stop = default) =>
        sources.Read.Command($"select {Columns} from account order by disabled_at is not null, name, email").ListAsync(Read, stop);

    public async Task<Account?> FindAsync(Guid id, CancellationToken stop = default) =>
        (await sources.Read.Command($"select {Columns} from account where id = $1", Sql.Of(id)).ListAsync(Read, stop)).FirstOrDefault();

    /// <summary>Null when nobody has that e-mail or no password was set yet.</summary>
    public async Task<Credentials?> CredentialsAsync(string email, CancellationToken stop = default) =>
        (await sources.Work.Command(
            "select id, password_hash, disabled_at is not null, security_stamp from account where email = $1 and password_hash is not null", Sql.Of(Normal(email)))
            .ListAsync(row => new Credentials(row.GetGuid(0), row.GetString(1), row.GetBoolean(2), row.GetGuid(3)), stop)).FirstOrDefault();

    /// <summary>Adds a person without a password; give them a link. Returns null and the refusal when the e-mail is taken.</summary>
    public async Task<(Account? Account, AccountRefusal Refusal)> AddAsync(NewAccount person, Actor by, CancellationToken stop = default)
    {
        await using var connection = await sources.Work.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        var account = await InsertAsync(connection, person, passwordHash: null, stop);
        if (account is null)
            return (null, AccountRefusal.EmailTaken);
        await WriteAsync(connection, transaction, by, "admin:account:add", account.Id, null, new() { ["role"] = account.Role }, stop);
        await transaction.CommitAsync(stop);
        return (account, AccountRefusal.None);
    }

    /// <summary>Changes role and finance flag; what the person has open follows within seconds. Who becomes an admin signs in anew: what is asked of admins at the door was not asked of them yet.</summary>
    public Task<AccountRefusal> ChangeRoleAsync(Guid id, string role, bool finance, Actor by, CancellationToken stop = default) =>
        ChangeAsync(id, by, "admin:account:change-role", role == "Admin",
            "update account set role = $2, finance = $3, security_stamp = case when $2 = 'Admin' and role <> 'Admin' then gen_random_uuid() else security_stamp end where id = $1", [Sql.Of(role), Sql.Of(finance)],
            new() { ["role"] = role, ["finance"] = finance ? "yes" : "no" }, stop);

    /// <summary>Ends all that the person has open within seconds. They keep their history and may be enabled again.</summary>
    public Task<AccountRefusal> DisableAsync(Guid id, string reason, Actor by, CancellationToken stop = default) =>
        ChangeAsync(id, by, "admin:account:disable", staysAdmin: false,
            "update account set disabled_at = coalesce(disabled_at, $2), security_stamp = gen_random_uuid() where id = $1",
            [Sql.Of(clock.GetUtcNow())], new() { ["reason"] = reason }, stop);

    /// <summary>The person may sign in again; sessions from before stay ended.</summary>
    public Task<AccountRefusal> EnableAsync(Guid id, Actor by, CancellationToken stop = default) =>
        ChangeAsync(id, by, "admin:account:enable", staysAdmin: true, "update account set disabled_at = null where id = $1", [], [], stop);

    /// <summary>
    /// Replaces a hash by one of today's cost after a successful sign-in, unless the password was changed meanwhile. Not an act of a person, so not audited.
    /// </summary>
    public Task<int> RehashAsync(Guid id, string was, string passwordHash, CancellationToken stop = default) =>
        sources.Work.Command("update account set password_hash = $3 where id = $1 and password_hash = $2", Sql.Of(id), Sql.Of(was), Sql.Of(passwordHash)).ExecuteAsync(stop);

    internal static string Normal(string email) => email.Trim().ToLowerInvariant();

    internal async Task<Account?> InsertAsync(NpgsqlConnection connection, NewAccount person, string? passwordHash, CancellationToken stop) =>
        (await connection.Command(
            $"""
            insert into account (id, email, name, role, finance, password_hash, security_stamp, created_at)
            values ($1, $2, $3, $4, $5, $6, gen_random_uuid(), $7) on conflict (email) do nothing returning {Columns}
            """,
            Sql.Of(Guid.CreateVersion7(clock.GetUtcNow())), Sql.Of(Normal(person.Email)), Sql.Of(person.Name.Trim()), Sql.Of(person.Role),
            Sql.Of(person.Finance), Sql.Of(passwordHash, NpgsqlDbType.Text), Sql.Of(clock.GetUtcNow())).ListAsync(Read, stop)).FirstOrDefault();

    internal Task<List<Guid>> AdminsAsync(NpgsqlConnection connection, CancellationToken stop) => WhoCanSignInAsync(connection, "a.role = 'Admin' and a.disabled_at is null", [], stop);

    /// <summary>Of these people, those who can sign in: with a password and a factor that takes codes, if there is one, or by the authority.</summary>
    internal async Task<List<Guid>> WhoCanSignInAsync(NpgsqlConnection connection, string which, NpgsqlParameter[] values, CancellationToken stop)
    {
        var rows = await connection.Command(
            $"""
            select a.id, a.password_hash is not null, exists (select from account_identity i where i.account_id = a.id and i.unlinked_at is null and rtrim(i.issuer, '/') = ${values.Length + 1}), f.secret,
                   exists (select from account_recovery_code c where c.account_id = a.id and c.used_at is null)
            from account a left join account_factor f on f.account_id = a.id and f.confirmed_at is not null where {which}
            """, [.. values, Sql.Of(ways.Issuer()?.TrimEnd('/'), NpgsqlDbType.Text)])
            .ListAsync(row => (Id: row.GetGuid(0), Password: row.GetBoolean(1), Identity: row.GetBoolean(2), Factor: row.Maybe<byte[]?>(3), Recovery: row.GetBoolean(4)), stop);
        return [.. rows.Where(row => row.Identity || (ways.Passwords() && row.Password && (row.Factor is null || row.Recovery || ways.Opens(row.Id, row.Factor)))).Select(row => row.Id)];
    }

    internal async Task WriteAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Actor by, string action, Guid id, string? reason, Dictionary<string, string> detail, CancellationToken stop) =>
        await audit.AppendAsync(connection, transaction, new AuditEntry(by, action, $"account:{id}", AuditOutcome.Done, reason, detail), stop);

    private async Task<AccountRefusal> ChangeAsync(
        Guid id, Actor by, string action, bool staysAdmin, string statement, NpgsqlParameter[] values, Dictionary<string, string> detail, CancellationToken stop)
    {
        await using var connection = await sources.Work.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        // All admins are locked in one order, so that two admins who remove each other at once cannot both succeed. Who of them can sign in is asked after that: a statement that waited sees anew only what it locked.
        await connection.Command("select id from account where role = 'Admin' and disabled_at is null order by id for update").ListAsync(row => row.GetGuid(0), stop);
        if (!staysAdmin && await AdminsAsync(connection, stop) is [var last] && last == id)
        {
            await audit.AppendAsync(connection, transaction, new AuditEntry(by, action, $"account:{id}", AuditOutcome.Refused, "the last admin"), stop);
            await transaction.CommitAsync(stop);
            return AccountRefusal.LastAdmin;
        }

        if (await connection.Command(statement, [Sql.Of(id), .. values]).ExecuteAsync(stop) == 0)
            return AccountRefusal.NotFound;
        detail.Remove("reason", out var reason);
        await WriteAsync(connection, transaction, by, action, id, reason, detail, stop);
        await transaction.CommitAsync(stop);
        return AccountRefusal.None;
    }

    private static Account Read(NpgsqlDataReader row) => new(
        row.GetGuid(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetBoolean(4), row.GetBoolean(5),
        row.GetFieldValue<DateTimeOffset>(6), row.Maybe<DateTimeOffset?>(7), row.Maybe<DateTimeOffset?>(8), row.GetBoolean(9));
}
