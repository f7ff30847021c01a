namespace ControlTower.Verify.Invariants;

/// <summary>Key figures of the last days are what was measured, and what was measured is what the log says.</summary>
internal static class KpiInvariants
{
    public static IReadOnlyList<Invariant> All { get; } =
    [
        new("kpi-hours-add-up", "What an hour counts of a figure is the sum of what was measured in it, by number, by hits and by length.", """
            with fact as (
                select kpi, date_trunc('hour', at, 'UTC') as hour, slice, sum(weight) as n, coalesce(sum(weight) filter (where hit), 0) as hits, coalesce(sum(weight) filter (where until is not null), 0) as spans
                from kpi_fact where at > now() - interval '3 days' and (until is not null or hit is not null) group by 1, 2, 3),
            cell as (select kpi, hour, slice, n, hits from kpi_cell where hour > now() - interval '3 days' and n > 0 and kpi not like 'api-%'),
            mark as (select kpi, hour, slice, sum(n) as spans from kpi_mark where hour > now() - interval '3 days' group by 1, 2, 3 having sum(n) > 0)
            select kpi, hour, slice, f.n, c.n as counted, f.hits, c.hits as counted_hits, f.spans, m.spans as counted_spans
            from (select * from fact where hour > now() - interval '3 days') f full join cell c using (kpi, hour, slice) full join mark m using (kpi, hour, slice)
            where f.n is distinct from c.n or f.hits is distinct from c.hits or coalesce(f.spans, 0) <> coalesce(m.spans, 0)
            """, Needs: "kpi_fact"),
        new("kpi-facts-as-logged", "An order that has its number is not measured as one that waits for it, and one that waits is measured.", """
            select f.id::text as flow, k.until, e.at as acknowledged from flow f
            join lateral (select max(txid) as txid, max(seq) as seq, min(at) filter (where type = 'order.acknowledged') as at from event_log where flow_id = f.id) e on true
            join event_cursor c on c.follower = 'kpis' and e.txid < c.txid
            left join kpi_fact k on k.flow_id = f.id and k.kpi = 'order-acknowledgement'
            where f.kind = 'order-to-cash' and f.placed_at > now() - interval '3 days' and f.state is not null
              and coalesce(f.state->>'Mode', '') <> 'HandedOver' and coalesce(f.state->>'Test', '') <> 'true' and (k.flow_id is null or (e.at is not null and k.until is null))
            """, Needs: "kpi_fact"),
    ];
}
