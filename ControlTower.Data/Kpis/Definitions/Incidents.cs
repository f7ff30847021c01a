namespace ControlTower.Data.Kpis.Definitions;

internal static class Incidents
{
    // As of the last look for trouble that ended well, on any node.
    private const string Fresh = "select max((pumps #>> '{incidents,lastRunAt}')::timestamptz) from node";

    public static KpiDefinition Detect { get; } = Of(
        "time-to-detect", "Time to detect", "first failing transaction to first alert",
        "From the first transaction that an incident harmed, as the data say and not as somebody wrote, to the first alert or the first flag by a person. Counts in the hour of the first harmed transaction.",
        "began_at", "detected_at", 300,
        "New Relic 2023: 44 % need 30 min or more for outages of high impact. Under 15 % of engineers' teams track it (moogsoft.com, n = 1,900).");

    public static KpiDefinition Resolve { get; } = Of(
        "time-to-resolve", "Time to resolve", "detected to last affected order done",
        "From the alert to the time at which the last transaction that it harmed was completed or written off: not to the time at which the cause was over. Counts in the hour of the alert, once it is over.",
        "detected_at", "drained_at", 3600, Resolving);

    public static KpiDefinition ResolveFromStart { get; } = Of(
        "time-to-resolve-from-start", "Begin to resolved", "first failing transaction to last affected order done",
        "As the time to resolve, from the first harmed transaction on.", "began_at", "drained_at", null, Resolving, "time-to-resolve");

    private const string Resolving = "DORA: elite under 1 h, high under 1 d (devlake.apache.org). Survey of 500: they aim at 4.7 h and need 7.8 h, 1 % meet their aim (chronosphere.io). New Relic 2023: 60 % need 30 min or more.";

    private static KpiDefinition Of(string id, string title, string measure, string formula, string from, string until, double? target, string reference, string? partOf = null) => new(
        id, title, measure, formula + " Left out: false alarms.", "incidents", KpiUnit.Seconds, KpiStatistic.Mean,
        new KpiSource.Spans($"select id::text as subject, {from} as at, {until} as until, brand, '' as channel, '' as store, system from incident where status <> 'dismissed' and {until} is not null"),
        target, reference, "Operations", KpiGroup.Operations, Fresh: Fresh, PartOf: partOf, Apart: "brand system");
}
