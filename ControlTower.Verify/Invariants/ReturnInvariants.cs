namespace ControlTower.Verify.Invariants;

/// <summary>Nothing comes back that was not sold, nothing is paid back that was not taken, and each return is credited and paid once.</summary>
internal static class ReturnInvariants
{
    public static IReadOnlyList<Invariant> All { get; } =
    [
        new("refunds-within-capture", "What returns claim and shops refund of an order is within what was captured, but for what a shop itself gave beyond it; and the sums are those of the claims and refunds.", """
            select l.flow_id, l.captured, l.claimed, l.stated, l.overdrawn, c.claimed as held, s.stated as told from refund_limit l
            left join lateral (select coalesce(sum(amount), 0) as claimed from return_claim c where c.order_flow_id = l.flow_id and c.state <> 'released') c on true
            left join lateral (select coalesce(sum(counted), 0) as stated from refund_stated s where s.order_flow_id = l.flow_id) s on true
            where l.claimed + l.stated > l.captured + l.overdrawn or l.claimed <> c.claimed or l.stated <> s.stated
            """),
        new("returns-within-sold", "No more of a line came back, or is claimed to, than was sold, but for what a shop itself took beyond it; and the pieces are those of the claims.", """
            select l.flow_id, l.order_line_id, l.sold, l.claimed, l.stated, l.overdrawn, c.pieces, c.amount from return_limit l
            left join lateral (select coalesce(sum(quantity), 0) as pieces, coalesce(sum(amount), 0) as amount from return_claim c
                where c.order_flow_id = l.flow_id and c.order_line_id = l.order_line_id and c.state <> 'released') c on true
            where l.claimed + l.stated > l.sold + l.overdrawn or l.claimed <> c.pieces or l.claimed_amount <> c.amount or (l.claimed > 0 and l.claimed_amount > l.worth)
            """),
        new("return-paid-once", "A return has one credit memo and one refund, and the refund is what it claimed.", """
            select f.id, f.name, p.credits, p.refunds, p.paid, c.claimed from flow f
            cross join lateral (select count(*) filter (where kind = 'PostCreditMemo' and state <> 'withdrawn') as credits, count(*) filter (where kind = 'RefundPayment' and state <> 'withdrawn') as refunds,
                sum(value) filter (where kind = 'RefundPayment' and state = 'confirmed') as paid from posting p where p.flow_id = f.id) p
            left join lateral (select sum(amount) as claimed from return_claim c where c.flow_id = f.id and c.state = 'refunded') c on true
            where f.kind = 'return-to-refund' and (p.credits > 1 or p.refunds > 1 or p.paid <> coalesce(c.claimed, 0))
            """),
        new("returned-goods-booked-once", "What the stock took back is what was inspected, once.", """
            select coalesce(l.source, r.source) as source, coalesce(l.sku, r.sku) as sku, coalesce(l.location, r.location) as location, l.sound, l.damaged, r.sound as inspected_sound, r.damaged as inspected_damaged
            from (select source, sku, location, sum(on_hand_delta) as sound, sum(damaged_delta) as damaged from stock_ledger where reason = 'return' group by 1, 2, 3) l
            full join (select 'flow/' || flow_id as source, sku, location, sum(sound) as sound, sum(damaged) as damaged from return_stock group by 1, 2, 3 having sum(sound + damaged) > 0) r
                using (source, sku, location)
            where l.sound is distinct from r.sound or l.damaged is distinct from r.damaged
            """),
    ];
}
