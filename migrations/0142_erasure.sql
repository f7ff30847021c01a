-- Orders whose buyer's data is to be erased, and was: by age, or because somebody asked. What was bought, amounts, keys and hashes stay. A row without a time waits until its order has ended,
-- because the books still need the address.
create table erasure (
    flow_id   bigint primary key references flow (id),
    who       text not null check (who <> ''),
    why       text not null check (btrim(why) <> ''),
    asked_at  timestamptz not null default now(),
    done_at   timestamptz
);
create index erasure_waiting on erasure (flow_id) where done_at is null;
insert into upkeep_mark values ('orders-by-age', 0);

-- Of what people changed in a document only the buyer's data may go.
create or replace function posting_revision_stays() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and old.undone_at is null and new.undone_at is not null
       and (to_jsonb(new) - 'undone_at' - 'undone_by') = (to_jsonb(old) - 'undone_at' - 'undone_by') then
        return new;
    end if;
    if tg_op = 'UPDATE' and new.body = old.body || '{"buyer": {}}' and (to_jsonb(new) - 'body') = (to_jsonb(old) - 'body') then
        return new;
    end if;
    raise exception 'posting_revision is append only' using errcode = '42501';
end $$;

-- How long the words of a closed case are kept, by what it was and how it ended; the case itself stays. Targets name buyers in what they answer.
alter table case_class
    add column keep_resolved  interval not null default '180 days' check (keep_resolved > '0'),
    add column keep_discarded interval not null default '365 days' check (keep_discarded > '0');
alter table exception_case add column erased_at timestamptz;
create index exception_case_to_erase on exception_case (closed_at) where closed_at is not null and erased_at is null;

-- The words go with what they were made from.
drop trigger case_words_update on exception_case;
create trigger case_words_update after update on exception_case for each row
    when ((old.title, old.message, old.code, old.field) is distinct from (new.title, new.message, new.code, new.field))
    execute function case_words_follow();
