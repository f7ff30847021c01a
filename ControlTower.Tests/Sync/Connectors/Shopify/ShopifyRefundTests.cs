using System.Text;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.Shopify;
using ControlTower.Tests.Conformance.Shopify;
using ControlTower.Tests.Sync.Flows.OrderToCash;
using Xunit;

namespace ControlTower.Tests.Sync.Connectors.Shopify;

/// <summary>What the shop says about refunds, from its bytes to the judgement of the flow.</summary>
public sealed class ShopifyRefundTests
{
    private static readonly ShopifyConnector Connector = new();

    // Three of 90.00, paid; two are cancelled and refunded, and the shop then states what is left as the current total.
    [Fact]
    public void A_refund_that_took_lines_off_the_order_is_no_case()
    {
        var bench = Paid();
        Hear(bench, "refunds/create", Refund(9, "180.00"));
        Hear(bench, "orders/updated", Order(left: 1, "90.00", "partially_refunded", Refund(9, "180.00")));
        Assert.Equal(270m, bench.State!.Captured);
        Assert.DoesNotContain("refund-exceeds-capture", bench.Reported.Select(p => p.Code));
    }

    [Fact]
    public void More_refunded_than_was_ever_captured_is_a_case()
    {
        var bench = Paid();
        Hear(bench, "refunds/create", Refund(9, "180.00"));
        Hear(bench, "orders/updated", Order(left: 1, "90.00", "partially_refunded", Refund(9, "180.00")));
        Hear(bench, "orders/updated", Order(left: 1, "90.00", "partially_refunded", Refund(9, "180.00"), Refund(10, "90.01")));
        Hear(bench, "refunds/create", Refund(10, "90.01"));
        Assert.Contains("refund-exceeds-capture", bench.OpenProblems);
    }

    private static FlowBench Paid()
    {
        var key = new OrderKey(ShopifyWorld.Profile.Id, Order(3, "270.00", "paid")["id"]!.ToString());
        var bench = new FlowBench();
        bench.Context = bench.Context with { Key = key };
        Hear(bench, "orders/create", Order(3, "270.00", "paid"));
        Assert.Empty(bench.OpenProblems);
        return bench;
    }

    private static void Hear(FlowBench bench, string topic, JsonNode body)
    {
        var message = new StoredMessage(1, topic, $"{topic}-{body["id"]}", new DateTimeOffset(2026, 11, 23, 12, 0, 1, TimeSpan.Zero), Encoding.UTF8.GetBytes(body.ToJsonString()));
        foreach (var what in Assert.IsType<Translation.Events>(Connector.Translate(message, ShopifyWorld.Profile)).List)
        {
            bench.Tell(what);
        }
    }

    private static JsonNode Order(int left, string current, string status, params JsonNode[] refunds)
    {
        var order = JsonNode.Parse(MadeOrder.Of(5).AsWebhook())!;
        order["currency"] = "EUR";
        order["taxes_included"] = true;
        order["financial_status"] = status;
        order["updated_at"] = $"2026-11-23T13:{10 * refunds.Length:00}:00+01:00";
        order["shipping_lines"] = new JsonArray();
        (order["total_price"], order["total_tax"], order["total_discounts"]) = ("270.00", "0.00", "0.00");
        (order["current_total_price"], order["current_total_tax"], order["current_total_discounts"]) = (current, "0.00", "0.00");
        order["line_items"] = new JsonArray(JsonNode.Parse($$"""
            {"id":1,"sku":"A-1","title":"A","quantity":3,"current_quantity":{{left}},"price":"90.00","requires_shipping":true,"tax_lines":[],"discount_allocations":[]}
            """));
        order["refunds"] = new JsonArray([.. refunds.Select(r => r.DeepClone())]);
        return order;
    }

    private static JsonNode Refund(int id, string amount) => JsonNode.Parse($$"""
        {"id":{{id}},"order_id":{{JsonNode.Parse(MadeOrder.Of(5).AsWebhook())!["id"]}},"processed_at":"2026-11-23T13:02:{{id:00}}+01:00",
         "transactions":[{"kind":"refund","status":"success","amount":"{{amount}}","currency":"EUR"}],
         "refund_line_items":[{"line_item_id":1,"quantity":{{(id == 9 ? 2 : 0)}},"restock_type":"cancel","subtotal":{{amount}}}]}
        """)!;
}
