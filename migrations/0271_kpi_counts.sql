-- As before, and what was counted is kept beside what the tower held at that moment, where it held anything before. A snapshot is taken over cell by cell: what was counted and what moved since. A cell of
-- which a newer or the same snapshot is known is left as it is ('older'); one that would leave more promises uncovered than there are now changes nothing ('promised'): somebody must free goods first.
-- Answers these cells alone.
create or replace function stock_snapshot(p_items jsonb, p_as_of timestamptz, p_source text)
returns table (sku text, location text, outcome text, counted integer, reserved integer)
language plpgsql as $$
#variable_conflict use_column
declare
    since bigint;
begin
    -- A clock that is ahead must not make sales of the next moment look counted.
    p_as_of := least(p_as_of, clock_timestamp());
    -- By time and not by id, whose index would be read from its beginning.
    since := (select min(id) from (select id from stock_ledger where at > p_as_of offset 0) moved);

    insert into stock (sku, location)
    select distinct i ->> 'sku', i ->> 'location' from jsonb_array_elements(p_items) i order by 1, 2
    on conflict do nothing;

    perform 1 from stock s join jsonb_array_elements(p_items) i on s.sku = i ->> 'sku' and s.location = i ->> 'location'
    order by s.sku collate "C", s.location collate "C" for no key update of s;

    return query
    with item as (select i ->> 'sku' as sku, i ->> 'location' as location, max((i ->> 'onHand')::integer) as on_hand from jsonb_array_elements(p_items) i group by 1, 2),
    replayed as (
        select i.sku, i.location, i.on_hand as counted, s.on_hand as before, s.reserved, s.oversold, s.safety, coalesce(s.counted_as_of >= p_as_of, false) as older,
            s.counted_as_of is not null or exists (select from stock_ledger g where g.sku = i.sku and g.location = i.location) as known,
            i.on_hand + coalesce((
                select sum(g.on_hand_delta) from stock_ledger g
                where g.sku = i.sku and g.location = i.location and g.id >= since and coalesce(g.happened_at, g.at) > p_as_of and g.reason <> 'count'), 0)::integer as on_hand
        from item i join stock s on s.sku = i.sku and s.location = i.location),
    judged as (select *, greatest(reserved - greatest(on_hand - safety, 0), 0) as uncovered from replayed),
    taken as (
        update stock s set on_hand = j.on_hand, oversold = j.uncovered, counted_as_of = p_as_of, updated_at = case when s.on_hand = j.on_hand then s.updated_at else now() end
        from judged j where not j.older and j.uncovered <= j.oversold and s.sku = j.sku and s.location = j.location),
    kept as (
        insert into stock_count (location, sku, counted, held, counted_at, by_name)
        select location, sku, on_hand, before, p_as_of, p_source from judged where known and not older
        on conflict do nothing),
    noted as (
        insert into stock_ledger (sku, location, on_hand_delta, reserved_delta, source, reason, happened_at)
        select sku, location, on_hand - before, 0, p_source, 'count', p_as_of from judged where not older and uncovered <= oversold and on_hand <> before)
    select sku, location, case when older then 'older' else 'promised' end, counted, reserved from judged where older or uncovered > oversold;
end $$;
