using System.Text.Json;
using ControlTower.Data.Db;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Connections;

/// <summary>A connection as stored. <see cref="SealedSecrets"/> can be opened by the key ring only.</summary>
public sealed record ConnectionRow(
    string Id, string Kind, string Role, string Name, string Brand, string? Region, string? Currency, string TimeZone, string? PostsTo,
    IReadOnlyDictionary<string, string> Settings, byte[]? SealedSecrets, bool Paused, DateTimeOffset? SubscribedAt, int Version)
{
    /// <summary>Taken out of use by a person; null while it is in use.</summary>
    public ConnectionPause? Disabled { get; init; }

    /// <summary>Where the vendor was told to push to at <see cref="SubscribedAt"/>; null if it is not known.</summary>
    public string? SubscribedUrl { get; init; }
}

/// <summary>Connections: few rows, read whole.</summary>
public static class ConnectionStore
{
    private const string Columns =
        """
        id, kind, role, name, brand, region, currency, time_zone, posts_to, settings::text, secrets, paused_at is not null, subscribed_at, version,
        disabled_at, disabled_by, disabled_reason, subscribed_url
        """;

    public static Task<List<ConnectionRow>> AllAsync(NpgsqlDataSource data, CancellationToken cancel) =>
        data.Command($"select {Columns} from connection order by id").ListAsync(Row, cancel);

    /// <summary>Keys of the connections that may keep books.</summary>
    public static Task<List<string>> ErpsAsync(NpgsqlConnection connection, CancellationToken cancel) =>
        connection.Command("select id from connection where role = 'erp' order by id").ListAsync(r => r.GetString(0), cancel);

    /// <summary>Locks the row until the caller's transaction ends; null if there is none.</summary>
    public static async Task<ConnectionRow?> LockAsync(NpgsqlConnection connection, string id, CancellationToken cancel) =>
        await connection.Command($"select {Columns} from connection where id = $1 for no key update", Sql.Of(id)).ListAsync(Row, cancel) is [var row] ? row : null;

    /// <summary>
    /// Creates the connection and its gate, or overwrites what is set up; pauses and cursors stay. Changes nothing, not even the version, if all is as it was: a new version stops the
    /// connection's worker. Runs inside the caller's transaction.
    /// </summary>
    /// <param name="row">Without sealed secrets the stored ones stay.</param>
    /// <returns>True if something was made or changed.</returns>
    public static async Task<bool> UpsertAsync(NpgsqlConnection connection, ConnectionRow row, CancellationToken cancel)
    {
        var changed = await connection.Command(
                """
                insert into connection (id, kind, role, name, brand, region, currency, time_zone, posts_to, settings, secrets)
                values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
                on conflict (id) do update
                set kind = excluded.kind, role = excluded.role, name = excluded.name, brand = excluded.brand, region = excluded.region, currency = excluded.currency,
                    time_zone = excluded.time_zone, posts_to = excluded.posts_to, settings = excluded.settings, secrets = coalesce(excluded.secrets, connection.secrets),
                    subscribed_at = case when connection.settings = excluded.settings then connection.subscribed_at end, version = connection.version + 1, updated_at = now()
                where (connection.kind, connection.role, connection.name, connection.brand, connection.region, connection.currency, connection.time_zone, connection.posts_to,
                        connection.settings, connection.secrets)
                    is distinct from (excluded.kind, excluded.role, excluded.name, excluded.brand, excluded.region, excluded.currency, excluded.time_zone, excluded.posts_to,
                        excluded.settings, coalesce(excluded.secrets, connection.secrets))
                """,
                Sql.Of(row.Id), Sql.Of(row.Kind), Sql.Of(row.Role), Sql.Of(row.Name), Sql.Of(row.Brand), Sql.Of(row.Region, NpgsqlDbType.Text), Sql.Of(row.Currency, NpgsqlDbType.Text),
                Sql.Of(row.TimeZone), Sql.Of(row.PostsTo, NpgsqlDbType.Text), Sql.Json(JsonSerializer.Serialize(row.Settings, ConnectionJson.Default.IReadOnlyDictionaryStringString)),
                Sql.Of(row.SealedSecrets, NpgsqlDbType.Bytea))
            .ExecuteAsync(cancel);
        await connection.Command("insert into connection_gate (connection_id) values ($1) on conflict do nothing", Sql.Of(row.Id)).ExecuteAsync(cancel);
        return changed == 1;
    }

    /// <param name="url">Where the vendor was told to push to.</param>
    public static Task MarkSubscribedAsync(NpgsqlDataSource data, string id, string url, CancellationToken cancel) =>
        data.Command("update connection set subscribed_at = now(), subscribed_url = left($2, 2000) where id = $1", Sql.Of(id), Sql.Of(url)).ExecuteAsync(cancel);

    private static ConnectionRow Row(NpgsqlDataReader r) => new(
        r.GetString(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetString(4), r.Maybe<string>(5), r.Maybe<string>(6), r.GetString(7), r.Maybe<string>(8),
        JsonSerializer.Deserialize(r.GetString(9), ConnectionJson.Default.DictionaryStringString) ?? [], r.Maybe<byte[]>(10), r.GetBoolean(11),
        r.IsDBNull(12) ? null : r.GetFieldValue<DateTimeOffset>(12), r.GetInt32(13))
    {
        Disabled = r.IsDBNull(14) ? null : new ConnectionPause(r.GetFieldValue<DateTimeOffset>(14), r.GetString(15), r.GetString(16)),
        SubscribedUrl = r.Maybe<string>(17),
    };
}
