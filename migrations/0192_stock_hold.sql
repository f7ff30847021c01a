-- Goods held for a while for a cart, an order, a pick-up or a till's basket. A hold ends once: goods left, an order took them over, given back, or its time was up.
create table stock_hold (
    id             uuid primary key,
    kind           text not null check (kind in ('cart', 'order', 'pickup', 'till')),
    channel        text references connection (id),      -- what is kept from it, it cannot hold
    reference      text not null check (length(reference) between 1 and 120),  -- what the asker calls it
    client         text not null check (length(client) between 1 and 100),
    asked          bytea not null,                       -- what was asked: the same id with another wish is an error
    state          text not null default 'active' check (state in ('active', 'committed', 'taken', 'released', 'expired')),
    expires_at     timestamptz not null,
    order_source   text references connection (id),      -- the order that will take the goods over
    order_id       text check (length(order_id) between 1 and 120),
    named_at       timestamptz,                          -- when the order was named
    made_at        timestamptz not null default now(),
    ended_at       timestamptz,
    check ((state = 'active') = (ended_at is null)),
    check ((order_source is null) = (order_id is null)),
    check ((named_at is null) = (order_id is null))
) with (fillfactor = 80);
create index stock_hold_due on stock_hold (expires_at) where state = 'active';
create index stock_hold_order on stock_hold (order_source, order_id) where state = 'active' and order_id is not null;

-- The same table for what orders and holds keep, so that the same books and the same rule against oversell cover both.
alter table reservation alter column flow_id drop not null;
alter table reservation add column hold_id uuid references stock_hold (id);
alter table reservation add constraint reservation_of_one check (num_nonnulls(flow_id, hold_id) = 1) not valid;
create index reservation_hold on reservation (hold_id) where hold_id is not null;

-- How lines are served: one row per part (missing = 0), or one per SKU that is short (location null), and then nothing else. A channel cannot have what is kept from it.
create function stock_plan(p_lines jsonb, p_candidates text[], p_split boolean, p_channel text)
returns table (order_line_id text, sku text, location text, quantity integer, missing integer, n bigint)
language plpgsql stable as $$  -- not sql: its plan is kept
#variable_conflict use_column
begin
    return query
    with line as (
        select x.n, x.v ->> 'line' as order_line_id, x.v ->> 'sku' as sku, (x.v ->> 'quantity')::bigint as quantity
        from jsonb_array_elements(p_lines) with ordinality as x (v, n)),
    need as (select sku, sum(quantity) as wanted from line group by sku),
    free as (
        select n.sku, n.wanted, c.location, c.ord, o.free
        from stock_offer(p_channel, array(select sku from need)) o
        join need n on n.sku = o.sku
        join unnest(p_candidates) with ordinality as c (location, ord) on c.location = o.location),
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
    take_span as (select *, before as low, before + quantity as high from take where quantity > 0)
    -- lines and places laid side by side per SKU: where they overlap, that place serves that line
    select l.order_line_id, l.sku, t.location, (least(l.high, t.high) - greatest(l.low, t.low))::integer, 0, row_number() over (order by l.n, t.ord)
    from line_span l join take_span t on t.sku = l.sku and l.low < t.high and t.low < l.high
    where not exists (select from lacking)
    union all
    select null, sku, null, least(wanted, 2147483647)::integer, least(missing, 2147483647)::integer, 0 from lacking;
end $$;

-- As before, with its plan kept.
create or replace function stock_candidates(p_mode text, p_preferred text, p_brand text) returns text[]
language plpgsql stable as $$
begin
    return (
        select coalesce(array_agg(l.id order by
            (l.id = p_preferred) desc nulls last,
            (l.kind = case when p_mode = 'ShipFromStore' then 'store' else 'warehouse' end) desc,
            l.id collate "C"), '{}')
        from location l
        where (p_mode <> 'ClickAndCollect' or l.id = p_preferred)
          and (l.id = p_preferred or l.brand is null or coalesce(p_brand, '') = '' or l.brand = p_brand));
end $$;

-- As before; the planning is shared with holds.
create or replace function stock_reserve_one(p_flow bigint, p_lines jsonb, p_candidates text[], p_split boolean)
returns table (flow_id bigint, order_line_id text, sku text, location text, quantity integer, missing integer)
language plpgsql as $$
#variable_conflict use_column
begin
    if exists (select from reservation r where r.flow_id = p_flow and r.state = 'active') then
        return query select r.flow_id, r.order_line_id, r.sku, r.location, r.quantity, 0 from reservation r where r.flow_id = p_flow and r.state = 'active' order by r.id;
        return;
    end if;

    return query
    with part as materialized (select * from stock_plan(p_lines, p_candidates, p_split, null)),
    held as (
        insert into reservation (flow_id, order_line_id, sku, location, quantity)
        select p_flow, order_line_id, sku, location, quantity from part where missing = 0 order by n),
    total as (select sku, location, sum(quantity)::integer as quantity from part where missing = 0 group by sku, location),
    counted as (
        update stock s set reserved = s.reserved + t.quantity, updated_at = now() from total t where s.sku = t.sku and s.location = t.location),
    noted as (
        insert into stock_ledger (sku, location, on_hand_delta, reserved_delta, source, reason)
        select sku, location, 0, quantity, 'flow/' || p_flow, 'reserve' from total)
    select p_flow, order_line_id, sku, location, quantity, missing from part;
end $$;

-- One hold's lines, all or none. The caller holds the locks and knows that the hold is not there yet.
create function stock_hold_one(p_hold uuid, p_ask jsonb, p_candidates text[])
returns table (order_line_id text, sku text, location text, quantity integer, missing integer)
language plpgsql as $$
#variable_conflict use_column
begin
    return query
    with part as materialized (select * from stock_plan(p_ask -> 'lines', p_candidates, (p_ask ->> 'split')::boolean, p_ask ->> 'channel')),
    kept as (
        insert into stock_hold (id, kind, channel, reference, client, asked, expires_at)
        select p_hold, p_ask ->> 'kind', p_ask ->> 'channel', p_ask ->> 'reference', p_ask ->> 'client', decode(p_ask ->> 'asked', 'hex'),
            clock_timestamp() + make_interval(secs => (p_ask ->> 'seconds')::integer)
        where exists (select from part where missing = 0)
        returning id),
    held as (
        insert into reservation (hold_id, order_line_id, sku, location, quantity)
        select k.id, order_line_id, sku, location, quantity from part, kept k where missing = 0 order by n),
    total as (select sku, location, sum(quantity)::integer as quantity from part where missing = 0 group by sku, location),
    counted as (
        update stock s set reserved = s.reserved + t.quantity, updated_at = now() from total t where s.sku = t.sku and s.location = t.location),
    noted as (
        insert into stock_ledger (sku, location, on_hand_delta, reserved_delta, source, reason)
        select sku, location, 0, quantity, 'hold/' || p_hold, 'hold' from total)
    select order_line_id, sku, location, quantity, missing from part;
end $$;

-- Many wishes for one piece of news each: a run of them is granted with one statement per place, so that a SKU that everybody wants is one update and one flush, not one
-- per wish. Only wishes for a single SKU come here; what does not fit into the run is left for stock_hold_one, which may serve it smaller or split.
-- Answers the ids that are granted. The caller holds the locks.
create function stock_hold_run(p_asks jsonb[], p_sku text, p_channel text, p_candidates text[]) returns setof uuid
language plpgsql as $$
declare
    place   text;
    free    integer;
    granted uuid[];
    waiting jsonb[] := p_asks;
begin
    for place, free in
        select o.location, o.free from stock_offer(p_channel, array[p_sku]) o join unnest(p_candidates) with ordinality as c (location, ord) on c.location = o.location
        where o.free > 0 order by c.ord
    loop
        exit when cardinality(waiting) = 0;

        with ask as (
            select (a ->> 'id')::uuid as id, a, n, (a ->> 'total')::integer as quantity, sum((a ->> 'total')::bigint) over (order by n) as upto
            from unnest(waiting) with ordinality as w (a, n)),
        run as (select * from ask where upto <= free),
        kept as (
            insert into stock_hold (id, kind, channel, reference, client, asked, expires_at)
            select id, a ->> 'kind', p_channel, a ->> 'reference', a ->> 'client', decode(a ->> 'asked', 'hex'), clock_timestamp() + make_interval(secs => (a ->> 'seconds')::integer)
            from run),
        held as (
            insert into reservation (hold_id, order_line_id, sku, location, quantity)
            select r.id, l.v ->> 'line', p_sku, place, (l.v ->> 'quantity')::integer
            from run r, jsonb_array_elements(r.a -> 'lines') with ordinality as l (v, k) order by r.n, l.k),
        noted as (
            insert into stock_ledger (sku, location, on_hand_delta, reserved_delta, source, reason)
            select p_sku, place, 0, quantity, 'hold/' || id, 'hold' from run order by n),
        counted as (
            update stock s set reserved = s.reserved + t.quantity, updated_at = now()
            from (select sum(quantity)::integer as quantity from run) t where t.quantity > 0 and s.sku = p_sku and s.location = place)
        select array_agg(id) into granted from run;

        continue when granted is null;
        return query select unnest(granted);
        waiting := waiting[cardinality(granted) + 1 :];
    end loop;
end $$;

-- p_asks: [{"id", "kind", "channel", "mode", "preferred", "split", "reference", "client", "asked", "seconds", "total", "lines": [{"line", "sku", "quantity"}]}], each id once;
-- "total": all pieces of its lines. Answers per wish: 'held' with its parts, 'short' with what is missing per SKU, 'reused' if the id stands for another wish,
-- 'ended' if it was held once and is not any more. A wish that is repeated is answered as the first time.
create function stock_hold_many(p_asks jsonb)
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

-- Ends holds, each once, whatever it is called at the end; answers the ids that ended here. The caller holds the locks of their goods.
create function stock_hold_end(p_holds uuid[], p_state text) returns uuid[]
language sql as $$
    with ended as (
        update stock_hold set state = p_state, ended_at = clock_timestamp() where id = any (p_holds) and state = 'active' returning id),
    part as (
        update reservation r set state = case when p_state = 'committed' then 'committed' else 'released' end, ended_at = clock_timestamp()
        from ended e where r.hold_id = e.id and r.state = 'active' returning r.hold_id, r.sku, r.location, r.quantity),
    total as (select sku, location, sum(quantity)::integer as quantity from part group by sku, location),
    counted as (
        update stock s set reserved = s.reserved - t.quantity, on_hand = s.on_hand - g.quantity, updated_at = now(),
            oversold = least(s.oversold, greatest(s.reserved - t.quantity - greatest(s.on_hand - g.quantity - s.safety, 0), 0))
        from total t, lateral (select case when p_state = 'committed' then t.quantity else 0 end as quantity) g
        where s.sku = t.sku and s.location = t.location),
    noted as (
        insert into stock_ledger (sku, location, on_hand_delta, reserved_delta, source, reason)
        select sku, location, case when p_state = 'committed' then -sum(quantity) else 0 end, -sum(quantity), 'hold/' || hold_id,
            case p_state when 'committed' then 'commit' when 'expired' then 'expire' else 'release' end
        from part group by hold_id, sku, location)
    select coalesce(array_agg(id), '{}') from ended
$$;

create function stock_hold_lock(p_holds uuid[]) returns void
language sql as $$
    select 1 from stock s where (s.sku, s.location) in (select r.sku, r.location from reservation r where r.hold_id = any (p_holds) and r.state = 'active')
    order by s.sku collate "C", s.location collate "C" for no key update
$$;

-- Commits or gives back one hold of this asker. One that is named for an order is not committed: the order takes it over, and would set the goods aside again. Whether it was in time is asked after the locks are there, by the database's clock: a commit and the end of the time have one winner.
create function stock_hold_settle(p_hold uuid, p_client text, p_state text) returns void
language plpgsql as $$
begin
    perform stock_hold_lock(array[p_hold]);
    perform stock_hold_end(array(select h.id from stock_hold h where h.id = p_hold and h.client = p_client and (p_state <> 'committed' or (h.expires_at > clock_timestamp() and h.order_id is null))), p_state);
end $$;

-- Names the order that takes the goods over when it reserves. If it has reserved already, the hold ends at once, so that nothing is set aside twice.
create function stock_hold_bind(p_hold uuid, p_client text, p_source text, p_order text, p_until timestamptz) returns void
language plpgsql as $$
begin
    perform stock_hold_lock(array[p_hold]);
    -- The time is given once: who names the same order again and again does not keep the goods for ever.
    update stock_hold set order_source = p_source, order_id = p_order, named_at = coalesce(named_at, clock_timestamp()),
        expires_at = case when order_id is null then greatest(expires_at, p_until) else expires_at end
    where id = p_hold and client = p_client and state = 'active' and expires_at > clock_timestamp() and (channel is null or channel = p_source)
        and (order_id is null or (order_source, order_id) = (p_source, p_order));
    if not found then
        return;
    end if;
    if exists (select from flow f join reservation r on r.flow_id = f.id where f.kind = 'order-to-cash' and f.source = p_source and f.source_id = p_order) then
        perform stock_hold_end(array[p_hold], 'taken');
    elsif exists (select from flow f where f.kind = 'order-to-cash' and f.source = p_source and f.source_id = p_order and f.status in ('done', 'cancelled')) then
        perform stock_hold_end(array[p_hold], 'released');
    end if;
end $$;

-- Holds whose time is up, and those for an order that is over and never took them, some at a time; answers how many ended.
create function stock_hold_expire(p_most integer) returns integer
language plpgsql as $$
declare
    due   uuid[];
    over  uuid[];
begin
    due := array(select id from stock_hold where state = 'active' and expires_at <= clock_timestamp() order by expires_at limit p_most);
    over := array(
        select h.id from stock_hold h join flow f on f.kind = 'order-to-cash' and f.source = h.order_source and f.source_id = h.order_id
        where h.state = 'active' and h.order_id is not null and f.status in ('done', 'cancelled') limit p_most);
    if due = '{}' and over = '{}' then
        return 0;
    end if;
    perform stock_hold_lock(due || over);
    -- Asked again behind the locks: one that was given more time meanwhile stays.
    return cardinality(stock_hold_end(array(select id from stock_hold where id = any (due) and state = 'active' and expires_at <= clock_timestamp() for no key update), 'expired'))
        + cardinality(stock_hold_end(over, 'released'));
end $$;

-- A person gives back what a hold keeps, whoever made it.
create function stock_hold_give_back(p_hold uuid) returns uuid[]
language plpgsql as $$
begin
    perform stock_hold_lock(array[p_hold]);
    return stock_hold_end(array[p_hold], 'released');
end $$;

-- A person gives back what an order keeps although it is over. False if it is not over, or keeps nothing.
create function stock_give_back(p_flow bigint) returns boolean
language plpgsql as $$
begin
    perform 1 from flow where id = p_flow and status in ('done', 'cancelled') for share;
    if not found or not exists (select from reservation where flow_id = p_flow and state = 'active') then
        return false;
    end if;
    perform stock_apply(array[p_flow], '{}', '[]');
    return true;
end $$;
