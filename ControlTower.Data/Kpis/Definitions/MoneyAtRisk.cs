namespace ControlTower.Data.Kpis.Definitions;

internal static class MoneyAtRisk
{
    public static KpiDefinition Now { get; } = new(
        "money-at-risk", "Money at risk, now", "open cases × chance of loss of their class",
        "The sum over open cases of the value of what they hold, times the share of it that is lost in their class (set by the Admin under the playbook; 1 unless it was set).",
        "cases", KpiUnit.Money, KpiStatistic.Value,
        new KpiSource.Level(
            """
            select c.brand, '' as channel, '' as store, coalesce(c.connection_id, '') as system, coalesce(c.currency, '') as currency, sum(c.cases)::bigint as n, 0::bigint as hits, sum(c.at_risk) as value
            from (select brand, connection_id, currency, cases, at_risk from case_tally union all select brand, connection_id, currency, cases, at_risk from case_tally_change) c group by 1, 2, 3, 4, 5 having sum(c.cases) > 0
            """),
        null, "None.", "Operations", KpiGroup.Operations, Fresh: "select now()", Apart: "brand system");
}
