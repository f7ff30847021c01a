-- Key figures: what was measured of each order, return and posting, and how much of it fell into each hour. All of it follows from the event log, the call log and the flows: it can be thrown away and
-- reckoned anew, and comes to the same.

-- Where something was measured. '' where it is of no brand, channel, store or system.
create table kpi_slice (
    id       integer generated always as identity primary key,
    brand    text not null,
    channel  text not null,
    store    text not null,
    system   text not null,
    unique (brand, channel, store, system)
);

create function kpi_slice_of(p_brand text, p_channel text, p_store text, p_system text) returns integer language plpgsql as $$
declare
    found_id integer;
begin
    select id into found_id from kpi_slice where brand = p_brand and channel = p_channel and store = p_store and system = p_system;
    if found_id is null then
        insert into kpi_slice (brand, channel, store, system) values (p_brand, p_channel, p_store, p_system) on conflict do nothing;
        select id into found_id from kpi_slice where brand = p_brand and channel = p_channel and store = p_store and system = p_system;
    end if;
    return found_id;
end $$;

-- One thing that was measured. Either a span, which is open while until is null, or something that did or did not happen.
create table kpi_fact (
    flow_id  bigint not null references flow (id),
    kpi      text not null,
    subject  text not null default '',       -- tells several of one flow apart: a posting's key
    slice    integer not null,               -- kpi_slice, of which nothing is ever taken away
    at       timestamptz not null,           -- its begin: the hour in which it counts
    until    timestamptz,
    hit      boolean,
    weight   integer not null default 1 check (weight > 0),
    primary key (flow_id, kpi, subject),
    check (until is null or hit is null),
    check (until >= at)
) with (fillfactor = 80);
create index kpi_fact_time on kpi_fact (kpi, at desc, flow_id desc);
create index kpi_fact_open on kpi_fact (kpi, at) where until is null and hit is null;

create table kpi_cell (
    kpi      text not null,
    hour     timestamptz not null,
    slice    integer not null,               -- kpi_slice, of which nothing is ever taken away
    n        bigint not null,
    hits     bigint not null default 0,
    seconds  numeric not null default 0,
    primary key (kpi, hour, slice),
    check (hour = date_trunc('hour', hour, 'UTC')),
    check (n >= 0 and hits between 0 and n)
) with (fillfactor = 70);

-- How many spans of an hour were of which length: a histogram whose classes grow by two in a hundred, so that any quantile is right to one in a hundred, two of them add up to one, and what was
-- counted can be taken out again.
create table kpi_mark (
    kpi      text not null,
    hour     timestamptz not null,
    slice    integer not null,               -- kpi_slice, of which nothing is ever taken away
    mark     smallint not null,
    n        bigint not null check (n >= 0),
    primary key (kpi, hour, slice, mark)
) with (fillfactor = 70);

-- Class of a length: up to a second is 0, then each class ends at 1.01 / 0.99 times the one before.
create function kpi_mark_of(p_seconds double precision) returns smallint immutable parallel safe language sql as $$
    select case when p_seconds <= 1 then 0 else least(32000, ceil(ln(p_seconds) / ln(1.01::float8 / 0.99::float8))) end::smallint
$$;

create function kpi_seconds(p_from timestamptz, p_until timestamptz) returns double precision immutable parallel safe language sql as $$
    select extract(epoch from p_until - p_from)::double precision
$$;

-- Flows of which something was learnt beside the log.
create table kpi_touched (
    id       bigint generated always as identity primary key,
    flow_id  bigint not null
);

-- Calls that were stored since they were last counted into their hours.
create table kpi_call_moved (
    id             bigint generated always as identity primary key,
    connection_id  text not null,
    hour           timestamptz not null,
    calls          bigint not null,
    technical      bigint not null,
    throttled      bigint not null,
    contract       bigint not null
);

-- What became of a call. A read that finds nothing is an answer, and none of the calls that are counted.
create function kpi_call_class(p_verb text, p_status integer, p_outcome text) returns text immutable parallel safe language sql as $$
    select case
        when p_verb = 'GET' and p_status = 404 then 'absent'
        when p_outcome = 'ok' then 'ok'
        when p_outcome = 'throttled' or p_status = 429 then 'throttled'
        when p_outcome = 'refused' then 'contract'
        else 'technical' end
$$;

-- Calls are kept for half a year: what follows from older ones stays as it was reckoned while they were there.
create function kpi_calls_known() returns timestamptz stable parallel safe language sql as $$ select date_trunc('day', now() - interval '150 days', 'UTC') $$;

create function kpi_call_follow() returns trigger language plpgsql as $$
begin
    insert into kpi_call_moved (connection_id, hour, calls, technical, throttled, contract)
    select connection_id, date_trunc('hour', started_at, 'UTC'), count(*), count(*) filter (where class = 'technical'), count(*) filter (where class = 'throttled'), count(*) filter (where class = 'contract')
    from (select connection_id, started_at, kpi_call_class(verb, status, outcome) as class from come) c where class <> 'absent' group by 1, 2;
    -- A first attempt that fails writes nothing into the log.
    insert into kpi_touched (flow_id)
    select distinct flow_id from come where attempt = 1 and posting_key is not null and flow_id is not null and outcome <> 'ok';
    return null;
end $$;
create trigger kpi_call_insert after insert on vendor_call referencing new table as come for each statement execute function kpi_call_follow();

insert into kpi_call_moved (connection_id, hour, calls, technical, throttled, contract)
select connection_id, date_trunc('hour', started_at, 'UTC'), count(*), count(*) filter (where class = 'technical'), count(*) filter (where class = 'throttled'), count(*) filter (where class = 'contract')
from (select connection_id, started_at, kpi_call_class(verb, status, outcome) as class from vendor_call) c where class <> 'absent' group by 1, 2;

-- What stood at the end of each hour, of figures that are a state: a backlog, money at risk.
create table kpi_level (
    kpi       text not null,
    hour      timestamptz not null,
    brand     text not null,
    channel   text not null,
    store     text not null,
    system    text not null,
    currency  text not null,
    n         bigint not null,
    hits      bigint not null,                -- of them, those that the target is about
    value     numeric(24, 4) not null,
    primary key (kpi, hour, brand, channel, store, system, currency),
    check (hour = date_trunc('hour', hour, 'UTC'))
);

-- What a figure is to reach, since when, by whose word. Rows are only added: the newest before a time is in force at it.
create table kpi_target (
    id        bigint generated always as identity primary key,
    kpi       text not null,
    brand     text not null default '',       -- '': wherever no brand has its own
    target    double precision,               -- in the unit of the figure; null: none any more
    objective double precision check (objective > 0 and objective < 1),  -- share of what is measured that has to be good; its rest is the error budget
    owner     text not null check (length(owner) between 1 and 100),
    words     text not null default '' check (length(words) <= 500),
    since     timestamptz not null default now(),
    set_by    text not null,
    key       uuid not null unique            -- of the act: the same again is the same
);
create index kpi_target_newest on kpi_target (kpi, brand, since desc, id desc);

-- What people ought to know when they look at a curve. What the tower knows by itself (outages, promotions, changes of rules) is read where it stands.
create table kpi_annotation (
    id        bigint generated always as identity primary key,
    at        timestamptz not null,
    until     timestamptz,
    kind      text not null check (kind in ('deployment', 'note')),
    subject   text not null default '',
    words     text not null check (length(words) between 1 and 200),
    by_name   text not null,
    key       uuid not null unique,
    check (until >= at)
);
create unique index kpi_annotation_deployment on kpi_annotation (subject) where kind = 'deployment';

-- What the cost of weak synchronisation is reckoned with. Rows are only added.
create table kpi_assumption (
    id        bigint generated always as identity primary key,
    name      text not null,
    value     numeric(19, 6) not null check (value >= 0),
    words     text not null default '' check (length(words) <= 500),
    since     timestamptz not null default now(),
    set_by    text not null,
    key       uuid not null unique
);
create index kpi_assumption_newest on kpi_assumption (name, since desc, id desc);

-- What somebody counted on the shelf, beside what the tower held at that moment.
create table stock_count (
    id          bigint generated always as identity primary key,
    location    text not null,
    sku         text not null,
    counted     integer not null,                -- with what moved since
    held        integer not null,
    counted_at  timestamptz not null,
    by_name     text not null,
    unique (location, sku, counted_at)
);
create index stock_count_time on stock_count (counted_at);
