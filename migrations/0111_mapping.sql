-- What a connected system calls something that an order names: applied whenever a command is composed for that connection, until somebody removes it. Kept for ever, so that
-- one can tell what was sent when.
create table mapping (
    id             bigint      generated always as identity primary key,
    connection_id  text        not null references connection (id),
    kind           text        not null check (kind in ('sku', 'location', 'tax')),
    from_value     text        not null check (length(from_value) between 1 and 120),
    to_value       text        not null check (length(to_value) between 1 and 120 and to_value <> from_value),
    fingerprint    text        not null,                                          -- of the case that it was made for
    who            text        not null check (who <> ''),
    who_id         uuid,
    why            text        not null check (btrim(why) <> ''),
    at             timestamptz not null default now(),
    removed_at     timestamptz,
    removed_by     text,
    check ((removed_at is null) = (removed_by is null))
);
create unique index mapping_live on mapping (connection_id, kind, from_value) where removed_at is null;
create index mapping_fingerprint on mapping (fingerprint);
