using ControlTower.Data.Canonical;
using ControlTower.Data.Outbox;
using Npgsql;

namespace ControlTower.Data.Flows;

/// <summary>One statement for the rows in view: the order, its open case, its oldest open delivery and the state of that delivery's target.</summary>
internal static class OrderRowReader
{
    public const string Sql =
        """
        select f.id, f.name, f.source, s.name, s.kind, f.brand, f.stage, f.status, f.value, f.currency, f.placed_at, f.stage_since,
               c.id, c.state, c.attempts, c.title,
               d.kind, d.connection_id, coalesce(t.name, d.connection_id), d.state, d.lane, d.attempts, d.due_at, d.last_failure,
               coalesce(t.disabled_at, t.paused_at) is not null, coalesce(g.breaker, 'closed') = 'open', f.source_id, f.updated_at, f.version
        from flow f
        join connection s on s.id = f.source
        left join lateral (select id, state, attempts, title from exception_case
                           where flow_id = f.id and state in ('open', 'retrying') order by state, id limit 1) c on true
        left join lateral (select * from delivery where flow_id = f.id order by id limit 1) d on true
        left join connection t on t.id = d.connection_id
        left join connection_gate g on g.connection_id = d.connection_id
        where f.id = any($1) and f.placed_at is not null
        """;

    public static OrderRow Read(NpgsqlDataReader r) => new(
        r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetString(4), r.GetString(5), r.GetString(6), r.GetString(7),
        new Money(r.GetDecimal(8), r.GetString(9)), r.GetFieldValue<DateTimeOffset>(10), r.GetFieldValue<DateTimeOffset>(11),
        r.IsDBNull(12) ? null : new OrderRow.OpenCase(r.GetInt64(12), r.GetString(13), r.GetInt32(14), r.GetString(15)),
        r.IsDBNull(16) ? null : Delivery(r))
    { SourceId = r.GetString(26), UpdatedAt = r.GetFieldValue<DateTimeOffset>(27), Version = r.GetInt32(28) };

    private static OrderRow.OpenDelivery Delivery(NpgsqlDataReader r) => new(
        r.GetString(16), r.GetString(17), r.GetString(18), (DeliveryState)r.GetInt16(19), (DeliveryLane)r.GetInt16(20), r.GetInt32(21),
        r.GetFieldValue<DateTimeOffset>(22), r.IsDBNull(23) ? null : r.GetString(23), r.GetBoolean(24), r.GetBoolean(25));
}
