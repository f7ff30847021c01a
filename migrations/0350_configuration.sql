-- How a recurring job was set by an admin; a job without a row runs as it was shipped. A paused job is asked here each time before it runs, so a deploy changes nothing about it.
create table job_schedule (
    job            text primary key check (job ~ '^[a-z][a-z0-9-]{1,59}$'),
    cron           text check (length(cron) between 9 and 100),                -- null: as shipped
    paused_at      timestamptz,
    paused_by      text,
    paused_reason  text check (btrim(paused_reason) <> '' and length(paused_reason) <= 300),
    version        integer not null default 1,
    changed_at     timestamptz not null default now(),
    changed_by     text not null check (changed_by <> ''),
    check ((paused_at is null) = (paused_by is null) and (paused_at is null) = (paused_reason is null))
);

-- How long a kind of data is kept, as an admin set it; a kind without a row is kept as it was shipped.
create table retention_rule (
    kind        text primary key check (kind ~ '^[a-z][a-z-]{1,39}$'),
    days        integer not null check (days between 1 and 36500),
    version     integer not null default 1,
    changed_at  timestamptz not null default now(),
    changed_by  text not null check (changed_by <> '')
);
