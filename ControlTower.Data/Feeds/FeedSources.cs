namespace ControlTower.Data.Feeds;

/// <summary>All lists that may be fed.</summary>
public static class FeedSources
{
    public const string Sales = "sales";
    public const string KeyFigures = "key-figures";

    public static IReadOnlyList<FeedSource> All { get; } =
    [
        new(Sales, "Sales consolidation", "What each store sold, refunded and took, by tender, beside what the books have of it",
            [
                Text("day", "Business day", 12), Text("channel", "Channel", 22), Text("store", "Store", 14), Text("part", "Part", 10), Text("tender", "Tender", 18), Currency, Text("channel_count", "Channel documents", 12),
                Amount("channel_amount", "Channel"), Amount("channel_tax", "Channel tax"), Text("books_count", "Books documents", 12), Amount("books_amount", "Books"), Amount("books_tax", "Books tax"),
                Amount("difference", "Difference"),
            ],
            """
            select $1::date as day, c.name as channel, coalesce(s.store, b.store) as store, coalesce(s.part, b.part) as part, coalesce(s.tender, b.tender) as tender, coalesce(s.currency, b.currency) as currency,
                coalesce(s.n, 0) as channel_count, coalesce(s.amount, 0) as channel_amount, coalesce(s.tax, 0) as channel_tax, coalesce(b.n, 0) as books_count, coalesce(b.amount, 0) as books_amount,
                coalesce(b.tax, 0) as books_tax, coalesce(s.amount, 0) - coalesce(b.amount, 0) as difference
            from (
                select l.connection_id as id, coalesce(l.store, '') as store, case l.kind when 'Order' then 'sale' when 'Refund' then 'refund' else 'tender' end as part, coalesce(l.method, '') as tender, l.currency,
                    count(*) as n, sum(l.amount) as amount, sum(l.tax) as tax
                from ledger_line l where l.day = $1 and l.kind in ('Order', 'Refund', 'Tender') and l.status in ('Pending', 'Final') group by 1, 2, 3, 4, 5) s
            full join (
                -- The books know the order, and the order its store.
                select f.source as id, coalesce(o.store, '') as store, case l.kind when 'CreditMemo' then 'refund' when 'Payment' then 'tender' else 'sale' end as part,
                    case l.kind when 'Payment' then coalesce(l.method, '') else '' end as tender, l.currency, count(*) as n, sum(l.amount) as amount, sum(l.tax) as tax
                from ledger_line l join flow f on f.id = l.flow_id
                left join lateral (select t.store from ledger_line t where t.flow_id = l.flow_id and t.kind = 'Order' order by t.id limit 1) o on true
                where l.day = $1 and l.kind in ('Invoice', 'CreditMemo', 'Payment') and l.status in ('Pending', 'Final') group by 1, 2, 3, 4, 5) b on (b.id, b.store, b.part, b.tender, b.currency) = (s.id, s.store, s.part, s.tender, s.currency)
            join connection c on c.id = coalesce(s.id, b.id) where $2 in ('', c.brand)
            """,
            "channel, store, part, tender, currency"),
        new("open-items", "Open items now", "What is not matched when the file is made",
            [
                Text("item", "Item", 10), Text("comparison", "Comparison", 14), Text("kind", "Break", 18), Text("document", "Document", 18), Text("source", "System", 22), Text("books", "Books", 16), Text("store", "Store", 12),
                Text("brand", "Brand", 14), Currency, Amount("first_amount", "First side"), Amount("other_amount", "Other side"), Amount("difference", "Difference open now"), Text("first_at", "Oldest line", 20), Text("due_at", "Due", 20),
                Text("listed_at", "Open at", 20),
            ],
            """
            select 'B-' || i.id as item, i.comparison, i.kind, i.document, coalesce(c.name, i.source) as source, i.books, i.store, i.brand, i.currency, i.first_amount, i.other_amount, i.difference, i.first_at, i.due_at, now() as listed_at, i.id
            from recon_item i left join connection c on c.id = i.source
            -- An item keeps no amounts of before: what was open then and is explained now cannot be told.
            where i.state = 'open' and $2 in ('', i.brand) and $1::date is not null and $3::timestamptz < $4
            """,
            "id", IsOfNow: true),
        new("matched", "Matched", "Lines of the day that belong together and come to nought",
            [
                Text("comparison", "Comparison", 14), Text("group_key", "Group", 30), Text("side", "Side", 8), Text("system", "System", 22), Text("kind", "Kind", 14), Text("document", "Document", 20), Currency, Amount("amount", "Amount"),
                Text("at", "At", 20),
            ],
            """
            select e.comparison, e.group_key, case when e.other then 'other' else 'first' end as side, c.name as system, l.kind, l.document, e.currency, e.amount, l.at, l.id
            from ledger_line l join recon_entry e on e.line_id = l.id join connection c on c.id = l.connection_id left join recon_item i on i.comparison = e.comparison and i.group_key = e.group_key
            where l.day = $1 and e.counts and coalesce(i.state, 'closed') <> 'open' and $2 in ('', c.brand) and $3::timestamptz < $4
            """,
            "comparison, group_key, side, id"),
        new("adjustments", "Adjustments", "What people took upon themselves and rules tolerated on the day",
            [
                Text("adjustment", "Adjustment", 12), Text("comparison", "Comparison", 14), Text("document", "Document", 18), Currency, Amount("amount", "Amount"), Text("reason", "Reason", 24), Text("words", "Words", 40), Text("by", "By", 20),
                Text("at", "At", 20), Text("undone_at", "Taken back", 20),
            ],
            """
            select 'A-' || a.id as adjustment, a.comparison, i.document, a.currency, a.amount, coalesce(r.title, a.reason) as reason, a.words, a.by_name as by, a.at, a.undone_at, a.id
            from recon_adjustment a left join recon_reason r on r.code = a.reason left join recon_item i on i.comparison = a.comparison and i.group_key = a.group_key
            where a.at >= $3 and a.at < $4 and $2 in ('', i.brand) and $1::date is not null
            """,
            "id"),
        new("payouts", "Payouts", "What processors paid out on the day, and what went back",
            [Text("system", "System", 22), Text("payout", "Payout", 24), Text("kind", "Kind", 16), Text("status", "Status", 12), Currency, Amount("amount", "Amount"), Amount("fee", "Fee"), Text("at", "At", 20)],
            """
            select c.name as system, l.external_id as payout, l.kind, l.status, l.currency, l.amount, l.fee, l.at, l.id
            from ledger_line l join connection c on c.id = l.connection_id
            where l.day = $1 and l.kind in ('Payout', 'PayoutReturned') and l.status <> 'Gone' and $2 in ('', c.brand) and $3::timestamptz < $4
            """,
            "system, payout, id"),
        new("stock", "Stock positions", "What lay where at the end of the day",
            [Text("sku", "SKU", 20), Text("location", "Location", 20), Text("kind", "Kind", 12), Amount("on_hand", "On hand"), Amount("reserved", "Reserved"), Amount("safety", "Kept back")],
            """
            select s.sku, l.name as location, l.kind, s.on_hand - coalesce(m.on_hand, 0) as on_hand, s.reserved - coalesce(m.reserved, 0) as reserved, s.safety, l.id
            from stock s join location l on l.id = s.location
            -- What moved since is taken back.
            left join (select sku, location, sum(on_hand_delta) as on_hand, sum(reserved_delta) as reserved from stock_ledger where at >= $4 group by 1, 2) m on m.sku = s.sku and m.location = s.location
            where $2 in ('', coalesce(l.brand, '')) and $1::date is not null and $3::timestamptz is not null
            """,
            "sku, id"),
        new(KeyFigures, "Key figures", "What was counted for each key figure on the day",
            [Text("kpi", "Figure", 26), Text("brand", "Brand", 14), Text("channel", "Channel", 18), Text("store", "Store", 14), Text("system", "System", 18), Amount("counted", "Counted"), Amount("hits", "Hits"), Amount("seconds", "Seconds")],
            """
            select k.kpi, s.brand, s.channel, s.store, s.system, sum(k.n) as counted, sum(k.hits) as hits, round(sum(k.seconds), 4) as seconds
            from kpi_cell k join kpi_slice s on s.id = k.slice
            where k.hour >= $3 and k.hour < $4 and $2 in ('', s.brand) and $1::date is not null group by 1, 2, 3, 4, 5
            """,
            "kpi, brand, channel, store, system"),
    ];

    private static FeedColumn Currency => new("currency", "Currency", 9, IsCurrency: true);

    /// <summary>Null if there is no such list.</summary>
    public static FeedSource? Find(string id) => All.FirstOrDefault(source => source.Id == id);

    private static FeedColumn Text(string name, string title, int width) => new(name, title, width);

    private static FeedColumn Amount(string name, string title) => new(name, title, 14, IsAmount: true);
}
