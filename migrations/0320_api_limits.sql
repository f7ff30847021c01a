-- What a client of the API may use up, and of which brands it is told. A line without a client is for all that have none of their own; a line without an operation is for all of them together.
alter table api_client add column brands text[] not null default '{}';   -- none named: all

-- Streams tell of every channel and brand, incidents and key figures of every channel: who is for single ones cannot have them. Clients of before stay as they are.
alter table api_client add constraint api_client_streams
    check (cardinality(channels) + cardinality(brands) = 0 or not scopes && array['api:flow:read', 'api:connection:read', 'api:incident:read', 'api:kpi:read']) not valid;
alter table api_client add constraint api_client_figures check (cardinality(channels) = 0 or not scopes && array['api:incident:list', 'api:kpi:list']) not valid;

create table api_limit (
    client_id      uuid references api_client (id),
    operation      text not null default '' check (length(operation) <= 60),
    per_second     integer not null check (per_second between 1 and 10000),
    burst          integer not null check (burst between 1 and 100000),
    at_once        integer not null check (at_once between 1 and 1000),
    per_day        bigint check (per_day between 1 and 1000000000),       -- null: no quota; only of all operations together
    changed_by     text not null,
    changed_at     timestamptz not null default now(),
    unique nulls not distinct (client_id, operation),
    check (operation = '' or per_day is null)
);
insert into api_limit (client_id, per_second, burst, at_once, changed_by) values (null, 200, 400, 32, 'tower');

-- What nodes have taken of a client's day. A node takes some in advance, so that a day never has more than its quota.
create table api_quota (
    client_id      uuid not null references api_client (id),
    day            date not null,
    used           bigint not null default 0 check (used >= 0),
    primary key (client_id, day)
);
