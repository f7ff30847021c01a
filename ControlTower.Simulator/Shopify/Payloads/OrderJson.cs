using System.Globalization;
using System.Text.Json.Nodes;
using ControlTower.Simulator.Traffic;

namespace ControlTower.Simulator.Shopify.Payloads;

/// <summary>The body of the orders/* webhooks.</summary>
internal static class OrderJson
{
    public static JsonObject Of(Market market, ShopOrder o)
    {
        var sums = new OrderSums(market, o);
        var json = Head(market, o, sums);
        Totals(json, market, sums);
        json["billing_address"] = AddressJson.Of(o.Billing);
        json["shipping_address"] = AddressJson.Of(o.Shipping);
        json["customer"] = AddressJson.Customer(market, o);
        json["discount_applications"] = new JsonArray(o.Discounts.Select(d => (JsonNode)Application(market, d)).ToArray());
        json["discount_codes"] = new JsonArray(o.Discounts.Select((d, i) => (d, i)).Where(x => x.d.Code is not null).Select(x => (JsonNode)Code(market, o, x.d, x.i)).ToArray());
        json["line_items"] = new JsonArray(o.Lines.Select(l => (JsonNode)LineJson.InOrder(market, l)).ToArray());
        json["shipping_lines"] = new JsonArray(o.Carriage.Select(c => (JsonNode)Carriage(market, c, sums.RefundedShipping)).ToArray());
        json["tax_lines"] = MoneyJson.TaxLines(market, sums.TaxLines(current: false));
        json["fulfillments"] = new JsonArray(o.Parcels.Select(p => (JsonNode)ParcelJson.InOrder(market, o, p)).ToArray());
        json["refunds"] = new JsonArray(o.Refunds.Select(r => (JsonNode)RefundJson.Of(market, o, r)).ToArray());
        json["returns"] = new JsonArray();
        json["line_item_groups"] = new JsonArray();
        json["note_attributes"] = new JsonArray(o.Attributes.Select(a => (JsonNode)new JsonObject { ["name"] = a.Name, ["value"] = a.Value }).ToArray());
        json["payment_terms"] = null;
        return json;
    }

    private static JsonObject Head(Market market, ShopOrder o, OrderSums sums) => new()
    {
        ["id"] = o.Id,
        ["admin_graphql_api_id"] = Ids.Gid("Order", o.Id),
        ["app_id"] = 580111,
        ["browser_ip"] = "192.0.2.17",
        ["buyer_accepts_marketing"] = false,
        ["cancel_reason"] = o.CancelReason,
        ["cancelled_at"] = MoneyJson.Time(market, o.CancelledAt),
        ["cart_token"] = null,
        ["checkout_token"] = null,
        ["client_details"] = null,
        ["closed_at"] = MoneyJson.Time(market, o.ClosedAt),
        ["confirmation_number"] = o.Id.ToString("X", CultureInfo.InvariantCulture),
        ["confirmed"] = true,
        ["contact_email"] = o.Buyer.Email,
        ["created_at"] = MoneyJson.Time(market, o.CreatedAt),
        ["currency"] = market.Currency,
        ["customer_locale"] = "en",
        ["device_id"] = null,
        ["duties_included"] = false,
        ["email"] = o.Buyer.Email,
        ["estimated_taxes"] = false,
        ["financial_status"] = sums.FinancialStatus,
        ["fulfillment_status"] = sums.FulfillmentStatus,
        ["landing_site"] = null,
        ["landing_site_ref"] = null,
        ["location_id"] = null,
        ["merchant_business_entity_id"] = "MTU0ODM4MDAwOQ",
        ["merchant_of_record_app_id"] = null,
        ["name"] = o.Name,
        ["note"] = o.Note,
        ["number"] = o.Number - 1000,
        ["order_number"] = o.Number,
        ["order_status_url"] = string.Create(CultureInfo.InvariantCulture, $"https://{market.Domain}/{Ids.Shop(market)}/orders/{o.Id:x}/authenticate?key=none"),
        ["payment_gateway_names"] = new JsonArray("shopify_payments"),
        ["phone"] = o.Buyer.Phone,
        ["po_number"] = null,
        ["presentment_currency"] = market.Currency,
        ["processed_at"] = MoneyJson.Time(market, o.CreatedAt),
        ["reference"] = null,
        ["referring_site"] = null,
        ["source_identifier"] = null,
        ["source_name"] = o.SourceName,
        ["source_url"] = null,
        ["tags"] = string.Join(", ", o.Tags),
        ["tax_exempt"] = false,
        ["taxes_included"] = market.TaxesIncluded,
        ["test"] = false,
        ["token"] = o.Id.ToString("x", CultureInfo.InvariantCulture),
        ["total_weight"] = sums.Grams,
        ["updated_at"] = MoneyJson.Time(market, o.UpdatedAt),
        ["user_id"] = null,
    };

    private static void Totals(JsonObject json, Market market, OrderSums sums)
    {
        Both("current_subtotal_price", sums.CurrentSubtotal);
        Both("current_total_discounts", sums.CurrentDiscounts);
        Both("current_total_price", sums.CurrentTotal);
        Both("current_total_tax", sums.CurrentTax);
        Both("subtotal_price", sums.Subtotal);
        Both("total_discounts", sums.Discounts);
        Both("total_line_items_price", sums.LinesGross);
        Both("total_price", sums.Total);
        Both("total_tax", sums.Tax);
        json["current_shipping_price_set"] = MoneyJson.Set(market, sums.CurrentShipping);
        json["total_shipping_price_set"] = MoneyJson.Set(market, sums.Shipping);
        json["total_cash_rounding_payment_adjustment_set"] = MoneyJson.Set(market, 0);
        json["total_cash_rounding_refund_adjustment_set"] = MoneyJson.Set(market, 0);
        json["current_total_additional_fees_set"] = null;
        json["current_total_duties_set"] = null;
        json["original_total_additional_fees_set"] = null;
        json["original_total_duties_set"] = null;
        json["total_outstanding"] = MoneyJson.Text(market, sums.Outstanding);
        json["total_tip_received"] = MoneyJson.Text(market, 0);

        void Both(string name, decimal amount)
        {
            json[name] = MoneyJson.Text(market, amount);
            json[name + "_set"] = MoneyJson.Set(market, amount);
        }
    }

    private static JsonObject Application(Market market, Discount d)
    {
        var json = new JsonObject
        {
            ["target_type"] = d.TargetType,
            ["type"] = d.Type,
            ["value"] = d.ValueType == "percentage" ? d.Value.ToString("0.0", CultureInfo.InvariantCulture) : MoneyJson.Text(market, d.Value),
            ["value_type"] = d.ValueType,
            ["allocation_method"] = d.AllocationMethod,
            ["target_selection"] = d.TargetSelection,
        };
        if (d.Code is null) json["title"] = d.Title;
        else json["code"] = d.Code;
        return json;
    }

    private static JsonObject Code(Market market, ShopOrder o, Discount d, int index) => new()
    {
        ["code"] = d.Code,
        ["amount"] = MoneyJson.Text(market, o.Lines.SelectMany(l => l.Discounts).Where(a => a.Index == index).Sum(a => a.Amount)),
        ["type"] = d.ValueType,
    };

    public static JsonObject Carriage(Market market, ShippingCharge c, decimal refunded = 0) => new()
    {
        ["id"] = c.Id,
        ["carrier_identifier"] = null,
        ["code"] = c.Code,
        ["current_discounted_price_set"] = MoneyJson.Set(market, c.Price - refunded),
        ["discounted_price"] = MoneyJson.Text(market, c.Price),
        ["discounted_price_set"] = MoneyJson.Set(market, c.Price),
        ["is_removed"] = false,
        ["phone"] = null,
        ["price"] = MoneyJson.Text(market, c.Price),
        ["price_set"] = MoneyJson.Set(market, c.Price),
        ["requested_fulfillment_service_id"] = null,
        ["source"] = "shopify",
        ["title"] = c.Title,
        ["tax_lines"] = MoneyJson.TaxLines(market, c.Taxes),
        ["discount_allocations"] = new JsonArray(),
    };
}
