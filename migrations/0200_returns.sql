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
    constraint return_never_exceeds_sold check (claimed::bigint + stated <= sold::bigint + overdrawn),
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
    amount         numeric(19, 4) not null check (amount >= 0),
    counted        numeric(19, 4) not null default 0 check (counted >= 0),      -- of it, as the shop's own: all, or what it paid beyond the return's claim
    lines          jsonb not null default '[]'::jsonb,
    return_flow_id bigint references flow (id),                                 -- null: the shop's own
    return_id      text,                                                        -- the return that the shop names, known to the tower or not
    by_hand        text,                                                        -- paid by a person under this reference; the shop has not told of it yet
    primary key (order_flow_id, refund_id)
);

insert into refund_limit (flow_id, currency, captured, stated, overdrawn)
select id, currency, captured, stated, greatest(stated - captured, 0) from (
    select f.id, f.currency, coalesce((f.state ->> 'Captured')::numeric, 0) as captured, sum((r ->> 'Amount')::numeric) as stated
    from flow f, jsonb_array_elements(f.state -> 'Refunds') r where f.kind = 'order-to-cash' group by f.id) known;
insert into refund_stated (order_flow_id, refund_id, amount, counted)
select f.id, r ->> 'Id', (r ->> 'Amount')::numeric, (r ->> 'Amount')::numeric from flow f, jsonb_array_elements(f.state -> 'Refunds') r where f.kind = 'order-to-cash';

-- Claims all lines of a return or none. 'held', also when asked again; else the name of the rule that it would break.
-- p_lines: [{"line": "1", "sku": "A", "sold": 3, "worth": 59.97, "quantity": 1, "amount": 19.99}]
create function return_claim_take(p_flow bigint, p_order bigint, p_currency text, p_captured numeric, p_lines jsonb) returns text
language plpgsql as $$
declare
    rule text;
    theirs record;
begin
    if exists (select from return_claim c where c.flow_id = p_flow) then
        return 'held';
    end if;

    -- What the shop paid for this very return before it was claimed is no other's.
    for theirs in select s.refund_id from refund_stated s join flow r on r.id = p_flow and r.source_id = s.return_id where s.order_flow_id = p_order and s.return_flow_id is null order by 1 loop
        perform refund_uncount(p_order, theirs.refund_id);
        update refund_stated s set return_flow_id = p_flow where s.order_flow_id = p_order and s.refund_id = theirs.refund_id;
    end loop;

    insert into refund_limit as l (flow_id, currency, captured, claimed)
    select p_order, p_currency, p_captured, coalesce(sum((x ->> 'amount')::numeric), 0) from jsonb_array_elements(p_lines) x
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
    perform refund_recount(p_order, p_flow);
    return 'held';
exception when check_violation then
    get stacked diagnostics rule = constraint_name;
    return rule;
end $$;

-- Counts so much money and so many pieces as the shop's own. A fact cannot be refused: what goes beyond the rest is overdrawn.
create function refund_add(p_order bigint, p_amount numeric, p_lines jsonb) returns void
language sql as $$
    update refund_limit l set stated = l.stated + p_amount, overdrawn = greatest(l.overdrawn, l.claimed + l.stated + p_amount - l.captured) where l.flow_id = p_order;
    -- A billion pieces are more than any order has, and their sums still fit.
    insert into return_limit as l (flow_id, order_line_id, sold, worth, stated, overdrawn)
    select p_order, x ->> 'line', (x ->> 'sold')::integer, (x ->> 'worth')::numeric, least((x ->> 'quantity')::bigint, 1000000000),
        greatest(least((x ->> 'quantity')::bigint, 1000000000) - (x ->> 'sold')::bigint, 0)
    from jsonb_array_elements(p_lines) x order by 2
    on conflict (flow_id, order_line_id) do update set stated = least(l.stated::bigint + excluded.stated, 1000000000), sold = greatest(l.sold, excluded.sold),
        overdrawn = greatest(l.overdrawn, l.claimed + least(l.stated::bigint + excluded.stated, 1000000000) - greatest(l.sold, excluded.sold));
$$;

-- Of all refunds of a return, what goes beyond its claim counts as the shop's own. The answer does not depend on which was heard of first, nor on how often this is asked.
create function refund_recount(p_order bigint, p_flow bigint) returns void
language sql as $$
    with held as (select coalesce(sum(c.amount), 0) as amount from return_claim c where c.flow_id = p_flow and c.state <> 'released'),
    due as (
        select s.refund_id, s.counted, least(s.amount, greatest(sum(s.amount) over (order by s.refund_id) - h.amount, 0)) as beyond
        from refund_stated s, held h where s.order_flow_id = p_order and s.return_flow_id = p_flow),
    kept as (update refund_stated s set counted = d.beyond from due d where s.order_flow_id = p_order and s.refund_id = d.refund_id and s.counted <> d.beyond)
    update refund_limit l set stated = l.stated + t.more, overdrawn = case when t.more > 0 then greatest(l.overdrawn, l.claimed + l.stated + t.more - l.captured)
        else least(l.overdrawn, greatest(l.claimed + l.stated + t.more - l.captured, 0)) end
    from (select sum(d.beyond - d.counted) as more from due d) t where l.flow_id = p_order and t.more <> 0
$$;

-- Gives back what a return still holds: of each line named so many pieces and so much money, without lines everything. What is paid out is not given back.
create function return_claim_release(p_flow bigint, p_lines jsonb) returns void
language plpgsql as $$
declare
    sold bigint := (select min(c.order_flow_id) from return_claim c where c.flow_id = p_flow);
    theirs record;
begin
    perform 1 from refund_limit l where l.flow_id = sold for update;
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

    -- What the shop paid for it was taken as its echo; with the claim gone it is the shop's own, in money and in pieces.
    perform refund_recount(sold, p_flow);
    if not exists (select from return_claim c where c.flow_id = p_flow and c.state <> 'released') then
        for theirs in update refund_stated s set return_flow_id = null where s.order_flow_id = sold and s.return_flow_id = p_flow returning s.lines loop
            perform refund_add(sold, 0, theirs.lines);
        end loop;
    end if;
end $$;

-- A refund that was counted as the shop's own turns out to be a return's: it counts once, as the return's.
create function refund_uncount(p_order bigint, p_refund text) returns void
language sql as $$
    with mine as (select order_flow_id, counted, lines from refund_stated where order_flow_id = p_order and refund_id = p_refund and return_flow_id is null),
    kept as (update refund_stated s set counted = 0 from mine m where s.order_flow_id = p_order and s.refund_id = p_refund),
    pieces as (
        update return_limit l set stated = greatest(l.stated - (x ->> 'quantity')::bigint, 0),
            overdrawn = least(l.overdrawn, greatest(l.claimed + greatest(l.stated - (x ->> 'quantity')::bigint, 0) - l.sold, 0))
        from mine m, jsonb_array_elements(m.lines) x where l.flow_id = m.order_flow_id and l.order_line_id = x ->> 'line')
    update refund_limit l set stated = greatest(l.stated - m.counted, 0), overdrawn = least(l.overdrawn, greatest(l.claimed + greatest(l.stated - m.counted, 0) - l.captured, 0))
    from mine m where l.flow_id = m.order_flow_id
$$;

-- So much was paid out for the return as this refund of its shop; null where the shop knows of none. Again for each further refund: what all of them paid beyond the claim counts as the shop's own.
-- p_by_hand: a person paid, under a reference that need not be the shop's; the shop may tell of it later under an id of its own.
create function return_claim_settle(p_flow bigint, p_refund text, p_amount numeric, p_by_hand boolean) returns void
language plpgsql as $$
declare
    sold bigint := (select min(c.order_flow_id) from return_claim c where c.flow_id = p_flow);
    named text := p_refund;
begin
    perform 1 from refund_limit l where l.flow_id = sold for update;
    update return_claim c set state = 'refunded', ended_at = now() where c.flow_id = p_flow and c.state = 'active';
    if p_refund is null or sold is null then
        return;
    end if;

    if p_by_hand and not exists (select from refund_stated s where s.order_flow_id = sold and s.refund_id = p_refund and s.return_flow_id is null) then
        named := 'by-hand/' || p_flow;
    end if;
    perform refund_uncount(sold, named);
    insert into refund_stated as s (order_flow_id, refund_id, amount, return_flow_id, by_hand)
    values (sold, named, p_amount, p_flow, case when named <> p_refund then p_refund end)
    on conflict (order_flow_id, refund_id) do update set return_flow_id = excluded.return_flow_id where s.return_flow_id is null;
    perform refund_recount(sold, p_flow);
end $$;

-- A shop says that it refunded. What a return of the tower paid out is told by its key in the refund's note, by the return that the refund names, or, where a person paid it by hand, by the
-- person's reference or the amount; it is that return's and counts once, and what it paid beyond the claim is the shop's own.
-- p_lines: [{"line": "1", "sold": 3, "worth": 59.97, "quantity": 1}]
create function refund_count(p_order bigint, p_refund text, p_currency text, p_captured numeric, p_amount numeric, p_key text, p_return text, p_lines jsonb) returns void
language plpgsql as $$
declare
    ours bigint;
    hand record;
begin
    insert into refund_limit as l (flow_id, currency, captured) values (p_order, p_currency, p_captured)
    on conflict (flow_id) do update set captured = greatest(l.captured, excluded.captured);
    if exists (select from refund_stated s where s.order_flow_id = p_order and s.refund_id = p_refund) then
        return;
    end if;

    ours := coalesce(
        (select p.flow_id from posting p join return_claim c on c.flow_id = p.flow_id where p.key = p_key and p.kind = 'RefundPayment' and c.order_flow_id = p_order limit 1),
        (select c.flow_id from return_claim c join flow r on r.id = c.flow_id
         where c.order_flow_id = p_order and c.state <> 'released' and r.source_id = p_return limit 1));
    select s.refund_id, s.return_flow_id into hand from refund_stated s
    where s.order_flow_id = p_order and s.by_hand is not null and (s.return_flow_id = ours or (ours is null and (s.by_hand = p_refund or s.amount = p_amount)))
    order by s.by_hand = p_refund desc, s.refund_id limit 1;
    if hand.refund_id is not null then
        update refund_stated s set refund_id = p_refund, amount = p_amount, lines = p_lines, by_hand = null, return_id = p_return where s.order_flow_id = p_order and s.refund_id = hand.refund_id;
        perform refund_recount(p_order, hand.return_flow_id);
        return;
    end if;

    insert into refund_stated (order_flow_id, refund_id, amount, counted, lines, return_flow_id, return_id)
    values (p_order, p_refund, p_amount, case when ours is null then p_amount else 0 end, p_lines, ours, p_return);
    if ours is null then
        perform refund_add(p_order, p_amount, p_lines);
    else
        perform refund_recount(p_order, ours);
    end if;
end $$;

-- The queue of returns, longest in its stage first.
create index flow_return on flow (stage_since, id) where kind = 'return-to-refund';
