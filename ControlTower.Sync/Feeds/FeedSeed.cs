using ControlTower.Data.Audit;
using ControlTower.Data.Exports;
using ControlTower.Data.Feeds;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Connectors;
using Microsoft.Extensions.Options;

namespace ControlTower.Sync.Feeds;

/// <summary>A feed to look at in a tower that is tried out over an estate: its nightly consolidation, with the days before. Only where there is none.</summary>
public sealed class FeedSeed(FeedDesk desk, FeedStore feeds, ConnectionDirectory connections, IOptions<FeedOptions> options, TimeProvider clock)
{
    private const int DaysBefore = 3;
    private static readonly Actor Seed = Actor.Tower("seed");

    public async Task SeedAsync(CancellationToken cancel)
    {
        if (options.Value.Folder.Length == 0 || (await feeds.ListAsync(cancel)).Count > 0)
        {
            return;
        }

        await connections.RefreshAsync(cancel);
        var zone = connections.All.FirstOrDefault(c => c.Connector?.Role is SystemRole.Erp)?.Profile.TimeZone ?? "UTC";
        var last = FeedDays.LastOver(zone, clock.GetUtcNow());
        var draft = new FeedDraft(
            "Nightly consolidation", FeedSources.Sales, ExportFormat.Csv, "", new FeedPlace(FeedPlace.Folder, "finance"), null,
            new FeedCalendar(zone, "0 4 * * *", FeedCalendar.EveryDay, [], CatchesUp: true, last.AddDays(1 - DaysBefore)), WaitsComplete: false, [], LateMinutes: 120);
        // Of two nodes that start together the second is refused: the name is taken.
        if (await desk.SaveAsync(0, 0, draft, Seed, cancel) is Reconciliation.ReconAnswer.Done { Id: { } id })
        {
            await desk.BackfillAsync(id, last.AddDays(1 - DaysBefore), last, "The first days of the estate.", Seed, cancel);
        }
    }
}
