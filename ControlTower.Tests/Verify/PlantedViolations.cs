namespace ControlTower.Tests.Verify;

/// <summary>One break per invariant, planted as somebody with a bug or bad will could; where the schema forbids it, the guard is taken off first.</summary>
internal static class PlantedViolations
{
    private const string First = "(select min(id) from flow)";
    private const string Case = "insert into exception_case (fingerprint, failure, code, title, message, subject, flow_id, posting_key) values ('f', 'value', 'c', 't', 'm', ";
    private const string Reconciled = """
        insert into ledger_coverage (connection_id, kind, since) values ('erp', 'books', '2020-01-01');
        insert into ledger_line (connection_id, kind, external_id, amount, currency, at, day, document, refs) values ('shop-eu', 'Order', 'o1', 10, 'EUR', now(), current_date, 'O1', '{}');
        select recon_enter(array(select id from ledger_line)); select recon_settle('order', null);
        """;
    private const string Promoted = """
        insert into promotion (name, made_by) values ('P', 'A');
        insert into promotion_revision (promotion_id, revision, plan, state, made_by, made_by_id, sent_by_id, decided_by_id) select id, 1, '{}', 'approved', 'A', 'a', 'a', 'b' from promotion;
        update promotion set released = 1, state = 'live';
        insert into promotion_cell (promotion_id, connection_id, item, place, kind, sku, currency, stage, starts_at, ends_at, revision, price) select id, 'shop-eu', 'x', '', 'price', 'X', 'EUR', 1, now(), now() + interval '1 day', 1, 8 from promotion;
        """;
    private const string Drained = """
        insert into incident (kind, subject, title, severity, status, began_at, detected_at, restored_at, drained_at) values ('manual', 'm', 'M', 'minor', 'drained', now() - interval '2 hours', now() - interval '2 hours', now() - interval '1 hour', now() - interval '1 hour');
        insert into incident_log (incident_id, kind, words, by_name, at) select id, 'opened', 'o', 'rule', detected_at from incident;
        """;

    public static IReadOnlyDictionary<string, string> All { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["inbox-event-once"] = """
            alter table inbox_message drop constraint inbox_message_connection_id_topic_event_id_key;
            insert into inbox_message (connection_id, topic, event_id, lane, body, body_hash) select connection_id, topic, event_id, lane, body, body_hash from inbox_message where event_id = 'e1'
            """,
        ["inbox-bytes-unchanged"] = "update inbox_message set body = 'changed' where event_id = 'e1'",
        ["inbox-adds-up"] = "delete from inbox_outcome where message_id = (select id from inbox_message where event_id = 'e1')",
        ["inbox-reused-id-not-processed"] = "update inbox_message set event_id = 'e1~0123456789abcdef' where event_id = 'e2'",
        ["inbox-nothing-stuck"] = "update inbox_work set state = 0, due_at = now() - interval '5 minutes', park_until = null",
        ["inbox-parked-has-reason"] = "update inbox_work set reason = null",
        ["inbox-leases-sound"] = "update inbox_work set lease_owner = gen_random_uuid(), lease_until = now() - interval '5 minutes', fence = 2, attempts = 1",
        ["inbox-attempts-within-policy"] = "update inbox_work set attempts = 9, fence = 9",
        ["flow-steps-without-gap"] = $"delete from event_log where flow_id = {First} and step = 2",
        ["flow-transitions-allowed"] = $"update event_log set stage = 'captured' where flow_id = {First} and step = (select max(step) from event_log where flow_id = {First}); insert into event_log (flow_id, step, type, stage) select {First}, max(step) + 1, 'x', 'posted' from event_log where flow_id = {First}; insert into event_log (flow_id, step, type, stage) select {First}, max(step) + 1, 'x', 'reserved' from event_log where flow_id = {First}",
        ["flow-stage-as-logged"] = "update flow set status = 'done' where status = 'open'",
        ["flow-version-is-highest"] = $"update flow set applied_version = 7 where id = {First}",
        ["flow-waits-for-something"] = $"delete from delivery; update flow set updated_at = now() - interval '1 hour', created_at = now() - interval '2 hours' where id = {First}",
        ["flow-deadlines-kept"] = $"insert into deadline values ({First}, 'stock-retry', now() - interval '10 minutes')",
        ["flow-refunds-within-capture"] = $$"""update flow set state = jsonb_set(state, '{Refunds}', '[{"Id":"R","Amount":99999}]') where id = {{First}}""",
        ["order-adds-up"] = $$"""update order_document set body = jsonb_set(body, '{totals,total}', '62.41') where flow_id = {{First}}""",
        ["money-has-the-currencys-decimals"] = $"update posting set value = 62.401 where flow_id = {First}",
        ["posting-once-per-document"] = $"insert into posting (key, flow_id, connection_id, kind, document_version, value, currency) select 'OTHER-KEY', flow_id, connection_id, kind, document_version, value, currency from posting where flow_id = {First} and kind = 'PostSalesOrder'",
        ["posting-key-derived"] = $"insert into posting (key, flow_id, connection_id, kind, document_version, value, currency) values ('1001-0123456789ABCDEF', {First}, 'erp', 'UpdateSalesOrder', 1, 1, 'EUR')",
        ["posting-has-one-end"] = "delete from delivery",
        ["posted-has-reference"] = $"update posting set state = 'intended' where flow_id = {First} and kind = 'PostSalesOrder'",
        ["done-left-nothing-open"] = "update flow set status = 'done' where status = 'open'",
        ["cancelled-not-left-in-erp"] = $"update flow set status = 'cancelled', stage = 'cancelled' where id = {First}",
        ["unknown-is-resolved-in-time"] = "update delivery set state = 2, last_sent_at = now() - interval '2 hours'",
        ["outbox-moves"] = "update delivery set created_at = now() - interval '1 hour', due_at = now() - interval '1 hour'",
        ["outbox-attempts-within-policy"] = "update delivery set attempts = 40, fence = 40",
        ["outbox-fences-rise"] = "update delivery set attempts = 1, fence = 0",
        ["posting-document-kept"] = $"delete from order_document where flow_id = {First}",
        ["posted-value-is-documents"] = $"update posting set value = 62.39 where flow_id = {First} and kind = 'PostSalesOrder'",
        ["refunds-within-capture"] = $"alter table refund_limit drop constraint refund_never_exceeds_capture; insert into refund_limit (flow_id, currency, captured, claimed) values ({First}, 'EUR', 10, 11)",
        ["returns-within-sold"] = $"alter table return_limit drop constraint return_never_exceeds_sold; insert into refund_limit (flow_id, currency, captured) values ({First}, 'EUR', 10); insert into return_limit (flow_id, order_line_id, sold, worth, claimed) values ({First}, 'l1', 2, 10, 3)",
        ["return-paid-once"] = "with f as (insert into flow (kind, source, source_id, state) values ('return-to-refund', 'shop-eu', 'r1', '{}') returning id) insert into posting (key, flow_id, connection_id, kind, document_version, value, currency) select k, id, 'shop-eu', 'RefundPayment', 0, 1, 'EUR' from f, unnest(array['FIRST-REFUND', 'SECOND-REFUND']) k",
        ["returned-goods-booked-once"] = "insert into stock_ledger (sku, location, on_hand_delta, reserved_delta, source, reason) values ('TEE', 'east', 1, 0, 'flow/1', 'return')",
        ["stock-never-oversold"] = "alter table stock drop constraint stock_never_oversold; update stock set reserved = 99 where sku = 'TEE'",
        ["stock-never-was-oversold"] = "insert into stock_ledger (sku, location, on_hand_delta, reserved_delta, source, reason) values ('TEE', 'east', 0, 50, 'x', 'reserve'), ('TEE', 'east', 0, -50, 'x', 'release')",
        ["stock-is-sum-of-ledger"] = "update stock set on_hand = on_hand + 1 where sku = 'TEE'",
        ["stock-reserved-is-held"] = "update stock set reserved = reserved + 1 where sku = 'TEE' and location = 'east'",
        ["reservation-ends-once"] = $"insert into stock_ledger (sku, location, on_hand_delta, reserved_delta, source, reason) values ('TEE', 'east', 0, -2, 'flow/' || {First}, 'release')",
        ["reservation-not-of-cancelled"] = $"update flow set status = 'cancelled', stage = 'cancelled' where id = {First}",
        ["reservation-all-or-nothing"] = $"delete from reservation where flow_id = {First} and sku = 'CAP'",
        ["hold-has-its-goods"] = "insert into stock_hold (id, kind, reference, client, asked, expires_at) values (gen_random_uuid(), 'cart', 'c', 'x', '', now() + interval '1 hour')",
        ["hold-ends-in-time"] = "insert into stock_hold (id, kind, reference, client, asked, expires_at) values (gen_random_uuid(), 'cart', 'c', 'x', '', now() - interval '2 hours')",
        ["channel-shows-no-more-than-free"] = "update stock_publication set expected = expected + 100 where sku = 'TEE'",
        ["channel-told-once-at-a-time"] = "update stock_publication set batch_key = 'GONE-GONE' where sku = 'TEE'",
        ["prices-told-once-at-a-time"] = "insert into catalog_publication (connection_id, item, erp_item, batch_key) select id, 'x', 'y', 'GONE-GONE' from connection where role = 'shop' limit 1",
        ["case-points-to-something"] = $"{Case}'posting/NOT-THERE', null, null)",
        ["failed-has-one-case"] = "update delivery set state = 3, last_failure = 'refused'; update posting set state = 'refused' where key in (select posting_key from delivery)",
        ["promotion-price-as-desired"] = $"{Promoted} update promotion_cell set phase = 'proven', seen_price = 9",
        ["promotion-price-gone-back"] = $"{Promoted} update promotion_cell set phase = 'reverted', captured = true, touched = true, former_price = 10, seen_price = 9",
        ["promotion-agreed-by-another"] = $"{Promoted} update promotion_revision set state = 'review'",
        ["promotion-price-in-one-hand"] = $"{Promoted} drop index promotion_cell_held; insert into promotion_cell (promotion_id, connection_id, item, place, kind, sku, currency, stage, starts_at, ends_at, revision, held) select promotion_id, connection_id, item, place, kind, sku, 'GBP', 1, now(), now(), 1, true from promotion_cell; update promotion_cell set held = true",
        ["promotion-revision-in-force"] = $"{Promoted} update promotion_cell set revision = 2",
        ["reconciliation-entries-are-lines"] = $"{Reconciled} update recon_entry set amount = amount + 1; delete from recon_dirty",
        ["kpi-hours-add-up"] = $"insert into kpi_fact (flow_id, kpi, slice, at, until) select {First}, 'order-acknowledgement', kpi_slice_of('', '', '', ''), now() - interval '2 hours', now()",
        ["kpi-facts-as-logged"] = $"update flow set placed_at = now() where id = {First}; insert into event_cursor (follower, fence, txid, seq) values ('kpis', 1, pg_current_xact_id(), 0) on conflict (follower) do update set txid = excluded.txid; delete from kpi_fact",
        ["reconciliation-items-add-up"] = $"{Reconciled} update recon_item set difference = 3, value = 3; delete from recon_dirty",
        ["incident-ends-with-its-last-transaction"] = $"{Drained} insert into incident_transaction (incident_id, flow_id, harmed_at, value, currency) select id, {First}, now() - interval '90 minutes', 1, 'EUR' from incident",
        ["incident-times-are-in-order"] = $"{Drained} insert into incident_transaction (incident_id, flow_id, harmed_at, value, currency, settled_at) select id, {First}, began_at - interval '1 minute', 1, 'EUR', began_at from incident",
        ["incident-once-per-subject"] = $"{Drained} drop index incident_open; update incident set status = 'open', drained_at = null; insert into incident (kind, subject, title, severity, began_at) values ('manual', 'm', 'M', 'minor', now())",
        ["blocked-writes-have-no-effect"] = "delete from ownership_write; insert into ownership_write (source, domain, field, subject, verdict, set_number, message_id) select 'shop-eu', 'order', 'contents', 'x', 'blocked', 1, min(message_id) from inbox_outcome where outcome = 'processed'",
        ["quarantined-messages-have-a-case"] = "insert into ownership_write (at, source, domain, field, subject, verdict, set_number, message_id) select now() - interval '1 hour', 'shop-eu', 'order', 'contents', 'x', 'quarantined', 1, min(message_id) from inbox_outcome where outcome = 'processed'",
        ["reconciliation-tolerated-is-adjusted"] = $"""
            {Reconciled} insert into recon_rule (comparison, name, kind, currency, above, confirms, changed_by) values ('order', 'Cents', 'tolerance', 'EUR', 10, true, 'A');
            update recon_item set state = 'tolerated', rule_id = (select max(id) from recon_rule); delete from recon_adjustment; delete from recon_dirty
            """,
        ["reconciliation-adjusted-as-decided"] = $"{Reconciled} update recon_item set adjusted = 4, difference = 6; delete from recon_dirty",
        ["feeds-sent-what-was-counted"] = """
            alter table feed_run drop constraint feed_run_agrees;
            insert into feed (name, what, format, target, time_zone, cron, since, planned_to, changed_by) values ('Sales', 'sales', 'csv', 'folder', 'UTC', '0 4 * * *', '2026-01-01', now(), 'test');
            insert into feed_run (feed_id, day, begins_at, ends_at, state, due_at, next_at, asked_by, file, rows_read, rows_file, totals_read, totals_file, bytes, sha256, finished_at)
            select id, '2026-01-01', '2026-01-01', '2026-01-02', 'delivered', now(), now(), 'test', 'f', 2, 1, '{}', '{}', 1, sha256('x'), now() from feed;
            insert into feed_part (run_id, part, bytes) select id, 0, 'x' from feed_run
            """,
        ["case-once-per-subject"] = $"drop index exception_case_open; {Case}'flow/1/x', {First}, null); {Case}'flow/1/x', {First}, null)",
        ["excepted-message-has-case"] = "update inbox_outcome set outcome = 'excepted'",
        ["attention-has-case"] = $"update flow set status = 'attention', updated_at = now() - interval '10 minutes', created_at = now() - interval '1 hour' where id = {First}",
        ["posting-case-has-open-delivery"] = $"{Case}'posting/' || (select min(key) from posting where state = 'confirmed'), null, null)",
        ["desk-trend-is-exact"] = "insert into case_trend values ('f', trend_step(now()), 1)",
        ["desk-counts-are-exact"] = "insert into case_tally values ('f', 'open', 'value', null, '', null, null, 1, 0, 0, 0)",
        ["batch-adds-up"] = "insert into batch (key, kind, what, actor_name, actor_role, count, currencies, amounts, stages, per_second, failure_limit, state_by) values (gen_random_uuid(), 'retry', 'w', 'A', 'Admin', 1, '{}', '{}', '{1}', 1, 0, 'A')",
        ["references-lead-somewhere"] = "insert into vendor_call (connection_id, posting_key, purpose, verb, path, outcome, started_at, took_ms) values ('erp', 'NOT-THERE', 'test', 'GET', '/', 'ok', now(), 1)",
        ["times-are-possible"] = $"update flow set created_at = now() + interval '1 hour' where id = {First}",
        ["keys-are-clean"] = $"insert into flow_reference values ({First}, 'shop-name', E'1001\\u200b')",
        ["every-call-has-an-outcome"] = "insert into vendor_call (connection_id, purpose, verb, path, outcome, started_at, took_ms) values ('erp', 'test', 'GET', '/', 'ok', now(), -1)",
        ["order-finds-its-ids"] = $"delete from flow_reference where flow_id = {First} and kind = 'posting-key'",
        ["no-session-of-a-disabled-user"] = """
            insert into account (id, email, name, role, security_stamp, created_at, disabled_at)
                values ('00000000-0000-0000-0000-000000000001', 'a@b.test', 'A', 'Admin', gen_random_uuid(), now() - interval '1 day', now() - interval '1 hour');
            insert into account_session values (sha256('x'), '00000000-0000-0000-0000-000000000001', gen_random_uuid(), now() - interval '1 day', now(), null, '::1')
            """,
        ["roles-are-known"] = "alter table account drop constraint account_role_check; insert into account (id, email, name, role, security_stamp, created_at) values (gen_random_uuid(), 'a@b.test', 'A', 'Owner', gen_random_uuid(), now())",
        ["secrets-are-sealed"] = "update connection set secrets = convert_to(repeat('{\"token\":\"plain\"}', 5), 'UTF8') where id = 'erp'",
        ["passwords-are-hashes"] = "insert into account (id, email, name, role, security_stamp, created_at, password_hash) values (gen_random_uuid(), 'a@b.test', 'A', 'Admin', gen_random_uuid(), now(), 'correct horse battery staple')",
        ["closed-by-a-person-is-audited"] = $"{Case}'flow/1/x', {First}, null); update exception_case set state = 'discarded', closed_at = now(), closed_by = 'Somebody', resolution = 'no reason'",
        ["pauses-are-audited"] = "update connection set paused_at = now(), paused_by = 'Somebody' where id = 'erp'",
        ["retries-are-audited"] = $"{Case}'flow/1/x', {First}, null); update exception_case set state = 'retrying', retried_at = now()",
        ["edits-are-audited"] = $"{Case}'flow/1/x', {First}, null); insert into posting_revision (flow_id, document_version, revision, base, posting_key, body, repair, case_id, fingerprint, held_as, who, why) select d.flow_id, d.version, 1, 0, (select min(key) from posting), '{{}}', gen_random_uuid(), (select max(id) from exception_case), 'f', 'refused', 'Somebody', 'so' from order_document d where d.flow_id = {First}",
        ["imported-receipts-are-taken-once"] = "insert into pos_file (connection_id, name, origin, actor_name, hash, state, seen, taken) values ('shop-eu', 'day.xml', 'upload', 'Somebody', sha256('x'), 'reading', 1, 1)",
        ["flow-steps-say-what"] = $"update event_log set type = '' where flow_id = {First} and step = 1",
        ["gates-are-claimed"] = "update connection_gate set lease_until = now() - interval '5 minutes'",
        ["feeds-are-read"] = "insert into feed_cursor (connection_id, feed, since, due_at) values ('erp', 'orders', now() - interval '1 hour', now() - interval '20 minutes')",
        ["followers-stay-behind"] = "insert into event_cursor (follower, txid, seq) values ('ahead', '9000000000000', 1)",
        ["timestamps-know-their-zone"] = "alter table flow add column some_day timestamp",
        ["server-is-durable"] = "do $$ begin execute format('alter database %I set synchronous_commit = off', current_database()); end $$",
        ["guards-stand"] = "alter table stock drop constraint stock_never_oversold",
        ["gates-have-living-owners"] = "update connection_gate set lease_until = now() + interval '1 day'",
        ["hangfire-arguments-are-ids"] = "insert into hangfire.job (statename, invocationdata, arguments, createdat) values ('Enqueued', '{}', to_jsonb(array[repeat('payload ', 50)]), now())",
        ["hangfire-jobs-have-servers"] = """
            insert into hangfire.job (id, stateid, statename, invocationdata, arguments, createdat) values (1, 1, 'Processing', '{}', '["1"]', now());
            insert into hangfire.state (id, jobid, name, createdat, data) values (1, 1, 'Processing', now() - interval '5 minutes', '{"ServerId":"gone"}')
            """,
        ["hangfire-locks-are-fresh"] = "insert into hangfire.lock (resource, acquired) values ('locks:schedulepoller', now() - interval '5 minutes')",
    };
}
