using ControlTower.Data.Accounts;
using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.ApiClients;

/// <summary>Clients of the governed API and their keys. Every write is audited in its own transaction.</summary>
public sealed class ApiClientStore(TowerDataSources sources, AuditLog audit)
{
    /// <summary>What every key begins with, so that scanners of source code find one that was left there.</summary>
    public const string Prefix = "ctk_";

    /// <summary>Whether it may be a key at all; what is not is nothing to ask the database for.</summary>
    public static bool IsKey(string text) => text.Length == Prefix.Length + 64 && text.StartsWith(Prefix, StringComparison.Ordinal) && text.AsSpan(Prefix.Length).IndexOfAnyExcept(Hex) < 0;

    private const string Act = "admin:client:manage";

    private static readonly System.Buffers.SearchValues<char> Hex = System.Buffers.SearchValues.Create("0123456789abcdef");

    /// <summary>Who calls with the key of this hash; null if it is unknown, revoked, over its time, or its client is disabled.</summary>
    public Task<ApiCaller?> WhoAsync(byte[] hash, CancellationToken cancel) => WhoAsync(
        """
        select c.id, c.name, c.scopes, c.channels, c.brands, k.hint from api_key k join api_client c on c.id = k.client_id
        where k.hash = $1 and k.revoked_at is null and k.expires_at > now() and c.disabled_at is null
        """,
        "update api_key set used_at = now() where hash = $1 and (used_at is null or used_at < now() - interval '1 minute')", () => Sql.Of(hash), cancel);

    /// <summary>Which client the authority calls so; null if none is, or it is disabled.</summary>
    public Task<ApiCaller?> WhoAtAuthorityAsync(string name, CancellationToken cancel) => WhoAsync(
        "select id, name, scopes, channels, brands, right(authority_client_id, 4) from api_client where authority_client_id = $1 and disabled_at is null",
        "update api_client set authority_used_at = now() where authority_client_id = $1 and (authority_used_at is null or authority_used_at < now() - interval '1 minute')", () => Sql.Of(name), cancel);

    public async Task<IReadOnlyList<ApiClient>> ListAsync(CancellationToken cancel)
    {
        var keys = (await sources.Work.Command("select client_id, hint, made_at, expires_at, revoked_at, used_at from api_key order by made_at desc").ListAsync(
            r => (Client: r.GetGuid(0), Key: new ApiKey(
                r.GetString(1), r.GetFieldValue<DateTimeOffset>(2), r.GetFieldValue<DateTimeOffset>(3), r.Maybe<DateTimeOffset?>(4), r.Maybe<DateTimeOffset?>(5))),
            cancel)).ToLookup(k => k.Client, k => k.Key);
        return await sources.Work.Command("select id, name, scopes, channels, brands, created_at, created_by, disabled_at, authority_client_id, authority_used_at from api_client order by disabled_at is not null, lower(name)").ListAsync(
            r => new ApiClient(
                r.GetGuid(0), r.GetString(1), r.GetFieldValue<string[]>(2), r.GetFieldValue<string[]>(3), r.GetFieldValue<string[]>(4), r.GetFieldValue<DateTimeOffset>(5), r.GetString(6), r.Maybe<DateTimeOffset?>(7),
                [.. keys[r.GetGuid(0)]])
            { AuthorityName = r.Maybe<string?>(8), AuthorityUsedAt = r.Maybe<DateTimeOffset?>(9) },
            cancel);
    }

    /// <summary>Adds a client with its first key.</summary>
    /// <param name="brands">Of which it is told; empty: all.</param>
    /// <returns>The key, this once; or why not.</returns>
    public async Task<(string? Key, ApiClientRefusal Refusal)> AddAsync(
        Guid id, string name, IReadOnlyList<string> scopes, IReadOnlyList<string> channels, TimeSpan keyLasts, Actor by, CancellationToken cancel, IReadOnlyList<string>? brands = null)
    {
        var reach = new ApiReach(channels, brands ?? []);
        await using var connection = await sources.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (await connection.Command("select count(*) from connection where id = any ($1) and role = 'shop'", Sql.Of(reach.Channels.ToArray())).ScalarAsync<long>(cancel) != reach.Channels.Count)
        {
            return (null, ApiClientRefusal.UnknownChannel);
        }

        if (await connection.Command("select count(distinct brand) from connection where brand = any ($1) and brand <> ''", Sql.Of(reach.Brands.ToArray())).ScalarAsync<long>(cancel) != reach.Brands.Count)
        {
            return (null, ApiClientRefusal.UnknownBrand);
        }

        int added;
        try
        {
            added = await connection.Command(
                "insert into api_client (id, name, scopes, channels, brands, created_by) values ($1, $2, $3, $4, $5, $6) on conflict do nothing",
                Sql.Of(id), Sql.Of(name), Sql.Of(scopes.ToArray()), Sql.Of(reach.Channels.ToArray()), Sql.Of(reach.Brands.ToArray()), Sql.Of(by.Name)).ExecuteAsync(cancel);
        }
        catch (PostgresException error) when (error.ConstraintName is "api_client_streams" or "api_client_figures")
        {
            return (null, ApiClientRefusal.NotForSingles);
        }

        if (added == 0)
        {
            return (null, ApiClientRefusal.NameTaken);
        }

        var key = await MakeKeyAsync(connection, id, keyLasts, cancel);
        await audit.AppendAsync(
            connection, transaction,
            new AuditEntry(by, Act, $"client:{id}", Detail: new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["what"] = "added", ["name"] = name, ["scopes"] = string.Join(' ', scopes), ["channels"] = reach.Channels.Count == 0 ? "all" : string.Join(' ', reach.Channels), ["brands"] = reach.Brands.Count == 0 ? "all" : string.Join(", ", reach.Brands), ["key ends in"] = key[^4..],
            }),
            cancel);
        await transaction.CommitAsync(cancel);
        return (key, ApiClientRefusal.None);
    }

    /// <summary>Makes a second key, so that the first can be exchanged without an interruption. There are never three that are good.</summary>
    public async Task<(string? Key, ApiClientRefusal Refusal)> AddKeyAsync(Guid id, TimeSpan lasts, Actor by, CancellationToken cancel)
    {
        await using var connection = await sources.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (!await LockAsync(connection, id, cancel))
        {
            return (null, ApiClientRefusal.NotFound);
        }

        if (await connection.Command("select count(*) from api_key where client_id = $1 and revoked_at is null and expires_at > now()", Sql.Of(id)).ScalarAsync<long>(cancel) >= 2)
        {
            return (null, ApiClientRefusal.TwoKeys);
        }

        var key = await MakeKeyAsync(connection, id, lasts, cancel);
        await AuditAsync(connection, transaction, by, id, "made a key", key[^4..], cancel);
        await transaction.CommitAsync(cancel);
        return (key, ApiClientRefusal.None);
    }

    /// <summary>The key is of no use within seconds. Revoked already: nothing changes.</summary>
    public async Task<ApiClientRefusal> RevokeKeyAsync(Guid id, string hint, DateTimeOffset madeAt, Actor by, CancellationToken cancel)
    {
        await using var connection = await sources.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (await connection.Command(
                "update api_key set revoked_at = now() where client_id = $1 and hint = $2 and made_at = $3 and revoked_at is null", Sql.Of(id), Sql.Of(hint), Sql.Of(madeAt)).ExecuteAsync(cancel) == 0)
        {
            return ApiClientRefusal.NotFound;
        }

        await AuditAsync(connection, transaction, by, id, "revoked a key", hint, cancel);
        await transaction.CommitAsync(cancel);
        return ApiClientRefusal.None;
    }

    /// <summary>All its keys are of no use within seconds; enabled again, those that are neither revoked nor over their time are good again.</summary>
    public async Task<ApiClientRefusal> EnableAsync(Guid id, bool enabled, string? reason, Actor by, CancellationToken cancel)
    {
        await using var connection = await sources.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (await connection.Command(
                "update api_client set disabled_at = case when $2 then null else now() end where id = $1 and (disabled_at is null) <> $2", Sql.Of(id), Sql.Of(enabled)).ExecuteAsync(cancel) == 0)
        {
            return ApiClientRefusal.NotFound;
        }

        await audit.AppendAsync(
            connection, transaction,
            new AuditEntry(by, Act, $"client:{id}", Reason: reason, Detail: new Dictionary<string, string>(StringComparer.Ordinal) { ["what"] = enabled ? "enabled" : "disabled" }), cancel);
        await transaction.CommitAsync(cancel);
        return ApiClientRefusal.None;
    }

    /// <summary>From now on a token in which the authority calls a program so is this client's; null: it comes with keys alone. Tokens under the name before are of no use within seconds.</summary>
    public async Task<ApiClientRefusal> SetAuthorityNameAsync(Guid id, string? name, Actor by, CancellationToken cancel)
    {
        await using var connection = await sources.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        try
        {
            if (await connection.Command("update api_client set authority_client_id = $2, authority_used_at = null where id = $1", Sql.Of(id), Sql.Of(name, NpgsqlDbType.Text)).ExecuteAsync(cancel) == 0)
            {
                return ApiClientRefusal.NotFound;
            }
        }
        catch (PostgresException error) when (error.ConstraintName is "api_client_authority")
        {
            return ApiClientRefusal.AuthorityNameTaken;
        }

        await audit.AppendAsync(
            connection, transaction, new AuditEntry(by, Act, $"client:{id}", Detail: new Dictionary<string, string>(StringComparer.Ordinal) { ["what"] = "named at the authority", ["client id there"] = name ?? "none" }), cancel);
        await transaction.CommitAsync(cancel);
        return ApiClientRefusal.None;
    }

    private async Task<ApiCaller?> WhoAsync(string find, string used, Func<NpgsqlParameter> by, CancellationToken cancel)
    {
        var found = await sources.Work.Command(find, by()).ListAsync(
            r => new ApiCaller(r.GetGuid(0), r.GetString(1), r.GetFieldValue<string[]>(2), r.GetFieldValue<string[]>(3)) { Brands = r.GetFieldValue<string[]>(4), Hint = r.GetString(5) }, cancel);
        if (found.Count == 0)
        {
            return null;
        }

        await sources.Work.Command(used, by()).ExecuteAsync(cancel);
        return found[0] with { Limits = await ApiLimitStore.OfAsync(sources.Work, found[0].Id, cancel) };
    }

    private static async Task<bool> LockAsync(NpgsqlConnection connection, Guid id, CancellationToken cancel) =>
        (await connection.Command("select 1 from api_client where id = $1 for update", Sql.Of(id)).ListAsync(r => r.GetInt32(0), cancel)).Count == 1;

    private static async Task<string> MakeKeyAsync(NpgsqlConnection connection, Guid id, TimeSpan lasts, CancellationToken cancel)
    {
        var key = Prefix + Secrets.Create();
        await connection.Command(
            "insert into api_key (hash, client_id, hint, expires_at) values ($1, $2, $3, now() + $4)", Sql.Of(Secrets.Hash(key)), Sql.Of(id), Sql.Of(key[^4..]), Sql.Of(lasts)).ExecuteAsync(cancel);
        return key;
    }

    private async Task AuditAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, Actor by, Guid id, string what, string hint, CancellationToken cancel) =>
        await audit.AppendAsync(
            connection, transaction,
            new AuditEntry(by, Act, $"client:{id}", Detail: new Dictionary<string, string>(StringComparer.Ordinal) { ["what"] = what, ["key ends in"] = hint }), cancel);
}
