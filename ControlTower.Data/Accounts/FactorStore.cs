using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.Accounts;

/// <summary>
/// A person's second factor as it lies here. <paramref name="Sealed"/> is the authenticator's key, sealed; it is no factor until it was confirmed with a code. <paramref name="Stamp"/> is the person's at that moment.
/// <paramref name="AskedBy"/>: hash of the secret of the session or step that asked for a key which waits.
/// </summary>
public sealed record StoredFactor(byte[] Sealed, bool Confirmed, int RecoveryLeft, Guid Stamp, byte[]? AskedBy)
{
    /// <summary>It waits for its first code, and who shows this secret asked for it.</summary>
    public bool WaitsFor(string asking) => !Confirmed && AskedBy is { } by && by.AsSpan().SequenceEqual(Secrets.Hash(asking));
}

/// <summary>Whose sign-in is half done, and under which stamp: another one by now, and it has to begin anew.</summary>
public sealed record HalfSignIn(Guid AccountId, string Email, string Name, string Role, Guid Stamp);

/// <summary>Second factors. Each code counts once: what was used is written with a condition, so that of two at once one wins.</summary>
public sealed class FactorStore(TowerDataSources sources, AuditLog audit, TimeProvider clock)
{
    /// <summary>So long may a person look for the code after the password.</summary>
    public static readonly TimeSpan StepLasts = TimeSpan.FromMinutes(10);

    public async Task<StoredFactor?> FindAsync(Guid accountId, CancellationToken stop = default) =>
        (await sources.Work.Command(
            "select secret, confirmed_at is not null, (select count(*)::int from account_recovery_code c where c.account_id = f.account_id and c.used_at is null), a.security_stamp, f.asked_by from account_factor f join account a on a.id = f.account_id where f.account_id = $1", Sql.Of(accountId))
            .ListAsync(row => new StoredFactor(row.GetFieldValue<byte[]>(0), row.GetBoolean(1), row.GetInt32(2), row.GetGuid(3), row.Maybe<byte[]?>(4)), stop)).FirstOrDefault();

    /// <summary>Puts a key that waits for its first code, in place of any other that waits. Returns the person's stamp; null: they have one that was confirmed, which stays.</summary>
    /// <param name="asking">Secret of the session or step that asks.</param>
    public async Task<Guid?> BeginAsync(Guid accountId, string asking, byte[] sealedSecret, CancellationToken stop = default) =>
        (await sources.Work.Command(
            """
            insert into account_factor (account_id, secret, asked_by, created_at) values ($1, $2, $3, $4)
            on conflict (account_id) do update set secret = excluded.secret, asked_by = excluded.asked_by, created_at = excluded.created_at where account_factor.confirmed_at is null
            returning (select security_stamp from account where id = $1)
            """, Sql.Of(accountId), Sql.Of(sealedSecret), Sql.Of(Secrets.Hash(asking)), Sql.Of(clock.GetUtcNow()))
            .ListAsync(row => (Guid?)row.GetGuid(0), stop)).FirstOrDefault();

    /// <summary>The key that waits is nobody's any more.</summary>
    /// <param name="asking">Secret of the session or step that asked for it.</param>
    public Task<int> ForgetAsync(Guid accountId, string asking, CancellationToken stop = default) =>
        sources.Work.Command("delete from account_factor where account_id = $1 and confirmed_at is null and asked_by = $2", Sql.Of(accountId), Sql.Of(Secrets.Hash(asking))).ExecuteAsync(stop);

    /// <summary>The key is the person's factor from now on, with these recovery codes. False: it is already, is gone, or the person has another stamp than when they began: they sign in anew.</summary>
    public async Task<bool> ConfirmAsync(Guid accountId, Guid stamp, byte[] sealedSecret, long step, IEnumerable<byte[]> codes, Actor by, CancellationToken stop = default)
    {
        await using var connection = await sources.Work.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        // The person is locked by the same statement: a new password that comes meanwhile waits, or was there before and is seen.
        if (await connection.Command(
                """
                with person as (select id from account where id = $1 and security_stamp = $4 and disabled_at is null for update)
                update account_factor f set confirmed_at = $2, last_step = $3 from person where f.account_id = person.id and f.confirmed_at is null and f.secret = $5
                """,
                Sql.Of(accountId), Sql.Of(clock.GetUtcNow()), Sql.Of(step), Sql.Of(stamp), Sql.Of(sealedSecret)).ExecuteAsync(stop) == 0)
            return false;
        await connection.Command("insert into account_recovery_code (account_id, hash) select $1, unnest($2)", Sql.Of(accountId), Sql.Of(codes.ToArray())).ExecuteAsync(stop);
        await WriteAsync(connection, transaction, by, "shell:factor:write", accountId, null, "confirmed", stop);
        await transaction.CommitAsync(stop);
        return true;
    }

    /// <summary>The code of this half minute is used now. False: it was, or a later one.</summary>
    public async Task<bool> UseAsync(Guid accountId, long step, CancellationToken stop = default) =>
        await sources.Work.Command("update account_factor set last_step = $2 where account_id = $1 and confirmed_at is not null and last_step < $2", Sql.Of(accountId), Sql.Of(step)).ExecuteAsync(stop) == 1;

    /// <summary>A recovery code is used now. False: it is none, or was used.</summary>
    public async Task<bool> RecoverAsync(Guid accountId, byte[] hash, Actor by, CancellationToken stop = default)
    {
        await using var connection = await sources.Work.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        if (await connection.Command("update account_recovery_code set used_at = $3 where account_id = $1 and hash = $2 and used_at is null", Sql.Of(accountId), Sql.Of(hash), Sql.Of(clock.GetUtcNow())).ExecuteAsync(stop) == 0)
            return false;
        await WriteAsync(connection, transaction, by, "shell:factor:write", accountId, null, "recovery code used", stop);
        await transaction.CommitAsync(stop);
        return true;
    }

    /// <summary>The person has no second factor any more. False: they had none.</summary>
    /// <param name="action">The permission by which this is done.</param>
    /// <param name="endsSessions">All that the person has open ends within seconds: somebody else says that it is gone.</param>
    public async Task<bool> RemoveAsync(Guid accountId, string action, string? reason, bool endsSessions, Actor by, CancellationToken stop = default)
    {
        await using var connection = await sources.Work.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        if (await connection.Command("delete from account_factor where account_id = $1", Sql.Of(accountId)).ExecuteAsync(stop) == 0)
            return false;
        if (endsSessions)
            await connection.Command("update account set security_stamp = gen_random_uuid() where id = $1", Sql.Of(accountId)).ExecuteAsync(stop);
        await WriteAsync(connection, transaction, by, action, accountId, reason, "removed", stop);
        await transaction.CommitAsync(stop);
        return true;
    }

    /// <summary>Whether this person has a confirmed factor, and their role.</summary>
    public async Task<(bool Has, string Role)> NeedAsync(Guid accountId, CancellationToken stop = default) =>
        (await sources.Work.Command("select exists (select from account_factor where account_id = a.id and confirmed_at is not null), a.role from account a where a.id = $1", Sql.Of(accountId))
            .ListAsync(row => (row.GetBoolean(0), row.GetString(1)), stop)).Single();

    /// <summary>
    /// The password of this stamp was right. Returns the secret for the browser, once; it is worth nothing if the stamp is another by now. News: no other of this person's waits from that address since
    /// <see cref="SignInLimits.Pause"/>.
    /// </summary>
    public async Task<(string Secret, bool News)> OpenStepAsync(Guid accountId, Guid stamp, string address, CancellationToken stop = default)
    {
        var secret = Secrets.Create();
        // A key that waits may have been seen by whoever began before: it is nobody's factor.
        var news = await sources.Work.Command(
            """
            with waiting as (delete from account_factor where account_id = $2 and confirmed_at is null)
            insert into sign_in_step (hash, account_id, stamp, created_at, address) values ($1, $2, $5, $3, $6)
            returning not exists (select from sign_in_step where account_id = $2 and address = $6 and created_at > $4)
            """,
            Sql.Of(Secrets.Hash(secret)), Sql.Of(accountId), Sql.Of(clock.GetUtcNow()), Sql.Of(clock.GetUtcNow() - SignInLimits.Pause), Sql.Of(stamp), Sql.Of(address)).ScalarAsync<bool>(stop);
        return (secret, news);
    }

    /// <summary>Null when it was finished, is too old, or the person was disabled or got another password meanwhile.</summary>
    public async Task<HalfSignIn?> StepAsync(string secret, CancellationToken stop = default) =>
        (await sources.Work.Command(
            """
            select a.id, a.email, a.name, a.role, s.stamp from sign_in_step s join account a on a.id = s.account_id
            where s.hash = $1 and s.stamp = a.security_stamp and a.disabled_at is null and s.created_at > $2
            """, Sql.Of(Secrets.Hash(secret)), Sql.Of(clock.GetUtcNow() - StepLasts))
            .ListAsync(row => new HalfSignIn(row.GetGuid(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetGuid(4)), stop)).FirstOrDefault();

    /// <summary>Finishes it, once. False: somebody was faster.</summary>
    public async Task<bool> EndStepAsync(string secret, CancellationToken stop = default) =>
        await sources.Work.Command("delete from sign_in_step where hash = $1", Sql.Of(Secrets.Hash(secret))).ExecuteAsync(stop) == 1;

    private async Task WriteAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, Actor by, string action, Guid accountId, string? reason, string what, CancellationToken stop) =>
        await audit.AppendAsync(
            connection, transaction, new AuditEntry(by, action, $"account:{accountId}", AuditOutcome.Done, reason, new Dictionary<string, string>(StringComparer.Ordinal) { ["second factor"] = what }), stop);
}
