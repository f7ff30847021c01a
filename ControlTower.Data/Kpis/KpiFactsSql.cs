namespace ControlTower.Data.Kpis;

/// <summary>The statement that reckons flows anew: what is measured of them now, against what was stored, and the difference carried into hours. $1: ids of flows.</summary>
internal static class KpiFactsSql
{
    // A return's end may change what is said of its order: damage is found at inspection. Flow and steps are one row: two lists of thousands joined by a plan that takes them for few are read a million times.
    private const string Due = """
        asked as materialized (
            select x as id from unnest($1::bigint[]) x union select (r.state->>'OrderFlow')::bigint from flow r where r.id = any($1) and r.kind = 'return-to-refund' and r.state->>'OrderFlow' <> '0'),
        due as materialized (
            select f.id, f.kind, f.source, f.brand, f.erp, f.status, coalesce(f.state->>'Mode', 'Ship') as mode, coalesce(f.state->>'Pickup', '') as pickup, coalesce(f.state->>'Store', '') as store, f.state,
                   greatest(coalesce(f.placed_at, f.created_at), c.created_at) as placed_at, s.*
            from asked a join flow f on f.id = a.id join connection c on c.id = f.source cross join lateral (
                select min(e.at) filter (where e.type = 'order.posted') as posted, min(e.at) filter (where e.type = 'order.acknowledged') as acknowledged,
                    min(e.at) filter (where e.type in ('order.cancelled', 'order.acknowledgement-forgone')) as given_up, min(e.at) filter (where e.type = 'order.cancelled') as cancelled,
                    min(e.at) filter (where e.type = 'order.shipped') as shipped, bool_or(e.type = 'order.shipped' and e.detail = 'fewer than ordered') as shipped_fewer,
                    min(e.at) filter (where e.type = 'order.invoiced') as invoiced, min(e.at) filter (where e.type = 'order.completed') as completed,
                    bool_or(e.type in ('order.short', 'order.oversold')) as lacked,
                    min(e.at) filter (where e.type = 'return.received') as received, min(e.at) filter (where e.type = 'return.inspected') as inspected,
                    min(e.at) filter (where e.type = 'return.credited' or (e.type = 'return.settled-by-hand' and e.detail like 'Credit by %')) as credited,
                    min(e.at) filter (where e.type = 'return.refunded' or (e.type = 'return.settled-by-hand' and e.detail like 'Refund by %')) as refunded,
                    min(e.at) filter (where e.type = 'return.channel-told' or (e.type = 'return.settled-by-hand' and e.detail like 'Tell by %')) as told, min(e.at) filter (where e.type = 'return.closed') as closed,
                    min(e.at) filter (where e.type in ('return.refused', 'return.cancelled')) as ended, (array_agg(e.reference order by e.step) filter (where e.type = 'return.received'))[1] as received_at
                from event_log e where e.flow_id = f.id) s
            where f.state is not null and f.state->>'Test' is distinct from 'true')
        """;

    public static string Reckon { get; } = $"""
        with {Due},
        said as materialized (
            {string.Join("\nunion all\n", KpiCatalogue.All.Where(k => k.Source is KpiSource.Facts).Select(k => $"select '{k.Id}' as kpi, x.* from ({((KpiSource.Facts)k.Source).Sql}) x"))}),
        slices as materialized (
            select s.*, kpi_slice_of(s.brand, s.channel, s.store, s.system) as slice from (select distinct brand, channel, store, system from said) s),
        fresh as materialized (
            select flow_id, kpi, subject, slice, at, case when until is not null then greatest(at, until) end as until, hit, weight from said join slices using (brand, channel, store, system)),
        old as materialized (
            select o.flow_id, o.kpi, o.subject, o.slice, o.at, o.until, o.hit, o.weight from asked a join kpi_fact o on o.flow_id = a.id
            where not (o.kpi = 'failed-first-pass' and o.at < kpi_calls_known())),
        came as materialized (select * from fresh except select * from old),
        went as materialized (select * from old except select * from fresh),
        dropped as (
            delete from kpi_fact f using went w where (f.flow_id, f.kpi, f.subject) = (w.flow_id, w.kpi, w.subject) and not exists (select from came c where (c.flow_id, c.kpi, c.subject) = (w.flow_id, w.kpi, w.subject))),
        stored as (
            insert into kpi_fact (flow_id, kpi, subject, slice, at, until, hit, weight) select * from came
            on conflict (flow_id, kpi, subject) do update set slice = excluded.slice, at = excluded.at, until = excluded.until, hit = excluded.hit, weight = excluded.weight),
        moved as materialized (
            select 1 as sign, * from came where until is not null or hit is not null union all select -1, * from went where until is not null or hit is not null),
        -- What only takes away changes rows that are there: an insertion would be checked before it is found to be none.
        mark_moves as materialized (
            select kpi, date_trunc('hour', at, 'UTC') as hour, slice, kpi_mark_of(kpi_seconds(at, until)) as mark, sum(sign * weight) as n from moved where until is not null group by 1, 2, 3, 4 having sum(sign * weight) <> 0),
        marks_less as (
            update kpi_mark m set n = m.n + x.n from mark_moves x where x.n < 0 and (m.kpi, m.hour, m.slice, m.mark) = (x.kpi, x.hour, x.slice, x.mark)),
        marks_more as (
            insert into kpi_mark as m (kpi, hour, slice, mark, n) select * from mark_moves where n > 0
            on conflict (kpi, hour, slice, mark) do update set n = m.n + excluded.n),
        cell_moves as materialized (
            select kpi, date_trunc('hour', at, 'UTC') as hour, slice, sum(sign * weight) as n, coalesce(sum(sign * weight) filter (where hit), 0) as hits,
                   coalesce(sum(sign * weight * extract(epoch from until - at)), 0) as seconds
            from moved group by 1, 2, 3),
        cells_less as (
            update kpi_cell c set n = c.n + x.n, hits = c.hits + x.hits, seconds = c.seconds + x.seconds
            from cell_moves x where (x.n <= 0 or x.hits < 0 or x.hits > x.n) and (c.kpi, c.hour, c.slice) = (x.kpi, x.hour, x.slice)),
        cells_more as (
            insert into kpi_cell as c (kpi, hour, slice, n, hits, seconds) select * from cell_moves where n > 0 and hits between 0 and n
            on conflict (kpi, hour, slice) do update set n = c.n + excluded.n, hits = c.hits + excluded.hits, seconds = c.seconds + excluded.seconds)
        select (select count(*) from came) + (select count(*) from went)
        """;
}
