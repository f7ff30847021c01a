using System.Text.Json.Nodes;
using ControlTower.Simulator.Traffic;

namespace ControlTower.Simulator.Shopify.Payloads;

internal static class LineJson
{
    /// <summary>The members that lines share in orders, fulfillments and refunds.</summary>
    private static JsonObject Shared(Market market, OrderLine l, int quantity) => new()
    {
        ["id"] = l.Id,
        ["admin_graphql_api_id"] = Ids.Gid("LineItem", l.Id),
        ["fulfillable_quantity"] = l.Fulfillable,
        ["fulfillment_service"] = "manual",
        ["fulfillment_status"] = l.Fulfilled == 0 ? null : l.Fulfillable == 0 ? "fulfilled" : "partial",
        ["gift_card"] = false,
        ["grams"] = l.Grams,
        ["name"] = $"{l.Title} - {l.VariantTitle}",
        ["price"] = MoneyJson.Text(market, l.Price),
        ["price_set"] = MoneyJson.Set(market, l.Price),
        ["product_exists"] = true,
        ["product_id"] = l.ProductId,
        ["properties"] = new JsonArray(),
        ["quantity"] = quantity,
        ["requires_shipping"] = true,
        ["sku"] = l.Sku,
        ["taxable"] = true,
        ["title"] = l.Title,
        ["total_discount"] = MoneyJson.Text(market, 0),
        ["total_discount_set"] = MoneyJson.Set(market, 0),
        ["variant_id"] = l.VariantId,
        ["variant_inventory_management"] = "shopify",
        ["variant_title"] = l.VariantTitle,
        ["vendor"] = l.Vendor,
        ["tax_lines"] = MoneyJson.TaxLines(market, l.Taxes),
        ["duties"] = new JsonArray(),
        ["discount_allocations"] = MoneyJson.Allocations(market, l.Discounts),
    };

    public static JsonObject InOrder(Market market, OrderLine l)
    {
        var json = Shared(market, l, l.Quantity);
        json["attributed_staffs"] = new JsonArray();
        json["current_quantity"] = l.Current;
        json["sales_line_item_group_id"] = null;
        return json;
    }

    public static JsonObject InParcel(Market market, OrderLine l, int quantity) => Shared(market, l, quantity);

    public static JsonObject InRefund(Market market, OrderLine l) => Shared(market, l, l.Quantity);
}
