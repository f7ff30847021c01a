using System.Globalization;
using GraphQL;

namespace ControlTower.Simulator.Shopify.GraphQl;

/// <summary>Discounts as they are read: a node with one of the vendor's kinds in it.</summary>
internal static class DiscountNodes
{
    private static readonly NodeType<IReadOnlyList<long>> Products = new("DiscountProducts")
    {
        ["productVariants"] = (ids, a) => Connection.Of(
            "ProductVariant", a, Traffic.Range.Of(a.Shop.Market.Brand).Where(x => ids.Contains(Ids.Variant(a.Shop.Market, x))).Select(x => CatalogNodes.Variant.Of(x)).ToList()),
        ["products"] = (_, a) => Connection.Of("Product", a, Array.Empty<INode>()),
    };

    private static readonly Dictionary<string, NodeType<ShopDiscount>> Kinds =
        new[] { "DiscountAutomaticBasic", "DiscountAutomaticBxgy", "DiscountCodeBasic", "DiscountCodeBxgy" }.ToDictionary(n => n, Kind, StringComparer.Ordinal);

    public static INode Connected(Asked a) => a.Arg<string>("query") is { Length: > 0 }
        ? throw new NotModelled("QueryRoot", "discountNodes(query)")
        : Connection.Of("DiscountNode", a, a.Shop.Read(() => a.Shop.Discounts.All).Select(d => (d.Id.ToString("D16", CultureInfo.InvariantCulture), (INode)Of(d))).ToList());

    public static INode? ById(Asked a) => Find(a, a.Arg<string>("id")) is { } discount ? Of(discount) : null;

    public static ShopDiscount? Find(Asked a, string? gid) => (Ids.Parse("DiscountAutomaticNode", gid) ?? Ids.Parse("DiscountCodeNode", gid)) is { } id ? a.Shop.Read(() => a.Shop.Discounts.Find(id)) : null;

    /// <summary>As the mutations give it back.</summary>
    public static INode Written(ShopDiscount d) => d.HasCode
        ? new Bag("DiscountCodeNode") { ["id"] = Gid(d), ["codeDiscount"] = Kinds[d.Type].Of(d) }
        : new Bag("DiscountAutomaticNode") { ["id"] = Gid(d), ["automaticDiscount"] = Kinds[d.Type].Of(d) };

    private static Bag Of(ShopDiscount d) => new Bag("DiscountNode") { ["id"] = Gid(d), ["discount"] = Kinds[d.Type].Of(d) };

    private static string Gid(ShopDiscount d) => Ids.Gid(d.HasCode ? "DiscountCodeNode" : "DiscountAutomaticNode", d.Id);

    private static NodeType<ShopDiscount> Kind(string name) => new(name)
    {
        ["title"] = (d, _) => d.Title,
        ["status"] = (d, a) => d.Status(a.Shop.Now),
        ["startsAt"] = (d, _) => d.StartsAt,
        ["endsAt"] = (d, _) => d.EndsAt,
        ["createdAt"] = (d, _) => d.CreatedAt,
        ["codes"] = (d, a) => Connection.Of("DiscountRedeemCode", a, [new Bag("DiscountRedeemCode") { ["id"] = Ids.Gid("DiscountRedeemCode", d.Id), ["code"] = d.Code }]),
        ["customerGets"] = (d, a) => new Bag("DiscountCustomerGets") { ["value"] = Value(d, a), ["items"] = Products.Of(d.Variants) },
        ["customerBuys"] = (d, _) => new Bag("DiscountCustomerBuys") { ["value"] = new Bag("DiscountQuantity") { ["quantity"] = d.Buys }, ["items"] = Products.Of(d.BoughtVariants) },
    };

    private static Bag Value(ShopDiscount d, Asked a)
    {
        var effect = d.Amount is { } amount
            ? new Bag("DiscountAmount") { ["amount"] = Money.Amount(a.Shop.Market, amount), ["appliesOnEachItem"] = true }
            : new Bag("DiscountPercentage") { ["percentage"] = (double)d.Percent!.Value };
        return d.IsBuySome ? new Bag("DiscountOnQuantity") { ["quantity"] = new Bag("DiscountQuantity") { ["quantity"] = d.Gets }, ["effect"] = effect } : effect;
    }
}
