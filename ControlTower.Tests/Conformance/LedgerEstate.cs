using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using Xunit;

namespace ControlTower.Tests.Conformance;

/// <summary>Feeds of money through the product's own connectors.</summary>
internal static class LedgerEstate
{
    /// <summary>All lines of a run over the last hours; what several pages tell again stands once.</summary>
    public static async Task<IReadOnlyList<MoneyLine>> ReadAsync(IVendorClient client, string feed, int hours = 1) => (await RunAsync(client, feed, null, hours)).Lines;

    /// <returns>The lines, and the cursor that the next run begins at.</returns>
    public static async Task<(IReadOnlyList<MoneyLine> Lines, string? Cursor)> RunAsync(IVendorClient client, string feed, string? cursor, int hours = 1)
    {
        var lines = new List<MoneyLine>();
        for (var pages = 0; ; pages++)
        {
            Assert.True(pages < 200, "the feed does not end");
            var page = Assert.IsType<FeedAnswer.Statement>(await client.ReadAsync(
                new FeedRequest(feed, cursor, TimeProvider.System.GetUtcNow().AddHours(-hours), TimeSpan.FromMinutes(10)), new FakeScope(), CancellationToken.None));
            lines.AddRange(page.Lines);
            cursor = page.Cursor;
            if (!page.More)
            {
                return ([.. lines.DistinctBy(l => (l.Kind, l.Id))], cursor);
            }
        }
    }
}
