using System.Globalization;
using ControlTower.Simulator.Traffic;

namespace ControlTower.Simulator.Shopify.GraphQl;

/// <summary>Products, variants, inventory items and levels.</summary>
internal static class CatalogNodes
{
    private static readonly DateTimeOffset Listed = new(2026, 1, 5, 9, 0, 0, TimeSpan.Zero);

    public static readonly NodeType<Article> Variant = new("ProductVariant")
    {
        ["id"] = (x, a) => Ids.Gid("ProductVariant", Ids.Variant(a.Shop.Market, x)),
        ["legacyResourceId"] = (x, a) => Ids.Variant(a.Shop.Market, x),
        ["sku"] = (x, a) => Shown(x, a).Sku,
        ["barcode"] = (x, a) => Shown(x, a).Barcode,
        ["title"] = (x, _) => x.VariantTitle,
        ["displayName"] = (x, _) => $"{x.Style.Title} - {x.VariantTitle}",
        ["price"] = (x, a) => Shown(x, a).Price,
        ["compareAtPrice"] = (x, a) => Shown(x, a).CompareAt,
        ["taxable"] = (_, _) => true,
        ["createdAt"] = (_, _) => Listed,
        ["updatedAt"] = (x, a) => Shown(x, a).UpdatedAt,
        ["inventoryQuantity"] = (x, a) => a.Shop.Read(() => a.Shop.Stock.Of(Ids.InventoryItem(a.Shop.Market, x)).Sum(l => l.Available)),
        ["inventoryItem"] = (x, _) => Item!.Of(x),
        ["product"] = (x, _) => Product!.Of(x),
    };

    public static readonly NodeType<Article> Product = new("Product")
    {
        ["id"] = (x, a) => Ids.Gid("Product", Ids.Product(a.Shop.Market, x)),
        ["legacyResourceId"] = (x, a) => Ids.Product(a.Shop.Market, x),
        ["handle"] = (x, _) => x.Style.Title.ToLowerInvariant().Replace(' ', '-'),
        ["title"] = (x, _) => x.Style.Title,
        ["productType"] = (x, _) => x.Style.Kind,
        ["vendor"] = (_, a) => a.Shop.Market.Brand == "fjell" ? "Fjell" : "Northlane",
        ["status"] = (x, a) => Shown(x, a).Active ? "ACTIVE" : "ARCHIVED",
        ["tags"] = (x, _) => x.Style.Kids ? ["kids"] : Array.Empty<string>(),
        ["createdAt"] = (_, _) => Listed,
        ["updatedAt"] = (x, a) => a.Shop.Read(() => a.Shop.Listings.ChangedAt(x)),
        ["collections"] = (x, a) => Connection.Of("Collection", a, Traffic.Range.Collections(x.Style).Select(c => Collection!.Of(c)).ToList()),
        ["variants"] = (x, a) => Connection.Of("ProductVariant", a, Traffic.Range.Of(a.Shop.Market.Brand).Where(v => v.StyleOrdinal == x.StyleOrdinal).Select(v => Variant.Of(v)).ToList()),
    };

    public static readonly NodeType<string> Collection = new("Collection")
    {
        ["id"] = (c, a) => Ids.Gid("Collection", Ids.Collection(a.Shop.Market, c)),
        ["legacyResourceId"] = (c, a) => Ids.Collection(a.Shop.Market, c),
        ["handle"] = (c, _) => c.ToLowerInvariant().Replace(' ', '-'),
        ["title"] = (c, _) => c,
        ["updatedAt"] = (_, _) => Listed,
    };

    public static readonly NodeType<Article> Item = new("InventoryItem")
    {
        ["id"] = (x, a) => Ids.Gid("InventoryItem", Ids.InventoryItem(a.Shop.Market, x)),
        ["legacyResourceId"] = (x, a) => Ids.InventoryItem(a.Shop.Market, x),
        ["sku"] = (x, _) => x.Sku,
        ["tracked"] = (_, _) => true,
        ["requiresShipping"] = (_, _) => true,
        ["createdAt"] = (_, _) => Listed,
        ["updatedAt"] = (_, _) => Listed,
        ["unitCost"] = (x, a) => Money.Amount(a.Shop.Market, a.Shop.Market.Round(Traffic.Range.Price(x.Style, a.Shop.Market.Currency) * 0.4m)),
        ["variant"] = (x, _) => Variant.Of(x),
        ["inventoryLevel"] = (x, a) => Level!.OrNull(a.Shop.Read(() => a.Shop.Stock.Find(Ids.InventoryItem(a.Shop.Market, x), Ids.Parse("Location", a.Arg<string>("locationId")) ?? 0))),
        ["inventoryLevels"] = (x, a) => Connection.Of("InventoryLevel", a, a.Shop.Read(() => a.Shop.Stock.Of(Ids.InventoryItem(a.Shop.Market, x))).Select(l => Level!.Of(l)).ToList()),
    };

    public static readonly NodeType<StockLevel> Level = new("InventoryLevel")
    {
        ["id"] = (l, _) => string.Create(CultureInfo.InvariantCulture, $"gid://shopify/InventoryLevel/{l.LocationId}?inventory_item_id={l.InventoryItemId}"),
        ["isActive"] = (_, _) => true,
        ["createdAt"] = (_, _) => Listed,
        ["updatedAt"] = (l, _) => l.UpdatedAt,
        ["item"] = (l, a) => Item.Of(a.Shop.Stock.Articles[l.InventoryItemId]),
        ["location"] = (l, a) => OtherNodes.Location.Of(OtherNodes.Site(a.Shop, l.LocationId)!.Value),
        ["quantities"] = (l, a) => a.Context.Arguments!["names"].Value is IEnumerable<object> names ? names.Select(n => Quantity(l, (string)n)) : [],
    };

    private static Listing Shown(Article article, Asked a) => a.Shop.Read(() => a.Shop.Listings.Of(article));

    private static Bag Quantity(StockLevel level, string name) => new("InventoryQuantity")
    {
        ["id"] = string.Create(CultureInfo.InvariantCulture, $"gid://shopify/InventoryQuantity/{level.LocationId}{level.InventoryItemId % 1_000_000}?inventory_item_id={level.InventoryItemId}&name={name}"),
        ["name"] = name,
        ["quantity"] = name switch { "available" => level.Available, "on_hand" => level.OnHand, "committed" => level.Committed, _ => 0 },
        ["updatedAt"] = level.UpdatedAt,
    };
}
