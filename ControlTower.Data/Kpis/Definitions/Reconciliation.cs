namespace ControlTower.Data.Kpis.Definitions;

internal static class Reconciliation
{
    private const string Fresh = "select max(reckoned_at) from recon_day";

    public static KpiDefinition Backlog { get; } = new(
        "reconciliation-backlog", "Reconciliation backlog", "unmatched past the lag of their type",
        "Items of reconciliation that are open beyond the usual lag of their comparison, now. The target is about those that are more than seven days late.",
        "items", KpiUnit.Count, KpiStatistic.Count,
        new KpiSource.Level(
            """
            select i.brand, coalesce(i.source, '') as channel, coalesce(i.store, '') as store, coalesce(i.books, '') as system, i.currency::text as currency, count(*) as n,
                   count(*) filter (where i.due_at <= now() - interval '8 days') as hits, coalesce(sum(i.value), 0) as value
            from recon_item i where i.state = 'open' and i.due_at <= now() group by 1, 2, 3, 4, 5
            """),
        0, "BlackLine's practice: alert on count, value and age. No neutral benchmark found.", "Finance", KpiGroup.Finance, Fresh: Fresh);

    public static KpiDefinition AutoMatch { get; } = new(
        "financial-match", "Financial match", "matched by confirmed rules, of all",
        "Groups of reconciliation that came to nought by their key or by a confirmed rule, over all groups. Counts on the business day of the group.",
        "groups", KpiUnit.Share, KpiStatistic.Share,
        new KpiSource.Counted(
            """
            select d.day::timestamp at time zone $8 as hour, coalesce(c.brand, '') as brand, d.source as channel, '' as store, d.books as system, d.groups as n, d.matched as hits
            from recon_day d left join connection c on c.id = d.source
            """),
        0.98, "Vendors' claims only.", "Finance", KpiGroup.Finance, LowerIsBetter: false, Fresh: Fresh, Apart: "brand channel system");

    public static KpiDefinition Unexplained { get; } = new(
        "financial-unexplained", "Unexplained difference", "open differences, netted, of money compared",
        "The signed sum of what the sides of open items differ by without a reason, without its sign, over the money that was compared. Several currencies by their rates; one without a rate is left out. Counts on the business day of the item.",
        "cents", KpiUnit.Share, KpiStatistic.Share, new KpiSource.Counted(Differences("i.difference")),
        0.0005, "Vendors' claims only.", "Finance", KpiGroup.Finance, Fresh: Fresh, Apart: "brand channel system");

    public static KpiDefinition Gross { get; } = new(
        "financial-unexplained-gross", "Unexplained difference, gross", "open differences, not netted, of money compared",
        "As the netted figure, with every difference counted without its sign: what two errors that cancel out do not hide.",
        "cents", KpiUnit.Share, KpiStatistic.Share, new KpiSource.Counted(Differences("abs(i.difference)")),
        null, "Vendors' claims only.", "Finance", KpiGroup.Finance, Fresh: Fresh, PartOf: "financial-unexplained", Apart: "brand channel system");

    private static string Differences(string amount) =>
        $"""
        select x.day::timestamp at time zone $8 as hour, coalesce(c.brand, '') as brand, x.source as channel, '' as store, x.books as system, round(sum(x.compared * r.rate) * 100)::bigint as n, round(sum(x.differs * r.rate) * 100)::bigint as hits
        from (select day, source, books, currency::text as currency, abs(first_amount) as compared, 0 as differs from recon_day
              union all select i.day, coalesce(i.source, ''), coalesce(i.books, ''), i.currency::text, 0, {amount} from recon_item i where i.state = 'open' and i.due_at <= now()) x
        join (select currency, rate from currency_rate union all
              select min(d.currency)::text, 1 from recon_day d having count(distinct d.currency) = 1 and not exists (select from currency_rate r where r.currency = min(d.currency)::text)) r on r.currency = x.currency
        left join connection c on c.id = x.source group by 1, 2, 3, 5
        """;
}
