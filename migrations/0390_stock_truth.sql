-- Goods leave parcel by parcel, a count waits for promises that it does not cover, and orders hear of goods that are gone.

-- Goods of a parcel that was called off are there again.
alter table stock_ledger drop constraint stock_ledger_reason_check;
alter table stock_ledger add constraint stock_ledger_reason_check
    check (reason in ('count', 'reserve', 'release', 'commit', 'receipt', 'hold', 'expire', 'return', 'write-off', 'call-back')) not valid;

-- What a system counted below what is promised: taken over as soon as the promises allow. Meanwhile nothing more is promised there.
create table stock_count_waiting (
    sku            text not null,
    location       text not null,
    counted        integer not null,
    as_of          timestamptz not null,
    source         text not null,
    since          timestamptz not null default now(),
    on_hand        integer not null,                     -- the cell as it was at the last try: it is tried again once that has changed
    reserved       integer not null,
    safety         integer not null,
    primary key (sku, location),
    foreign key (sku, location) references stock (sku, location)
);

-- As before; a cell whose count would leave more promises uncovered than there are now ('promised') is set to what is promised and no more, so that nothing is sold of goods that are not there, and the
-- count waits. What moved since is looked for behind the locks: a sale that was not yet committed when the snapshot came is seen then.
create or replace function stock_snapshot(p_items jsonb, p_as_of timestamptz, p_source text)
returns table (sku text, location text, outcome text, counted integer, reserved integer)
language plpgsql as $$
#variable_conflict use_column
declare
    since bigint;
begin
    -- A clock that is ahead must not make sales of the next moment look counted.
    p_as_of := least(p_as_of, clock_timestamp());

    insert into stock (sku, location)
    select distinct i ->> 'sku', i ->> 'location' from jsonb_array_elements(p_items) i order by 1, 2
    on conflict do nothing;

    perform 1 from stock s join jsonb_array_elements(p_items) i on s.sku = i ->> 'sku' and s.location = i ->> 'location'
    order by s.sku collate "C", s.location collate "C" for no key update of s;
    -- By time and not by id, whose index would be read from its beginning.
    since := (select min(id) from (select id from stock_ledger where at > p_as_of offset 0) moved);

    return query
    with item as (select i ->> 'sku' as sku, i ->> 'location' as location, max((i ->> 'onHand')::integer) as on_hand from jsonb_array_elements(p_items) i group by 1, 2),
    replayed as (
        select i.sku, i.location, i.on_hand as counted, s.on_hand as before, s.reserved, s.oversold, s.safety, coalesce(s.counted_as_of >= p_as_of, false) as older,
            s.counted_as_of is not null or exists (select from stock_ledger g where g.sku = i.sku and g.location = i.location) as known,
            i.on_hand + coalesce((
                select sum(g.on_hand_delta) from stock_ledger g
                where g.sku = i.sku and g.location = i.location and g.id >= since and coalesce(g.happened_at, g.at) > p_as_of and g.reason <> 'count'), 0)::integer as on_hand
        from item i join stock s on s.sku = i.sku and s.location = i.location),
    judged as (
        select *, uncovered > oversold as waits, case when uncovered > oversold then least(before, reserved - oversold + safety) else on_hand end as after
        from (select *, greatest(reserved - greatest(on_hand - safety, 0), 0) as uncovered from replayed) r),
    taken as (
        update stock s set on_hand = j.after, oversold = case when j.waits then s.oversold else j.uncovered end,
            counted_as_of = case when j.waits then s.counted_as_of else p_as_of end, updated_at = case when s.on_hand = j.after then s.updated_at else now() end
        from judged j where not j.older and (not j.waits or j.after <> j.before) and s.sku = j.sku and s.location = j.location),
    waiting as (
        insert into stock_count_waiting as w (sku, location, counted, as_of, source, on_hand, reserved, safety)
        select sku, location, counted, p_as_of, p_source, after, reserved, safety from judged where waits and not older
        on conflict (sku, location) do update set counted = excluded.counted, as_of = excluded.as_of, source = excluded.source, on_hand = excluded.on_hand, reserved = excluded.reserved,
            safety = excluded.safety where w.as_of <= excluded.as_of),
    fits as (
        delete from stock_count_waiting w using judged j where not j.older and not j.waits and w.sku = j.sku and w.location = j.location and w.as_of <= p_as_of),
    kept as (
        insert into stock_count (location, sku, counted, held, counted_at, by_name)
        select location, sku, on_hand, before, p_as_of, p_source from judged where known and not older
        on conflict do nothing),
    noted as (
        insert into stock_ledger (sku, location, on_hand_delta, reserved_delta, source, reason, happened_at)
        select sku, location, after - before, 0, p_source, 'count', p_as_of from judged where not older and after <> before)
    select sku, location, case when older then 'older' else 'promised' end, counted, reserved from judged where older or waits;
end $$;

-- Counts that wait are tried again where the cell has changed since; answers how many fit now. Each with what moved since its moment, as if it came now.
create function stock_count_again(p_most integer) returns integer
language plpgsql as $$
declare
    cell record;
    fitted integer := 0;
begin
    for cell in
        select w.* from stock_count_waiting w join stock s using (sku, location)
        where (s.on_hand, s.reserved, s.safety) is distinct from (w.on_hand, w.reserved, w.safety) or s.counted_as_of >= w.as_of
        order by w.sku collate "C", w.location collate "C" limit p_most
    loop
        if exists (
            select from stock_snapshot(jsonb_build_array(jsonb_build_object('sku', cell.sku, 'location', cell.location, 'onHand', cell.counted)), cell.as_of, cell.source) t where t.outcome = 'promised')
        then
            continue;
        end if;
        -- A newer count was taken over meanwhile, or this one just now.
        delete from stock_count_waiting where sku = cell.sku and location = cell.location and as_of = cell.as_of;
        fitted := fitted + 1;
    end loop;
    return fitted;
end $$;

-- p_left: [{"flow": 1, "at": "2026-11-27T10:00:00Z", "goods": [{"sku": "A", "quantity": 2}]}], the parcels of a flow in the order in which they left; "at" null: not known; "goods" null: all that the flow
-- still holds. So many pieces of what the flow holds leave the stock, in the order in which they were set aside; the rest stays set aside. What a count had seen gone already is not taken off again.
-- The caller holds the locks.
create function stock_leave(p_left jsonb) returns void
language sql as $$
    with parcel as (
        select (x.v ->> 'flow')::bigint as flow_id, (x.v ->> 'at')::timestamptz as at, x.v -> 'goods' as goods, coalesce(jsonb_typeof(x.v -> 'goods'), 'null') <> 'array' as everything, x.n
        from jsonb_array_elements(p_left) with ordinality as x (v, n)),
    active as (select * from reservation r where r.flow_id = any (array(select p.flow_id from parcel p)) and r.state = 'active'),
    gone as (
        select p.flow_id, p.at, p.n, l ->> 'sku' as sku, sum((l ->> 'quantity')::bigint) as quantity
        from parcel p, jsonb_array_elements(case when p.everything then '[]' else p.goods end) l group by 1, 2, 3, 4
        union all
        select p.flow_id, p.at, p.n, a.sku, sum(a.quantity) from parcel p join active a on a.flow_id = p.flow_id where p.everything group by 1, 2, 3, 4),
    -- Parcels and what is set aside, laid side by side per flow and SKU: where they overlap, that parcel took those pieces.
    gone_span as (select *, sum(quantity) over w - quantity as low, sum(quantity) over w as high from gone window w as (partition by flow_id, sku order by n)),
    held_span as (select *, sum(quantity) over w - quantity as low, sum(quantity) over w as high from active window w as (partition by flow_id, sku order by id)),
    part as (
        select h.id, h.flow_id, h.order_line_id, h.sku, h.location, h.quantity as held, h.reserved_at, (least(h.high, g.high) - greatest(h.low, g.low))::integer as quantity, g.at,
            coalesce(g.at <= s.counted_as_of, false) as seen
        from held_span h join gone_span g on g.flow_id = h.flow_id and g.sku = h.sku and h.low < g.high and g.low < h.high
        join stock s on s.sku = h.sku and s.location = h.location),
    row_gone as (select id, flow_id, order_line_id, sku, location, held, reserved_at, sum(quantity)::integer as quantity from part group by 1, 2, 3, 4, 5, 6, 7),
    whole as (
        update reservation r set state = 'committed', ended_at = now() from row_gone g where r.id = g.id and g.quantity = g.held),
    lessened as (
        update reservation r set quantity = r.quantity - g.quantity from row_gone g where r.id = g.id and g.quantity < g.held),
    split as (
        insert into reservation (flow_id, order_line_id, sku, location, quantity, state, reserved_at, ended_at)
        select flow_id, order_line_id, sku, location, quantity, 'committed', reserved_at, now() from row_gone where quantity < held order by id),
    total as (
        select sku, location, sum(quantity)::integer as quantity, coalesce(sum(quantity) filter (where not seen), 0)::integer as taken from part group by sku, location),
    counted as (
        update stock s set reserved = s.reserved - t.quantity, on_hand = s.on_hand - t.taken, updated_at = now(),
            oversold = least(s.oversold, greatest(s.reserved - t.quantity - greatest(s.on_hand - t.taken - s.safety, 0), 0))
        from total t where s.sku = t.sku and s.location = t.location),
    moved as (select flow_id, sku, location, at, seen, sum(quantity)::integer as quantity from part group by 1, 2, 3, 4, 5)
    insert into stock_ledger (sku, location, on_hand_delta, reserved_delta, source, reason, happened_at)
    select sku, location, -quantity, -quantity, 'flow/' || flow_id, 'commit', at from moved
    union all
    select sku, location, quantity, 0, 'flow/' || flow_id, 'count', at from moved where seen
$$;

-- p_back: [{"flow": 1, "at": "2026-11-27T10:00:00Z", "goods": [{"sku": "A", "quantity": 2}]}]: parcels that were called off. As much as left for the flow, the newest first, is on hand again and set aside for
-- it where it came from. A count that had found it there again is not raised by it. The caller holds the locks.
create function stock_call_back(p_back jsonb) returns void
language sql as $$
    with back as (
        select (x ->> 'flow')::bigint as flow_id, l ->> 'sku' as sku, max((x ->> 'at')::timestamptz) as at, sum((l ->> 'quantity')::bigint) as quantity
        from jsonb_array_elements(p_back) x, jsonb_array_elements(x -> 'goods') l group by 1, 2),
    span as (
        select r.id, r.flow_id, r.order_line_id, r.sku, r.location, r.quantity as had, r.reserved_at, b.at, b.quantity as wanted,
            sum(r.quantity) over (partition by r.flow_id, r.sku order by r.ended_at desc, r.id desc) - r.quantity as low
        from reservation r join back b on b.flow_id = r.flow_id and b.sku = r.sku where r.state = 'committed'),
    part as (
        select s.*, least(s.had, s.wanted - s.low)::integer as quantity, coalesce(s.at <= k.counted_as_of, false) as seen
        from span s join stock k on k.sku = s.sku and k.location = s.location where s.low < s.wanted),
    whole as (
        update reservation r set state = 'released' from part p where r.id = p.id and p.quantity = p.had),
    lessened as (
        update reservation r set quantity = r.quantity - p.quantity from part p where r.id = p.id and p.quantity < p.had),
    written as (
        insert into reservation (flow_id, order_line_id, sku, location, quantity, state, reserved_at, ended_at)
        select flow_id, order_line_id, sku, location, quantity, 'released', reserved_at, now() from part where quantity < had
        union all
        select flow_id, order_line_id, sku, location, quantity, 'active', now(), null from part),
    total as (
        select sku, location, sum(quantity)::integer as quantity, coalesce(sum(quantity) filter (where not seen), 0)::integer as found from part group by sku, location),
    counted as (
        update stock s set reserved = s.reserved + t.quantity, on_hand = s.on_hand + t.found, updated_at = now(),
            oversold = greatest(s.oversold, s.reserved + t.quantity - greatest(s.on_hand + t.found - s.safety, 0))
        from total t where s.sku = t.sku and s.location = t.location)
    insert into stock_ledger (sku, location, on_hand_delta, reserved_delta, source, reason, happened_at)
    select sku, location, sum(quantity), 0, 'flow/' || flow_id, 'call-back', at from part where not seen group by flow_id, sku, location, at
    union all
    select sku, location, 0, sum(quantity), 'flow/' || flow_id, 'reserve', null from part group by flow_id, sku, location
$$;

-- A batch of all kinds: first what was called back (p_back: see stock_call_back), then what left (p_left: see stock_leave), then what is given back, so that a flow can give back what did not leave; then what tills took, then reserves. Shapes as before.
create function stock_carry_out(p_back jsonb, p_left jsonb, p_release bigint[], p_reserve jsonb, p_take jsonb)
returns table (flow_id bigint, order_line_id text, sku text, location text, quantity integer, missing integer)
language plpgsql as $$
#variable_conflict use_column
declare
    request record;
    places  text[];
    bound   uuid[];
    own     uuid[];
    skus    text[];
    leaving bigint[];
    coming  bigint[];
begin
    insert into stock (sku, location)
    select distinct l ->> 'sku', t ->> 'location' from jsonb_array_elements(p_take) t, jsonb_array_elements(t -> 'lines') l
    where exists (select from location p where p.id = t ->> 'location')
    order by 1, 2
    on conflict do nothing;

    bound := stock_bound(p_reserve || p_take);
    leaving := array(select (x ->> 'flow')::bigint from jsonb_array_elements(p_left) x);
    coming := array(select (x ->> 'flow')::bigint from jsonb_array_elements(p_back) x);
    -- Gathered first: as a subquery it is taken for thousands of SKUs, and the whole table is read.
    skus := array(
        select l ->> 'sku' from jsonb_array_elements(p_reserve || p_take) r, jsonb_array_elements(r -> 'lines') l
        union select v.sku from reservation v where v.flow_id = any (p_release || leaving) and v.state = 'active'
        union select v.sku from reservation v where v.flow_id = any (coming) and v.state = 'committed'
        union select v.sku from reservation v where v.hold_id = any (bound) and v.state = 'active');
    perform 1 from stock s where s.sku = any (skus)
    order by s.sku collate "C", s.location collate "C"
    for no key update;

    if cardinality(coming) > 0 then
        perform stock_call_back(p_back);
    end if;
    if cardinality(leaving) > 0 then
        perform stock_leave(p_left);
    end if;
    if cardinality(p_release) > 0 then
        perform stock_end(p_release, 'released');
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

-- For nodes of the release before this one.
create or replace function stock_apply(p_release bigint[], p_commit bigint[], p_reserve jsonb, p_take jsonb default '[]', p_committed timestamptz[] default null)
returns table (flow_id bigint, order_line_id text, sku text, location text, quantity integer, missing integer)
language sql as $$
    select * from stock_carry_out(
        '[]',
        (select coalesce(jsonb_agg(jsonb_build_object('flow', c.flow_id, 'at', c.at)), '[]') from unnest(p_commit, p_committed) as c (flow_id, at) where c.flow_id <> all (p_release)), p_release, p_reserve, p_take)
$$;

-- Orders whose goods may be gone, or be there again, look whether theirs are: at once, as a deadline that is due. Whoever came first has what is there.
create function stock_cover() returns trigger language plpgsql as $$
begin
    insert into deadline as d (flow_id, name, due_at)
    select distinct r.flow_id, 'goods-cover', now() from reservation r join flow f on f.id = r.flow_id
    where r.sku = new.sku and r.location = new.location and r.state = 'active' and f.kind = 'order-to-cash' order by 1
    -- Updated and not left: one that is just being looked at looks again when this is committed.
    on conflict (flow_id, name) do update set due_at = least(d.due_at, excluded.due_at);
    return null;
end $$;
create trigger stock_cover after update of oversold on stock for each row when (old.oversold <> new.oversold) execute function stock_cover();

-- Of what these flows hold, what is not there, SKU by SKU and place by place.
create function stock_uncovered(p_flows bigint[]) returns table (flow_id bigint, sku text, location text, wanted integer, missing integer)
language sql stable as $$
    select r.flow_id, r.sku, r.location, sum(r.quantity)::integer, sum(least(r.quantity, r.upto - greatest(s.on_hand, 0)))::integer
    from (
        select v.flow_id, v.sku, v.location, v.quantity, sum(v.quantity) over (partition by v.sku, v.location order by v.reserved_at, v.id) as upto
        from reservation v where v.state = 'active'
          and (v.sku, v.location) in (select o.sku, o.location from reservation o where o.flow_id = any (p_flows) and o.state = 'active')) r
    join stock s on s.sku = r.sku and s.location = r.location
    where r.flow_id = any (p_flows) and r.upto > greatest(s.on_hand, 0)
    group by 1, 2, 3 order by 1, 2, 3
$$;
