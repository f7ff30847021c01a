-- The intent to do something in another system, for ever: one row per derived key, so that a document can be asked for only once.
create table posting (
    key            text primary key check (length(key) between 8 and 35 and key = upper(key)),
    flow_id        bigint not null references flow (id),
    connection_id  text not null references connection (id),
    kind           text not null,
    document_version bigint not null,
    value          numeric(19, 4) not null,
    currency       text not null,
    state          text not null default 'intended'
                   check (state in ('intended', 'unknown', 'confirmed', 'refused', 'withdrawn')),
    reference      text,
    number         text,
    facts          jsonb,
    intended_at    timestamptz not null default now(),
    settled_at     timestamptz,
    check (state <> 'confirmed' or reference is not null)
) with (fillfactor = 80);
create index posting_flow on posting (flow_id);

-- Open work towards other systems. One row per posting that is not settled.
create table delivery (
    id             bigint generated always as identity primary key,
    posting_key    text not null unique references posting (key),
    connection_id  text not null,
    flow_id        bigint not null references flow (id),
    kind           text not null,
    lane           smallint not null default 0 check (lane between 0 and 3),  -- 0 live, 1 deferred, 2 replay, 3 batch
    state          smallint not null default 0 check (state between 0 and 3), -- 0 ready, 1 sent (attempt open), 2 unknown, 3 held: waits for a person
    document_version bigint not null,
    arguments      jsonb,
    value          numeric(19, 4) not null,
    currency       text not null,
    attempts       integer not null default 0,   -- saved before the attempt: a process that dies has still counted
    lookups        integer not null default 0,
    due_at         timestamptz not null default now(),
    first_sent_at  timestamptz,
    last_sent_at   timestamptz,
    fence          bigint not null default 0,   -- rises with each claim; who holds the connection's gate holds its deliveries
    last_failure   text,
    last_message   text,
    trace_id       text,
    created_at     timestamptz not null default now()
) with (fillfactor = 70);
create index delivery_claim on delivery (connection_id, lane, id);
create index delivery_flow on delivery (flow_id);

-- Each request that left the house for a delivery, a read or a test, with what came back.
create table vendor_call (
    id             bigint generated always as identity primary key,
    connection_id  text not null,
    posting_key    text,
    flow_id        bigint,
    purpose        text not null,               -- kind of delivery, 'look-up', 'feed', 'test', 'subscribe'
    lane           smallint not null default 0,
    attempt        integer not null default 1,
    verb           text not null,
    path           text not null,
    status         integer,
    outcome        text not null check (outcome in ('ok', 'refused', 'failed', 'throttled', 'no-answer')),
    failure        text,
    request        text,                        -- masked and cut; bodies are erased by retention
    response       text,
    started_at     timestamptz not null,
    took_ms        integer not null
);
create index vendor_call_recent on vendor_call (connection_id, id desc);
create index vendor_call_flow on vendor_call (flow_id, id) where flow_id is not null;
create index vendor_call_time on vendor_call using brin (started_at);
