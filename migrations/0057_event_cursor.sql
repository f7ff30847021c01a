-- How far each follower of event_log has come, and which node follows for it. The position is that of the last event handed over.
create table event_cursor (
    follower       text primary key check (length(follower) between 1 and 120),
    txid           xid8 not null default '0',
    seq            bigint not null default 0,
    fence          bigint not null default 0,   -- rises with each change of hands: who lost the lease moves nothing
    lease_owner    uuid,
    lease_until    timestamptz,
    updated_at     timestamptz not null default now(),
    check ((lease_owner is null) = (lease_until is null))
);
