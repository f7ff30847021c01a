namespace ControlTower.Data.Kpis.Definitions;

internal static class Inventory
{
    public static KpiDefinition Sync { get; } = new(
        "inventory-sync", "Inventory accuracy, sync", "published equals expected, of cells checked",
        "Cells (a SKU at a place of a channel) at which the channel showed exactly what it was to show, over cells that were looked at. Counts on the day on which it was looked at, by UTC.",
        "cells", KpiUnit.Share, KpiStatistic.Share,
        new KpiSource.Counted(
            """
            select d.day::timestamp at time zone $8 as hour, coalesce(c.brand, '') as brand, d.connection_id as channel, d.location as store, '' as system, d.checked::bigint as n, d.exact::bigint as hits
            from drift_day d left join connection c on c.id = d.connection_id
            """),
        0.995, "No public figure found.", "Operations", KpiGroup.Operations, LowerIsBetter: false, Fresh: "select max(checked_at) from stock_publication", Apart: "brand channel store");

    public static KpiDefinition Record { get; } = new(
        "inventory-record", "Inventory accuracy, record", "count equals system, of places counted",
        "SKUs at a place whose count on the shelf, as stated through the API (stock-snapshots), was what the tower held at that moment, over SKUs counted. Counts in the hour of the count. Left out: the first count of what the tower held nothing of.",
        "counts", KpiUnit.Share, KpiStatistic.Share,
        new KpiSource.Counted(
            """
            select date_trunc('hour', k.counted_at, 'UTC') as hour, coalesce(l.brand, '') as brand, '' as channel, k.location as store, '' as system, count(*) as n, count(*) filter (where k.counted = k.held) as hits
            from stock_count k left join location l on l.id = k.location where k.counted_at >= $5 and k.counted_at < $6 group by 1, 2, 4
            """),
        0.98, "About 65 % on average, above 95 % with RFID (rfidjournal.com, Hardgrave); 83 % on average (CAPS 2024 via e-com.wiki).", "Operations", KpiGroup.Operations, LowerIsBetter: false,
        Fresh: "select max(counted_at) from stock_count", Apart: "brand store");
}
