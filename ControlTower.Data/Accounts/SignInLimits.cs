using ControlTower.Data.Db;

namespace ControlTower.Data.Accounts;

/// <summary>How many tries are left, and when the next is allowed if none is. Below zero: more were made at once than allowed.</summary>
public sealed record TriesLeft(int Tries, DateTimeOffset? Until);

/// <summary>
/// Limits of failed sign-ins: 5 per e-mail (whether it is an account's or not) and 20 per address, in 15 minutes. Kept in the database, so that
/// they hold across nodes and restarts.
/// </summary>
public sealed class SignInLimits(TowerDataSources sources, TimeProvider clock)
{
    public const int PerEmail = 5;
    public const int PerAddress = 20;

    public static readonly TimeSpan Pause = TimeSpan.FromMinutes(15);

    public async Task<TriesLeft> LeftAsync(string email, string address, CancellationToken stop = default)
    {
        var rows = await sources.Work.Command(
            """
            select (select count(*) from sign_in_failure where email_hash = $1 and at > $3), (select min(at) from sign_in_failure where email_hash = $1 and at > $3),
                   (select count(*) from sign_in_failure where address = $2 and at > $3), (select min(at) from sign_in_failure where address = $2 and at > $3)
            """,
            Sql.Of(Hash(email)), Sql.Of(address), Sql.Of(clock.GetUtcNow() - Pause))
            .ListAsync(row => (Email: row.GetInt64(0), First: row.Maybe<DateTimeOffset?>(1), Address: row.GetInt64(2), FirstHere: row.Maybe<DateTimeOffset?>(3)), stop);
        var found = rows[0];
        var left = (int)Math.Min(PerEmail - found.Email, PerAddress - found.Address);
        if (left > 0)
            return new(left, null);
        var until = found.Email >= PerEmail ? found.First + Pause : found.FirstHere + Pause;
        return new(left, until);
    }

    public Task<int> FailedAsync(string email, string address, CancellationToken stop = default) =>
        sources.Work.Command("insert into sign_in_failure (email_hash, address, at) values ($1, $2, $3)",
            Sql.Of(Hash(email)), Sql.Of(address), Sql.Of(clock.GetUtcNow())).ExecuteAsync(stop);

    /// <summary>A success forgives the failures of that e-mail, never those of the address.</summary>
    public Task<int> SucceededAsync(string email, CancellationToken stop = default) =>
        sources.Work.Command("delete from sign_in_failure where email_hash = $1", Sql.Of(Hash(email))).ExecuteAsync(stop);

    private static byte[] Hash(string email) => Secrets.Hash(AccountStore.Normal(email));
}
