-- What the checker found, run after run. Ids and keys of the tower only, nothing personal.
create table integrity_run (
    id             bigint generated always as identity primary key,
    state          text not null default 'asked' check (state in ('asked', 'running', 'done', 'failed')),
    requested_by   text not null check (length(requested_by) between 1 and 200),
    requested_at   timestamptz not null default now(),
    started_at     timestamptz,
    finished_at    timestamptz,
    checked        integer not null default 0,
    skipped        integer not null default 0,
    violations     jsonb not null default '[]'::jsonb,   -- [{name, promise, count, what, sample}]
    own_role       boolean not null default false,       -- read by a role of its own; else in a read-only transaction of the tower's
    failure        text check (length(failure) <= 300),
    check ((state in ('done', 'failed')) = (finished_at is not null)),
    check ((state = 'failed') = (failure is not null))
);
-- One at a time, of all nodes together: whoever asks while one is open asks the same.
create unique index integrity_run_open on integrity_run ((true)) where state in ('asked', 'running');
create index integrity_run_finished on integrity_run (finished_at desc) where state in ('done', 'failed');
