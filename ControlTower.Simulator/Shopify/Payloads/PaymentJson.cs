using System.Globalization;
using System.Text.Json.Nodes;
using ControlTower.Simulator.Traffic;

namespace ControlTower.Simulator.Shopify.Payloads;

internal static class PaymentJson
{
    /// <summary>The body of order_transactions/create, and a transaction inside a refund (which carries no card details).</summary>
    public static JsonObject Of(Market market, ShopOrder order, Payment p, bool forRefund = false)
    {
        var json = new JsonObject
        {
            ["id"] = p.Id,
            ["order_id"] = order.Id,
            ["kind"] = p.Kind,
            ["gateway"] = p.Gateway,
            ["status"] = "success",
            ["message"] = null,
            ["created_at"] = MoneyJson.Time(market, p.At),
            ["test"] = false,
            ["authorization"] = string.Create(CultureInfo.InvariantCulture, $"A{p.Id % 1_000_000:D6}"),
            ["location_id"] = null,
            ["user_id"] = null,
            ["parent_id"] = p.ParentId,
            ["processed_at"] = MoneyJson.Time(market, p.At),
            ["device_id"] = null,
            ["error_code"] = null,
            ["source_name"] = order.SourceName,
            ["receipt"] = new JsonObject(),
            ["amount"] = MoneyJson.Text(market, p.Amount),
            ["currency"] = market.Currency,
            ["payment_id"] = $"{order.Name}.{(p.Kind == "refund" ? "2" : "1")}",
            ["total_unsettled_set"] = MoneyJson.UnsettledSet(market, 0),
            ["manual_payment_gateway"] = false,
            ["amount_rounding"] = null,
            ["admin_graphql_api_id"] = Ids.Gid("OrderTransaction", p.Id),
        };
        if (!forRefund)
        {
            json["payment_details"] = new JsonObject
            {
                ["credit_card_bin"] = null,
                ["avs_result_code"] = null,
                ["cvv_result_code"] = null,
                ["credit_card_number"] = "•••• •••• •••• 4242",
                ["credit_card_company"] = "Visa",
                ["buyer_action_info"] = null,
                ["credit_card_name"] = null,
                ["credit_card_wallet"] = null,
                ["credit_card_expiration_month"] = null,
                ["credit_card_expiration_year"] = null,
                ["payment_method_name"] = "visa",
            };
        }

        return json;
    }
}
