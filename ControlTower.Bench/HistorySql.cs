using ControlTower.Data.Db;

namespace ControlTower.Bench;

/// <summary>Repeats the finished orders of a database into the past, one day further each time, oldest first as they would have been written.</summary>
internal static class HistorySql
{
    /// <summary>Ids of history lie below those of the orders that it is made from, as older ids do.</summary>
    public const string RoomBelow =
        """
        alter table inbox_message alter column id restart with 100000000000;
        alter table flow alter column id restart with 100000000000;
        alter table event_log alter column seq restart with 100000000000;
        alter table vendor_call alter column id restart with 100000000000;
        alter table stock_ledger alter column id restart with 100000000000;
        alter table reservation alter column id restart with 100000000000;
        alter table exception_case alter column id restart with 100000000000
        """;

    /// <summary>The orders were placed when they came in, each document left as one request, and one order in fifty had a case that was closed.</summary>
    public const string AsOfToday =
        """
        update flow set placed_at = created_at;
        insert into vendor_call (connection_id, posting_key, flow_id, purpose, verb, path, status, outcome, started_at, took_ms)
            select connection_id, key, flow_id, kind, 'POST', '/orders', 201, 'ok', settled_at, 5 from posting where state = 'confirmed';
        insert into exception_case (fingerprint, failure, code, title, message, flow_id, state, value, currency, closed_at, closed_by, resolution, subject)
            select 'bench', 'value', 'bench', 'A case', 'It was closed', id, 'resolved', value, currency, now(), 'bench', 'closed', 'flow/' || id from flow where id % 50 = 0;
        """;

    /// <summary>A copy's distance in ids, and in time.</summary>
    private const string Copies = "generate_series($1::bigint, 1, -1) as k, lateral (select k * 1000000 as below, k * interval '1 day' as ago, k || '~' as mark) c";

    private static readonly string[] Tables =
    [
        $"""
        insert into inbox_message (id, connection_id, topic, event_id, lane, headers, body, body_hash, trace_id, received_at) overriding system value
        select m.id - below, m.connection_id, m.topic, mark || m.event_id, mark || m.lane, m.headers, m.body, m.body_hash, m.trace_id, m.received_at - ago
        from {Copies} cross join template_message m order by k desc, m.id
        """,
        $"""
        insert into inbox_outcome (message_id, outcome, detail, flow_id, attempts, finished_at)
        select o.message_id - below, o.outcome, o.detail, o.flow_id - below, o.attempts, o.finished_at - ago from {Copies} cross join template_outcome o order by k desc, o.message_id
        """,
        $"""
        insert into flow (id, kind, source, source_id, brand, name, erp, state, version, steps, stage, status, applied_version, value, currency, placed_at, stage_since, created_at, updated_at)
            overriding system value
        select f.id - below, f.kind, f.source, mark || f.source_id, f.brand, mark || f.name, f.erp, f.state, f.version, f.steps, f.stage, f.status, f.applied_version, f.value, f.currency,
            f.placed_at - ago, f.stage_since - ago, f.created_at - ago, f.updated_at - ago
        from {Copies} cross join template_flow f order by k desc, f.id
        """,
        $"""
        insert into event_log (seq, flow_id, step, type, stage, system, reference, detail, at, trace_id) overriding system value
        select e.seq - below, e.flow_id - below, e.step, e.type, e.stage, e.system, e.reference, e.detail, e.at - ago, e.trace_id
        from {Copies} cross join template_event e order by k desc, e.seq
        """,
        $"""
        insert into order_document (flow_id, version, body, stored_at)
        select d.flow_id - below, d.version, d.body, d.stored_at - ago from {Copies} cross join template_document d order by k desc, d.flow_id
        """,
        $"""
        insert into flow_reference (flow_id, kind, value)
        select r.flow_id - below, r.kind, mark || r.value from {Copies} cross join template_reference r order by k desc, r.flow_id
        """,
        $"""
        insert into posting (key, flow_id, connection_id, kind, document_version, value, currency, state, reference, number, facts, intended_at, settled_at)
        select upper(md5(mark || p.key)), p.flow_id - below, p.connection_id, p.kind, p.document_version, p.value, p.currency, p.state, p.reference, p.number, p.facts, p.intended_at - ago,
            p.settled_at - ago
        from {Copies} cross join template_posting p order by k desc, p.flow_id
        """,
        $"""
        insert into vendor_call (id, connection_id, posting_key, flow_id, purpose, verb, path, status, outcome, started_at, took_ms) overriding system value
        select v.id - below, v.connection_id, upper(md5(mark || v.posting_key)), v.flow_id - below, v.purpose, v.verb, v.path, v.status, v.outcome, v.started_at - ago, v.took_ms
        from {Copies} cross join template_call v order by k desc, v.id
        """,
        $"""
        insert into reservation (id, flow_id, order_line_id, sku, location, quantity, state, reserved_at, ended_at) overriding system value
        select r.id - below, r.flow_id - below, r.order_line_id, r.sku, r.location, r.quantity, r.state, r.reserved_at - ago, r.ended_at - ago
        from {Copies} cross join template_reservation r order by k desc, r.id
        """,
        $"""
        insert into stock_ledger (id, sku, location, on_hand_delta, reserved_delta, source, reason, at) overriding system value
        select l.id - below, l.sku, l.location, l.on_hand_delta, l.reserved_delta, mark || l.source, l.reason, l.at - ago from {Copies} cross join template_ledger l order by k desc, l.id
        """,
        $"""
        insert into order_likeness (source, likeness, flows, placed)
        select y.source, md5(mark || y.likeness), array[y.flows[1] - below], array[y.placed[1] - ago] from {Copies} cross join template_likeness y order by k desc
        """,
        $"""
        insert into exception_case (id, fingerprint, failure, code, title, message, flow_id, state, value, currency, opened_at, last_seen_at, closed_at, closed_by, resolution, subject)
            overriding system value
        select e.id - below, e.fingerprint, e.failure, e.code, e.title, e.message, e.flow_id - below, e.state, e.value, e.currency, e.opened_at - ago, e.last_seen_at - ago, e.closed_at - ago,
            e.closed_by, e.resolution, mark || e.subject
        from {Copies} cross join template_case e order by k desc, e.id
        """,
    ];

    // Rows that exist need no foreign keys looked up for them: that would take most of the time.
    private const string Sources =
        """
        set session_replication_role = replica;
        create temp table template_flow as select * from flow where status = 'done';
        create temp table template_outcome as select o.* from inbox_outcome o join template_flow f on f.id = o.flow_id;
        create temp table template_message as select m.* from inbox_message m join template_outcome o on o.message_id = m.id;
        create temp table template_event as select e.* from event_log e join template_flow f on f.id = e.flow_id;
        create temp table template_document as select d.* from order_document d join template_flow f on f.id = d.flow_id;
        create temp table template_reference as select r.* from flow_reference r join template_flow f on f.id = r.flow_id;
        create temp table template_posting as select p.* from posting p join template_flow f on f.id = p.flow_id;
        create temp table template_call as select v.* from vendor_call v join template_flow f on f.id = v.flow_id;
        create temp table template_reservation as select r.* from reservation r join template_flow f on f.id = r.flow_id;
        create temp table template_ledger as select l.* from stock_ledger l join template_flow f on l.source = 'flow/' || f.id;
        create temp table template_likeness as select * from order_likeness;
        create temp table template_case as select * from exception_case;
        """;

    public static async Task RepeatAsync(BenchDatabase copy, int times)
    {
        await using var connection = new Npgsql.NpgsqlConnection(copy.ConnectionString + ";Pooling=false;Command Timeout=0");
        await connection.OpenAsync();
        await connection.Command(Sources).ExecuteAsync(default);
        foreach (var table in Tables)
        {
            await connection.Command(table, Sql.Of((long)times)).ExecuteAsync(default);
        }

        await connection.Command("vacuum analyze").ExecuteAsync(default);
    }
}
