-- What clients of the API asked and how it went, for two weeks. Written in batches, off the way of the requests; under pressure some are left out and counted.
create table api_request (
    at             timestamptz not null,
    client_id      uuid not null references api_client (id),
    key_hint       text not null,
    version        text not null,
    method         text not null,
    operation      text not null,                        -- the operation, or the pattern of a route that has none: never what was sent
    status         smallint not null,
    took_ms        integer not null,
    problem        text,
    trace_id       text not null
);
create index api_request_client on api_request (client_id, at desc);
create index api_request_at on api_request using brin (at);
