-- Who we talk to, and who currently holds the right to talk.
create table connection (
    id             text primary key check (id ~ '^[a-z0-9][a-z0-9-]{1,62}$'),
    kind           text not null check (length(kind) between 1 and 40),
    role           text not null check (role in ('shop', 'erp')),
    name           text not null check (length(name) between 1 and 100),
    brand          text not null default '' check (length(brand) <= 60),
    region         text check (length(region) <= 20),
    currency       text check (currency ~ '^[A-Z]{3}$'),
    time_zone      text not null default 'UTC' check (length(time_zone) <= 60),
    posts_to       text references connection (id),
    settings       jsonb not null default '{}'::jsonb,
    secrets        bytea,                       -- sealed by the key ring, never plain
    paused_at      timestamptz,
    paused_by      text,
    paused_reason  text,
    subscribed_at  timestamptz,
    version        integer not null default 1,
    created_at     timestamptz not null default now(),
    updated_at     timestamptz not null default now(),
    check ((paused_at is null) = (paused_by is null))
);

-- One process at a time sends to a connection: budgets, lanes and breakers are then exact without shared counters.
-- The fence rises with each new owner; a write with an old fence changes nothing.
create table connection_gate (
    connection_id  text primary key references connection (id) on delete cascade,
    owner          uuid,
    lease_until    timestamptz,
    fence          bigint not null default 0,
    breaker        text not null default 'closed' check (breaker in ('closed', 'open', 'half-open')),
    breaker_since  timestamptz not null default now(),
    breaker_reason text,
    probes_done    integer not null default 0,
    probes_needed  integer not null default 3,
    next_probe_at  timestamptz,
    not_before     timestamptz,                 -- the vendor's Retry-After
    budget         jsonb not null default '{}'::jsonb,
    updated_at     timestamptz not null default now()
) with (fillfactor = 60);

create table feed_cursor (
    connection_id  text not null references connection (id) on delete cascade,
    feed           text not null,
    cursor         text,
    since          timestamptz not null,
    read_at        timestamptz,
    due_at         timestamptz not null default now(),
    failures       integer not null default 0,
    last_error     text,
    primary key (connection_id, feed)
) with (fillfactor = 60);

-- Processes of the tower. Leases are judged by this database's clock alone.
create table node (
    id             uuid primary key,
    roles          text not null,
    host           text not null,
    version        text not null,
    started_at     timestamptz not null default now(),
    beat_at        timestamptz not null default now(),
    pumps          jsonb not null default '{}'::jsonb
) with (fillfactor = 60);
