-- What the desk groups by, counted ahead, so that its first page costs the same with a thousand open cases and with a million.
create table case_tally (
    fingerprint    text not null,
    state          text not null,
    failure        text not null,
    connection_id  text,
    brand          text not null,
    currency       text,
    assignee       uuid,
    cases          bigint not null,
    value          numeric not null,
    at_risk        numeric not null,
    rank           numeric not null,
    unique nulls not distinct (fingerprint, state, failure, connection_id, brand, currency, assignee)
);

-- What changed since the tally was last brought up to date: appended in the transaction of the case, so that no two writers ever wait for one another over a count.
create table case_tally_change (
    id             bigint generated always as identity primary key,
    fingerprint    text not null,
    state          text not null,
    failure        text not null,
    connection_id  text,
    brand          text not null,
    currency       text,
    assignee       uuid,
    cases          bigint not null,
    value          numeric not null,
    at_risk        numeric not null,
    rank           numeric not null
);

create function case_tally_follow() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        insert into case_tally_change (fingerprint, state, failure, connection_id, brand, currency, assignee, cases, value, at_risk, rank)
        select fingerprint, state, failure, connection_id, brand, currency, assignee, count(*), sum(value), sum(at_risk), sum(rank)
        from come where state in ('open', 'retrying') group by 1, 2, 3, 4, 5, 6, 7;
    elsif tg_op = 'DELETE' then
        insert into case_tally_change (fingerprint, state, failure, connection_id, brand, currency, assignee, cases, value, at_risk, rank)
        select fingerprint, state, failure, connection_id, brand, currency, assignee, -count(*), -sum(value), -sum(at_risk), -sum(rank)
        from gone where state in ('open', 'retrying') group by 1, 2, 3, 4, 5, 6, 7;
    else
        insert into case_tally_change (fingerprint, state, failure, connection_id, brand, currency, assignee, cases, value, at_risk, rank)
        select fingerprint, state, failure, connection_id, brand, currency, assignee, sum(n), sum(n * value), sum(n * at_risk), sum(n * rank)
        from (select 1 as n, * from come where state in ('open', 'retrying') union all select -1, * from gone where state in ('open', 'retrying')) c
        group by 1, 2, 3, 4, 5, 6, 7 having sum(n) <> 0 or sum(n * value) <> 0 or sum(n * at_risk) <> 0 or sum(n * rank) <> 0;
    end if;
    return null;
end $$;
create trigger case_tally_insert after insert on exception_case referencing new table as come for each statement execute function case_tally_follow();
create trigger case_tally_update after update on exception_case referencing old table as gone new table as come for each statement execute function case_tally_follow();
create trigger case_tally_delete after delete on exception_case referencing old table as gone for each statement execute function case_tally_follow();

insert into case_tally
select fingerprint, state, failure, connection_id, brand, currency, assignee, count(*), sum(value), sum(at_risk), sum(rank)
from exception_case where state in ('open', 'retrying') group by 1, 2, 3, 4, 5, 6, 7;

-- The open cases off the shelf, counted; sums of its rows are exact at every moment.
create view case_board as
select fingerprint, state, failure, connection_id, brand, currency, assignee, cases, value, at_risk, rank from case_tally
union all
select fingerprint, state, failure, connection_id, brand, currency, assignee, cases, value, at_risk, rank from case_tally_change
union all
select fingerprint, state, failure, connection_id, brand, currency, assignee, -1, -value, -at_risk, -rank from exception_case where shelf_until > now() and state in ('open', 'retrying');

alter table case_tally set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);
alter table case_tally_change set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);
