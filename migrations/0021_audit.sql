-- What people and the tower itself decided, append only. Each row carries the hash of the row before it, so that a change, a removal or a
-- reordering anywhere breaks the chain; a cut tail is found against audit_head and against anchors kept outside the database.
create table audit (
    seq           bigint      primary key check (seq > 0),
    at            timestamptz not null,
    actor_id      uuid,
    actor_name    text        not null check (actor_name <> ''),
    actor_role    text        not null check (actor_role <> ''),
    actor_address text,
    action        text        not null check (action <> ''),
    subject       text        not null check (subject <> ''),
    outcome       text        not null check (outcome in ('done', 'refused', 'failed')),
    reason        text,
    -- Canonical JSON exactly as it was hashed; jsonb would rewrite it.
    detail        text        not null,
    prev_hash     bytea       not null check (octet_length(prev_hash) = 32),
    hash          bytea       not null unique check (octet_length(hash) = 32)
);

create index audit_at on audit (at desc);
create index audit_subject on audit (subject, seq desc);
create index audit_actor on audit (actor_id, seq desc) where actor_id is not null;

-- The one writer lock: whoever appends locks this row first.
create table audit_head (
    one  boolean primary key default true check (one),
    seq  bigint  not null check (seq >= 0),
    hash bytea   not null check (octet_length(hash) = 32)
);

insert into audit_head (seq, hash) values (0, decode(repeat('00', 32), 'hex'));

create function audit_is_append_only() returns trigger language plpgsql as $$
begin
    raise exception 'audit is append only' using errcode = '42501';
end $$;

create trigger audit_no_change before update or delete on audit for each row execute function audit_is_append_only();
create trigger audit_no_truncate before truncate on audit for each statement execute function audit_is_append_only();
create trigger audit_head_stays before delete on audit_head for each row execute function audit_is_append_only();
create trigger audit_head_no_truncate before truncate on audit_head for each statement execute function audit_is_append_only();
