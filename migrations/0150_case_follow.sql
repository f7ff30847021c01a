-- What follows from the other columns of a case, whoever writes them: money at risk and its rank by the rates, somebody by rule, off the shelf after a new failure.
create or replace function case_follow() returns trigger language plpgsql as $$
begin
    new.at_risk := new.value * coalesce((select loss from case_class where failure = new.failure), 1);
    -- Amounts of several currencies are ranked by their rates; one without a rate by its number, those without a minor unit as hundredths, to be of one size with the others.
    new.rank := least(999999999999999, new.at_risk * coalesce((select rate from currency_rate where currency = new.currency), case when new.currency in ('JPY', 'KRW', 'CLP', 'VND', 'ISK', 'HUF') then 0.01 else 1 end));
    if new.state <> 'retrying' then
        new.accepted_at := null;
    end if;
    -- A case that opens, opens again or fails again has somebody from its first moment, whoever wrote it.
    if new.assignee is null and new.state = 'open' and (tg_op = 'INSERT' or old.state <> 'open' or new.occurrences > old.occurrences) then
        select r.assignee, r.id into new.assignee, new.assigned_rule from assignment_rule_of(new.failure, new.brand, new.connection_id, new.flow_id) r;
        new.assigned_at := case when new.assignee is not null then now() end;
    -- Who gives it by hand, or takes it away, need not know of rules.
    elsif tg_op = 'UPDATE' and new.assignee is distinct from old.assignee and new.assigned_rule is not distinct from old.assigned_rule then
        new.assigned_rule := null;
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

-- The order goes on without what this case was about; set again by the upkeep until it has, because a node of an older version passes it over.
alter table exception_case add column skipped boolean not null default false;
create index exception_case_skipped on exception_case (id) where skipped;
