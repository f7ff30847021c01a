-- What a failure of this kind costs if nobody acts: the share of the document's value. And where the retailer keeps its own instructions for it.
create table case_class (
    failure  text primary key,
    loss     numeric(4, 3) not null check (loss between 0 and 1),
    runbook  text check (runbook ~ '^https?://')
);
insert into case_class (failure, loss) values
    ('value', 1), ('missing', 1), ('refused', 1), ('ownership', 1), ('parse', 1), ('too-large', 1), ('connection', 1), ('unknown-outcome', 1),
    -- The document is there already, or will be without a person: what is at stake is the work, and a part of the value.
    ('duplicate', 0.5), ('intermittent', 0.2), ('rate-limit', 0.1);

-- Who has a case in hand, and what keeps it off the board. Both stand beside the state: a case that somebody holds is still open, and its money is still at risk.
alter table exception_case
    add column assignee    uuid references account (id),
    add column assigned_at timestamptz,
    add column ticket      text check (length(ticket) between 1 and 300),
    add column shelf       text check (shelf in ('snoozed', 'held')),
    add column shelf_until timestamptz,          -- infinity: until it changes
    add column shelf_by    text,
    add column shelf_note  text check (length(shelf_note) <= 500),
    add column woke_at     timestamptz,          -- it failed again while it lay there
    add column accepted_at timestamptz,          -- the target said yes to the retry, and is being read back
    add column at_risk     numeric(19, 4) not null default 0,
    add column rank        numeric(19, 4) not null default 0,
    add check ((assignee is null) = (assigned_at is null)),
    add check ((shelf is null) = (shelf_until is null) and (shelf is null) = (shelf_by is null)),
    add check (accepted_at is null or state = 'retrying');

-- Follows from the other columns whoever writes them. Amounts of several currencies are ranked, never added: those without a minor unit count as hundredths, to be of one size with the others.
create function case_follow() returns trigger language plpgsql as $$
begin
    new.at_risk := new.value * coalesce((select loss from case_class where failure = new.failure), 1);
    new.rank := case when new.currency in ('JPY', 'KRW', 'CLP', 'VND', 'ISK', 'HUF') then new.at_risk / 100 else new.at_risk end;
    if new.state <> 'retrying' then
        new.accepted_at := null;
    end if;
    if tg_op = 'UPDATE' and old.shelf is not null and new.shelf is not null and (new.occurrences > old.occurrences or new.state <> old.state) then
        new.woke_at := case when new.occurrences > old.occurrences then now() else new.woke_at end;
        new.shelf := null;
        new.shelf_until := null;
        new.shelf_by := null;
        new.shelf_note := null;
    end if;
    return new;
end $$;
create trigger case_follow before insert or update on exception_case for each row execute function case_follow();
update exception_case set version = version where state in ('open', 'retrying');

create index exception_case_board on exception_case (rank desc, id desc) where state in ('open', 'retrying');
create index exception_case_assignee on exception_case (assignee) where assignee is not null and state in ('open', 'retrying');
