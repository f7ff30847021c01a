-- Programs that may ask the governed API. Keys are shown once; only their hash is kept.
create table api_client (
    id             uuid primary key,
    name           text not null check (length(name) between 1 and 100),
    scopes         text[] not null check (cardinality(scopes) > 0),
    channels       text[] not null default '{}',          -- connections for which it may ask; none named: all
    created_at     timestamptz not null default now(),
    created_by     text not null,
    disabled_at    timestamptz
);
create unique index api_client_name on api_client (lower(name));

create table api_key (
    hash           bytea primary key check (length(hash) = 32),
    client_id      uuid not null references api_client (id),
    hint           text not null check (length(hint) = 4),
    made_at        timestamptz not null default now(),
    expires_at     timestamptz not null,
    revoked_at     timestamptz,
    used_at        timestamptz
);
create index api_key_client on api_key (client_id);
