-- Reports and bulk movement by the calendar: a feed is a list that goes somewhere once for each business day. A run is one business day of one feed in one revision; the file of a revision never changes.
create table feed (
    id             bigint generated always as identity primary key,
    name           text not null check (name ~ '^[A-Za-z0-9][A-Za-z0-9 _-]{0,59}$'),            -- the file is named after it
    what           text not null check (what in ('sales', 'open-items', 'matched', 'adjustments', 'payouts', 'stock', 'key-figures')),
    format         text not null check (format in ('csv', 'xlsx')),
    brand          text not null default '' check (length(brand) <= 60),                        -- empty: all
    target         text not null check (target in ('folder', 'sftp')),
    -- Below the root of this installation, or below where the account of the server begins: no step of it leads upward or hides.
    path           text not null default '' check (length(path) <= 200 and (path = '' or path ~ '^[A-Za-z0-9_][A-Za-z0-9_. -]*(/[A-Za-z0-9_][A-Za-z0-9_. -]*)*$')),
    host           text check (length(host) between 1 and 253),
    port           integer not null default 22 check (port between 1 and 65535),
    username       text check (length(username) between 1 and 100),
    host_key       text check (host_key ~ '^[A-Za-z0-9+/]{43}$'),                               -- SHA-256 of the server's key, base64
    secrets        bytea,                                                                       -- sealed by the key ring, never plain
    time_zone      text not null check (length(time_zone) between 1 and 60),
    cron           text not null check (length(cron) between 1 and 100),                        -- when the day before is sent, in this zone
    weekdays       smallint not null default 127 check (weekdays between 1 and 127),            -- business days that it has; 1: Monday, 64: Sunday
    holidays       date[] not null default '{}' check (cardinality(holidays) <= 400),
    catches_up     boolean not null default true,                                               -- days that were missed while nothing ran are sent later
    waits_complete boolean not null default false,                                              -- until every system has told its whole day, or the month is signed
    late_minutes   integer not null default 120 check (late_minutes between 5 and 10080),
    since          date not null,                                                               -- its first business day
    planned_to     timestamptz not null,                                                        -- up to here the calendar was followed
    paused_at      timestamptz,
    paused_by      text,
    paused_reason  text,
    version        integer not null default 1,
    changed_at     timestamptz not null default now(),
    changed_by     text not null check (changed_by <> ''),
    check ((target = 'sftp') = (host is not null and username is not null and host_key is not null)),
    check (target = 'sftp' or secrets is null),
    check ((paused_at is null) = (paused_by is null) and (paused_at is null) = (paused_reason is null))
);
-- Two names of one file would be two lists under one name.
create unique index feed_name on feed (lower(regexp_replace(name, '[^A-Za-z0-9]+', '-', 'g')));

-- A feed goes when another of the same business day has gone.
create table feed_wait (
    feed_id        bigint not null references feed (id),
    on_feed        bigint not null references feed (id),
    primary key (feed_id, on_feed),
    check (feed_id <> on_feed)
);

create table feed_run (
    id             bigint generated always as identity primary key,
    feed_id        bigint not null references feed (id),
    day            date not null,
    begins_at      timestamptz not null,                -- the business day, by the zone of the feed at the time that it was planned
    ends_at        timestamptz not null check (ends_at > begins_at),
    revision       integer not null default 1 check (revision >= 1),
    state          text not null default 'waiting' check (state in ('waiting', 'running', 'written', 'delivered', 'failed', 'superseded')),
    due_at         timestamptz not null,
    next_at        timestamptz not null,                -- not tried before
    bundle         uuid,                                -- days that were asked for together
    asked_by       text not null check (asked_by <> ''),
    reason         text check (length(reason) <= 500),
    attempt        integer not null default 0 check (attempt >= 0),
    fence          bigint not null default 0,
    lease_owner    uuid,
    lease_until    timestamptz,
    file           text check (length(file) between 1 and 120),
    rows_read      bigint check (rows_read >= 0),       -- by the source itself
    rows_file      bigint check (rows_file >= 0),       -- counted in the file, read again
    totals_read    jsonb,
    totals_file    jsonb,
    bytes          bigint check (bytes >= 0),
    sha256         bytea check (octet_length(sha256) = 32),
    differs        text check (length(differs) <= 500), -- from the revision before it
    why            text check (length(why) <= 500),     -- what it failed at, or is to be tried again for
    late_told      boolean not null default false,
    started_at     timestamptz,
    written_at     timestamptz,
    finished_at    timestamptz,
    unique (feed_id, day, revision),
    check ((lease_owner is null) = (lease_until is null)),
    -- What does not agree with its source goes nowhere, whatever code asks for it.
    constraint feed_run_agrees check (state not in ('written', 'delivered', 'superseded')
        or coalesce(rows_read = rows_file and totals_read = totals_file and sha256 is not null and bytes is not null and file is not null, false)),
    check ((state in ('delivered', 'failed', 'superseded')) = (finished_at is not null)),
    check (state <> 'failed' or why is not null)
);
-- A business day of a feed is in one hand, and stands once.
create unique index feed_run_open on feed_run (feed_id, day) where state in ('waiting', 'running', 'written', 'failed');
create unique index feed_run_stands on feed_run (feed_id, day) where state = 'delivered';
create index feed_run_work on feed_run (due_at) where state in ('waiting', 'running', 'written');
create index feed_run_finished on feed_run (finished_at) where finished_at is not null;

create table feed_part (
    run_id         bigint not null references feed_run (id) on delete cascade,
    part           integer not null check (part >= 0),
    bytes          bytea not null,
    primary key (run_id, part)
);

-- A day that its calendar leaves out is waited for by nobody.
create function feed_has_day(p_feed feed, p_day date) returns boolean language sql stable as $$
    select p_day >= p_feed.since and (p_feed.weekdays >> (extract(isodow from p_day)::integer - 1)) & 1 = 1 and not p_day = any (p_feed.holidays)
$$;

-- What a run waits for, in words; null: nothing.
create function feed_waits(p_run bigint) returns text language sql stable as $$
    select left(string_agg(w.words, ', ' order by w.words), 500)
    from feed_run r join feed f on f.id = r.feed_id cross join lateral (
        select o.name || case when exists (select from feed_run x where x.feed_id = o.id and x.day = r.day and x.state = 'failed') then ', which failed' else '' end as words
        from feed_wait w join feed o on o.id = w.on_feed
        where w.feed_id = f.id and feed_has_day(o, r.day) and not exists (select from feed_run x where x.feed_id = o.id and x.day = r.day and x.state = 'delivered')
        union all
        select c.name || ' has not told the whole day'
        from ledger_coverage v join connection c on c.id = v.connection_id
        where f.waits_complete and c.disabled_at is null and v.told_at < r.ends_at
            and not exists (select from recon_period p where p.books = case when c.role = 'erp' then c.id else c.posts_to end and p.state = 'closed' and p.month = date_trunc('month', r.day)::date)) w
    where r.id = p_run
$$;

-- What failed, and what is late, is told where people want to hear of it.
alter table notification_channel drop constraint notification_channel_events_check;
alter table notification_channel add constraint notification_channel_events_check check (events <@ array['sla', 'assigned', 'batch', 'integrity', 'stock', 'promotion', 'reconciliation', 'incident', 'incident-untaken', 'figures', 'webhook', 'feed']) not valid;
alter table notification drop constraint notification_event_check;
alter table notification add constraint notification_event_check check (event in ('sla', 'assigned', 'batch', 'integrity', 'stock', 'promotion', 'reconciliation', 'incident', 'incident-untaken', 'figures', 'webhook', 'feed')) not valid;

create function feed_tells() returns trigger language plpgsql as $$
declare
    v_name text := (select name from feed where id = new.feed_id);
begin
    if new.state = 'failed' and old.state <> 'failed' then
        perform notify_places('feed', 'feed/' || new.id || '/failed/' || new.fence, jsonb_build_object('found', left(v_name || ' of ' || new.day || ' failed: ' || new.why, 500)));
    elsif new.late_told and not old.late_told then
        perform notify_places('feed', 'feed/' || new.id || '/late', jsonb_build_object('found', left(v_name || ' of ' || new.day || ' is late' || coalesce('. It waits for: ' || feed_waits(new.id), coalesce(': ' || new.why, '.')), 500)));
    end if;
    return null;
end $$;
create trigger feed_tells after update of state, late_told on feed_run for each row execute function feed_tells();
