using ControlTower.Data.Accounts;
using ControlTower.Data.Audit;
using ControlTower.Data.Db;

namespace ControlTower.Data.Wall;

/// <summary>Tokens of wallboards. Every write is audited in its own transaction.</summary>
public sealed class WallTokenStore(TowerDataSources sources, AuditLog audit)
{
    /// <summary>What every token begins with, so that scanners of source code find one that was left there.</summary>
    public const string Prefix = "ctw_";

    private const string Act = "admin:wallboard:manage";

    private static readonly System.Buffers.SearchValues<char> Hex = System.Buffers.SearchValues.Create("0123456789abcdef");

    /// <summary>Whether it may be a token at all; what is not is nothing to ask the database for.</summary>
    public static bool IsToken(string text) => text.Length == Prefix.Length + 64 && text.StartsWith(Prefix, StringComparison.Ordinal) && text.AsSpan(Prefix.Length).IndexOfAnyExcept(Hex) < 0;

    /// <summary>Whose token has this hash, and that its screen was seen; null if it is unknown or was withdrawn.</summary>
    /// <param name="from">The screen's address; null: where it was before.</param>
    public async Task<WallPass?> WhoAsync(byte[] hash, string? from, CancellationToken cancel)
    {
        var found = await sources.Work.Command("select id, name, brand from wall_token where hash = $1 and withdrawn_at is null", Sql.Of(hash))
            .ListAsync(r => new WallPass(r.GetGuid(0), r.GetString(1), r.Maybe<string>(2)), cancel);
        if (found.Count == 0)
        {
            return null;
        }

        // Once a minute is exact enough to see that a screen is alive.
        await sources.Work.Command(
            """
            update wall_token set seen_at = now(), seen_from = coalesce($2, seen_from)
            where hash = $1 and (seen_at is null or seen_at < now() - interval '1 minute' or seen_from is distinct from coalesce($2, seen_from))
            """,
            Sql.Of(hash), Sql.Of(from)).ExecuteAsync(cancel);
        return found[0];
    }

    /// <summary>Those that are good first.</summary>
    public async Task<IReadOnlyList<WallToken>> ListAsync(CancellationToken cancel) =>
        await sources.Work.Command(
            "select id, name, brand, hint, made_at, made_by, withdrawn_at, seen_at, seen_from from wall_token order by withdrawn_at is not null, withdrawn_at desc, lower(name) limit 200").ListAsync(
            r => new WallToken(
                r.GetGuid(0), r.GetString(1), r.Maybe<string>(2), r.GetString(3), r.GetFieldValue<DateTimeOffset>(4), r.GetString(5), r.Maybe<DateTimeOffset?>(6), r.Maybe<DateTimeOffset?>(7), r.Maybe<string>(8)),
            cancel);

    /// <summary>The brands of all connections, by name.</summary>
    public async Task<IReadOnlyList<string>> BrandsAsync(CancellationToken cancel) =>
        await sources.Work.Command("select distinct brand from connection order by 1").ListAsync(r => r.GetString(0), cancel);

    /// <summary>Makes a token. Asked twice with one id it is made once, and the second time is told that the name is taken.</summary>
    /// <returns>The token, this once; or why not.</returns>
    public async Task<(string? Token, WallRefusal Refusal)> MakeAsync(Guid id, string name, string? brand, Actor by, CancellationToken cancel)
    {
        await using var connection = await sources.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (brand is not null && await connection.Command("select count(*) from connection where brand = $1", Sql.Of(brand)).ScalarAsync<long>(cancel) == 0)
        {
            return (null, WallRefusal.UnknownBrand);
        }

        var token = Prefix + Secrets.Create();
        if (await connection.Command(
                "insert into wall_token (id, name, brand, hash, hint, made_by) values ($1, $2, $3, $4, $5, $6) on conflict do nothing",
                Sql.Of(id), Sql.Of(name), Sql.Of(brand), Sql.Of(Secrets.Hash(token)), Sql.Of(token[^4..]), Sql.Of(by.Name)).ExecuteAsync(cancel) == 0)
        {
            return (null, WallRefusal.NameTaken);
        }

        await audit.AppendAsync(
            connection, transaction,
            new AuditEntry(by, Act, $"wallboard:{id}", Detail: new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["what"] = "made", ["name"] = name, ["brand"] = brand ?? "all", ["token ends in"] = token[^4..],
            }),
            cancel);
        await transaction.CommitAsync(cancel);
        return (token, WallRefusal.None);
    }

    /// <summary>The token is of no use within seconds, on screens that are open as well. Withdrawn already: nothing changes.</summary>
    public async Task<WallRefusal> WithdrawAsync(Guid id, Actor by, CancellationToken cancel)
    {
        await using var connection = await sources.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var ended = await connection.Command("update wall_token set withdrawn_at = now() where id = $1 and withdrawn_at is null returning name, hint", Sql.Of(id))
            .ListAsync(r => (Name: r.GetString(0), Hint: r.GetString(1)), cancel);
        if (ended.Count == 0)
        {
            return WallRefusal.NotFound;
        }

        await audit.AppendAsync(
            connection, transaction,
            new AuditEntry(by, Act, $"wallboard:{id}", Detail: new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["what"] = "withdrawn", ["name"] = ended[0].Name, ["token ends in"] = ended[0].Hint,
            }),
            cancel);
        await transaction.CommitAsync(cancel);
        return WallRefusal.None;
    }
}
