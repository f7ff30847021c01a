namespace ControlTower.Verify.Invariants;

/// <summary>Records are whole: nothing dangles, times are possible, keys are clean.</summary>
internal static class RecordInvariants
{
    private const string Times = """
        select 'inbox_message' as what, id::text as id, received_at as at, received_at as later from inbox_message
        union all select 'inbox_outcome', message_id::text, finished_at, finished_at from inbox_outcome
        union all select 'flow', id::text, created_at, updated_at from flow
        union all select 'event_log', flow_id || '/' || step, at, at from event_log
        union all select 'posting', key, intended_at, coalesce(settled_at, intended_at) from posting
        union all select 'reservation', id::text, reserved_at, coalesce(ended_at, reserved_at) from reservation
        union all select 'stock_ledger', id::text, at, at from stock_ledger
        union all select 'exception_case', id::text, opened_at, last_seen_at from exception_case
        union all select 'connection', id, created_at, updated_at from connection
        union all select 'order_document', flow_id || '/' || version, stored_at, stored_at from order_document
        union all select 'delivery', posting_key, created_at, created_at from delivery
        union all select 'connection_turn', id::text, at, at from connection_turn
        union all select 'connection_test', id::text, requested_at, coalesce(finished_at, requested_at) from connection_test
        union all select 'vendor_call', id::text, started_at, started_at from vendor_call where started_at >= current_setting('verify.since')::timestamptz
        """;

    private const string Keys = """
        select 'flow.source_id' as what, id::text as id, source_id as key from flow
        union all select 'posting.key', key, key from posting
        union all select 'inbox_message.event_id', id::text, event_id from inbox_message
        union all select 'inbox_message.lane', id::text, lane from inbox_message
        union all select 'stock.sku', location, sku from stock
        union all select 'reservation.order_line_id', id::text, order_line_id from reservation
        union all select 'flow_reference.value', flow_id::text, value from flow_reference
        union all select 'posting.reference', key, reference from posting where reference is not null
        union all select 'inbox_message.topic', id::text, topic from inbox_message
        union all select 'location.id', id, id from location
        union all select 'exception_case.subject', id::text, subject from exception_case
        union all select 'exception_case.fingerprint', id::text, fingerprint from exception_case
        """;

    public static IReadOnlyList<Invariant> All { get; } =
    [
        new("references-lead-somewhere", "No row names a connection, flow, posting or message that is not there.", """
            select * from (
                select 'inbox_work' as what, message_id::text as id, connection_id as names from inbox_work w where not exists (select from connection c where c.id = w.connection_id)
                union all select 'delivery', id::text, connection_id from delivery d where not exists (select from connection c where c.id = d.connection_id)
                union all select 'inbox_outcome', message_id::text, flow_id::text from inbox_outcome o where flow_id is not null and not exists (select from flow f where f.id = o.flow_id)
                union all select 'vendor_call', id::text, posting_key from vendor_call v where posting_key is not null and not exists (select from posting p where p.key = v.posting_key)
                    and not exists (select from publication_batch b where b.key = v.posting_key)
                    and not exists (select from catalog_batch b where b.key = v.posting_key) and not exists (select from promotion_batch b where b.key = v.posting_key)
                    and not (v.flow_id is null and v.started_at < now() - interval '29 days') -- a batch is forgotten after 30 days, its calls later
                union all select 'vendor_call', id::text, flow_id::text from vendor_call v where flow_id is not null and not exists (select from flow f where f.id = v.flow_id)
                union all select 'exception_case', id::text, connection_id from exception_case e where connection_id is not null and not exists (select from connection c where c.id = e.connection_id)
                union all select 'exception_case', id::text, posting_key from exception_case e where posting_key is not null and not exists (select from posting p where p.key = e.posting_key)
                union all select 'delivery of another flow', d.id::text, d.posting_key from delivery d join posting p on p.key = d.posting_key where p.flow_id <> d.flow_id
                union all select 'message under another lane', w.message_id::text, w.lane from inbox_work w join inbox_message m on m.id = w.message_id where w.lane <> m.lane or w.connection_id <> m.connection_id) r
            """),
        new("times-are-possible", "No time is in the future, before 2020, or before what it follows.", $"""
            select what, id, at, later from ({Times}) t where at > now() + interval '5 seconds' or later > now() + interval '5 seconds' or at < '2020-01-01' or later < at
            """),
        new("keys-are-clean", "No key is empty or has outer spaces, control or invisible characters.", $$"""
            select what, id, quote_literal(key) as key from ({{Keys}}) k where key = '' or key <> btrim(key) or key ~ '[\u0001-\u001f\u007f\u0080-\u009f\u200b-\u200f\u2028-\u202e\u2060\ufeff]'
            """),
        new("every-call-has-an-outcome", "Each request that left the house has exactly one outcome, and an answer has a status.", """
            select id, connection_id, purpose, outcome, status from vendor_call
            where started_at >= current_setting('verify.since')::timestamptz and (outcome is null or outcome not in ('ok', 'refused', 'failed', 'throttled', 'no-answer') or took_ms < 0)
            """),
        new("order-finds-its-ids", "A captured order can be found by the shop's id, a posted one by the posting key.", """
            select f.id, f.name, f.stage from flow f where f.kind = 'order-to-cash' and f.state is not null
              and (not exists (select from flow_reference r where r.flow_id = f.id and r.kind = 'shop-order' and r.value = f.source_id)
                or exists (select from posting p where p.flow_id = f.id and p.kind = 'PostSalesOrder'
                    and not exists (select from flow_reference r where r.flow_id = f.id and r.kind = 'posting-key' and r.value = p.key)))
            """),
    ];
}
