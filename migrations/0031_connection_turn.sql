-- When a circuit turned and when somebody paused or resumed: what charts mark. Kept by the database, so that whoever changes a gate cannot forget it.
create table connection_turn (
    id             bigint generated always as identity primary key,
    connection_id  text not null references connection (id) on delete cascade,
    what           text not null check (what in ('open', 'half-open', 'closed', 'paused', 'resumed')),
    reason         text,
    at             timestamptz not null default now()
);
create index connection_turn_recent on connection_turn (connection_id, at desc);
create index connection_turn_time on connection_turn (at desc);

create function connection_gate_turned() returns trigger language plpgsql as $$
begin
    insert into connection_turn (connection_id, what, reason) values (new.connection_id, new.breaker, new.breaker_reason);
    return null;
end $$;

create trigger connection_gate_turned after update of breaker on connection_gate
    for each row when (old.breaker is distinct from new.breaker) execute function connection_gate_turned();

create function connection_paused() returns trigger language plpgsql as $$
begin
    insert into connection_turn (connection_id, what, reason)
    values (new.id, case when new.paused_at is null then 'resumed' else 'paused' end, new.paused_reason);
    return null;
end $$;

create trigger connection_paused after update of paused_at on connection
    for each row when ((old.paused_at is null) <> (new.paused_at is null)) execute function connection_paused();
