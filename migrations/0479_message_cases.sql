-- What waits for a person before any flow has it, has a limit as well: that of the stages that are not named, from when it came up. Messages of which an order is known carry what it is worth.
set local lock_timeout = '30s';
create or replace function case_follow() returns trigger language plpgsql as $$
begin
    new.at_risk := new.value * coalesce((select loss from case_class where failure = new.failure), 1);
    -- Amounts of several currencies are ranked by their rates; one without a rate by its number, those without a minor unit as hundredths, to be of one size with the others.
    new.rank := least(999999999999999, new.at_risk * coalesce((select rate from currency_rate where currency = new.currency), case when new.currency in ('JPY', 'KRW', 'CLP', 'VND', 'ISK', 'HUF') then 0.01 else 1 end));
    new.due_at := case when new.state not in ('open', 'retrying') then null
                       when new.flow_id is not null then case_due(new.flow_id)
                       when new.message_id is not null then new.opened_at + (select most from stage_limit where stage = '') end;
    new.due_soon := coalesce(new.due_at <= now() + interval '1 hour', false);
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
insert into case_reckon (failure) values (null);

-- Of each cause, when somebody retried it last.
create index exception_case_retried on exception_case (fingerprint, retried_at desc) where retried_at is not null and state in ('open', 'retrying');

-- Headers of calls that did not go well, both ways, without secrets: the vendor's support asks for its request id. They go with the bodies.
alter table vendor_call add column headers text;

-- How closely a person's desk follows what changes, in seconds; 0: at once; -1: when asked. Widths of columns stand with their keys.
alter table viewer_choice add column desk_pace integer not null default 0 check (desk_pace between -1 and 3600);
alter table viewer_choice drop constraint viewer_choice_case_columns_check, add constraint viewer_choice_case_columns_check check (length(case_columns) <= 400);
