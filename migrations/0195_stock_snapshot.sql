-- What was counted elsewhere carries the moment for which it is true. What moved since is replayed on top of it, so that a snapshot that was read before a sale does not take that sale back; and a sale
-- at a till that is heard of after a count which had seen it already is not taken off twice.
alter table stock add column counted_as_of timestamptz;
alter table stock_ledger add column happened_at timestamptz;  -- where that is not when it was written
-- Each look at what moved since a moment begins here; it costs a write next to nothing.
create index stock_ledger_time on stock_ledger using brin (at) with (autosummarize = on);

drop function stock_take_one(bigint, jsonb, text);

-- As before; p_at: when the goods were sold. Null: nobody knows, and no count can have seen it.
create function stock_take_one(p_flow bigint, p_lines jsonb, p_location text, p_at timestamptz)
returns table (flow_id bigint, order_line_id text, sku text, location text, quantity integer, missing integer)
language plpgsql as $$
#variable_conflict use_column
begin
    return query
    with line as (
        select x.n, x.v ->> 'line' as order_line_id, x.v ->> 'sku' as sku, (x.v ->> 'quantity')::integer as quantity
        from jsonb_array_elements(p_lines) with ordinality as x (v, n)
        where not exists (select from reservation r where r.flow_id = p_flow and r.order_line_id = x.v ->> 'line' and r.state = 'committed' and r.reserved_at = r.ended_at)),
    total as (select sku, sum(quantity)::integer as quantity from line group by sku),
    taken as (
        insert into reservation (flow_id, order_line_id, sku, location, quantity, state, reserved_at, ended_at)
        select p_flow, order_line_id, sku, p_location, quantity, 'committed', now(), now() from line order by n),
    counted as (
        update stock s set updated_at = now(),
            on_hand = s.on_hand - case when p_at <= s.counted_as_of then 0 else t.quantity end,
            oversold = case when p_at <= s.counted_as_of then s.oversold else greatest(s.oversold, s.reserved - greatest(s.on_hand - t.quantity - s.safety, 0)) end
        from total t where s.sku = t.sku and s.location = p_location
        returning s.sku, t.quantity, coalesce(p_at <= s.counted_as_of, false) as seen, greatest(s.on_hand + t.quantity - s.reserved, 0) as free),
    noted as (
        insert into stock_ledger (sku, location, on_hand_delta, reserved_delta, source, reason, happened_at)
        select sku, p_location, -quantity, 0, 'flow/' || p_flow, 'commit', p_at from counted
        union all
        select sku, p_location, quantity, 0, 'flow/' || p_flow, 'count', p_at from counted where seen)
    select r.flow_id, r.order_line_id, r.sku, r.location, r.quantity, 0 from reservation r where r.flow_id = p_flow and r.state = 'committed' and r.reserved_at = r.ended_at
    union all
    select p_flow, order_line_id, sku, p_location, quantity, 0 from line
    union all
    select p_flow, null, sku, p_location, quantity, quantity - free from counted where not seen and free < quantity;
end $$;

-- Takes a snapshot over, cell by cell: what was counted and what moved since. A cell of which a newer or the same snapshot is known is left as it is ('older'); one that would leave more promises
-- uncovered than there are now changes nothing ('promised'): somebody must free goods first. Answers these cells alone.
create function stock_snapshot(p_items jsonb, p_as_of timestamptz, p_source text)
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
            i.on_hand + coalesce((
                select sum(g.on_hand_delta) from stock_ledger g
                where g.sku = i.sku and g.location = i.location and g.id >= since and coalesce(g.happened_at, g.at) > p_as_of and g.reason <> 'count'), 0)::integer as on_hand
        from item i join stock s on s.sku = i.sku and s.location = i.location),
    judged as (select *, greatest(reserved - greatest(on_hand - safety, 0), 0) as uncovered from replayed),
    taken as (
        update stock s set on_hand = j.on_hand, oversold = j.uncovered, counted_as_of = p_as_of, updated_at = case when s.on_hand = j.on_hand then s.updated_at else now() end
        from judged j where not j.older and j.uncovered <= j.oversold and s.sku = j.sku and s.location = j.location),
    noted as (
        insert into stock_ledger (sku, location, on_hand_delta, reserved_delta, source, reason, happened_at)
        select sku, location, on_hand - before, 0, p_source, 'count', p_as_of from judged where not older and uncovered <= oversold and on_hand <> before)
    select sku, location, case when older then 'older' else 'promised' end, counted, reserved from judged where older or uncovered > oversold;
end $$;

-- As before; p_at: when the goods of each flow left, in the place of its id. What a count had seen gone already is not taken off again.
drop function stock_end(bigint[], text);
create function stock_end(p_flows bigint[], p_state text, p_at timestamptz[] default null) returns void
language sql as $$
    with moment as (select flow_id, min(at) as at from unnest(p_flows, p_at) as m (flow_id, at) group by flow_id),
    ended as (
        update reservation r set state = p_state, ended_at = now() where r.flow_id = any (p_flows) and r.state = 'active' returning r.flow_id, r.sku, r.location, r.quantity),
    part as (
        select e.flow_id, e.sku, e.location, sum(e.quantity)::integer as quantity, m.at, coalesce(m.at <= s.counted_as_of, false) as seen
        from ended e join stock s on s.sku = e.sku and s.location = e.location left join moment m on m.flow_id = e.flow_id
        group by e.flow_id, e.sku, e.location, m.at, s.counted_as_of),
    total as (
        select sku, location, sum(quantity)::integer as quantity, (case when p_state = 'committed' then coalesce(sum(quantity) filter (where not seen), 0) else 0 end)::integer as gone
        from part group by sku, location),
    counted as (
        update stock s set reserved = s.reserved - t.quantity, on_hand = s.on_hand - t.gone, updated_at = now(),
            oversold = least(s.oversold, greatest(s.reserved - t.quantity - greatest(s.on_hand - t.gone - s.safety, 0), 0))
        from total t where s.sku = t.sku and s.location = t.location)
    insert into stock_ledger (sku, location, on_hand_delta, reserved_delta, source, reason, happened_at)
    select sku, location, case when p_state = 'committed' then -quantity else 0 end, -quantity, 'flow/' || flow_id,
        case when p_state = 'committed' then 'commit' else 'release' end, case when p_state = 'committed' then at end
    from part
    union all
    select sku, location, quantity, 0, 'flow/' || flow_id, 'count', at from part where p_state = 'committed' and seen
$$;

-- Holds of the orders that now reserve or were sold.
create function stock_bound(p_requests jsonb) returns uuid[]
language plpgsql stable as $$
begin
    return array(
        select h.id from jsonb_array_elements(p_requests) r
        cross join lateral (select * from flow f where f.id = (r ->> 'flow')::bigint and f.kind = 'order-to-cash' offset 0) f
        join stock_hold h on h.order_source = f.source and h.order_id = f.source_id and h.state = 'active' and h.order_id is not null);
end $$;

-- An order takes over what was held for it and reserves, in one moment: nobody comes between, and if it falls short, the hold stays as it was. The caller holds the locks.
create function stock_take_over(p_flow bigint, p_holds uuid[], p_lines jsonb, p_candidates text[], p_split boolean)
returns table (flow_id bigint, order_line_id text, sku text, location text, quantity integer, missing integer)
language plpgsql as $$
#variable_conflict use_column
declare
    answer jsonb;
begin
    begin
        perform stock_hold_end(p_holds, 'taken');
        answer := (select coalesce(jsonb_agg(a), '[]') from stock_reserve_one(p_flow, p_lines, p_candidates, p_split) a);
        if exists (select from jsonb_array_elements(answer) a where (a ->> 'missing')::integer > 0) then
            raise exception using errcode = 'CT001';
        end if;
    exception when sqlstate 'CT001' then
        null;  -- undone; the answer survives
    end;
    return query select * from jsonb_to_recordset(answer) as a (flow_id bigint, order_line_id text, sku text, location text, quantity integer, missing integer);
end $$;

drop function stock_apply(bigint[], bigint[], jsonb, jsonb);

-- As before; p_take may say when it was ("at"), p_committed when the goods of each flow of p_commit left.
create function stock_apply(p_release bigint[], p_commit bigint[], p_reserve jsonb, p_take jsonb default '[]', p_committed timestamptz[] default null)
returns table (flow_id bigint, order_line_id text, sku text, location text, quantity integer, missing integer)
language plpgsql as $$
#variable_conflict use_column
declare
    request record;
    places  text[];
    bound   uuid[];
    own     uuid[];
    skus    text[];
begin
    insert into stock (sku, location)
    select distinct l ->> 'sku', t ->> 'location' from jsonb_array_elements(p_take) t, jsonb_array_elements(t -> 'lines') l
    where exists (select from location p where p.id = t ->> 'location')
    order by 1, 2
    on conflict do nothing;

    bound := stock_bound(p_reserve || p_take);
    -- Gathered first: as a subquery it is taken for thousands of SKUs, and the whole table is read.
    skus := array(
        select l ->> 'sku' from jsonb_array_elements(p_reserve || p_take) r, jsonb_array_elements(r -> 'lines') l
        union select v.sku from reservation v where v.flow_id = any (p_release || p_commit) and v.state = 'active'
        union select v.sku from reservation v where v.hold_id = any (bound) and v.state = 'active');
    perform 1 from stock s where s.sku = any (skus)
    order by s.sku collate "C", s.location collate "C"
    for no key update;

    if cardinality(p_release) > 0 then
        perform stock_end(p_release, 'released');
    end if;
    if cardinality(p_commit) > 0 then
        perform stock_end(p_commit, 'committed', p_committed);
    end if;

    -- Looked for again behind the locks: one may have been bound to its order meanwhile. Whoever binds after this sees the order's reservation and ends the hold.
    bound := stock_bound(p_reserve || p_take);
    if cardinality(bound) > 0 then
        perform stock_hold_lock(bound);
        -- What was sold is gone, whoever held it.
        perform stock_hold_end(stock_bound(p_take), 'taken');
    end if;

    for request in
        select (t ->> 'flow')::bigint as flow, t -> 'lines' as lines, t ->> 'location' as place, (t ->> 'at')::timestamptz as sold_at from jsonb_array_elements(p_take) t
        where exists (select from location p where p.id = t ->> 'location') order by 1
    loop
        return query select * from stock_take_one(request.flow, request.lines, request.place, request.sold_at);
    end loop;

    for request in
        select (r ->> 'flow')::bigint as flow, r -> 'lines' as lines, r ->> 'mode' as mode, r ->> 'preferred' as preferred,
            case when jsonb_typeof(r -> 'candidates') = 'array' then array(select jsonb_array_elements_text(r -> 'candidates')) end as candidates
        from jsonb_array_elements(p_reserve) r order by 1
    loop
        places := coalesce(request.candidates, stock_candidates(request.mode, request.preferred, (select f.brand from flow f where f.id = request.flow)));
        own := case when cardinality(bound) > 0 then stock_bound(jsonb_build_array(jsonb_build_object('flow', request.flow))) else '{}' end;
        if cardinality(own) > 0 then
            return query select * from stock_take_over(request.flow, own, request.lines, places, request.mode <> 'ClickAndCollect');
        else
            return query select * from stock_reserve_one(request.flow, request.lines, places, request.mode <> 'ClickAndCollect');
        end if;
    end loop;
end $$;
