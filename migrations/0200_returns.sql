-- What may still come back of an order, in pieces and in money. Returns of the tower claim before they promise anything; refunds that a shop gives of its own accord are counted against the
-- same limits. The rules are the two checks below: whoever claims meets them, whatever code it runs.

-- One row per order. A shop's own refund is a fact and cannot be refused: what it gave beyond the rest is kept in overdrawn, so that the rule holds for everybody else.
create table refund_limit (
    flow_id        bigint primary key references flow (id),
    currency       text not null,
    captured       numeric(19, 4) not null,
    claimed        numeric(19, 4) not null default 0 check (claimed >= 0),      -- promised by returns, paid out or not yet
    stated         numeric(19, 4) not null default 0 check (stated >= 0),       -- refunded by the shop of its own accord
    overdrawn      numeric(19, 4) not null default 0 check (overdrawn >= 0),
    constraint refund_never_exceeds_capture check (claimed + stated <= captured + overdrawn)
) with (fillfactor = 70);

-- One row per order line of which something came back.
create table return_limit (
    flow_id        bigint not null references refund_limit (flow_id),
    order_line_id  text not null,
    sold           integer not null check (sold >= 0),
    worth          numeric(19, 4) not null,                                     -- what was paid for the pieces sold
    claimed        integer not null default 0 check (claimed >= 0),
    claimed_amount numeric(19, 4) not null default 0 check (claimed_amount >= 0),
    stated         integer not null default 0 check (stated >= 0),
    overdrawn      integer not null default 0 check (overdrawn >= 0),
    primary key (flow_id, order_line_id),
    constraint return_never_exceeds_sold check (claimed + stated <= sold + overdrawn),
    constraint return_never_worth_more_than_sold check (claimed_amount <= worth)
) with (fillfactor = 70);

-- What one return holds of its order; ends once.
create table return_claim (
    flow_id        bigint not null references flow (id),
    order_flow_id  bigint not null references refund_limit (flow_id),
    order_line_id  text not null,
    sku            text not null,
    quantity       integer not null check (quantity > 0),
    amount         numeric(19, 4) not null check (amount >= 0),
    state          text not null default 'active' check (state in ('active', 'released', 'refunded')),
    claimed_at     timestamptz not null default now(),
    ended_at       timestamptz,
    primary key (flow_id, order_line_id),
    check ((state = 'active') = (ended_at is null))
);
create index return_claim_order on return_claim (order_flow_id, flow_id);

-- Each refund that a shop stated, once, and whose it is.
create table refund_stated (
    order_flow_id  bigint not null references refund_limit (flow_id),
    refund_id      text not null,
    amount         numeric(19, 4) not null,
    lines          jsonb not null default '[]'::jsonb,
    return_flow_id bigint references flow (id),                                 -- null: the shop's own
    primary key (order_flow_id, refund_id)
);

insert into refund_limit (flow_id, currency, captured, stated, overdrawn)
select id, currency, captured, stated, greatest(stated - captured, 0) from (
    select f.id, f.currency, coalesce((f.state ->> 'Captured')::numeric, 0) as captured, sum((r ->> 'Amount')::numeric) as stated
    from flow f, jsonb_array_elements(f.state -> 'Refunds') r where f.kind = 'order-to-cash' group by f.id) known;
insert into refund_stated (order_flow_id, refund_id, amount)
select f.id, r ->> 'Id', (r ->> 'Amount')::numeric from flow f, jsonb_array_elements(f.state -> 'Refunds') r where f.kind = 'order-to-cash';

-- Claims all lines of a return or none. 'held', also when asked again; else the name of the rule that it would break.
-- p_lines: [{"line": "1", "sku": "A", "sold": 3, "worth": 59.97, "quantity": 1, "amount": 19.99}]
create function return_claim_take(p_flow bigint, p_order bigint, p_currency text, p_captured numeric, p_lines jsonb) returns text
language plpgsql as $$
declare
    rule text;
begin
    if exists (select from return_claim c where c.flow_id = p_flow) then
        return 'held';
    end if;

    insert into refund_limit as l (flow_id, currency, captured, claimed)
    select p_order, p_currency, p_captured, sum((x ->> 'amount')::numeric) from jsonb_array_elements(p_lines) x
    on conflict (flow_id) do update set captured = greatest(l.captured, excluded.captured), claimed = l.claimed + excluded.claimed,
        overdrawn = least(l.overdrawn, greatest(l.claimed + l.stated - greatest(l.captured, excluded.captured), 0));
    insert into return_limit as l (flow_id, order_line_id, sold, worth, claimed, claimed_amount)
    select p_order, x ->> 'line', (x ->> 'sold')::integer, (x ->> 'worth')::numeric, (x ->> 'quantity')::integer, (x ->> 'amount')::numeric
    from jsonb_array_elements(p_lines) x order by 2
    on conflict (flow_id, order_line_id) do update set sold = greatest(l.sold, excluded.sold), worth = greatest(l.worth, excluded.worth),
        claimed = l.claimed + excluded.claimed, claimed_amount = l.claimed_amount + excluded.claimed_amount,
        overdrawn = least(l.overdrawn, greatest(l.claimed + l.stated - greatest(l.sold, excluded.sold), 0));
    insert into return_claim (flow_id, order_flow_id, order_line_id, sku, quantity, amount)
    select p_flow, p_order, x ->> 'line', x ->> 'sku', (x ->> 'quantity')::integer, (x ->> 'amount')::numeric from jsonb_array_elements(p_lines) x;
    return 'held';
exception when check_violation then
    get stacked diagnostics rule = constraint_name;
    return rule;
end $$;

-- Gives back what a return still holds: of each line named so many pieces and so much money, without lines everything. What is paid out is not given back.
create function return_claim_release(p_flow bigint, p_lines jsonb) returns void
language plpgsql as $$
begin
    perform 1 from refund_limit l where l.flow_id in (select c.order_flow_id from return_claim c where c.flow_id = p_flow) for update;
    with given as (
        select c.order_flow_id, c.order_line_id, least(coalesce((x ->> 'quantity')::integer, c.quantity), c.quantity) as quantity, c.quantity as held,
            least(coalesce((x ->> 'amount')::numeric, c.amount), c.amount) as amount
        from return_claim c left join jsonb_array_elements(p_lines) x on x ->> 'line' = c.order_line_id
        where c.flow_id = p_flow and c.state = 'active' and (p_lines is null or x is not null)),
    kept as (
        update return_claim c set quantity = case when g.quantity = g.held then c.quantity else c.quantity - g.quantity end,
            amount = case when g.quantity = g.held then c.amount else c.amount - g.amount end,
            state = case when g.quantity = g.held then 'released' else c.state end, ended_at = case when g.quantity = g.held then now() end
        from given g where c.flow_id = p_flow and c.order_line_id = g.order_line_id),
    pieces as (
        update return_limit l set claimed = l.claimed - g.quantity, claimed_amount = l.claimed_amount - g.amount,
            overdrawn = least(l.overdrawn, greatest(l.claimed - g.quantity + l.stated - l.sold, 0))
        from given g where l.flow_id = g.order_flow_id and l.order_line_id = g.order_line_id)
    update refund_limit l set claimed = l.claimed - t.amount, overdrawn = least(l.overdrawn, greatest(l.claimed - t.amount + l.stated - l.captured, 0))
    from (select order_flow_id, sum(amount) as amount from given group by 1) t where l.flow_id = t.order_flow_id;
end $$;

-- A refund that was counted as the shop's own turns out to be a return's: it counts once, as the return's.
create function refund_uncount(p_order bigint, p_refund text) returns void
language sql as $$
    with mine as (select order_flow_id, amount, lines from refund_stated where order_flow_id = p_order and refund_id = p_refund and return_flow_id is null),
    pieces as (
        update return_limit l set stated = greatest(l.stated - (x ->> 'quantity')::integer, 0),
            overdrawn = least(l.overdrawn, greatest(l.claimed + greatest(l.stated - (x ->> 'quantity')::integer, 0) - l.sold, 0))
        from mine m, jsonb_array_elements(m.lines) x where l.flow_id = m.order_flow_id and l.order_line_id = x ->> 'line')
    update refund_limit l set stated = greatest(l.stated - m.amount, 0), overdrawn = least(l.overdrawn, greatest(l.claimed + greatest(l.stated - m.amount, 0) - l.captured, 0))
    from mine m where l.flow_id = m.order_flow_id
$$;

-- The return was paid out as this refund of its shop (null where it has none to be heard of again).
create function return_claim_settle(p_flow bigint, p_refund text) returns void
language plpgsql as $$
declare
    sold bigint := (select min(c.order_flow_id) from return_claim c where c.flow_id = p_flow);
begin
    perform 1 from refund_limit l where l.flow_id = sold for update;
    update return_claim c set state = 'refunded', ended_at = now() where c.flow_id = p_flow and c.state = 'active';
    if p_refund is not null and sold is not null then
        perform refund_uncount(sold, p_refund);
        insert into refund_stated (order_flow_id, refund_id, amount, return_flow_id)
        select sold, p_refund, coalesce(sum(c.amount), 0), p_flow from return_claim c where c.flow_id = p_flow and c.state = 'refunded'
        on conflict (order_flow_id, refund_id) do update set return_flow_id = excluded.return_flow_id;
    end if;
end $$;

-- A shop says that it refunded. What a return of the tower paid out is told by its key in the refund's note, or by the return that the refund names; it is that return's and counts once.
-- p_lines: [{"line": "1", "sold": 3, "worth": 59.97, "quantity": 1}]
create function refund_count(p_order bigint, p_refund text, p_currency text, p_captured numeric, p_amount numeric, p_key text, p_return text, p_lines jsonb) returns void
language plpgsql as $$
declare
    ours bigint;
begin
    insert into refund_limit as l (flow_id, currency, captured) values (p_order, p_currency, p_captured)
    on conflict (flow_id) do update set captured = greatest(l.captured, excluded.captured);
    ours := coalesce(
        (select p.flow_id from posting p join return_claim c on c.flow_id = p.flow_id where p.key = p_key and p.kind = 'RefundPayment' and c.order_flow_id = p_order limit 1),
        (select c.flow_id from return_claim c join flow r on r.id = c.flow_id
         where c.order_flow_id = p_order and c.state <> 'released' and r.source_id = p_return limit 1));
    insert into refund_stated (order_flow_id, refund_id, amount, lines, return_flow_id) values (p_order, p_refund, p_amount, p_lines, ours) on conflict do nothing;
    if ours is not null or not found then
        return;
    end if;

    update refund_limit l set stated = l.stated + p_amount, overdrawn = greatest(l.overdrawn, l.claimed + l.stated + p_amount - l.captured) where l.flow_id = p_order;
    insert into return_limit as l (flow_id, order_line_id, sold, worth, stated, overdrawn)
    select p_order, x ->> 'line', (x ->> 'sold')::integer, (x ->> 'worth')::numeric, (x ->> 'quantity')::integer, greatest((x ->> 'quantity')::integer - (x ->> 'sold')::integer, 0)
    from jsonb_array_elements(p_lines) x order by 2
    on conflict (flow_id, order_line_id) do update set stated = l.stated + excluded.stated, sold = greatest(l.sold, excluded.sold),
        overdrawn = greatest(l.overdrawn, l.claimed + l.stated + excluded.stated - greatest(l.sold, excluded.sold));
end $$;

-- The queue of returns, longest in its stage first.
create index flow_return on flow (stage_since, id) where kind = 'return-to-refund';
