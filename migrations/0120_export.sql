-- Lists that somebody takes along as a file, made by a worker. The filter is frozen when it is asked for; the file is kept for a day.
create table export (
    id             bigint generated always as identity primary key,
    key            uuid not null unique,        -- made by the page: asking twice is one export
    kind           text not null check (kind in ('cases', 'audit')),
    format         text not null check (format in ('csv', 'xlsx')),
    filter         jsonb not null,              -- what is read, with the times and the reader of the moment it was asked
    what           text not null check (length(what) <= 4000),  -- the address of the list, for people
    actor_id       uuid not null,
    actor_name     text not null,
    actor_role     text not null,
    actor_address  text,
    asked_at       timestamptz not null default now(),
    state          text not null default 'queued' check (state in ('queued', 'running', 'done', 'failed', 'cancelled')),
    why            text check (length(why) <= 300),
    rows_total     bigint not null check (rows_total >= 0),
    rows_done      bigint not null default 0 check (rows_done >= 0),
    size           bigint not null default 0,   -- bytes that are kept
    parts          integer not null default 0,
    attempts       integer not null default 0,  -- how often it was begun
    fence          bigint not null default 0,   -- rises with each beginning: who lost the lease writes nothing
    lease_owner    uuid,
    lease_until    timestamptz,
    finished_at    timestamptz,
    check ((finished_at is not null) = (state in ('done', 'failed', 'cancelled'))),
    check ((state = 'failed') = (why is not null)),
    check ((lease_owner is null) = (lease_until is null)),
    check (state = 'running' or lease_owner is null)
) with (fillfactor = 60);
create index export_open on export (id) where state in ('queued', 'running');
create index export_actor on export (actor_id, id desc);

-- A file in pieces, so that nobody ever holds it whole.
create table export_part (
    export_id      bigint not null references export (id) on delete cascade,
    part           integer not null check (part >= 0),
    bytes          bytea not null,
    primary key (export_id, part)
);
