-- What somebody asked for and whose outcome is still to come: a retry of a case, or the cancellation of an order. Once it is known the trail says it under the name of whoever asked, and the row goes.
set local lock_timeout = '30s';
create table awaited_outcome (
    id             bigint generated always as identity primary key,
    case_id        bigint references exception_case (id) on delete cascade,
    attempt        int,                    -- of the case, with this retry
    occurrences    int,                    -- of the case, before this retry
    called_off_by  text,
    flow_id        bigint references flow (id) on delete cascade,
    actor_id       uuid,
    actor_name     text not null,
    actor_role     text not null,
    actor_address  text,
    asked_at       timestamptz not null default now(),
    check ((case_id is null) <> (flow_id is null)),
    check ((case_id is null) = (attempt is null) and (case_id is null) = (occurrences is null)),
    check (called_off_by is null or case_id is not null)
);
create index awaited_outcome_case on awaited_outcome (case_id) where case_id is not null;
create index awaited_outcome_flow on awaited_outcome (flow_id) where flow_id is not null;
