namespace ControlTower.Data.Kpis.Definitions;

internal static class PerfectOrder
{
    public const string Id = "perfect-order";

    private const string Reference = "APQC's median is 90 % (sdcexec.com 2016; the formula is apqc.org's measure 101741).";

    public static KpiDefinition Whole { get; } = new(
        Id, "Perfect order", "on time × complete × undamaged × correct documents",
        "The product of four shares over orders that were completed: on time, complete, undamaged, with correct documents. Counts in the hour in which the order was completed. Left out: test orders and cancelled orders.",
        "orders", KpiUnit.Share, KpiStatistic.Product, new KpiSource.Product(["perfect-on-time", "perfect-complete", "perfect-undamaged", "perfect-documents"]),
        0.95, Reference, "Operations", KpiGroup.Operations, LowerIsBetter: false);

    public static KpiDefinition OnTime { get; } = Part(
        "perfect-on-time", "On time", "of completed orders",
        "An order to be collected was handed out within 2 h of being made, one to be sent left within 72 h; a till sale is on time.",
        "d.mode = 'HandedOver' or coalesce(d.shipped, d.completed) <= d.placed_at + case d.mode when 'ClickAndCollect' then interval '2 hours' else interval '72 hours' end");

    public static KpiDefinition Complete { get; } = Part(
        "perfect-complete", "Complete", "of completed orders", "Nothing was short or sold twice, and all that was ordered left.", "not coalesce(d.lacked, false) and not coalesce(d.shipped_fewer, false)");

    public static KpiDefinition Undamaged { get; } = Part(
        "perfect-undamaged", "Undamaged", "of completed orders", "No piece of it came back damaged.",
        "not exists (select from flow r join return_stock k on k.flow_id = r.id where r.kind = 'return-to-refund' and k.damaged > 0 and r.id in (select c.flow_id from return_claim c where c.order_flow_id = d.id))");

    public static KpiDefinition Documents { get; } = Part(
        "perfect-documents", "Correct documents", "of completed orders", "No case was ever opened about a total, a tax or an amount of it that differs.",
        "not exists (select from exception_case x where x.flow_id = d.id and x.code in ('erp-total-differs', 'total-mismatch', 'tax-mismatch', 'invoice-currency', 'invoiced-too-much', 'invoiced-but-cancelled'))");

    private static KpiDefinition Part(string id, string title, string measure, string formula, string hit) => new(
        id, title, measure, formula + " Counts in the hour in which the order was completed.", "orders", KpiUnit.Share, KpiStatistic.Share,
        new KpiSource.Facts(
            $"""
            select d.id as flow_id, '' as subject, d.completed as at, null::timestamptz as until, ({hit}) as hit, 1 as weight, d.brand, d.source as channel, d.pickup as store, coalesce(d.erp, '') as system
            from due d where d.kind = 'order-to-cash' and d.completed is not null and d.cancelled is null
            """),
        null, Reference, "Operations", KpiGroup.Operations, LowerIsBetter: false, PartOf: Id);
}
