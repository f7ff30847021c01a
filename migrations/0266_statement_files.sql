-- Files of processors and banks. A file is its content: the same bytes for the same connection are applied once. Lines and this row are one transaction, so a file is applied whole or not at all.
create table statement_file (
    id             bigint generated always as identity primary key,
    connection_id  text not null references connection (id),
    sha256         bytea not null check (octet_length(sha256) = 32),
    name           text not null check (length(name) between 1 and 200),
    format         text check (length(format) <= 100),     -- as it was recognised; null: nobody knows it
    bytes          bigint not null check (bytes >= 0),
    state          text not null check (state in ('applied', 'refused')),
    rows           integer not null check (rows >= 0),
    applied        integer not null check (applied >= 0),  -- lines of money
    problems       jsonb not null default '[]' check (jsonb_typeof(problems) = 'array'),
    wrong          integer not null check (wrong >= 0),    -- problems, those that were not kept among them
    by             text not null check (length(by) between 1 and 200),
    at             timestamptz not null default now(),
    check ((state = 'refused') = (wrong > 0)),
    check (state = 'applied' or applied = 0)
);
-- What was refused may be sent again: the settings that it failed at may have been mended.
create unique index statement_file_once on statement_file (connection_id, sha256) where state = 'applied';
create index statement_file_at on statement_file (connection_id, id);
