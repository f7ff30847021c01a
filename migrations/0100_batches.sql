-- Acts on many cases at once: frozen when somebody confirmed them, carried out in growing stages, stopped by themselves when too much fails.
create table batch (
    id             bigint generated always as identity primary key,
    key            uuid not null unique,        -- made by whoever asks: asking twice is one batch
    kind           text not null check (kind in ('retry')),
    what           text not null,               -- what was chosen, in words for people
    reason         text,
    actor_id       uuid,
    actor_name     text not null,
    actor_role     text not null,
    actor_address  text,
    frozen_at      timestamptz not null default now(),
    count          integer not null check (count > 0),
    left_out       integer not null default 0 check (left_out >= 0),
    currencies     text[] not null,
    amounts        numeric[] not null,
    stages         integer[] not null check (cardinality(stages) > 0 and 0 < all (stages)),  -- the last one repeats
    per_second     integer not null check (per_second between 1 and 100),
    failure_limit  numeric(5, 4) not null check (failure_limit between 0 and 1),
    state          text not null default 'running' check (state in ('running', 'paused', 'stopped', 'done', 'cancelled')),
    why            text,                        -- why it stopped
    state_by       text not null,
    state_at       timestamptz not null default now(),
    stage          integer not null default 1 check (stage > 0),
    sent           integer not null default 0 check (sent >= 0),
    proven         integer not null default 0 check (proven >= 0),
    failed         integer not null default 0 check (failed >= 0),
    skipped        integer not null default 0 check (skipped >= 0),
    version        integer not null default 1,  -- rises with each change of state, not with progress
    fence          bigint not null default 0,   -- rises with each change of hands: who lost the lease sends nothing
    lease_owner    uuid,
    lease_until    timestamptz,
    next_send_at   timestamptz not null default now(),
    finished_at    timestamptz,
    check (sent + proven + failed + skipped <= count),
    check (state <> 'done' or proven + failed + skipped = count),
    check ((finished_at is not null) = (state in ('stopped', 'done', 'cancelled') and sent = 0)),
    check ((lease_owner is null) = (lease_until is null)),
    check (cardinality(currencies) = cardinality(amounts))
) with (fillfactor = 60);
create index batch_active on batch (id) where state = 'running' or sent > 0;

-- No foreign key to the case: a hundred thousand of them would be locked at once, and a batch is to be read when its cases are long forgotten.
create table batch_item (
    batch_id       bigint not null references batch (id),
    ordinal        integer not null check (ordinal > 0),
    case_id        bigint not null,
    stage          integer not null check (stage > 0),
    state          text not null default 'waiting' check (state in ('waiting', 'sent', 'proven', 'failed', 'skipped')),
    attempt        integer,                     -- of the case, when it was sent
    detail         text,
    sent_at        timestamptz,
    settled_at     timestamptz,
    primary key (batch_id, ordinal),
    check ((state in ('proven', 'failed', 'skipped')) = (settled_at is not null)),
    check (state in ('waiting', 'skipped') or sent_at is not null)
) with (fillfactor = 80);
-- A case is in the hands of one batch at most.
create unique index batch_item_case on batch_item (case_id) where state in ('waiting', 'sent');
create index batch_item_state on batch_item (batch_id, state, ordinal);
