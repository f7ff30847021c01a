namespace ControlTower.Data.Kpis.Definitions;

internal static class OrderAcknowledgement
{
    private const string Reference = "Walmart Marketplace asks for 4 h at most (developer.walmart.com, acknowledge a created order); 24 to 48 h are usual by EDI 855 (retailreadyedi.com, spscommerce.com).";

    public static KpiDefinition Online { get; } = new(
        "order-acknowledgement", "Order acknowledgement", "channel order made to ERP id written back",
        "From the time at which the order was made in its channel to the first time at which its ERP number stood on the channel's order. Counts in the hour in which it was made. An order without a number counts "
        + "with its time until now, so a stuck one makes the figure worse; one that was cancelled, or whose number somebody let go, counts until then. Left out: test orders and orders handed over at a till. "
        + "An order older than its connection counts from the day of the connection.",
        "orders", KpiUnit.Seconds, KpiStatistic.P95,
        new KpiSource.Facts(
            """
            select d.id as flow_id, '' as subject, d.placed_at as at, coalesce(least(d.acknowledged, d.given_up), d.completed) as until, null::boolean as hit, 1 as weight, d.brand, d.source as channel, d.pickup as store, coalesce(d.erp, '') as system
            from due d where d.kind = 'order-to-cash' and d.mode <> 'HandedOver'
            """),
        60, Reference, "Operations", KpiGroup.Operations);

    public static KpiDefinition Tills { get; } = new(
        "order-acknowledgement-tills", "Till sales in the books", "sale at the till to accepted by the ERP",
        "From the time on the receipt to the time at which the ERP accepted the sale. Counts in the hour of the sale; a sale that no ERP has accepted counts with its time until now. Left out: test sales.",
        "sales", KpiUnit.Seconds, KpiStatistic.P95,
        new KpiSource.Facts(
            """
            select d.id as flow_id, '' as subject, d.placed_at as at, coalesce(least(d.posted, d.given_up), d.completed) as until, null::boolean as hit, 1 as weight, d.brand, d.source as channel, d.pickup as store, coalesce(d.erp, '') as system
            from due d where d.kind = 'order-to-cash' and d.mode = 'HandedOver'
            """),
        900, Reference, "Operations", KpiGroup.Operations);
}
