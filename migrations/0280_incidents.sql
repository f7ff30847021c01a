-- Trouble that concerns many transactions at once. What it harmed, since when and until when follows from the data; people say who takes care of it and what they learned.
create table incident (
    id                 bigint generated always as identity primary key,
    kind               text not null check (kind in ('connection', 'silent', 'backlog', 'completeness', 'pump', 'integrity', 'cause', 'burn', 'manual')),
    subject            text not null check (length(subject) between 1 and 300),   -- what it is about: a connection, a cause, a stage
    title              text not null check (length(title) between 1 and 300),
    severity           text not null check (severity in ('minor', 'major', 'critical')),
    status             text not null default 'open' check (status in ('open', 'drained', 'closed', 'dismissed')),
    brand              text not null default '',
    system             text not null default '',        -- connection, or nothing
    about              jsonb not null default '{}'::jsonb, -- what its harm is looked up by: for a backlog its flow, stage and limit in seconds
    began_at           timestamptz not null,            -- the first harmed transaction; moves earlier as data comes in, never later
    detected_at        timestamptz not null default now(), -- the first alert, or the first flag by a person
    restored_at        timestamptz,                     -- the cause is over; transactions may still wait
    drained_at         timestamptz,                     -- the last harmed transaction is completed or written off
    closed_at          timestamptz,
    opened_by          uuid references account (id),    -- null: a rule
    lead               uuid references account (id),
    comms              uuid references account (id),    -- who keeps stakeholders up to date
    stakeholder_status text not null default '' check (length(stakeholder_status) <= 1000),
    stakeholder_at     timestamptz,
    review             text not null default '' check (length(review) <= 20000),
    escalated_at       timestamptz,
    version            integer not null default 1,
    check (began_at <= detected_at),
    check (restored_at >= began_at),
    check (drained_at >= detected_at and drained_at >= restored_at),
    check (closed_at >= drained_at or status = 'dismissed'),
    check (status <> 'open' or (drained_at is null and closed_at is null)),
    check (status not in ('drained', 'closed') or (restored_at is not null and drained_at is not null)),
    check ((status in ('closed', 'dismissed')) = (closed_at is not null))
) with (fillfactor = 80);
-- A second trigger joins; it never multiplies.
create unique index incident_open on incident (kind, subject) where status = 'open';
create index incident_recent on incident (detected_at desc, id desc);
create index incident_subject on incident (kind, subject, detected_at desc);

-- A condition that holds, or a person's flag: why an incident is there. One that holds for too short a time has no incident yet.
create table incident_signal (
    id             bigint generated always as identity primary key,
    incident_id    bigint references incident (id),
    kind           text not null,
    subject        text not null,
    severity       text not null check (severity in ('minor', 'major', 'critical')),
    words          text not null check (length(words) <= 1000),
    began_at       timestamptz not null,            -- what it harmed first, as far as was known
    held_since     timestamptz not null,            -- since when the condition holds
    seen_at        timestamptz not null default now(),
    last_seen_at   timestamptz not null default now(),
    ended_at       timestamptz,
    act_key        uuid unique,                     -- of a person's flag
    check (act_key is null or incident_id is not null)
) with (fillfactor = 80);
create unique index incident_signal_holds on incident_signal (kind, subject) where ended_at is null and act_key is null;
create index incident_signal_incident on incident_signal (incident_id) where incident_id is not null;

-- The transactions that it harmed. The same one may have been harmed by several incidents.
create table incident_transaction (
    incident_id    bigint not null references incident (id),
    flow_id        bigint not null references flow (id),
    harmed_at      timestamptz not null,
    value          numeric(19, 4) not null,
    currency       text not null,
    settled_at     timestamptz check (settled_at >= harmed_at),   -- completed or written off
    primary key (incident_id, flow_id)
) with (fillfactor = 80);
create index incident_transaction_unsettled on incident_transaction (incident_id) where settled_at is null;
create index incident_transaction_flow on incident_transaction (flow_id);

create table incident_log (
    id             bigint generated always as identity primary key,
    incident_id    bigint not null references incident (id),
    kind           text not null check (kind in ('opened', 'signal', 'note', 'role', 'status', 'severity', 'restored', 'drained', 'closed', 'dismissed', 'reopened', 'notified', 'review')),
    words          text not null check (length(words) <= 2000),
    by_name        text not null,
    at             timestamptz not null default now(),
    act_key        uuid unique
);
create index incident_log_incident on incident_log (incident_id, id);
create function incident_log_stays() returns trigger language plpgsql as $$
begin
    raise exception 'The timeline of an incident is not changed.' using errcode = 'check_violation', constraint = 'incident_log_stays';
end $$;
create trigger incident_log_stays before update or delete on incident_log for each row execute function incident_log_stays();

-- When a condition is trouble. What "most" counts depends on the rule: seconds beyond a limit, orders, cases.
create table incident_rule (
    kind           text primary key check (kind in ('connection', 'silent', 'backlog', 'completeness', 'pump', 'integrity', 'cause', 'burn')),
    position       integer not null unique,
    active         boolean not null default true,
    after_minutes  integer not null check (after_minutes between 0 and 1440),      -- for so long it has to hold
    most           integer not null check (most between 0 and 1000000),            -- up to here it is no trouble
    severity       text not null check (severity in ('minor', 'major', 'critical')),
    take_minutes   integer not null check (take_minutes between 0 and 1440),       -- until then somebody has to take it, or others are told; 0: never
    version        integer not null default 1,
    changed_by     text not null default 'tower',
    changed_at     timestamptz not null default now()
);
insert into incident_rule (kind, position, after_minutes, most, severity, take_minutes) values
    ('connection', 1, 1, 0, 'major', 15),
    ('silent', 2, 5, 0, 'major', 15),
    ('backlog', 3, 2, 20, 'major', 30),
    ('completeness', 4, 2, 0, 'major', 30),
    ('pump', 5, 3, 0, 'critical', 10),
    ('integrity', 6, 0, 0, 'critical', 15),
    ('cause', 7, 1, 20, 'major', 30),
    ('burn', 8, 0, 0, 'major', 15);
