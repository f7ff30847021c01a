-- One open case per failed thing. Cases with the same fingerprint have the same cause.
create table exception_case (
    id             bigint generated always as identity primary key,
    fingerprint    text not null,
    failure        text not null,
    code           text not null,
    title          text not null,
    message        text not null,
    field          text,
    connection_id  text,                        -- the system that refused, or that sent
    flow_id        bigint references flow (id),
    posting_key    text,
    message_id     bigint references inbox_message (id),
    call_id        bigint,
    value          numeric(19, 4) not null default 0,
    currency       text,
    brand          text not null default '',
    state          text not null default 'open' check (state in ('open', 'retrying', 'resolved', 'discarded')),
    occurrences    integer not null default 1,
    attempts       integer not null default 0,
    opened_at      timestamptz not null default now(),
    last_seen_at   timestamptz not null default now(),
    closed_at      timestamptz,
    closed_by      text,
    resolution     text,
    version        integer not null default 1,
    subject        text not null,               -- 'posting/KEY', 'flow/ID/code', 'message/ID', 'feed/CONNECTION/NAME'
    check ((state in ('resolved', 'discarded')) = (closed_at is not null))
);
create unique index exception_case_open on exception_case (subject) where state in ('open', 'retrying');
create index exception_case_cause on exception_case (fingerprint, state);
create index exception_case_flow on exception_case (flow_id) where flow_id is not null;
create index exception_case_recent on exception_case (opened_at desc, id desc);
