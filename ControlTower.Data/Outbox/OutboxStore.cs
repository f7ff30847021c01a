using ControlTower.Data.Db;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Outbox;

/// <summary>Intents and open deliveries as the flows see them: made, withdrawn, settled, held. All inside the caller's transaction.</summary>
public static class OutboxStore
{
    /// <summary>
    /// Records intents. A key that was never used, or was withdrawn unsent, gets an open delivery; any other key gets nothing, and is returned as it stands:
    /// asking twice for the same document never posts it twice.
    /// </summary>
    public static async Task<List<PostingRow>> IntendAsync(NpgsqlConnection connection, IReadOnlyList<NewDelivery> deliveries, CancellationToken cancel)
    {
        var keys = deliveries.Select(d => d.Key).ToArray();
        var opened = await connection.Command(
                """
                with wanted as (
                    select * from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::bigint[], $6::jsonb[], $7::numeric[], $8::text[], $9::text[], $10::text[])
                        as w (key, connection_id, flow_id, kind, document_version, arguments, value, currency, trace_id, trace_span)),
                intended as (
                    insert into posting (key, flow_id, connection_id, kind, document_version, value, currency)
                    select key, flow_id, connection_id, kind, document_version, value, currency from wanted
                    on conflict (key) do update
                    set state = 'intended', document_version = excluded.document_version, value = excluded.value, currency = excluded.currency, connection_id = excluded.connection_id,
                        intended_at = now(), settled_at = null
                    where posting.state = 'withdrawn' and posting.flow_id = excluded.flow_id
                    returning key),
                queued as (
                    insert into delivery (posting_key, connection_id, flow_id, kind, document_version, arguments, value, currency, trace_id, trace_span)
                    select w.key, w.connection_id, w.flow_id, w.kind, w.document_version, w.arguments, w.value, w.currency, w.trace_id, w.trace_span
                    from wanted w join intended using (key) order by w.flow_id)
                select key from intended
                """,
                Sql.Of(keys), Sql.Of(deliveries.Select(d => d.ConnectionId).ToArray()), Sql.Of(deliveries.Select(d => d.FlowId).ToArray()),
                Sql.Of(deliveries.Select(d => d.Kind).ToArray()), Sql.Of(deliveries.Select(d => d.DocumentVersion).ToArray()),
                Sql.Jsons([.. deliveries.Select(d => d.Arguments)]), Sql.Of(deliveries.Select(d => d.Value).ToArray()),
                Sql.Of(deliveries.Select(d => d.Currency).ToArray()), Sql.Of(deliveries.Select(d => TraceColumns.Id(d.Trace)).ToArray()),
                Sql.Of(deliveries.Select(d => TraceColumns.Span(d.Trace)).ToArray()))
            .ListAsync(r => r.GetString(0), cancel);
        var old = keys.Except(opened, StringComparer.Ordinal).ToArray();
        return old.Length == 0
            ? []
            : await connection.Command("select key, flow_id, kind, state, reference, number, facts::text from posting where key = any($1)", Sql.Of(old))
                .ListAsync(r => new PostingRow(r.GetString(0), r.GetInt64(1), r.GetString(2), r.GetString(3), r.Maybe<string>(4), r.Maybe<string>(5), r.Maybe<string>(6)), cancel);
    }

    /// <summary>Takes back deliveries that were never sent. Those with an open or unknown attempt stay: their outcome decides. Returns (flow, kind, key) of what was taken back.</summary>
    public static Task<List<(long FlowId, string Kind, string Key)>> WithdrawAsync(NpgsqlConnection connection, long[] flows, string[] kinds, CancellationToken cancel) =>
        connection.Command(
                """
                with gone as (
                    delete from delivery d using unnest($1::bigint[], $2::text[]) as w (flow_id, kind)
                    where d.flow_id = w.flow_id and d.kind = w.kind
                      and (d.state = 0 or (d.state = 3 and exists (select 1 from posting p where p.key = d.posting_key and p.state = 'refused')))
                    returning d.flow_id, d.kind, d.posting_key),
                marked as (
                    update posting p set state = 'withdrawn', settled_at = now() from gone g where p.key = g.posting_key)
                select flow_id, kind, posting_key from gone
                """,
                Sql.Of(flows), Sql.Of(kinds))
            .ListAsync(r => (r.GetInt64(0), r.GetString(1), r.GetString(2)), cancel);

    /// <summary>Locks those deliveries that this claim still owns, in id order.</summary>
    public static Task<List<long>> HoldAsync(NpgsqlConnection connection, long[] ids, long[] fences, CancellationToken cancel) =>
        connection.Command(
                """
                select d.id from delivery d join unnest($1::bigint[], $2::bigint[]) as mine (id, fence) on d.id = mine.id and d.fence = mine.fence
                order by d.id for update of d
                """,
                Sql.Of(ids), Sql.Of(fences))
            .ListAsync(r => r.GetInt64(0), cancel);

    /// <summary>The target confirmed: the delivery is over, the posting stands for ever, and a case about it is solved; proven only if what was read back does not differ from what was meant.</summary>
    public static Task SettleAsync(NpgsqlConnection connection, IReadOnlyList<SettledPosting> settled, CancellationToken cancel) =>
        connection.Command(
                """
                with done as (
                    select * from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::jsonb[]) as s (id, key, reference, number, facts)),
                gone as (
                    delete from delivery d using done where d.id = done.id),
                solved as (
                    update exception_case c
                    set state = 'resolved', closed_at = now(), closed_by = 'tower', proven = done.facts ->> 'proof.differs' is null,
                        resolution = left(case when c.accepted_at is null then 'The target confirmed it as ' else 'Read back from the target as ' end || coalesce(done.number, done.reference)
                            || coalesce('. It differs from what was meant: ' || (done.facts ->> 'proof.differs'), '') || coalesce('. Compared: ' || (done.facts ->> 'proof.compared'), '')
                            || coalesce('. Not compared: ' || (done.facts ->> 'proof.left'), ''), 1000), version = c.version + 1
                    from done where c.subject = 'posting/' || done.key and c.state in ('open', 'retrying'))
                update posting p set state = 'confirmed', reference = done.reference, number = done.number, facts = done.facts, settled_at = now()
                from done where p.key = done.key
                """,
                Sql.Of(settled.Select(s => s.DeliveryId).ToArray()), Sql.Of(settled.Select(s => s.Key).ToArray()), Sql.Of(settled.Select(s => s.Reference).ToArray()),
                Sql.Of(settled.Select(s => s.Number).ToArray()), Sql.Jsons([.. settled.Select(s => s.Facts)]))
            .ExecuteAsync(cancel);

    /// <summary>The target refused: the delivery waits for a person, its key kept.</summary>
    public static Task RefuseAsync(NpgsqlConnection connection, long[] ids, string[] keys, string[] failures, string[] messages, CancellationToken cancel) =>
        connection.Command(
                """
                with refused as (
                    select * from unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) as r (id, key, failure, message)),
                held as (
                    update delivery d set state = 3, last_failure = r.failure, last_message = left(r.message, 500)
                    from refused r where d.id = r.id)
                update posting p set state = 'refused' from refused r where p.key = r.key
                """,
                Sql.Of(ids), Sql.Of(keys), Sql.Of(failures), Sql.Of(messages))
            .ExecuteAsync(cancel);
}
