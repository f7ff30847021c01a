namespace ControlTower.Data.Kpis.Definitions;

internal static class ReturnProcessing
{
    public const string Id = "return-processing";

    private const string Reference = "40 large US retailers took 9.5 d on average, Amazon 2.1 d (StellaService 2014); 73 % of shoppers expect 7 d or less, 39 % 3 d or less (thepaypers.com).";

    public static KpiDefinition Whole { get; } = Span(
        Id, "Return processing", "scanned in store to refund accepted",
        "From the time at which the first piece of a return was received to the time at which its refund was accepted.", "d.received", "d.refunded", 86_400, null);

    public static KpiDefinition Inspection { get; } = Span(
        "return-to-inspection", "Received to inspected", "of returns", "From the receipt to the first inspection.", "d.received", "d.inspected", 8 * 3600, Id);

    public static KpiDefinition Credit { get; } = Span(
        "return-to-credit", "Inspected to ERP credit", "of returns", "From the inspection to the credit memo in the ERP.", "d.inspected", "d.credited", 10 * 3600, Id);

    public static KpiDefinition Refund { get; } = Span(
        "return-to-refund", "ERP credit to refund", "of returns", "From the credit memo to the refund accepted. A refund that came first took no time.", "d.credited", "d.refunded", 4 * 3600, Id);

    public static KpiDefinition History { get; } = Span(
        "return-to-history", "Refund to shop history", "of returns", "From the refund to the time at which the channel's order told of it.", "d.refunded", "d.told", 2 * 3600, Id);

    private static KpiDefinition Span(string id, string title, string measure, string formula, string from, string until, double target, string? partOf) => new(
        id, title, measure, formula + " Counts in the hour in which it began; one that waits counts with its time until now. One that was closed without it ends there. Left out: returns that were refused or cancelled before it ended.",
        "returns", KpiUnit.Seconds, KpiStatistic.P90,
        new KpiSource.Facts(
            $"""
            select d.id as flow_id, '' as subject, {from} as at, coalesce({until}, d.closed) as until, null::boolean as hit, 1 as weight, d.brand, d.source as channel, coalesce(nullif(d.store, ''), d.received_at, '') as store, coalesce(d.erp, d.state->>'Erp', '') as system
            from due d where d.kind = 'return-to-refund' and {from} is not null and (d.ended is null or {until} is not null)
            """),
        target, Reference, "Operations", KpiGroup.Operations, PartOf: partOf);
}
