using System.Text.Json;
using ControlTower.Data.Db;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Connections;

/// <summary>Who set a connection up last, and when.</summary>
public sealed record SetupTouch(string By, DateTimeOffset At);

/// <summary>Writes of a connection by a person, each inside the caller's transaction.</summary>
public static class ConnectionSetupStore
{
    /// <summary>False if the key is taken: nothing was written.</summary>
    public static async Task<bool> AddAsync(NpgsqlConnection connection, ConnectionRow row, CancellationToken cancel)
    {
        var added = await connection.Command(
                """
                insert into connection (id, kind, role, name, brand, region, currency, time_zone, posts_to, settings, secrets)
                values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict (id) do nothing
                """,
                [Sql.Of(row.Id), Sql.Of(row.Kind), Sql.Of(row.Role), .. Values(row)])
            .ExecuteAsync(cancel);
        return added == 1 && await connection.Command("insert into connection_gate (connection_id) values ($1) on conflict do nothing", Sql.Of(row.Id)).ExecuteAsync(cancel) >= 0;
    }

    /// <summary>Overwrites what is set up and raises the version. Subscriptions are renewed, because an address or a secret may be another.</summary>
    public static Task ChangeAsync(NpgsqlConnection connection, ConnectionRow row, CancellationToken cancel) =>
        connection.Command(
                """
                update connection set name = $2, brand = $3, region = $4, currency = $5, time_zone = $6, posts_to = $7, settings = $8, secrets = $9,
                    subscribed_at = null, version = version + 1, updated_at = now()
                where id = $1
                """,
                [Sql.Of(row.Id), .. Values(row)])
            .ExecuteAsync(cancel);

    /// <summary>0 if it is disabled already or gone.</summary>
    public static Task<int> DisableAsync(NpgsqlConnection connection, string id, string by, string reason, CancellationToken cancel) =>
        connection.Command(
                "update connection set disabled_at = now(), disabled_by = $2, disabled_reason = $3, version = version + 1, updated_at = now() where id = $1 and disabled_at is null",
                Sql.Of(id), Sql.Of(by), Sql.Of(reason))
            .ExecuteAsync(cancel);

    /// <summary>0 if it is not disabled or gone. Vendors drop subscriptions that were not answered, so they are renewed.</summary>
    public static Task<int> EnableAsync(NpgsqlConnection connection, string id, CancellationToken cancel) =>
        connection.Command(
                """
                update connection set disabled_at = null, disabled_by = null, disabled_reason = null, subscribed_at = null, version = version + 1, updated_at = now()
                where id = $1 and disabled_at is not null
                """,
                Sql.Of(id))
            .ExecuteAsync(cancel);

    /// <summary>The newest entry of the audit about the connection under <paramref name="action"/>; null if there is none.</summary>
    public static async Task<SetupTouch?> LastTouchAsync(NpgsqlConnection connection, string id, string action, CancellationToken cancel)
    {
        var rows = await connection.Command(
                "select actor_name, at from audit where subject = $1 and action = $2 and outcome = 'done' and detail::jsonb ->> 'act' <> 'try' order by seq desc limit 1",
                Sql.Of($"connection:{id}"), Sql.Of(action))
            .ListAsync(r => new SetupTouch(r.GetString(0), r.GetFieldValue<DateTimeOffset>(1)), cancel);
        return rows is [var touch] ? touch : null;
    }

    private static NpgsqlParameter[] Values(ConnectionRow row) =>
    [
        Sql.Of(row.Name), Sql.Of(row.Brand), Sql.Of(row.Region, NpgsqlDbType.Text), Sql.Of(row.Currency, NpgsqlDbType.Text), Sql.Of(row.TimeZone),
        Sql.Of(row.PostsTo, NpgsqlDbType.Text), Sql.Json(JsonSerializer.Serialize(row.Settings, ConnectionJson.Default.IReadOnlyDictionaryStringString)),
        Sql.Of(row.SealedSecrets, NpgsqlDbType.Bytea),
    ];
}
