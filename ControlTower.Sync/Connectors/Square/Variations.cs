using System.Text.Json.Nodes;

namespace ControlTower.Sync.Connectors.Square;

/// <summary>Item variations by their SKU.</summary>
internal sealed class Variations(SquareCall call)
{
    /// <summary>Those that exactly one variation has; the vendor compares without regard to case, an item number is told apart by it.</summary>
    /// <param name="skus">At most 250 different ones, the vendor's limit.</param>
    public async Task<(IReadOnlyDictionary<string, string> BySku, Outcome? Failure)> FindAsync(IEnumerable<string> skus, CancellationToken cancel)
    {
        var wanted = skus.ToHashSet(StringComparer.Ordinal);
        var query = new JsonObject { ["set_query"] = new JsonObject { ["attribute_name"] = "sku", ["attribute_values"] = new JsonArray([.. wanted.Order(StringComparer.Ordinal).Select(s => (JsonNode)s)]) } };
        var body = new JsonObject { ["object_types"] = new JsonArray("ITEM_VARIATION"), ["query"] = query };
        var found = new List<(string Sku, string Id)>();
        while (true)
        {
            var (page, failure) = await call.SearchAsync("v2/catalog/search", body, cancel).ConfigureAwait(false);
            if (failure is not null)
            {
                return (new Dictionary<string, string>(StringComparer.Ordinal), failure);
            }

            found.AddRange(page.Items("objects").Where(o => o.Text("item_variation_data", "sku") is { } sku && wanted.Contains(sku) && o.Text("id") is not null)
                .Select(o => (o.Text("item_variation_data", "sku")!, o.Text("id")!)));
            if (page.Text("cursor") is not { Length: > 0 } next)
            {
                return (found.GroupBy(f => f.Sku, StringComparer.Ordinal).Where(g => g.Count() == 1).ToDictionary(g => g.Key, g => g.Single().Id, StringComparer.Ordinal), null);
            }

            body["cursor"] = next;
        }
    }
}
