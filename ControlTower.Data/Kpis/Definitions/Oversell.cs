namespace ControlTower.Data.Kpis.Definitions;

internal static class Oversell
{
    public static KpiDefinition Rate { get; } = new(
        "oversell", "Oversell", "lines cancelled for want of stock, of lines taken",
        "Lines of orders that were short of stock, or sold what was not free, and were then cancelled or shipped with less than was ordered, over all lines taken. Counts in the hour in which the order was made. Left out: test orders. "
        + "Systems cancel orders, not lines: all lines of such an order count.",
        "lines", KpiUnit.Share, KpiStatistic.Share,
        new KpiSource.Facts(
            """
            select d.id as flow_id, '' as subject, d.placed_at as at, null::timestamptz as until, coalesce(d.lacked, false) and (d.cancelled is not null or coalesce(d.shipped_fewer, false)) as hit,
                   jsonb_array_length(d.state->'Items') as weight, d.brand, d.source as channel, d.pickup as store, coalesce(d.erp, '') as system
            from due d where d.kind = 'order-to-cash' and jsonb_array_length(coalesce(d.state->'Items', '[]')) > 0
            """),
        0.001, "No neutral figure found.", "Operations", KpiGroup.Operations);
}
