namespace ControlTower.Data.Kpis.Definitions;

internal static class OrderCycle
{
    public static KpiDefinition Pickup { get; } = new(
        "order-cycle-pickup", "Order cycle time, pickup", "order made to collected in store",
        "From the time at which a click-and-collect order was made to the time at which all of it was handed out. Counts in the hour in which it was made; one that waits counts with its time until now. Left out: test orders, "
        + "and orders that were cancelled before anything was handed out.",
        "orders", KpiUnit.Seconds, KpiStatistic.P90,
        new KpiSource.Facts(
            """
            select d.id as flow_id, '' as subject, d.placed_at as at, coalesce(d.shipped, d.completed) as until, null::boolean as hit, 1 as weight, d.brand, d.source as channel, d.pickup as store, coalesce(d.erp, '') as system
            from due d where d.kind = 'order-to-cash' and d.mode = 'ClickAndCollect' and (d.cancelled is null or d.shipped is not null)
            """),
        7200, "Pickup: 2.5 h on average and 85 % without problems, 137 retailers, 2019 (retailwire.com).", "Operations", KpiGroup.Operations);

    public static KpiDefinition Shipped { get; } = new(
        "order-cycle-shipped", "Order cycle time, shipped", "order made to all of it on its way",
        "From the time at which an order to be sent was made to the time at which the last of it left. Whether a parcel arrived no connected system says, so it ends where the parcel leaves. Counts in the hour in which the order "
        + "was made; one that waits counts with its time until now. Left out: test orders, and orders that were cancelled before anything left.",
        "orders", KpiUnit.Seconds, KpiStatistic.P90,
        new KpiSource.Facts(
            """
            select d.id as flow_id, '' as subject, d.placed_at as at, coalesce(d.shipped, d.completed) as until, null::boolean as hit, 1 as weight, d.brand, d.source as channel, d.pickup as store, coalesce(d.erp, '') as system
            from due d where d.kind = 'order-to-cash' and d.mode not in ('ClickAndCollect', 'HandedOver') and (d.cancelled is null or d.shipped is not null)
            """),
        null, "Until delivery: 4 d on average in retail, under 3 d is excellent (kpidepot.com, credited to Gartner).", "Operations", KpiGroup.Operations);

    public static KpiDefinition Invoiced { get; } = new(
        "order-cycle-invoiced", "Order to invoice", "order made to invoice posted in the ERP",
        "From the time at which the order was made to its first invoice in the ERP. Counts in the hour in which it was made; one without an invoice counts with its time until now. Left out: test orders and cancelled orders without an invoice.",
        "orders", KpiUnit.Seconds, KpiStatistic.P90,
        new KpiSource.Facts(
            """
            select d.id as flow_id, '' as subject, d.placed_at as at, coalesce(d.invoiced, d.completed) as until, null::boolean as hit, 1 as weight, d.brand, d.source as channel, d.pickup as store, coalesce(d.erp, '') as system
            from due d where d.kind = 'order-to-cash' and (d.cancelled is null or d.invoiced is not null)
            """),
        null, "No neutral figure found.", "Finance", KpiGroup.Finance);
}
