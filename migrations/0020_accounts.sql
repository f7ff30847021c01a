-- Local accounts. Passwords, session ids and links are kept as hashes only; a new security stamp ends what was open before.
create table account (
    id              uuid        primary key,
    email           text        not null unique check (email = lower(email) and length(email) between 3 and 254 and position('@' in email) > 1),
    name            text        not null check (name = btrim(name) and length(name) between 1 and 100),
    role            text        not null check (role in ('Operations', 'Merchandiser', 'Executive', 'Admin')),
    finance         boolean     not null default false,
    password_hash   text        check (password_hash <> ''),
    security_stamp  uuid        not null,
    created_at      timestamptz not null,
    last_sign_in_at timestamptz,
    disabled_at     timestamptz
);

create table account_session (
    id_hash      bytea       primary key check (octet_length(id_hash) = 32),
    account_id   uuid        not null references account (id),
    stamp        uuid        not null,
    created_at   timestamptz not null,
    last_seen_at timestamptz not null,
    ended_at     timestamptz,
    address      text        not null
);
create index account_session_open on account_session (account_id) where ended_at is null;

-- One-time links: the first admin (no account), and a new person or a new password (with one).
create table account_link (
    hash       bytea       primary key check (octet_length(hash) = 32),
    account_id uuid        references account (id),
    created_at timestamptz not null,
    expires_at timestamptz not null check (expires_at > created_at),
    used_at    timestamptz
);

-- Failed sign-ins, for the limits per person and per address. The e-mail is kept as a hash: it may be no account's at all.
create table sign_in_failure (
    id         bigint      generated always as identity primary key,
    email_hash bytea       not null check (octet_length(email_hash) = 32),
    address    text        not null,
    at         timestamptz not null
);
create index sign_in_failure_email on sign_in_failure (email_hash, at);
create index sign_in_failure_address on sign_in_failure (address, at);
