namespace ControlTower.Verify.Invariants;

/// <summary>What stands in the backlog is what both sides' lines say, recomputed from the lines; nobody decides in a month that is signed.</summary>
internal static class ReconciliationInvariants
{
    public static IReadOnlyList<Invariant> All { get; } =
    [
        new("reconciliation-entries-are-lines", "Each entry of a comparison says what its line says, and no line that is gone has one.", """
            select e.comparison, e.line_id, e.other, e.amount, l.amount as line_amount, l.fee, l.status from recon_entry e join ledger_line l on l.id = e.line_id
            where l.status = 'Gone' or e.currency <> l.currency
               or (e.comparison in ('order', 'settlement') and e.amount <> l.amount)
               or (e.comparison = 'contents' and e.amount <> case when e.other then l.amount - l.fee else l.amount end)
               or (e.comparison in ('deposit', 'books') and l.kind <> 'PayoutReturned' and e.amount <> l.amount)
               or (e.comparison = 'refund' and e.other and e.amount <> l.amount)
            """, Needs: "recon_entry"),
        new("reconciliation-items-add-up", "Of each group that nothing waits to look at, first side less other side is what is adjusted, tolerated and open, to the cent.", """
            select g.comparison, g.group_key, g.first_amount, g.other_amount, i.state, i.adjusted, i.difference from (
                select comparison, group_key, coalesce(sum(amount) filter (where not other and status in ('Pending', 'Final')), 0) as first_amount,
                    greatest(sum(amount) filter (where whole and status in ('Pending', 'Final')), coalesce(sum(amount) filter (where other and not whole and status in ('Pending', 'Final')), 0)) as other_amount,
                    min(currency) as low, max(currency) as high
                from recon_entry group by 1, 2) g
            left join recon_item i on i.comparison = g.comparison and i.group_key = g.group_key
            where g.low = g.high and not exists (select from recon_dirty d where d.comparison = g.comparison and d.group_key = g.group_key)
              and case when i.id is null then g.first_amount <> g.other_amount and g.first_amount <> 0 and g.other_amount <> 0
                  when i.state = 'closed' then g.first_amount <> g.other_amount else g.first_amount - g.other_amount <> i.adjusted + i.difference end
            """, Needs: "recon_entry"),
        new("reconciliation-adjusted-as-decided", "What an item counts as adjusted is the sum of the adjustments in force, and nothing of a month was decided after it was signed.", """
            select i.id::text as item, i.adjusted, coalesce(a.amount, 0) as decided from recon_item i
            left join (select comparison, group_key, sum(amount) as amount from recon_adjustment where undone_at is null and rule_id is null group by 1, 2) a on a.comparison = i.comparison and a.group_key = i.group_key
            where i.state in ('open', 'settled') and i.adjusted <> coalesce(a.amount, 0)
              and not exists (select from recon_link k where k.comparison = i.comparison and k.state = 'confirmed' and i.group_key in (k.from_key, k.to_key)) and not exists (select from recon_dirty d where d.comparison = i.comparison and d.group_key = i.group_key)
            union all
            select 'adjustment/' || x.id, x.amount, 0 from recon_adjustment x join recon_item i on i.comparison = x.comparison and i.group_key = x.group_key
            join recon_period p on p.books = i.books and p.state = 'closed' and p.month = date_trunc('month', i.day)::date where x.rule_id is null and greatest(x.at, x.undone_at) > p.signed_at
            """, Needs: "recon_adjustment"),
        new("reconciliation-tolerated-is-adjusted", "What a rule tolerates of an item is one adjustment in force, of that rule and to the cent, and no adjustment of a rule is in force without it.", """
            select i.id as item, a.id as adjustment, i.state, i.difference, i.rule_id, a.amount, a.rule_id as adjusted_by from (select * from recon_item where state = 'tolerated') i
            full join (select * from recon_adjustment where rule_id is not null and undone_at is null) a on a.comparison = i.comparison and a.group_key = i.group_key
            where (i.difference, i.currency, i.rule_id) is distinct from (a.amount, a.currency, a.rule_id)
            """, Needs: "recon_adjustment"),
        new("feeds-sent-what-was-counted", "Each file that a feed sent holds what its source counted, row for row and to the cent, of each business day one revision stands, and what is kept of it is whole.", """
            select r.id, r.feed_id, r.day, r.revision, r.state, r.rows_read, r.rows_file, r.totals_read::text as totals_read, r.totals_file::text as totals_file from feed_run r
            where r.state in ('written', 'delivered', 'superseded') and (r.rows_read is distinct from r.rows_file or r.totals_read is distinct from r.totals_file or r.rows_read is null
                or r.forgotten_at is null and r.bytes is distinct from (select sum(octet_length(p.bytes)) from feed_part p where p.run_id = r.id)
                or exists (select from feed_run o where o.feed_id = r.feed_id and o.day = r.day and o.id <> r.id and r.state = 'delivered' and o.state = 'delivered'))
            """, Needs: "feed_run"),
    ];
}
