-- A sale at a till is over when it is heard of: what it took is gone, whether it was free, promised or never counted. Oversell stays refused for whoever reserves;
-- what tills sold of promised goods is named, so that the rule still holds for everybody else.
alter table stock add column oversold integer not null default 0;
-- Held at once for whatever is written; what is there already is looked at by the next migration, without keeping anybody waiting.
alter table stock drop constraint stock_never_oversold;
alter table stock add constraint stock_never_oversold check (reserved <= greatest(on_hand - safety, 0) + oversold) not valid;
alter table stock add constraint stock_oversold_counts check (oversold >= 0) not valid;

-- What a till sale took: set aside and gone in one moment. Each sale asks whether it is there already.
create index reservation_taken on reservation (flow_id) where state = 'committed' and reserved_at = ended_at;

-- As before, and what was sold of promised goods shrinks with the promises.
create or replace function stock_end(p_flows bigint[], p_state text) returns void
language sql as $$
    with ended as (
        update reservation set state = p_state, ended_at = now() where flow_id = any (p_flows) and state = 'active' returning flow_id, sku, location, quantity),
    total as (select sku, location, sum(quantity)::integer as quantity from ended group by sku, location),
    counted as (
        update stock s set reserved = s.reserved - t.quantity, on_hand = s.on_hand - g.quantity, updated_at = now(),
            oversold = least(s.oversold, greatest(s.reserved - t.quantity - greatest(s.on_hand - g.quantity - s.safety, 0), 0))
        from total t, lateral (select case when p_state = 'committed' then t.quantity else 0 end as quantity) g
        where s.sku = t.sku and s.location = t.location)
    insert into stock_ledger (sku, location, on_hand_delta, reserved_delta, source, reason)
    select sku, location, case when p_state = 'committed' then -sum(quantity) else 0 end, -sum(quantity), 'flow/' || flow_id,
        case when p_state = 'committed' then 'commit' else 'release' end
    from ended group by flow_id, sku, location
$$;

-- As before; what tills sold of promised goods is reckoned anew: a count is believed unless it leaves more of the promises uncovered than there are now.
create or replace function stock_count(p_items jsonb, p_source text) returns table (sku text, location text, counted integer, reserved integer)
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
        select i.*, s.on_hand as before, s.reserved, s.oversold, greatest(s.reserved - greatest(i.on_hand - s.safety, 0), 0) as uncovered
        from item i join stock s on s.sku = i.sku and s.location = i.location),
    counted as (
        update stock s set on_hand = j.on_hand, oversold = j.uncovered, updated_at = now()
        from judged j where j.uncovered <= j.oversold and s.sku = j.sku and s.location = j.location and (j.on_hand <> j.before or j.oversold > j.uncovered)),
    noted as (
        insert into stock_ledger (sku, location, on_hand_delta, reserved_delta, source, reason)
        select sku, location, on_hand - before, 0, p_source, 'count' from judged where uncovered <= oversold and on_hand <> before)
    select sku, location, on_hand, reserved from judged where uncovered > oversold;
end $$;

-- One till sale, each of its lines once. Lines that were taken before are told again. A row with missing > 0 tells how much of a SKU was not free there; it was sold all the same. The caller holds the locks.
create function stock_take_one(p_flow bigint, p_lines jsonb, p_location text)
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
        update stock s set on_hand = s.on_hand - t.quantity, updated_at = now(),
            oversold = greatest(s.oversold, s.reserved - greatest(s.on_hand - t.quantity - s.safety, 0))
        from total t where s.sku = t.sku and s.location = p_location
        returning s.sku, t.quantity, greatest(s.on_hand + t.quantity - s.reserved, 0) as free),
    noted as (
        insert into stock_ledger (sku, location, on_hand_delta, reserved_delta, source, reason)
        select sku, p_location, -quantity, 0, 'flow/' || p_flow, 'commit' from total)
    select r.flow_id, r.order_line_id, r.sku, r.location, r.quantity, 0 from reservation r where r.flow_id = p_flow and r.state = 'committed' and r.reserved_at = r.ended_at
    union all
    select p_flow, order_line_id, sku, p_location, quantity, 0 from line
    union all
    select p_flow, null, sku, p_location, quantity, quantity - free from counted where free < quantity;
end $$;

drop function stock_apply(bigint[], bigint[], jsonb);

-- p_reserve as before. p_take: [{"flow": 1, "location": "store-1", "lines": [{"line": "1", "sku": "A", "quantity": 2}]}]; a place that is not known keeps no stock, and
-- nothing is taken there. Takes come before reserves: what a till sold cannot be promised any more.
create function stock_apply(p_release bigint[], p_commit bigint[], p_reserve jsonb, p_take jsonb default '[]')
returns table (flow_id bigint, order_line_id text, sku text, location text, quantity integer, missing integer)
language plpgsql as $$
#variable_conflict use_column
declare
    request record;
begin
    insert into stock (sku, location)
    select distinct l ->> 'sku', t ->> 'location' from jsonb_array_elements(p_take) t, jsonb_array_elements(t -> 'lines') l
    where exists (select from location p where p.id = t ->> 'location')
    order by 1, 2
    on conflict do nothing;

    perform 1 from stock s
    where s.sku in (
        select l ->> 'sku' from jsonb_array_elements(p_reserve || p_take) r, jsonb_array_elements(r -> 'lines') l
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
        select (t ->> 'flow')::bigint as flow, t -> 'lines' as lines, t ->> 'location' as place from jsonb_array_elements(p_take) t
        where exists (select from location p where p.id = t ->> 'location') order by 1
    loop
        return query select * from stock_take_one(request.flow, request.lines, request.place);
    end loop;

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
