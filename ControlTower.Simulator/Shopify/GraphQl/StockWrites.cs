using System.Globalization;

namespace ControlTower.Simulator.Shopify.GraphQl;

/// <summary>Mutations on stock: compare-and-set, or deltas. All rows take effect or none.</summary>
internal static class StockWrites
{
    private static readonly HashSet<string> Reasons = new(StringComparer.Ordinal)
    {
        "correction", "cycle_count_available", "damaged", "movement_created", "movement_updated", "movement_received", "movement_canceled", "other",
        "promotion", "quality_control", "received", "reservation_created", "reservation_deleted", "reservation_updated", "restock", "safety_stock", "shrinkage",
    };

    public static Task<object?> Set(Asked a, string payload) => Write(a, payload, "quantities", (row, level, name) =>
    {
        var wanted = Number(row, "quantity");
        return wanted - (name == "available" ? level.Available : level.OnHand);
    });

    public static Task<object?> Adjust(Asked a, string payload) => Write(a, payload, "changes", (row, _, _) => Number(row, "delta"));

    private static async Task<object?> Write(Asked a, string payload, string rowsName, Func<IReadOnlyDictionary<string, object?>, StockLevel, string, int> delta)
    {
        var input = a.Input("input");
        var name = (string)input["name"]!;
        var reason = (string)input["reason"]!;
        if (name is not ("available" or "on_hand")) throw new ShopRefusal("The quantity name must be either 'available' or 'on_hand'.", rowsName == "changes" ? "INVALID_QUANTITY_NAME" : "INVALID_NAME", "input", "name");
        if (!Reasons.Contains(reason)) throw new ShopRefusal("The specified reason is invalid.", "INVALID_REASON", "input", "reason");
        if (input.GetValueOrDefault("referenceDocumentUri") is string uri && !Uri.TryCreate(uri, UriKind.Absolute, out _)) throw new ShopRefusal("The specified reference document is invalid.", "INVALID_REFERENCE_DOCUMENT", "input", "referenceDocumentUri");
        var rows = Mutations.Rows(input, rowsName).ToList();
        var changes = await a.Shop.ChangeAsync(change =>
        {
            var checkedRows = rows.Select((row, i) => (Row: row, Level: Level(a.Shop, row, rowsName, i, name))).ToList();
            return checkedRows.Select(x =>
            {
                var by = delta(x.Row, x.Level, name);
                a.Shop.Stock.Apply(change, x.Level.InventoryItemId, x.Level.LocationId, by, 0, a.Shop.Now);
                return (x.Level, By: by, After: a.Shop.Stock.Find(x.Level.InventoryItemId, x.Level.LocationId)!);
            }).ToList();
        });
        return Mutations.Done(payload, ("inventoryAdjustmentGroup", new Bag("InventoryAdjustmentGroup")
        {
            ["id"] = Ids.Gid("InventoryAdjustmentGroup", Math.Abs((long)HashCode.Combine(changes.Count, a.Shop.Now.Ticks))),
            ["createdAt"] = a.Shop.Now,
            ["reason"] = reason,
            ["referenceDocumentUri"] = input.GetValueOrDefault("referenceDocumentUri"),
            ["changes"] = changes.SelectMany(c => Changed(a.Shop, c.After, c.By)),
        }));
    }

    /// <summary>Both names move: what is on the shelf and what may be sold.</summary>
    private static IEnumerable<INode> Changed(Shop shop, StockLevel after, int by) => new[] { ("available", after.Available), ("on_hand", after.OnHand) }.Select(x => (INode)new Bag("InventoryChange")
    {
        ["name"] = x.Item1, ["delta"] = by, ["quantityAfterChange"] = x.Item2, ["ledgerDocumentUri"] = null,
        ["item"] = CatalogNodes.Item.Of(shop.Stock.Articles[after.InventoryItemId]),
        ["location"] = OtherNodes.Location.Of(OtherNodes.Site(shop, after.LocationId)!.Value),
    });

    private static StockLevel Level(Shop shop, IReadOnlyDictionary<string, object?> row, string rowsName, int index, string name)
    {
        string[] At(string field) => ["input", rowsName, index.ToString(CultureInfo.InvariantCulture), field];
        var item = Ids.Parse("InventoryItem", (string)row["inventoryItemId"]!) ?? 0;
        var location = Ids.Parse("Location", (string)row["locationId"]!) ?? 0;
        if (!shop.Stock.Articles.ContainsKey(item)) throw new ShopRefusal("The specified inventory item could not be found.", "INVALID_INVENTORY_ITEM", At("inventoryItemId"));
        if (OtherNodes.Site(shop, location) is null) throw new ShopRefusal("The specified location could not be found.", "INVALID_LOCATION", At("locationId"));
        if (row.TryGetValue("quantity", out _) && Number(row, "quantity") is < 0 or > 1_000_000_000) throw new ShopRefusal("The quantity is out of range.", "INVALID_QUANTITY_NEGATIVE", At("quantity"));
        var level = shop.Stock.Find(item, location)!;
        if (!row.ContainsKey("changeFromQuantity")) throw new ShopRefusal("The changeFromQuantity argument is required; null opts out of the check.", "CHANGE_FROM_QUANTITY_STALE", At("changeFromQuantity"));
        if (row["changeFromQuantity"] is not null && Number(row, "changeFromQuantity") != (name == "available" ? level.Available : level.OnHand))
        {
            throw new ShopRefusal("The changeFromQuantity value does not match the persisted quantity.", "CHANGE_FROM_QUANTITY_STALE", At("changeFromQuantity"));
        }

        return level;
    }

    private static int Number(IReadOnlyDictionary<string, object?> row, string name) => Convert.ToInt32(row[name], CultureInfo.InvariantCulture);

    /// <summary>Every article is stocked everywhere in the estate, so activation finds the level and changes nothing.</summary>
    public static Bag Activate(Asked a, string payload)
    {
        var item = Ids.Parse("InventoryItem", a.Arg<string>("inventoryItemId")) ?? 0;
        var level = a.Shop.Read(() => a.Shop.Stock.Find(item, Ids.Parse("Location", a.Arg<string>("locationId")) ?? 0))
            ?? throw new ShopRefusal("The inventory item or location does not exist.", null, "inventoryItemId");
        return Mutations.Done(payload, ("inventoryLevel", CatalogNodes.Level.Of(level)));
    }
}
