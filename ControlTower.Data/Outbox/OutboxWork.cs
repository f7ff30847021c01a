using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.Outbox;

/// <summary>Open deliveries as the owner of a connection works them. Every write names the fence of its claim: who lost the claim changes nothing.</summary>
public static class OutboxWork
{
    // Live before deferred before replay before batch; in order within a lane. What another process left open is picked up like what is unknown: it is looked up, not resent.
    // Orders and documents are looked up one by one, by key, for whatever the planner thinks of their number: it would read all of history for each claim.
    // Of the connection's mappings come those alone that this document or its arguments may need: there can be many, and each arm is found by the whole index.
    private const string Claim = """
        with picked as (
            select d.id, d.state, d.flow_id, d.document_version from delivery d
            where d.connection_id = $1 and d.state < 3 and d.due_at <= now() and d.id <> all($4) and d.lane <= $6
              and exists (select 1 from connection_gate g where g.connection_id = $1 and g.owner = $2 and g.fence = $3 and g.lease_until > now())
            order by d.lane, d.id
            limit $5
            for update of d skip locked)
        update delivery d
        set fence = d.fence + 1,
            state = case when p.state = 0 then 1 else d.state end,
            attempts = d.attempts + case when p.state = 0 then 1 else 0 end,
            lookups = d.lookups + case when p.state = 0 then 0 else 1 end,
            first_sent_at = coalesce(d.first_sent_at, now()),
            last_sent_at = case when p.state = 0 then now() else d.last_sent_at end
        from picked p
        cross join lateral (select * from flow x where x.id = p.flow_id limit 1) f
        left join lateral (select * from order_document x where x.flow_id = p.flow_id and x.version = p.document_version limit 1) o on true
        left join lateral (
            select * from posting_revision x where x.flow_id = p.flow_id and x.document_version = p.document_version and x.undone_at is null order by x.revision desc limit 1) r on true
        where d.id = p.id
        returning d.id, d.fence, d.posting_key, d.connection_id, d.flow_id, d.kind, d.lane, p.state, d.document_version, d.arguments::text, d.attempts, d.lookups, d.last_sent_at,
            d.created_at, f.source, f.source_id, f.brand, f.name, coalesce(r.body, o.body)::text, d.trace_id, d.trace_span, now(),
            (select jsonb_object_agg(m.kind || '/' || m.from_value, m.to_value) from (
                select kind, from_value, to_value from mapping where connection_id = $1 and removed_at is null and kind in ('location', 'tax')
                union all
                select kind, from_value, to_value from mapping
                where connection_id = $1 and removed_at is null and kind = 'customer' and from_value = f.source || '/' || (coalesce(r.body, o.body) #>> '{buyer,id}')
                union all
                select kind, from_value, to_value from mapping
                where connection_id = $1 and removed_at is null and kind = 'sku' and from_value = any(array(
                    select jsonb_path_query(coalesce(r.body, o.body), '$.lines[*].sku') #>> '{}' union all select jsonb_path_query(d.arguments, '$.*[*].sku') #>> '{}'))) m)::text
        """;

    /// <summary>
    /// Claims deliveries for a connection whose gate this node holds. The attempt is counted before it is made. Nothing is claimed if the gate is lost.
    /// </summary>
    /// <param name="inFlight">Deliveries that this process is working on.</param>
    /// <param name="lanes">Highest lane to serve.</param>
    public static async Task<List<ClaimedDelivery>> ClaimAsync(
        NpgsqlDataSource data, string connectionId, Guid node, long gateFence, long[] inFlight, int limit, DeliveryLane lanes, CancellationToken cancel)
    {
        var claimed = await data.Command(Claim, Sql.Of(connectionId), Sql.Of(node), Sql.Of(gateFence), Sql.Of(inFlight), Sql.Of(limit), Sql.Of((short)lanes)).ListAsync(
            r => new ClaimedDelivery(
                r.GetInt64(0), r.GetInt64(1), r.GetString(2), r.GetString(3), r.GetInt64(4), r.GetString(5), (DeliveryLane)r.GetInt16(6), (DeliveryState)r.GetInt16(7),
                r.GetInt64(8), r.Maybe<string>(9), r.GetInt32(10), r.GetInt32(11), r.IsDBNull(12) ? null : r.GetFieldValue<DateTimeOffset>(12), r.GetFieldValue<DateTimeOffset>(13),
                r.GetString(14), r.GetString(15), r.GetString(16), r.GetString(17), r.Maybe<string>(18), TraceColumns.Read(r, 19, 20), r.GetFieldValue<DateTimeOffset>(21))
            { Mappings = r.Maybe<string>(22) },
            cancel);
        claimed.Sort((a, b) => a.Lane != b.Lane ? a.Lane.CompareTo(b.Lane) : a.Id.CompareTo(b.Id));
        return claimed;
    }

    /// <summary>Opens a new attempt at what was sent before. False if the claim is lost: nothing may be sent.</summary>
    /// <param name="absent">A look-up proved that no earlier attempt took effect. Else one may have, and stays of unknown outcome whatever becomes of the new one.</param>
    public static async Task<bool> OpenAttemptAsync(NpgsqlDataSource data, ClaimedDelivery claim, bool absent, CancellationToken cancel) =>
        await data.Command(
                """
                with opened as (
                    update delivery set state = 1, attempts = attempts + 1, last_sent_at = now() where id = $1 and fence = $2 and state in (1, 2) returning posting_key),
                marked as (
                    update posting p set state = case when $3 then 'intended' else 'unknown' end from opened o where p.key = o.posting_key and p.state in ('intended', 'unknown'))
                select count(*) from opened
                """,
                Sql.Of(claim.Id), Sql.Of(claim.Fence), Sql.Of(absent))
            .ListAsync(r => r.GetInt64(0), cancel) is [1];

    /// <summary>
    /// This attempt certainly did not happen: due again later. One that failed because the target is away does not count. If an earlier attempt may have taken effect, the
    /// delivery stays of unknown outcome, so that nobody takes it back.
    /// </summary>
    public static Task<int> PostponeAsync(
        NpgsqlDataSource data, ClaimedDelivery claim, TimeSpan pause, bool counts, string failure, string message, bool defer, CancellationToken cancel) =>
        data.Command(
                """
                update delivery d set state = case p.state when 'unknown' then 2 else 0 end, due_at = now() + $3, attempts = d.attempts - case when $4 then 0 else 1 end,
                    last_failure = $5, last_message = left($6, 500), lane = case when $7 and d.lane = 0 then 1 else d.lane end
                from posting p where d.id = $1 and d.fence = $2 and p.key = d.posting_key
                """,
                Sql.Of(claim.Id), Sql.Of(claim.Fence), Sql.Of(pause), Sql.Of(counts), Sql.Of(failure), Sql.Of(message), Sql.Of(defer))
            .ExecuteAsync(cancel);

    /// <summary>It was sent and nobody knows whether it happened: looked up after the pause. An attempt that failed because the target is away does not count.</summary>
    public static Task<int> SuspectAsync(NpgsqlDataSource data, ClaimedDelivery claim, TimeSpan pause, string message, bool counts, CancellationToken cancel) =>
        UnknownAsync(data, claim, pause, message, counts ? 0 : 1, 0, cancel);

    /// <summary>A look-up did not decide: asked again after the pause. One that failed because the target is away does not count.</summary>
    public static Task<int> LookAgainAsync(NpgsqlDataSource data, ClaimedDelivery claim, TimeSpan pause, string message, bool counts, CancellationToken cancel) =>
        UnknownAsync(data, claim, pause, message, 0, counts ? 0 : 1, cancel);

    /// <summary>Out of attempts, undecided for too long or not applicable: waits for a person, inside the caller's transaction. 0 if the claim is lost.</summary>
    /// <param name="perhapsDone">The posting is of unknown outcome from here on: whoever takes it up again looks it up first.</param>
    public static async Task<int> HoldForPersonAsync(
        NpgsqlConnection connection, ClaimedDelivery claim, string failure, string message, bool perhapsDone, CancellationToken cancel)
    {
        var held = await connection.Command(
                "update delivery set state = 3, last_failure = $3, last_message = left($4, 500) where id = $1 and fence = $2",
                Sql.Of(claim.Id), Sql.Of(claim.Fence), Sql.Of(failure), Sql.Of(message))
            .ExecuteAsync(cancel);
        if (held == 1 && perhapsDone)
        {
            await connection.Command("update posting set state = 'unknown' where key = $1", Sql.Of(claim.Key)).ExecuteAsync(cancel);
        }

        return held;
    }

    /// <summary>The target is down: what waits for it goes to the deferred lane, so that new orders pass it when the target is back.</summary>
    public static Task<int> DeferAsync(NpgsqlDataSource data, string connectionId, CancellationToken cancel) =>
        data.Command("update delivery set lane = 1 where connection_id = $1 and lane = 0 and state < 3", Sql.Of(connectionId)).ExecuteAsync(cancel);

    // What is not counted was the target's trouble: such work is deferred with it.
    private static Task<int> UnknownAsync(
        NpgsqlDataSource data, ClaimedDelivery claim, TimeSpan pause, string message, int attempts, int lookUps, CancellationToken cancel) =>
        data.Command(
                """
                with suspected as (
                    update delivery set state = 2, due_at = now() + $3, last_failure = 'unknown-outcome', last_message = left($4, 500), attempts = attempts - $5, lookups = lookups - $6,
                        lane = case when $5 + $6 > 0 and lane = 0 then 1 else lane end
                    where id = $1 and fence = $2 returning posting_key)
                update posting p set state = 'unknown' from suspected s where p.key = s.posting_key
                """,
                Sql.Of(claim.Id), Sql.Of(claim.Fence), Sql.Of(pause), Sql.Of(message), Sql.Of(attempts), Sql.Of(lookUps))
            .ExecuteAsync(cancel);
}
