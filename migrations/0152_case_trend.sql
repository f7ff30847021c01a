-- Nobody writes cases while they are counted for the first time.
set local lock_timeout = '30s';
lock table exception_case in share row exclusive mode;

-- When the open cases of the last day came, per cause in steps of two hours, counted ahead as the tally is.
create table case_trend (
    fingerprint  text not null,
    step         timestamptz not null,
    cases        bigint not null,
    primary key (fingerprint, step)
);
create table case_trend_change (
    id           bigint generated always as identity primary key,
    fingerprint  text not null,
    step         timestamptz not null,
    cases        bigint not null
);
create view case_arrivals as
select fingerprint, step, cases from case_trend union all select fingerprint, step, cases from case_trend_change;

-- Steps are cut by the clock, the same for everybody.
create function trend_step(at timestamptz) returns timestamptz immutable language sql as $$ select date_bin('2 hours', at, '2000-01-01 00:00:00+00') $$;

insert into case_trend
select fingerprint, trend_step(opened_at), count(*) from exception_case where state in ('open', 'retrying') and opened_at > now() - interval '1 day' group by 1, 2;

create or replace function case_tally_follow() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        insert into case_tally_change (fingerprint, state, failure, connection_id, brand, currency, assignee, due_soon, cases, value, at_risk, rank)
        select fingerprint, state, failure, connection_id, brand, currency, assignee, due_soon, count(*), sum(value), sum(at_risk), sum(rank)
        from come where state in ('open', 'retrying') group by 1, 2, 3, 4, 5, 6, 7, 8;
        insert into case_trend_change (fingerprint, step, cases)
        select fingerprint, trend_step(opened_at), count(*) from come where state in ('open', 'retrying') and opened_at > now() - interval '1 day' group by 1, 2;
    elsif tg_op = 'DELETE' then
        insert into case_tally_change (fingerprint, state, failure, connection_id, brand, currency, assignee, due_soon, cases, value, at_risk, rank)
        select fingerprint, state, failure, connection_id, brand, currency, assignee, due_soon, -count(*), -sum(value), -sum(at_risk), -sum(rank)
        from gone where state in ('open', 'retrying') group by 1, 2, 3, 4, 5, 6, 7, 8;
        insert into case_trend_change (fingerprint, step, cases)
        select fingerprint, trend_step(opened_at), -count(*) from gone where state in ('open', 'retrying') and opened_at > now() - interval '1 day' group by 1, 2;
    else
        insert into case_tally_change (fingerprint, state, failure, connection_id, brand, currency, assignee, due_soon, cases, value, at_risk, rank)
        select fingerprint, state, failure, connection_id, brand, currency, assignee, due_soon, sum(n), sum(n * value), sum(n * at_risk), sum(n * rank)
        from (select 1 as n, * from come where state in ('open', 'retrying') union all select -1, * from gone where state in ('open', 'retrying')) c
        group by 1, 2, 3, 4, 5, 6, 7, 8 having sum(n) <> 0 or sum(n * value) <> 0 or sum(n * at_risk) <> 0 or sum(n * rank) <> 0;
        insert into case_trend_change (fingerprint, step, cases)
        select fingerprint, trend_step(opened_at), sum(n)
        from (select 1 as n, fingerprint, opened_at from come where state in ('open', 'retrying') union all select -1, fingerprint, opened_at from gone where state in ('open', 'retrying')) c
        where opened_at > now() - interval '1 day' group by 1, 2 having sum(n) <> 0;
    end if;
    return null;
end $$;

alter table case_trend set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);
alter table case_trend_change set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);

-- The two views whose cases are a small part of their cause.
create index exception_case_due_time on exception_case (fingerprint, opened_at) where due_soon and state in ('open', 'retrying');
create index exception_case_retrying_time on exception_case (fingerprint, opened_at) where state = 'retrying';
