-- Who gets a case that nobody has: the first rule that fits, in order. What a rule leaves empty fits everything.
create table assignment_rule (
    id        bigint generated always as identity primary key,
    position  integer not null unique deferrable initially immediate,
    failure   text check (length(failure) between 1 and 40),
    brand     text check (length(brand) between 1 and 60),
    shop      text references connection (id),      -- from which the document came
    location  text references location (id),        -- at which goods of the order are reserved
    target    text references connection (id),      -- that refused, or that sent what cannot be used
    assignee  uuid not null references account (id)
);

-- One version for the whole list: what a rule means depends on those before it.
create table assignment_rules (
    one      boolean primary key default true check (one),
    version  integer not null default 1
);
insert into assignment_rules default values;

alter table exception_case
    add column assigned_rule bigint,             -- the rule that gave it, kept when the rule is gone; null: by hand
    add column looked_at     timestamptz,        -- when its assignee last opened it or acted on it
    add check (assigned_rule is null or assignee is not null);

-- One meaning for cases that open and for those that are open already. A rule whose person may not sign in any more is passed over.
create function assignment_rule_of(p_failure text, p_brand text, p_connection text, p_flow bigint) returns setof assignment_rule language sql stable as $$
    select r.* from assignment_rule r join account a on a.id = r.assignee and a.disabled_at is null
    where (r.failure is null or r.failure = p_failure) and (r.brand is null or r.brand = p_brand) and (r.target is null or r.target = p_connection)
      and (r.shop is null or r.shop = coalesce((select f.source from flow f where f.id = p_flow), p_connection))
      and (r.location is null or exists (select from reservation v where v.flow_id = p_flow and v.state = 'active' and v.location = r.location))
    order by r.position limit 1
$$;

create or replace function case_follow() returns trigger language plpgsql as $$
begin
    new.at_risk := new.value * coalesce((select loss from case_class where failure = new.failure), 1);
    new.rank := case when new.currency in ('JPY', 'KRW', 'CLP', 'VND', 'ISK', 'HUF') then new.at_risk / 100 else new.at_risk end;
    if new.state <> 'retrying' then
        new.accepted_at := null;
    end if;
    -- A case that opens, opens again or fails again has somebody from its first moment, whoever wrote it.
    if new.assignee is null and new.state = 'open' and (tg_op = 'INSERT' or old.state <> 'open' or new.occurrences > old.occurrences) then
        select r.assignee, r.id into new.assignee, new.assigned_rule from assignment_rule_of(new.failure, new.brand, new.connection_id, new.flow_id) r;
        new.assigned_at := case when new.assignee is not null then now() end;
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
