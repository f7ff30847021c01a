namespace ControlTower.Verify.Invariants;

/// <summary>Promotional prices stand where they were agreed, are nobody else's, and go back to what stood there before.</summary>
internal static class PromotionInvariants
{
    public static IReadOnlyList<Invariant> All { get; } =
    [
        new("promotion-price-as-desired", "A price that counts as proven was read back as intended, and nothing of a promotion that is over is still on its way.", """
            select c.promotion_id, c.connection_id, c.item, c.place, c.phase, c.price, c.seen_price from promotion_cell c join promotion p on p.id = c.promotion_id
            where (c.phase = 'proven' and c.kind = 'price' and c.seen_price is distinct from c.price)
               or (p.state in ('ended', 'rolled-back') and c.phase not in ('reverting', 'reverted', 'left-alone', 'never'))
            """, Needs: "promotion_cell"),
        new("promotion-price-gone-back", "A price that counts as back was read back as what stood there before.", """
            select promotion_id, connection_id, item, place, former_price, seen_price from promotion_cell
            where phase = 'reverted' and kind = 'price' and touched and captured and outdone_by is null and former_price is not null and seen_price is distinct from former_price
            """, Needs: "promotion_cell"),
        new("promotion-agreed-by-another", "What is released was approved by somebody who had no hand in it.", """
            select p.id, p.state, r.revision, r.state as revision_state from promotion p left join promotion_revision r on r.promotion_id = p.id and r.revision = p.released
            where p.state in ('scheduled', 'releasing', 'live', 'ending', 'ended', 'rolling-back', 'rolled-back')
              and (r.revision is null or r.state not in ('approved', 'replaced') or r.decided_by_id is null or r.decided_by_id = any(r.hands || array[r.made_by_id, r.sent_by_id]))
            """, Needs: "promotion"),
        new("promotion-price-in-one-hand", "A price is in the hands of one promotion at a time.", """
            select connection_id, item, place, count(*) as promotions from promotion_cell where held group by 1, 2, 3 having count(*) > 1
            """, Needs: "promotion_cell"),
        new("promotion-revision-in-force", "No price is of a later revision than the one in force, and what is being told stands in one open batch.", """
            select c.promotion_id, c.connection_id, c.item, c.revision, p.released, c.batch_key from promotion_cell c join promotion p on p.id = c.promotion_id
            where c.revision > coalesce(p.released, 0)
               or (c.batch_key is not null and not exists (select from promotion_batch b where b.key = c.batch_key and b.connection_id = c.connection_id and b.settled_at is null))
            """, Needs: "promotion_cell"),
    ];
}
