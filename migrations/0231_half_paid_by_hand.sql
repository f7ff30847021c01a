-- Who finishes by hand what the tower had half paid notes the whole amount. Their part is what the shop has not told of the return yet.
create or replace function return_claim_settle(p_flow bigint, p_refund text, p_amount numeric, p_by_hand boolean) returns void
language plpgsql as $$
declare
    sold bigint := (select min(c.order_flow_id) from return_claim c where c.flow_id = p_flow);
    named text := p_refund;
    due numeric := p_amount;
begin
    perform 1 from refund_limit l where l.flow_id = sold for update;
    update return_claim c set state = 'refunded', ended_at = now() where c.flow_id = p_flow and c.state = 'active';
    if p_refund is null or sold is null then
        return;
    end if;

    if p_by_hand and not exists (select from refund_stated s where s.order_flow_id = sold and s.refund_id = p_refund and s.return_flow_id is null) then
        named := 'by-hand/' || p_flow;
        due := greatest(p_amount - coalesce((select sum(s.amount) from refund_stated s where s.order_flow_id = sold and s.return_flow_id = p_flow and s.refund_id <> named), 0), 0);
    end if;
    perform refund_uncount(sold, named);
    insert into refund_stated as s (order_flow_id, refund_id, amount, return_flow_id, by_hand)
    values (sold, named, due, p_flow, case when named <> p_refund then p_refund end)
    on conflict (order_flow_id, refund_id) do update set return_flow_id = excluded.return_flow_id where s.return_flow_id is null;
    perform refund_recount(sold, p_flow);
end $$;

-- The tower's own part may be told only afterwards: it takes its share of what the person noted, and the rest is still to be told.
create or replace function refund_count(p_order bigint, p_refund text, p_currency text, p_captured numeric, p_amount numeric, p_key text, p_return text, p_lines jsonb) returns void
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
    select s.refund_id, s.return_flow_id, s.amount, s.by_hand into hand from refund_stated s
    where s.order_flow_id = p_order and s.by_hand is not null and (s.return_flow_id = ours or (ours is null and (s.by_hand = p_refund or s.amount = p_amount)))
    order by s.by_hand = p_refund desc, s.refund_id limit 1;
    if hand.by_hand <> p_refund and p_amount < hand.amount
        and exists (select from posting p where p.key = p_key and p.kind = 'RefundPayment' and p.flow_id = hand.return_flow_id) then
        update refund_stated s set amount = s.amount - p_amount where s.order_flow_id = p_order and s.refund_id = hand.refund_id;
    elsif hand.refund_id is not null then
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
