using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.Shopify;
using Xunit;

namespace ControlTower.Tests.Conformance.Shopify;

public sealed class ShopifyOrderTests
{
    private static readonly ShopifyConnector Connector = new();

    [Theory]
    [InlineData("orders/create")]
    [InlineData("orders/updated")]
    [InlineData("orders/paid")]
    [InlineData("orders/cancelled")]
    [InlineData("orders/fulfilled")]
    [InlineData("orders/edited")]
    [InlineData("fulfillments/create")]
    [InlineData("fulfillments/update")]
    [InlineData("refunds/create")]
    [InlineData("app/uninstalled")]
    [InlineData("customers/redact")]
    [InlineData("customers/data_request")]
    [InlineData("shop/redact")]
    public void A_vendor_sample_becomes_the_golden_statement(string topic)
        => Golden.Same((object)Translate(topic, ShopifyWorld.Sample(topic)), "Canonical", "shopify", $"{topic.Replace('/', '.')}.json");

    [Fact]
    public void A_fulfilment_that_was_carried_out_and_cancelled_is_a_parcel_called_off_however_often_it_is_told()
    {
        var sample = JsonNode.Parse(ShopifyWorld.Sample("fulfillments/update"))!;
        sample["status"] = "cancelled";
        var told = Assert.IsType<ShipmentCancelled>(Assert.Single(Assert.IsType<Translation.Events>(Translate("fulfillments/update", Encoding.UTF8.GetBytes(sample.ToJsonString()))).List));
        Assert.Equal(($"{sample["id"]}", $"fulfillment:{sample["id"]}:cancelled", $"{sample["order_id"]}"), (told.ShipmentId, told.EventId, told.Key.Id));
    }

    [Fact]
    public void The_sums_of_a_thousand_orders_are_the_channels_to_the_coin()
    {
        for (var seed = 1; seed <= 1000; seed++)
        {
            var made = MadeOrder.Of(seed);
            var order = Statement("orders/create", made.AsWebhook());
            var tax = order.Lines.Sum(l => l.Tax) + order.Shipping.Sum(s => s.Tax);
            var sum = order.Lines.Sum(l => l.Net) + order.Shipping.Sum(s => s.Net) + (order.TaxesIncluded ? 0 : tax);
            Assert.Equal(made.Total, order.Totals.Total);
            Assert.Equal(order.Totals.Total, sum);
            Assert.Equal(order.Totals.Tax, tax);
            Assert.Equal(order.Totals.Discount, order.Lines.Sum(l => l.Discount) + order.Shipping.Sum(s => s.Discount));
            Assert.All(order.Lines, l => Assert.True(new Money(l.Net, order.Currency).IsExact && new Money(l.Tax, order.Currency).IsExact));
        }
    }

    [Fact]
    public void An_order_says_the_same_whether_it_was_pushed_or_read()
    {
        for (var seed = 1; seed <= 300; seed++)
        {
            var made = MadeOrder.Of(seed);
            Assert.Equal(AsText(Statement("orders/create", made.AsWebhook())), AsText(Statement("read/order", made.AsGraph())));
        }
    }

    [Fact]
    public void The_attributes_of_the_storefront_choose_the_store()
    {
        var order = Statement("orders/create", MadeOrder.Of(1).AsWebhook());
        Assert.Equal((FulfilmentMode.ShipFromStore, "EU-BER1"), (order.Fulfilment, order.PickupLocation));
    }

    [Theory]
    [InlineData("fulfilment", "click-and-collect", "pickup_location", FulfilmentMode.ClickAndCollect)]
    [InlineData("fulfilment_mode", "click_and_collect", "location", FulfilmentMode.ClickAndCollect)]
    [InlineData("Fulfillment_Mode", "Ship-From-Store", "ship_from", FulfilmentMode.ShipFromStore)]
    [InlineData("gift", "yes", "gift_note", FulfilmentMode.Ship)]
    public void Attribute_names_are_read_in_their_usual_spellings(string name, string value, string place, FulfilmentMode mode)
    {
        var order = Changed(MadeOrder.Of(1), o => o["note_attributes"] = new JsonArray(
            new JsonObject { ["name"] = name, ["value"] = value }, new JsonObject { ["name"] = place, ["value"] = "EU-PAR1" }));
        Assert.Equal(mode, order.Fulfilment);
        Assert.Equal(mode == FulfilmentMode.Ship ? null : "EU-PAR1", order.PickupLocation);
    }

    [Fact]
    public void A_pickup_shipping_line_means_click_and_collect()
    {
        var order = Changed(MadeOrder.Of(1), o =>
        {
            o["note_attributes"] = new JsonArray();
            o["shipping_lines"]![0]!["delivery_category"] = "pickup";
            o["shipping_lines"]![0]!["code"] = "EU-AMS1";
        });
        Assert.Equal((FulfilmentMode.ClickAndCollect, "EU-AMS1"), (order.Fulfilment, order.PickupLocation));
    }

    [Fact]
    public void An_edited_line_counts_what_is_left_of_it()
    {
        var order = Edited(left: 1, refund: null);
        Assert.Equal(1, order.Lines[0].Quantity);
        Assert.Equal((90m, 14.37m, 90m), (order.Lines[0].Net, order.Lines[0].Tax, order.Totals.Total));
    }

    [Fact]
    public void A_returned_line_stays_sold()
    {
        var order = Edited(left: 1, refund: "return");
        Assert.Equal(2, order.Lines[0].Quantity);
        Assert.Equal((180m, 28.74m, 180m), (order.Lines[0].Net, order.Lines[0].Tax, order.Totals.Total));
    }

    [Fact]
    public void A_line_cancelled_before_it_shipped_is_gone_although_it_was_refunded()
    {
        var order = Edited(left: 1, refund: "cancel");
        Assert.Equal((1, 90m), (order.Lines[0].Quantity, order.Totals.Total));
    }

    [Fact]
    public void A_cancelled_order_says_so_in_its_statement_and_as_an_event()
    {
        var translation = Assert.IsType<Translation.Events>(Translate("orders/updated", Json(MadeOrder.Of(5), o =>
        {
            o["cancelled_at"] = "2026-11-23T13:00:00+01:00";
            o["cancel_reason"] = "customer";
        })));
        Assert.Equal(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero), Assert.IsType<OrderStated>(translation.List[0]).Statement.CancelledAt);
        Assert.Equal("customer", Assert.IsType<OrderCancelled>(translation.List[1]).Reason);
    }

    [Fact]
    public void A_total_that_the_lines_do_not_explain_is_left_for_the_flow_to_find()
        => Assert.Equal(1m, Changed(MadeOrder.Of(5), o => (o["total_price"], o["current_total_price"]) = ("1.00", "1.00")).Totals.Total);

    [Fact]
    public void A_later_change_has_a_higher_version_in_any_time_zone()
    {
        var early = Changed(MadeOrder.Of(5), o => o["updated_at"] = "2026-11-23T13:00:00+01:00");
        var late = Changed(MadeOrder.Of(5), o => o["updated_at"] = "2026-11-23T07:00:01-05:00");
        Assert.Equal(1_000_000, late.Version - early.Version);
    }

    [Fact]
    public void An_edit_asks_for_the_order_itself()
        => Assert.StartsWith("order/", Assert.IsType<Translation.Fetch>(Translate("orders/edited", ShopifyWorld.Sample("orders/edited"))).Resource, StringComparison.Ordinal);

    [Fact]
    public void A_refund_gives_back_what_was_paid_not_what_its_lines_are_worth()
    {
        var refund = Assert.IsType<RefundRecorded>(Assert.Single(Assert.IsType<Translation.Events>(Translate("refunds/create", ShopifyWorld.Sample("refunds/create"))).List));
        Assert.Equal(new Money(85.00m, "USD"), refund.Amount);
    }

    [Theory]
    [InlineData("currency", "\"euro\"")]
    [InlineData("updated_at", "null")]
    [InlineData("taxes_included", "null")]
    [InlineData("total_price", "\"1,5\"")]
    [InlineData("total_price", "1e200000")]
    [InlineData("current_total_price", "\"9999999999999999\"")]
    [InlineData("id", "12.5")]
    public void A_field_that_cannot_be_used_is_named(string field, string value)
    {
        var body = Json(MadeOrder.Of(5), o => o[field] = "@@");
        var text = Encoding.UTF8.GetString(body).Replace("\"@@\"", value, StringComparison.Ordinal);
        var unreadable = Assert.IsType<Translation.Unreadable>(Translate("orders/create", Encoding.UTF8.GetBytes(text)));
        Assert.Contains(field, unreadable.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_member_that_comes_twice_makes_the_order_unreadable()
    {
        var body = MadeOrder.Of(5).AsWebhook().Replace("\"currency\":", "\"currency\":\"USD\",\"currency\":", StringComparison.Ordinal);
        Assert.Equal(FailureKind.Parse, Assert.IsType<Translation.Unreadable>(Translate("orders/create", Encoding.UTF8.GetBytes(body))).Kind);
    }

    [Fact]
    public void A_zero_character_in_a_text_does_not_reach_the_store()
    {
        var order = Changed(MadeOrder.Of(5), o => o["line_items"]![0]!["sku"] = "AB\u0000C \u200B");
        Assert.Equal("ABC", order.Lines[0].Sku);
    }

    private static Order Edited(int left, string? refund)
    {
        var paid = left == 1 ? "90.00" : "180.00";
        return Changed(MadeOrder.Of(5), o =>
        {
            o["currency"] = "EUR";
            o["taxes_included"] = true;
            o["shipping_lines"] = new JsonArray();
            (o["total_price"], o["total_tax"], o["total_discounts"]) = ("180.00", "28.74", "20.00");
            (o["current_total_price"], o["current_total_tax"], o["current_total_discounts"]) = (paid, "14.37", "10.00");
            o["line_items"] = new JsonArray(JsonNode.Parse($$"""
                {"id":1,"sku":"A-1","title":"A","quantity":2,"current_quantity":{{left}},"price":"100.00","requires_shipping":true,
                 "tax_lines":[{"title":"MwSt","rate":0.19,"price":"28.74"}],"discount_allocations":[{"amount":"20.00"}]}
                """));
            o["refunds"] = refund is null ? new JsonArray() : new JsonArray(JsonNode.Parse($$"""
                {"id":9,"order_id":1,"processed_at":"2026-11-23T13:00:00+01:00","transactions":[{"kind":"refund","status":"success","amount":"90.00","currency":"EUR"}],
                 "refund_line_items":[{"line_item_id":1,"quantity":1,"restock_type":"{{refund}}","subtotal":90.00}]}
                """));
        });
    }

    private static byte[] Json(MadeOrder made, Action<JsonNode> change)
    {
        var node = JsonNode.Parse(made.AsWebhook())!;
        change(node);
        return Encoding.UTF8.GetBytes(node.ToJsonString());
    }

    private static Order Changed(MadeOrder made, Action<JsonNode> change) => Statement("orders/updated", Encoding.UTF8.GetString(Json(made, change)));

    private static Order Statement(string topic, string body)
        => Assert.IsType<OrderStated>(Assert.IsType<Translation.Events>(Translate(topic, Encoding.UTF8.GetBytes(body))).List[0]).Statement;

    private static Translation Translate(string topic, byte[] body)
        => Connector.Translate(new StoredMessage(1, topic, "event-1", new DateTimeOffset(2026, 11, 23, 12, 0, 1, TimeSpan.Zero), body), ShopifyWorld.Profile);

    private static string AsText(Order order) => JsonSerializer.Serialize(order, Golden.Json);
}
