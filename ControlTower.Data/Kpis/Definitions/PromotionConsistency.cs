namespace ControlTower.Data.Kpis.Definitions;

internal static class PromotionConsistency
{
    private const string Fresh = "select max(seen_at) from promotion_cell";

    public static KpiDefinition Share { get; } = new(
        "promotion-consistency", "Promotion consistency", "read-back price equals intended, of cells",
        "Prices (a SKU in a channel or store) whose last read-back was the intended price, over prices that were read, each counted every quarter of an hour inside the window of its promotion. A price that a store that is not heard cannot show yet counts as read and not as intended. By UTC day.",
        "cells", KpiUnit.Share, KpiStatistic.Share,
        new KpiSource.Counted(
            """
            select d.day::timestamp at time zone $8 as hour, c.brand, d.connection_id as channel, '' as store, '' as system, d.checked as n, d.as_intended as hits
            from promotion_check_day d join connection c on c.id = d.connection_id
            """),
        0.995, "98 % is NCWM's pass mark (sfltimes.com); 2024 in the US 23 % of 7,462 inspected stores failed (ncwm.com); best seen 99.8 %, Massachusetts 2013 (chainstoreage.com).",
        "Merchandising", KpiGroup.Merchandising, LowerIsBetter: false, Fresh: Fresh, Apart: "brand channel");

    public static KpiDefinition Skew { get; } = new(
        "promotion-skew", "Activation skew", "first channel live to last channel live",
        "Of each promotion and stage, and of what begins there at the same moment, from the first channel's first price seen in force to the last channel's. Counts in the hour of the first.",
        "stages", KpiUnit.Seconds, KpiStatistic.P95,
        new KpiSource.Spans(
            """
            select c.promotion_id || '/' || c.stage || '/' || c.starts_at as subject, min(c.at) as at, max(c.at) as until, '' as brand, '' as channel, '' as store, '' as system
            from (
                select c.promotion_id, c.stage, c.starts_at, c.connection_id, min(c.effective_at) as at from promotion p join promotion_cell c on c.promotion_id = p.id
                where p.starts_at >= $5 - interval '30 days' and p.starts_at < $6 and c.effective_at is not null group by 1, 2, 3, 4) c
            group by c.promotion_id, c.stage, c.starts_at having count(*) > 1
            """),
        300, "No neutral figure found.", "Merchandising", KpiGroup.Merchandising, Fresh: Fresh, Apart: "");
}
