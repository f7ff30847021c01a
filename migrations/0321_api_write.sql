-- Writes of clients under the key that they gave: under way, or what was answered, for a day. Who asks again with the key is answered the same.
create table api_write (
    client_id      uuid not null references api_client (id),
    key            text not null check (length(key) between 1 and 200),
    request_hash   bytea not null check (length(request_hash) = 32),      -- of method, address and body
    fence          bigint not null default 1,                             -- rises when it is taken over from a node that died
    started_at     timestamptz not null default now(),
    status         smallint check (status between 200 and 299),           -- null: under way
    headers        jsonb,
    body           bytea,
    primary key (client_id, key)
);
create index api_write_age on api_write (started_at);
