-- What people changed in a document before it was sent again. The shop's statement in order_document stays as it was; the newest revision that was not undone is sent instead of it.
-- Append only: the one thing that happens to a row is that it is undone, once.
create table posting_revision (
    flow_id          bigint      not null,
    document_version bigint      not null,
    revision         integer     not null check (revision > 0),
    base             integer     not null check (base >= 0 and base < revision),  -- the revision that it was made from; 0 is the shop's own statement
    posting_key      text        not null references posting (key),
    body             jsonb       not null,
    repair           uuid        not null,                                        -- one act of one person; it may touch many orders
    case_id          bigint      not null references exception_case (id),
    fingerprint      text        not null,                                        -- of the case at that time
    rule             text        check (rule <> ''),
    held_as          text        not null check (held_as in ('intended', 'refused')),
    who              text        not null check (who <> ''),
    who_id           uuid,
    why              text        not null check (btrim(why) <> ''),
    at               timestamptz not null default now(),
    undone_at        timestamptz,
    undone_by        text,
    primary key (flow_id, document_version, revision),
    foreign key (flow_id, document_version) references order_document (flow_id, version),
    check ((undone_at is null) = (undone_by is null))
);
create index posting_revision_repair on posting_revision (repair);
create index posting_revision_rule on posting_revision (fingerprint, at desc) where rule is not null;

create function posting_revision_stays() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and old.undone_at is null and new.undone_at is not null
       and (to_jsonb(new) - 'undone_at' - 'undone_by') = (to_jsonb(old) - 'undone_at' - 'undone_by') then
        return new;
    end if;
    raise exception 'posting_revision is append only' using errcode = '42501';
end $$;
create trigger posting_revision_no_change before update or delete on posting_revision for each row execute function posting_revision_stays();
