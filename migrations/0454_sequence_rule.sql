-- In which order systems get what a promotion changes: data, kept by administrators, asked when a plan is checked and when a stage of a release begins.
create table sequence_rule (
    id             bigint generated always as identity primary key,
    domain         text not null check (domain in ('price', 'checkout')),   -- prices of items; reductions at the checkout
    first          text not null check (length(first) between 1 and 60),    -- a connection, or @role
    later          text not null check (length(later) between 1 and 60),
    enabled        boolean not null default true,
    version        integer not null default 1,
    changed_at     timestamptz not null default now(),
    changed_by     text not null check (changed_by <> ''),
    check (first <> later),
    unique (domain, first, later)
);
-- Prices belong into the ERP before channels show them, or what is posted differs from what was sold.
insert into sequence_rule (domain, first, later, changed_by) values ('price', '@erp', '@shop', 'the tower');

-- Why the next stage of a release does not begin: the rule that it would break. Kept by whoever moves releases; nobody answers it.
alter table promotion add column order_wait text;

-- The first rule that a stage of a release would break if it began now: what has to be first is in the same stage, or in a later one. Null: none.
create function promotion_out_of_order(p_promotion bigint, p_stage integer) returns table (rule bigint, first_name text, later_name text) language sql stable as $$
    with part as (
        select distinct c.connection_id, n.name, n.role, c.stage, case c.kind when 'checkout' then 'checkout' else 'price' end as domain
        from promotion_cell c join connection n on n.id = c.connection_id
        where c.promotion_id = p_promotion and c.stage >= p_stage and c.phase not in ('ignored', 'outdone', 'never', 'reverted', 'left-alone', 'reverting', 'returned', 'stuck'))
    select r.id, f.name, l.name
    from sequence_rule r
    join part l on l.domain = r.domain and l.stage = p_stage and r.later in (l.connection_id, '@' || l.role)
    join part f on f.domain = r.domain and r.first in (f.connection_id, '@' || f.role) and f.connection_id <> l.connection_id
    where r.enabled order by r.id, f.name, l.name limit 1
$$;
