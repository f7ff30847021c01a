namespace ControlTower.Data.Kpis.Definitions;

internal static class FailedTransactions
{
    public static KpiDefinition FirstPass { get; } = new(
        "failed-first-pass", "Failed transactions", "first attempt failed, of all started",
        "Documents asked of a system whose first attempt did not succeed, over documents that were attempted; one that is refused before it could be sent has failed, too. Transactions are counted, never attempts. A first attempt that found nothing under our key has not failed: that is how a "
        + "write is made safe. Counts in the hour in which the document was asked for.",
        "transactions", KpiUnit.Share, KpiStatistic.Share,
        new KpiSource.Facts(
            """
            select d.id as flow_id, p.key as subject, p.intended_at as at, null::timestamptz as until, coalesce(c.failed, false) or p.state = 'refused' as hit, 1 as weight, d.brand, d.source as channel, d.pickup as store, p.connection_id as system
            from due d join posting p on p.flow_id = d.id left join lateral (
                select bool_or(v.outcome <> 'ok' and kpi_call_class(v.verb, v.status, v.outcome) <> 'absent') as failed
                from vendor_call v where v.flow_id = d.id and v.posting_key = p.key and v.attempt = 1 and v.purpose <> 'look-up' having count(*) > 0) c on true
            where p.intended_at >= kpi_calls_known() and (c.failed is not null or p.state = 'refused')
            """),
        0.01, "No neutral benchmark found; vendors' claims only.", "Operations", KpiGroup.Operations);

    public static KpiDefinition Final { get; } = new(
        "failed-final", "Not done in time", "documents not done within the hour",
        "Documents asked of a system that were not confirmed within one hour, over all that were asked for. Counts in the hour in which the document was asked for; one that is open counts with its time until now. Left out: what was taken back.",
        "transactions", KpiUnit.Share, KpiStatistic.Beyond,
        new KpiSource.Facts(
            """
            select d.id as flow_id, p.key as subject, p.intended_at as at, case when p.state = 'confirmed' then greatest(p.settled_at, p.intended_at) end as until, null::boolean as hit, 1 as weight,
                   d.brand, d.source as channel, d.pickup as store, p.connection_id as system
            from due d join posting p on p.flow_id = d.id where p.state <> 'withdrawn'
            """),
        0.001, "No neutral benchmark found; vendors' claims only.", "Operations", KpiGroup.Operations, Limit: 3600);
}
