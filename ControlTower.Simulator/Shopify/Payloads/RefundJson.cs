using System.Text.Json.Nodes;
using ControlTower.Simulator.Traffic;

namespace ControlTower.Simulator.Shopify.Payloads;

internal static class RefundJson
{
    public static JsonObject Of(Market market, ShopOrder order, Refund refund) => new()
    {
        ["id"] = refund.Id,
        ["order_id"] = order.Id,
        ["created_at"] = MoneyJson.Time(market, refund.At),
        ["note"] = refund.Note,
        ["user_id"] = 548380009,
        ["processed_at"] = MoneyJson.Time(market, refund.At),
        ["duties"] = new JsonArray(),
        ["total_duties_set"] = MoneyJson.Set(market, 0),
        ["return"] = null,
        ["refund_shipping_lines"] = Shipping(market, order, refund),
        ["restock"] = refund.Lines.Any(l => l.RestockType != "no_restock"),
        ["admin_graphql_api_id"] = Ids.Gid("Refund", refund.Id),
        ["order_adjustments"] = new JsonArray(),
        ["refund_line_items"] = new JsonArray(refund.Lines.Select(l => (JsonNode)Line(market, order, l)).ToArray()),
        ["transactions"] = new JsonArray(refund.Payments.Select(p => (JsonNode)PaymentJson.Of(market, order, p, forRefund: true)).ToArray()),
    };

    private static JsonObject Line(Market market, ShopOrder order, RefundedLine l) => new()
    {
        ["id"] = l.Id,
        ["quantity"] = l.Quantity,
        ["line_item_id"] = l.LineId,
        ["location_id"] = l.LocationId,
        ["restock_type"] = l.RestockType,
        ["subtotal"] = l.Subtotal,
        ["total_tax"] = l.Tax,
        ["subtotal_set"] = MoneyJson.Set(market, l.Subtotal),
        ["total_tax_set"] = MoneyJson.Set(market, l.Tax),
        ["line_item"] = LineJson.InRefund(market, order.Lines.First(x => x.Id == l.LineId)),
    };

    private static JsonArray Shipping(Market market, ShopOrder order, Refund refund) => refund.Shipping == 0 ? [] :
    [
        new JsonObject
        {
            ["id"] = refund.Id + 1,
            ["shipping_line"] = OrderJson.Carriage(market, order.Carriage[0]),
            ["subtotal_amount_set"] = MoneyJson.Set(market, refund.Shipping),
            ["tax_amount_set"] = MoneyJson.Set(market, refund.ShippingTax),
        },
    ];
}
