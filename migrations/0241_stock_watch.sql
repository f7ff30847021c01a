-- A level that people want to hear of: when what is free falls below it, and when it has risen again. For a SKU at one place, or over all places together.
create table stock_watch (
    id          bigint generated always as identity primary key,
    sku         text not null check (length(sku) between 1 and 100),
    location    text references location (id),
    below       integer not null check (below between 1 and 1000000),
    again       integer not null check (again between 1 and 1000000),  -- told as risen from here on
    is_low      boolean not null default false,
    since       timestamptz not null default now(),
    turns       integer not null default 0,                            -- how often it fell or rose
    revision    integer not null default 1,
    changed_at  timestamptz not null default now(),
    changed_by  text not null,
    constraint stock_watch_once unique nulls not distinct (sku, location),
    constraint stock_watch_apart check (again >= below)
);
create index stock_watch_low on stock_watch (since desc) where is_low;

-- SKUs to look at. A watch over all places is judged after the commit: two who take at different places at once do not see each other's pieces.
create table stock_watch_moved (
    id   bigint generated always as identity primary key,
    sku  text not null
);
alter table stock_watch_moved set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);

create function stock_watch_follow() returns trigger language plpgsql as $$
begin
    if exists (select from stock_watch) then
        if tg_op = 'INSERT' then
            insert into stock_watch_moved (sku) select distinct n.sku from now_there n where exists (select from stock_watch w where w.sku = n.sku);
        else
            insert into stock_watch_moved (sku)
            select distinct n.sku from now_there n join was_there o on o.sku = n.sku and o.location = n.location
            where greatest(n.on_hand - n.safety, 0) - n.reserved <> greatest(o.on_hand - o.safety, 0) - o.reserved and exists (select from stock_watch w where w.sku = n.sku);
        end if;
    end if;
    return null;
end $$;
create trigger stock_watch_follow_in after insert on stock referencing new table as now_there for each statement execute function stock_watch_follow();
create trigger stock_watch_follow_on after update on stock referencing old table as was_there new table as now_there for each statement execute function stock_watch_follow();

-- Pieces that are free for a watch.
create function stock_watch_free(p_sku text, p_location text) returns integer language sql stable as $$
    select coalesce(sum(greatest(greatest(on_hand - safety, 0) - reserved, 0)), 0)::integer from stock where sku = p_sku and (p_location is null or location = p_location)
$$;

alter table notification_channel drop constraint notification_channel_events_check;
alter table notification_channel add constraint notification_channel_events_check check (events <@ array['sla', 'assigned', 'batch', 'integrity', 'stock']) not valid;
alter table notification drop constraint notification_event_check;
alter table notification add constraint notification_event_check check (event in ('sla', 'assigned', 'batch', 'integrity', 'stock')) not valid;

-- Looks at what moved and tells each fall and each rise once. Returns how many movements were looked at; any number of callers at once, one of them looks.
create function stock_watch_look(p_most integer) returns integer language plpgsql as $$
declare
    looked integer;
    moved text[];
    turned record;
begin
    if not pg_try_advisory_xact_lock(hashtext('stock-watch')) then
        return 0;
    end if;
    with due as (select id from stock_watch_moved order by id limit p_most),
        gone as (delete from stock_watch_moved m using due where m.id = due.id returning m.sku)
    select count(*), array_agg(distinct sku) into looked, moved from gone;
    for turned in
        update stock_watch w set is_low = not w.is_low, since = now(), turns = w.turns + 1
        from (select w.id, stock_watch_free(w.sku, w.location) as free from stock_watch w where w.sku = any (moved) order by w.id for update of w) f
        where w.id = f.id and case when w.is_low then f.free >= w.again else f.free < w.below end
        returning w.*, f.free
    loop
        perform notify_places('stock', 'stock/' || turned.id || '/' || turned.turns, jsonb_build_object(
            'found', turned.sku || case when turned.location is null then ' over all places' else ' at ' || (select l.name from location l where l.id = turned.location) end
                || ': ' || turned.free || ' free, ' || case when turned.is_low then 'below ' || turned.below else 'again ' || turned.again || ' or more' end,
            'sku', turned.sku, 'location', turned.location, 'free', turned.free, 'low', turned.is_low));
    end loop;
    return looked;
end $$;
