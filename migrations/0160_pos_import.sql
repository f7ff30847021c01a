-- Files of tills (POSLog). A file is its content: the same bytes for the same connection are one file. It is read in steps; each step is one transaction that takes receipts, notes findings and
-- moves the place where reading goes on, so that it survives a death at any byte.
create table pos_file (
    id             bigint generated always as identity primary key,
    connection_id  text not null references connection (id),
    name           text not null check (length(name) between 1 and 200),
    origin         text not null check (origin in ('upload', 'folder')),
    actor_id       uuid,                        -- who uploaded it
    actor_name     text not null,
    hash           bytea check (octet_length(hash) = 32),
    size           bigint not null default 0 check (size >= 0),
    parts          integer not null default 0,
    state          text not null default 'arriving' check (state in ('arriving', 'waiting', 'reading', 'done', 'refused')),
    why            text check (length(why) <= 500),
    head           text,                        -- encoding and namespaces of the root element, once it was read
    at_byte        bigint not null default 0,
    at_line        bigint not null default 1,
    at_column      bigint not null default 1,
    seen           bigint not null default 0,   -- transactions
    taken          bigint not null default 0,
    repeated       bigint not null default 0,   -- taken before, from this file or another
    training       bigint not null default 0,
    voided         bigint not null default 0,
    suspended      bigint not null default 0,
    cancelled      bigint not null default 0,
    reentered      bigint not null default 0,
    control        bigint not null default 0,   -- no sale at all
    faulty         bigint not null default 0,
    findings       bigint not null default 0,
    arrived_at     timestamptz not null default now(),
    finished_at    timestamptz,
    attempts       integer not null default 0,  -- since the last step that came to its end
    fence          bigint not null default 0,   -- rises with each turn: who lost the lease writes nothing
    lease_owner    uuid,
    lease_until    timestamptz,
    check ((state = 'arriving') = (hash is null)),
    check ((state = 'refused') = (why is not null)),
    check ((state in ('done', 'refused')) = (finished_at is not null)),
    check ((lease_owner is null) = (lease_until is null)),
    check (state = 'reading' or lease_owner is null),
    check (seen = taken + repeated + training + voided + suspended + cancelled + reentered + control + faulty)
) with (fillfactor = 60);
-- What was refused, or done with faulty rows, may be sent again: the cause may be gone, and what was taken of it is not taken twice.
create unique index pos_file_once on pos_file (connection_id, hash) where state <> 'refused' and (state <> 'done' or faulty = 0);
create index pos_file_open on pos_file (id) where state in ('waiting', 'reading');

-- Its bytes until it is read, in pieces, so that nobody ever holds it whole.
create table pos_file_part (
    file_id        bigint not null references pos_file (id) on delete cascade,
    part           integer not null check (part >= 0),
    bytes          bytea not null,
    primary key (file_id, part)
);

-- Every transaction that a till told, whether taken or left out: once, whatever is repeated. What was left out for now (put aside, practice) gives way to the sale of the same number.
create table pos_transaction (
    connection_id  text not null references connection (id),
    store          text not null,
    till           text not null,
    business_day   date not null,
    sequence       bigint not null check (sequence between 0 and 999999999999999),
    kind           text not null,
    hash           bytea not null check (octet_length(hash) = 32),
    file_id        bigint not null references pos_file (id),
    line           bigint not null,
    primary key (connection_id, store, till, business_day, sequence)
);
create index pos_transaction_file on pos_transaction (file_id);

create table pos_finding (
    id             bigint generated always as identity primary key,
    file_id        bigint not null references pos_file (id) on delete cascade,
    line           bigint not null,
    col            bigint not null,
    code           text not null check (length(code) <= 40),
    subject        text check (length(subject) <= 120),   -- the transaction, by store, till and number
    message        text not null check (length(message) <= 500)
);
create index pos_finding_file on pos_finding (file_id, line, id);

-- When a store was last heard, and the last moment of its business that it told.
create table pos_store (
    connection_id  text not null references connection (id),
    store          text not null,
    receipts       bigint not null default 0,
    business_at    timestamptz not null,
    heard_at       timestamptz not null,
    primary key (connection_id, store)
);

-- Numbers of a till that nobody told us. Counted anew when a file of the till was read: a late file fills them.
create table pos_hole (
    connection_id  text not null references connection (id),
    store          text not null,
    till           text not null,
    first          bigint not null,
    last           bigint not null check (last >= first),
    business_day   date not null,              -- of the transaction behind the hole
    primary key (connection_id, store, till, business_day, first)
);
