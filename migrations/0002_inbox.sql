-- Everything genuine that anybody sent, byte for byte, before anything is made of it. Rows are never changed.
create table inbox_message (
    id             bigint generated always as identity primary key,
    connection_id  text not null references connection (id),
    topic          text not null check (length(topic) between 1 and 120),
    event_id       text not null check (length(event_id) between 1 and 280),
    lane           text not null check (length(lane) between 1 and 200),
    headers        jsonb not null default '{}'::jsonb,
    body           bytea not null,
    body_hash      bytea not null check (length(body_hash) = 32),
    trace_id       text,
    received_at    timestamptz not null default now(),
    unique (connection_id, topic, event_id)
);
create index inbox_message_time on inbox_message using brin (received_at);

-- Open work only: narrow, no index on anything that a step changes. A finished message leaves this table.
create table inbox_work (
    message_id     bigint primary key references inbox_message (id),
    connection_id  text not null,
    lane           text not null,
    state          smallint not null default 0 check (state between 0 and 2), -- 0 ready, 1 parked: waits for what it depends on, 2 thin: the vendor must be read
    attempts       integer not null default 0,
    fence          bigint not null default 0,
    lease_owner    uuid,
    lease_until    timestamptz,
    due_at         timestamptz not null default now(),
    park_until     timestamptz,
    reason         text
) with (fillfactor = 70);
create index inbox_work_lane on inbox_work (connection_id, lane, message_id);

-- How each message ended. received = processed + duplicate + stale + ignored + excepted, plus what is still in inbox_work.
create table inbox_outcome (
    message_id     bigint primary key references inbox_message (id),
    outcome        text not null check (outcome in ('processed', 'duplicate', 'stale', 'ignored', 'excepted')),
    detail         text,
    flow_id        bigint,
    attempts       integer not null default 1,
    finished_at    timestamptz not null default now()
);
create index inbox_outcome_flow on inbox_outcome (flow_id) where flow_id is not null;
