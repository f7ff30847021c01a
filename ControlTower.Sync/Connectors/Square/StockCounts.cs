using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Connectors.Square;

/// <summary>What the stores of an account count as being in stock.</summary>
internal sealed class StockCounts(ConnectionProfile profile, SquareCall call)
{
    public async Task<LevelsAnswer> ReadAsync(IReadOnlyList<StockCell> cells, CancellationToken cancel)
    {
        var (variations, failure) = await new Variations(call).FindAsync(cells.Select(c => c.Sku), cancel).ConfigureAwait(false);
        if (failure is not null)
        {
            return new LevelsAnswer.Failed(failure);
        }

        var (counts, broken) = variations.Count == 0 ? (new Dictionary<(string, string), int>(), null) : await CountsAsync(cells, variations, cancel).ConfigureAwait(false);
        return broken is not null
            ? new LevelsAnswer.Failed(broken)
            : new LevelsAnswer.Levels([.. cells.Select(c => variations.TryGetValue(c.Sku, out var item) && counts.TryGetValue((item, SquareSettings.Location(profile, c.Location)), out var level)
                ? new StockLevel(c.Sku, c.Location, level, item)
                : new StockLevel(c.Sku, c.Location, null, variations.GetValueOrDefault(c.Sku)))]);
    }

    private async Task<(Dictionary<(string Item, string Location), int> Counts, Outcome? Failure)> CountsAsync(
        IReadOnlyList<StockCell> cells, IReadOnlyDictionary<string, string> variations, CancellationToken cancel)
    {
        var body = new JsonObject
        {
            ["catalog_object_ids"] = new JsonArray([.. variations.Values.Select(v => (JsonNode)v)]),
            ["location_ids"] = new JsonArray([.. cells.Select(c => SquareSettings.Location(profile, c.Location)).Distinct(StringComparer.Ordinal).Select(l => (JsonNode)l)]),
            ["states"] = new JsonArray("IN_STOCK"),
        };
        var counts = new Dictionary<(string, string), int>();
        while (true)
        {
            var (page, failure) = await call.SearchAsync("v2/inventory/counts/batch-retrieve", body, cancel).ConfigureAwait(false);
            if (failure is not null)
            {
                return (counts, failure);
            }

            foreach (var count in page.Items("counts"))
            {
                if (Told(count) is { } told)
                {
                    counts[(told.Item, told.Location)] = told.Level;
                }
            }

            if (page.Text("cursor") is not { Length: > 0 } next)
            {
                return (counts, null);
            }

            body["cursor"] = next;
        }
    }

    /// <summary>A count of goods in stock, by the vendor's names, in whole pieces; null if it is none.</summary>
    public static (string Item, string Location, int Level)? Told(JsonElement count) =>
        count.Text("state") == "IN_STOCK" && count.Text("catalog_object_id") is { Length: > 0 and <= 100 } item && count.Text("location_id") is { Length: > 0 and <= 100 } location
        && count.Amount("quantity") is > -1_000_000_000m and < 1_000_000_000m and var quantity
            ? (item, location, (int)Math.Floor(quantity))
            : null;
}
