-- p_asks: [{"id", "kind", "channel", "mode", "preferred", "split", "reference", "client", "asked", "seconds", "total", "lines": [{"line", "sku", "quantity"}]}], each id once;
-- "total": all pieces of its lines. Answers per wish: 'held' with its parts, 'short' with what is missing per SKU, 'reused' if the id stands for another wish,
-- 'ended' if it was held once and is not any more, 'uncertain' for each SKU of a pick-up whose count at its place has been wrong
-- again and again: nothing else could serve it. A wish that is repeated is answered as the first time.
create or replace function stock_hold_many(p_asks jsonb)
returns table (id uuid, outcome text, order_line_id text, sku text, location text, quantity integer, missing integer, expires_at timestamptz)
language plpgsql as $$
#variable_conflict use_column
declare
    wanted  text[];
    fresh   jsonb[];
    settled uuid[] := '{}';
    run     record;
    ask     jsonb;
    places  text[];
    free    bigint;
begin
    -- Gathered first: as a subquery it is taken for thousands of SKUs, and the whole table is read. Where nothing is free, nothing can be had: these rows are left to others.
    wanted := array(select distinct l ->> 'sku' from jsonb_array_elements(p_asks) a, jsonb_array_elements(a -> 'lines') l);
    perform 1 from stock s where s.sku = any (wanted) and s.on_hand - s.safety > s.reserved
    order by s.sku collate "C", s.location collate "C"
    for no key update;

    select coalesce(array_agg(a order by n), '{}') into fresh
    from jsonb_array_elements(p_asks) with ordinality as x (a, n)
    where not exists (select from stock_hold h where h.id = (a ->> 'id')::uuid offset 0);

    if exists (select from unnest(fresh) a where a ->> 'kind' = 'pickup') then
        return query
            select (a ->> 'id')::uuid, 'uncertain', null::text, l.sku, a ->> 'preferred', 0, 0, null::timestamptz
            from unnest(fresh) a cross join lateral (select distinct l ->> 'sku' as sku from jsonb_array_elements(a -> 'lines') l) l
            where a ->> 'kind' = 'pickup' and exists (select from drift_buffer d where d.sku = l.sku and d.location = a ->> 'preferred');
        fresh := array(
            select a from unnest(fresh) with ordinality as x (a, n)
            where a ->> 'kind' <> 'pickup'
               or not exists (select from jsonb_array_elements(a -> 'lines') l join drift_buffer d on d.sku = l ->> 'sku' and d.location = a ->> 'preferred')
            order by n);
    end if;

    for run in
        select array_agg(a order by n) as asks, sku, channel, mode, preferred
        from (select a, n, a ->> 'channel' as channel, a ->> 'mode' as mode, a ->> 'preferred' as preferred,
                     (select min(l ->> 'sku') from jsonb_array_elements(a -> 'lines') l having count(distinct l ->> 'sku') = 1) as sku
              from unnest(fresh) with ordinality as x (a, n)) one
        where sku is not null group by sku, channel, mode, preferred order by min(n)
    loop
        places := stock_candidates(run.mode, run.preferred, (select c.brand from connection c where c.id = run.channel));
        settled := settled || array(select * from stock_hold_run(run.asks, run.sku, run.channel, places));
        continue when not exists (select from unnest(run.asks) a where (a ->> 'id')::uuid <> all (settled));

        -- Sold out is said to all at once, too.
        free := (select coalesce(sum(o.free), 0) from stock_offer(run.channel, array[run.sku]) o where o.location = any (places));
        return query
            select (a ->> 'id')::uuid, 'short', null::text, run.sku, null::text, (a ->> 'total')::integer,
                (case when (a ->> 'split')::boolean then (a ->> 'total')::bigint - free else (a ->> 'total')::bigint end)::integer, null::timestamptz
            from unnest(run.asks) a where (a ->> 'total')::bigint > free and (a ->> 'id')::uuid <> all (settled);
        settled := settled || array(select (a ->> 'id')::uuid from unnest(run.asks) a where (a ->> 'total')::bigint > free);
    end loop;

    foreach ask in array fresh loop
        continue when (ask ->> 'id')::uuid = any (settled);
        places := stock_candidates(ask ->> 'mode', ask ->> 'preferred', (select c.brand from connection c where c.id = ask ->> 'channel'));
        return query
            select (ask ->> 'id')::uuid, 'short', null::text, p.sku, null::text, p.quantity, p.missing, null::timestamptz
            from stock_hold_one((ask ->> 'id')::uuid, ask, places) p where p.missing > 0;
    end loop;

    return query
    select h.id, case when h.asked <> decode(a ->> 'asked', 'hex') then 'reused' when h.state = 'active' then 'held' else 'ended' end,
        r.order_line_id, r.sku, r.location, coalesce(r.quantity, 0), 0, h.expires_at
    -- Row by row: the plan is kept, and may have been made while the tables were empty.
    from jsonb_array_elements(p_asks) a
    cross join lateral (select * from stock_hold h where h.id = (a ->> 'id')::uuid offset 0) h
    left join lateral (select * from reservation r where r.hold_id = h.id offset 0) r on true
    order by r.id;
end $$;
