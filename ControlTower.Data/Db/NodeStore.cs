using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Db;

/// <summary>Which processes of the tower are alive, for screens and health.</summary>
public static class NodeStore
{
    /// <param name="clockOff">How far the node's clock is ahead of the database's, as it last found out.</param>
    /// <returns>The database's time while it answered.</returns>
    public static async Task<DateTimeOffset> BeatAsync(NpgsqlDataSource data, Guid id, string roles, string host, string version, string pumpsJson, TimeSpan? clockOff, CancellationToken cancel) =>
        (await data.Command(
                """
                insert into node (id, roles, host, version, pumps, clock_off) values ($1, $2, $3, $4, $5, $6)
                on conflict (id) do update set beat_at = now(), pumps = excluded.pumps, clock_off = excluded.clock_off
                returning clock_timestamp()
                """,
                Sql.Of(id), Sql.Of(roles), Sql.Of(host), Sql.Of(version), Sql.Json(pumpsJson), Sql.Of(clockOff, NpgsqlDbType.Interval))
            .ListAsync(r => r.GetFieldValue<DateTimeOffset>(0), cancel))[0];

    /// <summary>A stopped node leaves; one that died is forgotten after an hour.</summary>
    public static Task LeaveAsync(NpgsqlDataSource data, Guid id, CancellationToken cancel) =>
        data.Command("delete from node where id = $1 or beat_at < now() - interval '1 hour'", Sql.Of(id)).ExecuteAsync(cancel);

    /// <summary>Open work by pump: how much is due and how old the oldest is. Reads open work alone, however much was ever received.</summary>
    public static async Task<Dictionary<string, (long Depth, double OldestSeconds)>> DepthsAsync(NpgsqlDataSource data, CancellationToken cancel)
    {
        var rows = await data.Command(
                """
                select 'inbox', count(*),
                    coalesce(extract(epoch from now() - (select m.received_at from inbox_message m where m.id = min(w.message_id))), 0)::float8
                    from inbox_work w where w.state = 0
                union all select 'outbox', count(*), coalesce(extract(epoch from now() - min(created_at)), 0)::float8 from delivery where state < 3
                union all select 'deadlines', count(*), coalesce(extract(epoch from now() - min(due_at)), 0)::float8 from deadline where due_at <= now()
                union all select 'notifications', count(*), coalesce(extract(epoch from now() - min(due_at)), 0)::float8 from notification where state = 'waiting' and due_at <= now()
                """)
            .ListAsync(r => (r.GetString(0), r.GetInt64(1), r.GetDouble(2)), cancel);
        return rows.ToDictionary(r => r.Item1, r => (r.Item2, r.Item3), StringComparer.Ordinal);
    }
}
