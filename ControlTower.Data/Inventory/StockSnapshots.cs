using ControlTower.Data.Db;
using ControlTower.Data.Live;

namespace ControlTower.Data.Inventory;

/// <summary>Counts of other systems, taken over with what moved since.</summary>
public sealed class StockSnapshots(TowerDataSources sources, ChangeNotifier changes)
{
    public Task<List<string>> UnknownPlacesAsync(IReadOnlyList<string> places, CancellationToken cancel) => sources.Work.Command(
            "select distinct p from unnest($1::text[]) p where not exists (select from location l where l.id = p)", Sql.Of(places.Distinct(StringComparer.Ordinal).ToArray()))
        .ListAsync(r => r.GetString(0), cancel);

    /// <inheritdoc cref="StockStore.SnapshotAsync"/>
    public async Task<List<SnapshotLeft>> TakeAsync(IReadOnlyList<StockCount> counts, DateTimeOffset asOf, string source, CancellationToken cancel)
    {
        var left = await StockStore.SnapshotAsync(sources.Work, counts, asOf.ToUniversalTime(), source, cancel);
        changes.Announce(LiveTopics.Stock);
        return left;
    }
}
