namespace ControlTower.Data.Kpis.Definitions;

internal static class ApiErrors
{
    private const string Reference = "27 of 32 corporate APIs reached 99.9 % or better over 24 months (api.expert, 2019-20).";

    public static KpiDefinition Technical { get; } = Of(
        "api-technical", "API errors, technical", "5xx, timeout, connect of all calls", "Calls that ended with a 5xx, without an answer or without a connection, over all calls.", "technical", 0.001);

    public static KpiDefinition Throttled { get; } = Of(
        "api-throttled", "API calls, throttled", "held back by the vendor", "Calls that the vendor refused for their number (429, a GraphQL throttle, a concurrency limit), over all calls.", "throttled", null);

    public static KpiDefinition Contract { get; } = Of(
        "api-contract", "API calls, refused", "other 4xx and user errors", "Calls that the vendor refused for what they said, over all calls.", "contract", null);

    private static KpiDefinition Of(string id, string title, string measure, string formula, string column, double? target) => new(
        id, title, measure, formula + " Counts in the hour in which the call began. Left out: reads that were to find out whether something is there, and found nothing.",
        "calls", KpiUnit.Share, KpiStatistic.Share, new KpiSource.Calls(column), target, Reference, "Operations", KpiGroup.Operations, Apart: "brand channel system");
}
