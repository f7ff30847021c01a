-- What each channel should show of each SKU at each place, and what it is known to show. One row per cell, so a thousand changes of a SKU are one thing to do.

-- Places of ours that a channel shows, as its settings map them (`location:<theirs>` or `store:<theirs>` names ours), while it publishes.
create table publication_place (
    connection_id  text not null references connection (id) on delete cascade,
    location       text not null,
    primary key (location, connection_id)
);

-- That the stock moved, and no more: whoever reserves appends a row, locks nothing that others want and reckons nothing.
create table stock_moved (
    id             bigint generated always as identity primary key,
    sku            text not null,
    location       text not null
);
create index stock_moved_cell on stock_moved (sku, location);

-- Up to when everything of a feed has been read: the moment before the first page of its last whole run. A page of a run that goes on says nothing about what comes after it.
alter table feed_cursor add column run_at timestamptz, add column heard_at timestamptz;

create table stock_publication (
    connection_id  text not null references connection (id) on delete cascade,
    sku            text not null,
    location       text not null,
    expected       integer not null check (expected >= 0),
    changed_at     timestamptz not null default now(),  -- when expected last changed
    published      integer,                             -- what we last left there, or found to agree
    published_at   timestamptz,
    seen           integer,                             -- what the channel last told of itself
    seen_at        timestamptz,
    moved_at       timestamptz,                         -- since when it shows something that we did not leave there
    due_at         timestamptz default now(),           -- null: nothing is to be done
    attempts       integer not null default 0 check (attempts >= 0),
    fence          bigint not null default 0,           -- rises with each claim
    alone          boolean not null default false,      -- a batch was refused and did not say for which of its cells
    repair         boolean not null default false,      -- a person wants it set to what is expected
    checking       boolean not null default false,      -- the next look counts as a check
    batch_key      text,
    item           text,                                -- the channel's own name of the SKU
    failure        text,                                -- waits in the reprocess list; due_at is null
    failure_message text,
    failed_at      timestamptz,
    checked_at     timestamptz,
    drift          integer not null default 0,          -- seen less expected at the last check; positive: it shows more than there is
    drift_since    timestamptz,
    drift_found    integer not null default 0,          -- checks in a row that found drift
    drift_clean    integer not null default 0,          -- checks in a row that found none
    primary key (connection_id, sku, location),
    foreign key (sku, location) references stock (sku, location),
    check (failure is null or due_at is null),
    check ((drift = 0) = (drift_since is null))
) with (fillfactor = 70);
create index stock_publication_due on stock_publication (connection_id, changed_at) where due_at is not null;
create index stock_publication_item on stock_publication (sku, location);
create index stock_publication_theirs on stock_publication (connection_id, item);
create index stock_publication_check on stock_publication (connection_id, checked_at nulls first);
create index stock_publication_adrift on stock_publication (connection_id, location) where drift <> 0;
create index stock_publication_failed on stock_publication (failed_at) where failure is not null;

-- What was asked of a channel, stored before it is asked: whoever goes on after a death asks the same again under the same key.
create table publication_batch (
    key            text primary key check (length(key) between 8 and 35),
    connection_id  text not null references connection (id) on delete cascade,
    changes        jsonb not null,                      -- [{"sku", "location", "from", "to"}]
    opened_at      timestamptz not null default now(),
    sent           integer not null default 0,          -- counted before each sending
    due_at         timestamptz not null default now(),
    settled_at     timestamptz,
    outcome        text check (outcome in ('done', 'stale', 'refused', 'dropped')),
    message        text,
    check ((settled_at is null) = (outcome is null))
);
-- One at a time: what is asked later can then never arrive before what was asked earlier.
create unique index publication_batch_open on publication_batch (connection_id) where settled_at is null;
create index publication_batch_time on publication_batch (settled_at);

-- Checks, added up by day: numerators and denominators, so that places of unequal size can be added.
create table drift_day (
    connection_id  text not null references connection (id) on delete cascade,
    location       text not null,
    day            date not null,
    checked        integer not null default 0,
    exact          integer not null default 0,          -- within tolerance
    over           bigint not null default 0,           -- units shown that are not there
    under          bigint not null default 0,           -- units there that are not shown
    primary key (connection_id, day, location)
);

-- Appends what may be sold less or more now. Percentages of a channel rule follow what lies there, so then that counts, too.
create function stock_moves() returns trigger language plpgsql as $$
begin
    if not exists (select from publication_place) then
        return null;
    end if;
    if tg_op = 'INSERT' then
        insert into stock_moved (sku, location)
        select n.sku, n.location from now_there n where exists (select from publication_place p where p.location = n.location);
    else
        insert into stock_moved (sku, location)
        select n.sku, n.location from now_there n join was_there o on o.sku = n.sku and o.location = n.location
        where (greatest(n.on_hand - n.safety, 0) - n.reserved <> greatest(o.on_hand - o.safety, 0) - o.reserved
            or (n.on_hand - n.safety <> o.on_hand - o.safety and exists (select from channel_rule where buffer_percent > 0)))
            and exists (select from publication_place p where p.location = n.location);
    end if;
    return null;
end $$;

create trigger stock_moves_in after insert on stock referencing new table as now_there for each statement execute function stock_moves();
create trigger stock_moves_on after update on stock referencing old table as was_there new table as now_there for each statement execute function stock_moves();

-- A rule concerns what it names, and what it named before.
create function channel_rule_moves() returns trigger language plpgsql as $$
begin
    insert into stock_moved (sku, location)
    select s.sku, s.location from stock s
    where exists (select from publication_place p where p.location = s.location)
      and ((tg_op <> 'DELETE' and (new.sku is null or new.sku = s.sku) and (new.location is null or new.location = s.location))
        or (tg_op <> 'INSERT' and (old.sku is null or old.sku = s.sku) and (old.location is null or old.location = s.location)));
    return null;
end $$;
create trigger channel_rule_moves after insert or update or delete on channel_rule for each row execute function channel_rule_moves();

create function drift_buffer_moves() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' then
        insert into stock_moved (sku, location) values (old.sku, old.location);
    else
        insert into stock_moved (sku, location) values (new.sku, new.location);
    end if;
    return null;
end $$;
create trigger drift_buffer_moves after insert or update or delete on drift_buffer for each row execute function drift_buffer_moves();

-- Which places a channel shows follows its settings. Cells of a place that it shows no longer go with it.
create function publication_places() returns trigger language plpgsql as $$
begin
    perform pg_advisory_xact_lock(hashtext('publication-mark'));  -- a reckoning that still saw the old places has ended before cells go
    with wanted as (
        select distinct s.value as location from jsonb_each_text(new.settings) s
        where new.role = 'shop' and new.disabled_at is null and new.settings ->> 'publishStock' in ('changes', 'all')
          and (s.key like 'location:%' or s.key like 'store:%') and s.value <> ''),
    gone as (
        delete from publication_place p where p.connection_id = new.id and not exists (select from wanted w where w.location = p.location) returning p.location),
    left_out as (
        delete from stock_publication c using gone g where c.connection_id = new.id and c.location = g.location),
    given_back as (
        delete from drift_buffer b using gone g where b.connection_id = new.id and b.location = g.location),
    added as (
        insert into publication_place (connection_id, location) select new.id, location from wanted on conflict do nothing returning location)
    insert into stock_moved (sku, location) select s.sku, s.location from stock s join added a on a.location = s.location;
    if tg_op = 'UPDATE' and new.brand <> old.brand then
        insert into stock_moved (sku, location) select s.sku, s.location from stock s join publication_place p on p.connection_id = new.id and p.location = s.location;
    end if;
    if tg_op = 'UPDATE' then  -- another place of the channel behind the same place of ours: what was left at the old one says nothing of it
        update stock_publication c set published = null, seen = null, item = null, moved_at = null, fence = c.fence + 1, due_at = case when c.failure is null then now() end
        from (
            select coalesce(n.location, o.location) as location
            from (select value as location, array_agg(key order by key) as keys from jsonb_each_text(new.settings) where key like 'location:%' or key like 'store:%' group by value) n
            full join (select value as location, array_agg(key order by key) as keys from jsonb_each_text(old.settings) where key like 'location:%' or key like 'store:%' group by value) o
                on o.location = n.location
            where n.keys is distinct from o.keys) m
        where c.connection_id = new.id and c.location = m.location;
    end if;
    return null;
end $$;
create trigger publication_places after insert or update of settings, role, brand, disabled_at on connection for each row execute function publication_places();

-- A channel of a brand shows nothing of another brand's places.
create function location_brand_moves() returns trigger language plpgsql as $$
begin
    insert into stock_moved (sku, location) select s.sku, s.location from stock s
    where s.location = new.id and exists (select from publication_place p where p.location = new.id);
    return null;
end $$;
create trigger location_brand_moves after update of brand on location for each row when (old.brand is distinct from new.brand) execute function location_brand_moves();

-- Reckons what moved: each cell once, however often it moved. One caller at a time, each with a look of its own at the stock: two that reckon at once could leave the older figure.
create function publication_mark(p_most integer) returns integer language plpgsql as $$
declare
    moved integer;
begin
    if not pg_try_advisory_xact_lock(hashtext('publication-mark')) then
        return 0;
    end if;
    with taken as (
        delete from stock_moved where id in (select id from stock_moved order by id limit p_most) returning sku, location),
    cell as (
        select p.connection_id, o.sku, o.location, o.free as expected
        from (select location, array_agg(distinct sku) as skus from taken group by location) t join publication_place p on p.location = t.location
        cross join lateral stock_offer(p.connection_id, t.skus, t.location) o),
    marked as (
        insert into stock_publication as c (connection_id, sku, location, expected)
        select connection_id, sku, location, expected from cell order by connection_id, sku collate "C", location collate "C"
        on conflict (connection_id, sku, location) do update
            set expected = excluded.expected, changed_at = now(), due_at = now(), attempts = 0, failure = null, failure_message = null, failed_at = null
            where c.expected <> excluded.expected)
    select count(*) into moved from taken;
    return moved;
end $$;
