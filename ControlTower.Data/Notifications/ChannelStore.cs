using System.Text.Json;
using System.Text.Json.Serialization;
using ControlTower.Data.Db;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Notifications;

/// <summary>Places where people are told, as an admin sets them up, inside the caller's transaction. SQL by hand: what waits is let go in the same transaction.</summary>
public static class ChannelStore
{
    public const int Most = 50;

    internal const string Columns = "id, kind, name, settings::text, secrets, events, zone, quiet_from, quiet_to, breach_breaks, gather_minutes, enabled, version";

    public static Task<List<NotificationChannel>> ListAsync(NpgsqlDataSource data, CancellationToken cancel) =>
        data.Command($"select {Columns} from notification_channel order by lower(name), id").ListAsync(Read, cancel);

    public static async Task<NotificationChannel?> LockAsync(NpgsqlConnection connection, Guid id, CancellationToken cancel) =>
        await connection.Command($"select {Columns} from notification_channel where id = $1 for update", Sql.Of(id)).ListAsync(Read, cancel) is [var row] ? row : null;

    /// <summary>Zero rows if the name is taken or there are as many as there may be.</summary>
    public static Task<int> AddAsync(NpgsqlConnection connection, NotificationChannel channel, CancellationToken cancel) =>
        connection.Command(
                """
                insert into notification_channel (id, kind, name, settings, secrets, events, zone, quiet_from, quiet_to, breach_breaks, gather_minutes, enabled)
                select $1, $12, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11 where (select count(*) from notification_channel) < $13 on conflict do nothing
                """,
                [.. Values(channel), Sql.Of(channel.Kind), Sql.Of(Most)])
            .ExecuteAsync(cancel);

    /// <summary>Tells from now on by the new settings; what happened before it was switched on, or before it was to tell more, is not told. Zero rows if another channel has that name.</summary>
    public static Task<int> ChangeAsync(NpgsqlConnection connection, NotificationChannel channel, CancellationToken cancel) =>
        connection.Command(
                """
                update notification_channel set name = $2, settings = $3, secrets = $4, events = $5, zone = $6, quiet_from = $7, quiet_to = $8, breach_breaks = $9, gather_minutes = $10,
                    enabled = $11, version = version + 1, since = case when ($11 and not enabled) or not events @> $5 then now() else since end
                where id = $1 and not exists (select from notification_channel o where lower(o.name) = lower($2) and o.id <> $1)
                """,
                Values(channel))
            .ExecuteAsync(cancel);

    /// <summary>With all that it was to tell.</summary>
    public static Task<int> DeleteAsync(NpgsqlConnection connection, Guid id, CancellationToken cancel) =>
        connection.Command("delete from notification_channel where id = $1", Sql.Of(id)).ExecuteAsync(cancel);

    /// <summary>What waits for a channel that is switched off would be stale when it is switched on.</summary>
    public static Task DropWaitingAsync(NpgsqlConnection connection, Guid id, CancellationToken cancel) =>
        connection.Command("update notification set state = 'dropped', ended_at = now() where channel_id = $1 and state = 'waiting'", Sql.Of(id)).ExecuteAsync(cancel);

    /// <summary>What was given up is tried again from the beginning.</summary>
    public static Task<int> AgainAsync(NpgsqlConnection connection, Guid id, CancellationToken cancel) =>
        connection.Command("update notification set state = 'waiting', attempts = 0, due_at = now(), ended_at = null where channel_id = $1 and state = 'failed'", Sql.Of(id)).ExecuteAsync(cancel);

    internal static NotificationChannel Read(NpgsqlDataReader r) => new(
        r.GetGuid(0), r.GetString(1), r.GetString(2), JsonSerializer.Deserialize(r.GetString(3), ChannelJson.Default.ChannelSettings)!, r.Maybe<byte[]>(4), r.GetFieldValue<string[]>(5), r.GetString(6),
        r.IsDBNull(7) ? null : new QuietHours(r.GetFieldValue<TimeOnly>(7), r.GetFieldValue<TimeOnly>(8)), r.GetBoolean(9), r.GetInt32(10), r.GetBoolean(11), r.GetInt32(12));

    private static NpgsqlParameter[] Values(NotificationChannel channel) =>
    [
        Sql.Of(channel.Id), Sql.Of(channel.Name), Sql.Json(JsonSerializer.Serialize(channel.Settings, ChannelJson.Default.ChannelSettings)), Sql.Of(channel.Secrets, NpgsqlDbType.Bytea),
        Sql.Of(channel.Events.ToArray()), Sql.Of(channel.Zone), Sql.Of(channel.Quiet?.From, NpgsqlDbType.Time), Sql.Of(channel.Quiet?.To, NpgsqlDbType.Time), Sql.Of(channel.BreachBreaks),
        Sql.Of(channel.GatherMinutes), Sql.Of(channel.Enabled),
    ];
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(ChannelSettings))]
internal sealed partial class ChannelJson : JsonSerializerContext;
