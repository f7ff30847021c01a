-- Somebody asks whether a connection works; the node that owns its gate finds out and writes the answer here. One question at a time per connection:
-- asking again while one is open is the same question.
create table connection_test (
    id             bigint generated always as identity primary key,
    connection_id  text not null references connection (id) on delete cascade,
    requested_by   text not null check (length(requested_by) between 1 and 200),
    requested_at   timestamptz not null default now(),
    state          text not null default 'asked' check (state in ('asked', 'running', 'done')),
    outcome        text check (outcome in ('ok', 'refused', 'failed')),
    message        text,
    took_ms        integer,
    finished_at    timestamptz,
    check ((state = 'done') = (outcome is not null)),
    check ((state = 'done') = (finished_at is not null))
);
create unique index connection_test_open on connection_test (connection_id) where state <> 'done';
create index connection_test_recent on connection_test (connection_id, id desc);
