using System.Text.Json;
using System.Text.Json.Nodes;

namespace ControlTower.Sync.Connectors.Square;

/// <summary>Orders as they are stored: with the SKUs of their lines, which the vendor keeps in the catalogue.</summary>
internal sealed class OrderDocuments(SquareCall call)
{
    /// <summary>The vendor's limit of one read.</summary>
    private const int ObjectsPerRead = 1000;

    /// <summary>SKUs by variation. Deleted variations are read as well: they were sold.</summary>
    public async Task<(IReadOnlyDictionary<string, string> Skus, Outcome? Failure)> SkusAsync(IReadOnlyList<JsonElement> orders, CancellationToken cancel)
    {
        var skus = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var ids in orders.SelectMany(Variations).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Chunk(ObjectsPerRead))
        {
            var asked = new JsonObject { ["object_ids"] = new JsonArray([.. ids.Select(i => (JsonNode)i)]), ["include_deleted_objects"] = true };
            var (body, failure) = await call.SearchAsync("v2/catalog/batch-retrieve", asked, cancel).ConfigureAwait(false);
            if (failure is not null)
            {
                return (skus, failure);
            }

            foreach (var found in body.Items("objects"))
            {
                if (found.Text("id") is { } id && found.Text("item_variation_data", "sku") is { Length: > 0 } sku)
                {
                    skus[id] = sku;
                }
            }
        }

        return (skus, null);
    }

    public static FeedItem? Item(JsonElement order, IReadOnlyDictionary<string, string> skus)
    {
        if (order.Text("id") is not { } id || !SquareId.IsOne(id))
        {
            return null;
        }

        var body = StableJson.Of(With(order, "order", skus));
        return new FeedItem(SquareTopics.ReadOrder, $"{id}@{VendorText.Cut(order.Text("updated_at") ?? "", 40)}#{StableJson.Digest(body)}", $"order/{id}", body);
    }

    /// <summary>The document beside the SKUs of its own lines, and of no others: equal content is equal bytes whatever page it was read on.</summary>
    public static JsonElement With(JsonElement document, string name, IReadOnlyDictionary<string, string> skus)
    {
        var own = Variations(document).Distinct(StringComparer.Ordinal).Where(skus.ContainsKey).Select(v => KeyValuePair.Create(v, (JsonNode?)skus[v]));
        return Element(new JsonObject { [name] = JsonNode.Parse(document.GetRawText()), ["skus"] = new JsonObject(own) });
    }

    public static JsonElement Element(JsonNode node) => JsonReading.Parse(System.Text.Encoding.UTF8.GetBytes(node.ToJsonString()))!.Value;

    public static IEnumerable<string> Variations(JsonElement order)
        => order.Items("line_items").Concat(order.Items("returns").SelectMany(r => r.Items("return_line_items"))).Select(l => l.Text("catalog_object_id")).OfType<string>().Where(SquareId.IsOne);
}
