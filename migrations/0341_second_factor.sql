-- A person's second factor: the key of their authenticator, sealed, and the last half minute whose code was used, so that none works twice.
create table account_factor (
    account_id   uuid        primary key references account (id),
    secret       bytea       not null check (octet_length(secret) > 40),
    confirmed_at timestamptz,
    last_step    bigint      not null default 0,
    created_at   timestamptz not null
);

-- Ten codes for whoever lost the authenticator, each good once.
create table account_recovery_code (
    account_id uuid        not null references account_factor (account_id) on delete cascade,
    hash       bytea       not null check (octet_length(hash) = 32),
    used_at    timestamptz,
    primary key (account_id, hash)
);

-- Half a sign-in: the password was right, the second factor is asked for. It opens nothing by itself.
create table sign_in_step (
    hash       bytea       primary key check (octet_length(hash) = 32),
    account_id uuid        not null references account (id),
    stamp      uuid        not null,
    created_at timestamptz not null
);
