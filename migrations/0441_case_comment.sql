-- What people say to one another about a case. Nothing is changed or taken away, but for the words themselves when personal data is erased.
set local lock_timeout = '30s';
create table case_comment (
    key         uuid primary key,           -- made by whoever writes: sending twice is one comment
    case_id     bigint not null references exception_case (id),
    at          timestamptz not null default now(),
    account_id  uuid,
    name        text not null,
    text        text not null check (btrim(text) <> '' and length(text) <= 2000)
);
create index case_comment_case on case_comment (case_id, at);

create function case_comment_stays() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and new.text = '(erased)' and (to_jsonb(new) - 'text') = (to_jsonb(old) - 'text') then
        return new;
    end if;
    raise exception 'case_comment is append only' using errcode = '42501';
end $$;
create trigger case_comment_stays before update or delete on case_comment for each row execute function case_comment_stays();
