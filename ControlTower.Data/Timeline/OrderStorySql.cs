namespace ControlTower.Data.Timeline;

/// <summary>The statements of <see cref="OrderStoryQueries.LoadAsync"/>, in the order in which they are read. $1 is the order's id.</summary>
internal static class OrderStorySql
{
    // Names in stored statements are camelCase or PascalCase, by the serializer that wrote them.
    private const string Head =
        """
        select f.id, f.name, f.kind, f.source, f.source_id, f.brand, f.erp, f.stage, f.status, f.value, f.currency, f.placed_at, f.stage_since, f.created_at, f.updated_at,
               jsonb_array_length(case jsonb_typeof(coalesce(d.body -> 'lines', d.body -> 'Lines')) when 'array' then coalesce(d.body -> 'lines', d.body -> 'Lines') end),
               (select count(distinct order_line_id)::int from reservation r where r.flow_id = f.id and r.state = 'active'),
               coalesce(d.body ->> 'fulfilment', d.body ->> 'Fulfilment'),
               (select e.trace_id from event_log e where e.flow_id = f.id and e.trace_id is not null order by e.step limit 1), x.flow_id is not null, x.done_at
        from flow f
        left join erasure x on x.flow_id = f.id
        left join lateral (select body from order_document where flow_id = f.id order by version desc limit 1) d on true
        where f.id = $1
        """;

    private const string Systems =
        """
        select c.id, c.name, c.kind, c.role, c.time_zone, coalesce(c.disabled_at, c.paused_at), coalesce(c.disabled_by, c.paused_by), coalesce(g.breaker, 'closed'), g.next_probe_at
        from connection c left join connection_gate g on g.connection_id = c.id
        where c.id in (select source from flow where id = $1 union select erp from flow where id = $1
                       union select connection_id from posting where flow_id = $1 union select system from event_log where flow_id = $1)
        """;

    private const string Steps =
        "select * from (select step, type, stage, system, reference, detail, at, trace_id from event_log where flow_id = $1 order by step desc limit 300) s order by step";

    // What waits is not yet known to be of this order by itself: it stands in a lane from which this order has heard before.
    private const string Messages =
        """
        with mine as (
            select message_id, outcome, detail from inbox_outcome where flow_id = $1),
        waiting as (
            select w.message_id, null::text, case w.state when 1 then 'parked' when 2 then 'thin' end from inbox_work w
            where (w.connection_id, w.lane) in (select m.connection_id, m.lane from mine join inbox_message m on m.id = mine.message_id))
        select * from (select m.id, m.connection_id, m.topic, m.event_id, o.outcome, o.detail, m.received_at, coalesce(length(m.body), 0)
                       from (select * from mine union all select * from waiting) o join inbox_message m on m.id = o.message_id order by m.id desc limit 300) s order by id
        """;

    private const string Calls =
        """
        select * from (select id, connection_id, posting_key, purpose, attempt, verb, path, status, outcome, failure, started_at, took_ms
                       from vendor_call where flow_id = $1 order by id desc limit 300) s order by id
        """;

    private const string Postings =
        "select key, connection_id, kind, state, reference, number, value, currency, intended_at, settled_at from posting where flow_id = $1 order by intended_at, key limit 300";

    private const string Deliveries =
        """
        select id, posting_key, connection_id, kind, state, lane, attempts, lookups, due_at, first_sent_at, last_sent_at, last_failure, last_message, created_at
        from delivery where flow_id = $1 order by id limit 300
        """;

    private const string References = "select kind, value from flow_reference where flow_id = $1 order by kind, value limit 300";

    private const string Cases =
        """
        select id, state, failure, title, connection_id, opened_at, closed_at, attempts from exception_case where flow_id = $1
        order by state in ('resolved', 'discarded'), id desc limit 300
        """;

    private const string Deadlines = "select name, due_at from deadline where flow_id = $1 order by due_at limit 300";

    private const string Acts =
        """
        select at, actor_name, action, outcome, reason, detail::jsonb ->> 'result' from audit
        where subject = 'order:' || $1 or subject = (select 'order:' || source || '/' || source_id from flow where id = $1) or subject in (select 'case:' || id from exception_case where flow_id = $1)
           or (subject like '% cases' and exists (select 1 from exception_case c where c.flow_id = $1 and audit.at >= c.opened_at and audit.detail ~ ('[" ]' || c.id || '[" ]')))
        order by seq desc limit 300
        """;

    public static IReadOnlyList<string> All { get; } = [Head, Systems, Steps, Messages, Calls, Postings, Deliveries, References, Cases, Deadlines, Acts];
}
