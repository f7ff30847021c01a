-- One row per business process instance; the lock on this row is what makes a step happen once.
create table flow (
    id              bigint generated always as identity primary key,
    kind            text not null,
    source          text not null references connection (id),
    source_id       text not null check (length(source_id) between 1 and 120),
    brand           text not null default '',
    name            text not null default '',
    erp             text references connection (id),
    state           jsonb,
    version         integer not null default 0,          -- rises by one with each saved step batch
    steps           integer not null default 0,          -- number of the last entry in event_log
    stage           text not null default 'new',
    status          text not null default 'open' check (status in ('open', 'attention', 'done', 'cancelled')),
    applied_version bigint not null default 0,           -- highest source version applied
    value           numeric(19, 4) not null default 0,
    currency        text not null default 'XXX' check (currency ~ '^[A-Z]{3}$'),
    placed_at       timestamptz,
    stage_since     timestamptz not null default now(),
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    unique (kind, source, source_id)
) with (fillfactor = 60);
create index flow_open on flow (kind, stage, stage_since) where status in ('open', 'attention');
create index flow_placed on flow (placed_at desc, id desc);

-- What happened, in the order in which it was committed. (flow_id, step) has no gap and no repetition; readers follow behind the snapshot's xmin.
create table event_log (
    seq            bigint generated always as identity,
    txid           xid8 not null default pg_current_xact_id(),
    flow_id        bigint not null references flow (id),
    step           integer not null,
    type           text not null,
    stage          text not null,
    system         text,
    reference      text,
    detail         text,
    at             timestamptz not null default now(),
    trace_id       text,
    primary key (flow_id, step)
);
create index event_log_cursor on event_log (txid, seq);
create index event_log_time on event_log using brin (at);

-- Full statements of an order, one per source version; never changed.
create table order_document (
    flow_id        bigint not null references flow (id),
    version        bigint not null,
    body           jsonb not null,
    stored_at      timestamptz not null default now(),
    primary key (flow_id, version)
);

-- Every id that a person can paste.
create table flow_reference (
    flow_id        bigint not null references flow (id),
    kind           text not null,
    value          text not null check (length(value) between 1 and 200),
    primary key (flow_id, kind, value)
);
create index flow_reference_value on flow_reference (lower(value) text_pattern_ops);

create table deadline (
    flow_id        bigint not null references flow (id),
    name           text not null,
    due_at         timestamptz not null,
    primary key (flow_id, name)
);
create index deadline_due on deadline (due_at);
