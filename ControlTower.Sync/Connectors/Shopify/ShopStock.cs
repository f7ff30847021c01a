using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Connectors.Shopify;

/// <summary>
/// What the shop may sell of each SKU at its locations: read by SKU, set only where it still is what was read (<c>changeFromQuantity</c>). All of a call takes effect or none; our key makes a
/// repetition harmless.
/// </summary>
internal sealed class ShopStock(ConnectionProfile profile, GraphCall call)
{
    private static readonly Dictionary<string, string> Ended = new(StringComparer.Ordinal)
    {
        ["CHANGE_FROM_QUANTITY_STALE"] = ChangeStock.Stale,
        ["IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"] = ChangeStock.KeySpent,
        ["IDEMPOTENCY_KEY_PARAMETER_MISMATCH"] = ChangeStock.KeySpent,
    };

    public async Task<LevelsAnswer> LevelsAsync(IReadOnlyList<StockCell> cells, CallScope scope, CancellationToken cancel)
    {
        var (found, failure) = await FindAsync(cells, scope, cancel).ConfigureAwait(false);
        return failure is not null
            ? new LevelsAnswer.Failed(failure)
            : new LevelsAnswer.Levels([.. cells.Select(c => found.GetValueOrDefault(c) is { } item ? new StockLevel(c.Sku, c.Location, item.Level, item.Number) : new StockLevel(c.Sku, c.Location, null, null))]);
    }

    public async Task<Outcome> SendAsync(ChangeStock command, CallScope scope, CancellationToken cancel)
    {
        var (found, failure) = await FindAsync([.. command.Changes.Select(c => new StockCell(c.Sku, c.Location))], scope, cancel).ConfigureAwait(false);
        if (failure is not null)
        {
            return failure;
        }

        var rows = new JsonArray();
        foreach (var (change, at) in command.Changes.Select((c, i) => (c, i)))
        {
            if (found.GetValueOrDefault(new StockCell(change.Sku, change.Location)) is not { Level: not null } item)
            {
                return new Outcome.Refused(FailureKind.Missing, "unknown-item", $"The shop does not list the SKU {VendorText.Cut(change.Sku, 60)} at this location, or lists it twice.", Field(at));
            }

            rows.Add(new JsonObject
            {
                ["inventoryItemId"] = item.Id, ["locationId"] = item.Location, ["quantity"] = Math.Max(0, change.Counted ?? ((change.From ?? item.Level.Value) + change.Delta)),
                ["changeFromQuantity"] = change.From ?? item.Level.Value,
            });
        }

        var input = new JsonObject { ["name"] = "available", ["reason"] = "correction", ["referenceDocumentUri"] = $"gid://controltower/Publication/{command.Key.Value}", ["quantities"] = rows };
        var (data, refused) = await call.WriteAsync(ShopifyDocuments.SetStock, new JsonObject { ["input"] = input, ["key"] = command.Key.Value }, scope, cancel).ConfigureAwait(false);
        return refused ?? Judge(data, command);
    }

    /// <summary>Found if the shop shows what was asked for. A sale since then hides it, which does no harm: the same key again changes nothing.</summary>
    public async Task<LookUp> LookUpAsync(ChangeStock command, CallScope scope, CancellationToken cancel)
    {
        var (found, failure) = await FindAsync([.. command.Changes.Select(c => new StockCell(c.Sku, c.Location))], scope, cancel).ConfigureAwait(false);
        return failure is not null ? HttpOutcome.Undecided(failure)
            : command.Changes.All(c => c.From is { } from && found.GetValueOrDefault(new StockCell(c.Sku, c.Location))?.Level == from + c.Delta) ? new LookUp.Found(new Outcome.Accepted(command.Key.Value))
            : new LookUp.Absent();
    }

    private static Outcome Judge(JsonElement data, ChangeStock command)
    {
        if (UserErrors.Of(data, "inventorySetQuantities") is not { } error)
        {
            return data.At("inventorySetQuantities") is not null ? new Outcome.Accepted(command.Key.Value) : HttpOutcome.Garbled(write: true, "it does not tell what became of the stock");
        }

        if (error.Code == "IDEMPOTENCY_CONCURRENT_REQUEST")
        {
            return new Outcome.Unknown("The shop is still working on this very request.");
        }

        // ["input", "quantities", "3", "changeFromQuantity"]
        var at = error.Field?.Split('.').FirstOrDefault(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out _));
        return error with { Code = Ended.GetValueOrDefault(error.Code, error.Code), Field = at is null ? error.Field : $"changes.{at}" };
    }

    private static string Field(int at) => string.Create(CultureInfo.InvariantCulture, $"changes.{at}");

    /// <summary>Items by SKU, location by location. The shop's search is generous: what is not exactly the SKU does not count, and a SKU that two items have names neither.</summary>
    private async Task<(IReadOnlyDictionary<StockCell, ShopItem> Found, Outcome? Failure)> FindAsync(IReadOnlyList<StockCell> cells, CallScope scope, CancellationToken cancel)
    {
        var found = new Dictionary<StockCell, ShopItem>();
        foreach (var place in cells.GroupBy(c => c.Location, StringComparer.Ordinal))
        {
            if (ShopifySettings.Location(profile, place.Key) is not { } number)
            {
                continue;
            }

            var location = $"gid://shopify/Location/{number}";
            var wanted = place.Select(c => c.Sku).ToHashSet(StringComparer.Ordinal);
            var twice = new HashSet<string>(StringComparer.Ordinal);
            var variables = new JsonObject { ["query"] = string.Join(" OR ", wanted.Select(Term)), ["location"] = location };
            while (true)
            {
                var (data, failure) = await call.ReadAsync(ShopifyDocuments.StockLevels, variables.DeepClone().AsObject(), scope, cancel).ConfigureAwait(false);
                if (failure is not null)
                {
                    return (found, failure);
                }

                foreach (var node in data.Items("inventoryItems", "nodes").Where(n => n.Text("sku") is { } sku && wanted.Contains(sku)))
                {
                    var cell = new StockCell(node.Text("sku")!, place.Key);
                    if (!found.TryAdd(cell, Item(node, location)))
                    {
                        twice.Add(cell.Sku);
                    }
                }

                if (data.Flag("inventoryItems", "pageInfo", "hasNextPage") != true || data.Text("inventoryItems", "pageInfo", "endCursor") is not { } next)
                {
                    break;
                }

                variables["after"] = next;
            }

            twice.ToList().ForEach(sku => found.Remove(new StockCell(sku, place.Key)));
        }

        return (found, null);
    }

    private static ShopItem Item(JsonElement node, string location) => new(
        node.Text("id") ?? "", node.Text("legacyResourceId"), location,
        node.Items("inventoryLevel", "quantities").FirstOrDefault(q => q.Text("name") == "available") is { ValueKind: JsonValueKind.Object } level && level.Amount("quantity") is { } quantity ? (int)quantity : null);

    private static string Term(string sku) => $"sku:\"{sku.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    private sealed record ShopItem(string Id, string? Number, string Location, int? Level);
}
