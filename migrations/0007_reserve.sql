-- Setting goods aside, giving them back and letting them go, for a whole batch of flows in one call. Each call first locks every stock row that it may touch in
-- one order, (sku, location) by bytes, so that two calls never wait for each other in a circle; then releases and commits, then reserves in the order of flow ids.

-- Where an order may be served from, best first. A shop's brand narrows the places; no brand means every brand.
create function stock_candidates(p_mode text, p_preferred text, p_brand text) returns text[]
language sql stable as $$
    select coalesce(array_agg(l.id order by
        (l.id = p_preferred) desc nulls last,
        (l.kind = case when p_mode = 'ShipFromStore' then 'store' else 'warehouse' end) desc,
        l.id collate "C"), '{}')
    from location l
    where (p_mode <> 'ClickAndCollect' or l.id = p_preferred)
      and (l.id = p_preferred or l.brand is null or coalesce(p_brand, '') = '' or l.brand = p_brand)
$$;

-- One flow's lines, all or none. Holding its goods already, it gets the same answer again. The caller holds the locks.
create function stock_reserve_one(p_flow bigint, p_lines jsonb, p_candidates text[], p_split boolean)
returns table (flow_id bigint, order_line_id text, sku text, location text, quantity integer, missing integer)
language plpgsql as $$
#variable_conflict use_column
begin
    if exists (select from reservation r where r.flow_id = p_flow and r.state = 'active') then
        return query select r.flow_id, r.order_line_id, r.sku, r.location, r.quantity, 0 from reservation r where r.flow_id = p_flow and r.state = 'active' order by r.id;
        return;
    end if;

    return query
    with line as (
        select x.n, x.v ->> 'line' as order_line_id, x.v ->> 'sku' as sku, (x.v ->> 'quantity')::bigint as quantity
        from jsonb_array_elements(p_lines) with ordinality as x (v, n)),
    need as (select sku, sum(quantity) as wanted from line group by sku),
    free as (
        select n.sku, n.wanted, c.location, c.ord, greatest(greatest(s.on_hand - s.safety, 0) - s.reserved, 0) as free
        from need n cross join unnest(p_candidates) with ordinality as c (location, ord)
        join stock s on s.sku = n.sku and s.location = c.location),
    whole as (  -- one parcel is better than two: the first place that can give everything
        select location from free group by location, ord
        having count(*) filter (where free >= wanted) = (select count(*) from need) order by ord limit 1),
    usable as (
        select * from free where location = (select location from whole) or (p_split and not exists (select from whole))),
    take as (
        select sku, location, ord, least(free, greatest(wanted - before, 0)) as quantity, before
        from (select u.*, coalesce(sum(free) over (partition by sku order by ord rows between unbounded preceding and 1 preceding), 0) as before from usable u) u),
    lacking as (
        select n.sku, n.wanted, n.wanted - coalesce(sum(t.quantity), 0) as missing
        from need n left join take t on t.sku = n.sku group by n.sku, n.wanted having coalesce(sum(t.quantity), 0) < n.wanted),
    line_span as (
        select *, sum(quantity) over (partition by sku order by n) - quantity as low, sum(quantity) over (partition by sku order by n) as high from line),
    take_span as (select *, before as low, before + quantity as high from take where quantity > 0),
    part as (  -- lines and places laid side by side per SKU: where they overlap, that place serves that line
        select l.order_line_id, l.sku, t.location, (least(l.high, t.high) - greatest(l.low, t.low))::integer as quantity, l.n, t.ord
        from line_span l join take_span t on t.sku = l.sku and l.low < t.high and t.low < l.high
        where not exists (select from lacking)),
    held as (
        insert into reservation (flow_id, order_line_id, sku, location, quantity)
        select p_flow, order_line_id, sku, location, quantity from part order by n, ord),
    total as (select sku, location, sum(quantity)::integer as quantity from part group by sku, location),
    counted as (
        update stock s set reserved = s.reserved + t.quantity, updated_at = now() from total t where s.sku = t.sku and s.location = t.location),
    noted as (
        insert into stock_ledger (sku, location, on_hand_delta, reserved_delta, source, reason)
        select sku, location, 0, quantity, 'flow/' || p_flow, 'reserve' from total)
    select p_flow, order_line_id, sku, location, quantity, 0 from part
    union all
    select p_flow, null, sku, null, least(wanted, 2147483647)::integer, least(missing, 2147483647)::integer from lacking;
end $$;

-- Ends what flows hold, each reservation once: a second call finds nothing active.
create function stock_end(p_flows bigint[], p_state text) returns void
language sql as $$
    with ended as (
        update reservation set state = p_state, ended_at = now() where flow_id = any (p_flows) and state = 'active' returning flow_id, sku, location, quantity),
    total as (select sku, location, sum(quantity)::integer as quantity from ended group by sku, location),
    counted as (
        update stock s set reserved = s.reserved - t.quantity, on_hand = s.on_hand - case when p_state = 'committed' then t.quantity else 0 end, updated_at = now()
        from total t where s.sku = t.sku and s.location = t.location)
    insert into stock_ledger (sku, location, on_hand_delta, reserved_delta, source, reason)
    select sku, location, case when p_state = 'committed' then -sum(quantity) else 0 end, -sum(quantity), 'flow/' || flow_id,
        case when p_state = 'committed' then 'commit' else 'release' end
    from ended group by flow_id, sku, location
$$;

-- p_reserve: [{"flow": 1, "mode": "Ship", "preferred": null, "candidates": null, "lines": [{"line": "1", "sku": "A", "quantity": 2}]}].
-- Answers one row per reserved part (missing = 0) or per SKU that is short (location null).
create function stock_apply(p_release bigint[], p_commit bigint[], p_reserve jsonb)
returns table (flow_id bigint, order_line_id text, sku text, location text, quantity integer, missing integer)
language plpgsql as $$
#variable_conflict use_column
declare
    request record;
begin
    perform 1 from stock s
    where s.sku in (
        select l ->> 'sku' from jsonb_array_elements(p_reserve) r, jsonb_array_elements(r -> 'lines') l
        union select v.sku from reservation v where v.flow_id = any (p_release || p_commit) and v.state = 'active')
    order by s.sku collate "C", s.location collate "C"
    for no key update;

    if cardinality(p_release) > 0 then
        perform stock_end(p_release, 'released');
    end if;
    if cardinality(p_commit) > 0 then
        perform stock_end(p_commit, 'committed');
    end if;

    for request in
        select (r ->> 'flow')::bigint as flow, r -> 'lines' as lines, r ->> 'mode' as mode, r ->> 'preferred' as preferred,
            case when jsonb_typeof(r -> 'candidates') = 'array' then array(select jsonb_array_elements_text(r -> 'candidates')) end as candidates
        from jsonb_array_elements(p_reserve) r order by 1
    loop
        return query select * from stock_reserve_one(request.flow, request.lines,
            coalesce(request.candidates, stock_candidates(request.mode, request.preferred, (select f.brand from flow f where f.id = request.flow))),
            request.mode <> 'ClickAndCollect');
    end loop;
end $$;

-- Sets what is there, as counted. A count below what is already promised changes nothing and is handed back: somebody must free goods first.
create function stock_count(p_items jsonb, p_source text) returns table (sku text, location text, counted integer, reserved integer)
language plpgsql as $$
#variable_conflict use_column
begin
    insert into stock (sku, location)
    select distinct i ->> 'sku', i ->> 'location' from jsonb_array_elements(p_items) i order by 1, 2
    on conflict do nothing;

    perform 1 from stock s join jsonb_array_elements(p_items) i on s.sku = i ->> 'sku' and s.location = i ->> 'location'
    order by s.sku collate "C", s.location collate "C" for no key update of s;

    return query
    with item as (select i ->> 'sku' as sku, i ->> 'location' as location, max((i ->> 'onHand')::integer) as on_hand from jsonb_array_elements(p_items) i group by 1, 2),
    judged as (
        select i.*, s.on_hand as before, s.reserved, s.reserved <= greatest(i.on_hand - s.safety, 0) as possible
        from item i join stock s on s.sku = i.sku and s.location = i.location),
    counted as (
        update stock s set on_hand = j.on_hand, updated_at = now() from judged j where j.possible and s.sku = j.sku and s.location = j.location and j.on_hand <> j.before),
    noted as (
        insert into stock_ledger (sku, location, on_hand_delta, reserved_delta, source, reason)
        select sku, location, on_hand - before, 0, p_source, 'count' from judged where possible and on_hand <> before)
    select sku, location, on_hand, reserved from judged where not possible;
end $$;
