-- A refund that was counted as the shop's own before it was known which return it pays for is no other's once that return is claimed.
create or replace function refund_count(p_order bigint, p_refund text, p_currency text, p_captured numeric, p_amount numeric, p_key text, p_return text, p_lines jsonb) returns void
language plpgsql as $$
declare
    ours bigint;
    hand record;
begin
    insert into refund_limit as l (flow_id, currency, captured) values (p_order, p_currency, p_captured)
    on conflict (flow_id) do update set captured = greatest(l.captured, excluded.captured);
    if exists (select from refund_stated s where s.order_flow_id = p_order and s.refund_id = p_refund) then
        -- Told again, and it says by now which return it pays for: what nobody has claimed waits for that one.
        update refund_stated s set return_id = p_return
        where s.order_flow_id = p_order and s.refund_id = p_refund and s.return_id is null and s.return_flow_id is null and p_return is not null;
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
