-- Whoever works takes the order first and then its cases: so does this.
set local lock_timeout = '30s';
lock table flow in share row exclusive mode;
lock table exception_case in access exclusive mode;

-- How long an order may stay in each stage, as the settings of the tower say; '' for stages that are not named. Written by the upkeep, read where cases follow from their order.
create table stage_limit (
    stage  text primary key check (stage = lower(stage)),
    most   interval not null check (most > interval '0')
);

-- Open cases of which something follows anew: a rate, a share of loss or a limit was changed. Worked off in slices behind the last id, so that no statement is as long as the desk is large.
create table case_reckon (
    id        bigint generated always as identity primary key,
    failure   text,      -- only cases of this kind
    currency  text,      -- only cases in this currency
    after     bigint not null default 0
);

alter table exception_case
    add column due_at    timestamptz,                     -- when its order has been in its stage too long
    add column due_soon  boolean not null default false;  -- that is within the hour, or was

-- What the clock makes due, and the cases of one cause that are due.
create index exception_case_due on exception_case (due_at) where not due_soon and due_at is not null;
create index exception_case_due_rank on exception_case (fingerprint, rank desc, id desc) where due_soon and state in ('open', 'retrying');

create function case_due(p_flow bigint) returns timestamptz language sql stable as $$
    select f.stage_since + coalesce((select most from stage_limit where stage = lower(f.stage)), (select most from stage_limit where stage = ''))
    from flow f where f.id = p_flow and f.kind = 'order-to-cash' and f.status in ('open', 'attention')
$$;

-- What follows from the other columns of a case, whoever writes them: money at risk and its rank by the rates, when it is due, somebody by rule, off the shelf after a new failure.
create or replace function case_follow() returns trigger language plpgsql as $$
begin
    new.at_risk := new.value * coalesce((select loss from case_class where failure = new.failure), 1);
    -- Amounts of several currencies are ranked by their rates; one without a rate by its number, those without a minor unit as hundredths, to be of one size with the others.
    new.rank := least(999999999999999, new.at_risk * coalesce((select rate from currency_rate where currency = new.currency), case when new.currency in ('JPY', 'KRW', 'CLP', 'VND', 'ISK', 'HUF') then 0.01 else 1 end));
    new.due_at := case when new.state in ('open', 'retrying') then case_due(new.flow_id) end;
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

-- Orders that move on, or end, take their cases along: all of a batch at once and by their ids, as everybody locks cases.
create function flow_moves_cases() returns trigger language plpgsql as $$
begin
    update exception_case c set due_at = null
    from (select e.id from exception_case e join come n on n.id = e.flow_id join gone o on o.id = n.id
          where e.state in ('open', 'retrying')
            and (o.stage_since is distinct from n.stage_since or (o.status in ('open', 'attention')) is distinct from (n.status in ('open', 'attention')))
          order by e.id for update of e) m
    where c.id = m.id;
    return null;
end $$;
create trigger flow_moves_cases after update on flow referencing old table as gone new table as come for each statement execute function flow_moves_cases();

-- The desk counts by it too.
alter table case_tally add column due_soon boolean not null default false;
alter table case_tally drop constraint case_tally_fingerprint_state_failure_connection_id_brand_cu_key;
alter table case_tally add constraint case_tally_once unique nulls not distinct (fingerprint, state, failure, connection_id, brand, currency, assignee, due_soon);
alter table case_tally_change add column due_soon boolean not null default false;

create or replace function case_tally_follow() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        insert into case_tally_change (fingerprint, state, failure, connection_id, brand, currency, assignee, due_soon, cases, value, at_risk, rank)
        select fingerprint, state, failure, connection_id, brand, currency, assignee, due_soon, count(*), sum(value), sum(at_risk), sum(rank)
        from come where state in ('open', 'retrying') group by 1, 2, 3, 4, 5, 6, 7, 8;
    elsif tg_op = 'DELETE' then
        insert into case_tally_change (fingerprint, state, failure, connection_id, brand, currency, assignee, due_soon, cases, value, at_risk, rank)
        select fingerprint, state, failure, connection_id, brand, currency, assignee, due_soon, -count(*), -sum(value), -sum(at_risk), -sum(rank)
        from gone where state in ('open', 'retrying') group by 1, 2, 3, 4, 5, 6, 7, 8;
    else
        insert into case_tally_change (fingerprint, state, failure, connection_id, brand, currency, assignee, due_soon, cases, value, at_risk, rank)
        select fingerprint, state, failure, connection_id, brand, currency, assignee, due_soon, sum(n), sum(n * value), sum(n * at_risk), sum(n * rank)
        from (select 1 as n, * from come where state in ('open', 'retrying') union all select -1, * from gone where state in ('open', 'retrying')) c
        group by 1, 2, 3, 4, 5, 6, 7, 8 having sum(n) <> 0 or sum(n * value) <> 0 or sum(n * at_risk) <> 0 or sum(n * rank) <> 0;
    end if;
    return null;
end $$;

create or replace view case_board as
select fingerprint, state, failure, connection_id, brand, currency, assignee, cases, value, at_risk, rank, due_soon from case_tally
union all
select fingerprint, state, failure, connection_id, brand, currency, assignee, cases, value, at_risk, rank, due_soon from case_tally_change
union all
select fingerprint, state, failure, connection_id, brand, currency, assignee, -1, -value, -at_risk, -rank, due_soon from exception_case where shelf_until > now() and state in ('open', 'retrying');
