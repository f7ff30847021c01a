using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Simulator;
using ControlTower.Simulator.Shopify;
using ControlTower.Simulator.Traffic;
using Xunit;

namespace ControlTower.Tests.Conformance;

/// <summary>What shops tell their subscribers has the shape that the vendor's own bodies have.</summary>
public sealed class WebhookBodyTests
{
    /// <summary>
    /// Where the publisher's inference is narrower than the vendor: it met no address without a province or telephone, no refund inside an order,
    /// only whole-number tax rates inside fulfillments, and only two kinds of members there.
    /// </summary>
    private static readonly string[] KnownMismatches =
    [
        "address/province:", "address/province_code:", "address/phone:", "destination/province:", "destination/province_code:", "destination/phone:",
        "/refunds/*: nothing was ever seen here", "/fulfillments/*/line_items/*/tax_lines/*/rate:", "/refund_shipping_lines/*: nothing was ever seen here",
        // The schema wants text or a number; the vendor's own sample says null.
        "order_transactions/create /device_id:",
    ];

    private static bool IsKnown(string violation) => KnownMismatches.Any(k => violation.Contains(k, StringComparison.Ordinal));

    [Fact]
    public async Task Every_body_fits_the_schema_of_its_topic_in_every_shop_through_the_life_of_orders()
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var wrong = new HashSet<string>(StringComparer.Ordinal);
        await using var estate = new Estate(new EstateOptions { Seed = 5 }, CancellationToken.None);
        foreach (var shop in estate.Shops)
        {
            shop.Outbound = (_, topic, body) =>
            {
                seen.Add(topic);
                using var json = JsonDocument.Parse(body.ToJsonString());
                foreach (var violation in InferredSchema.Violations(topic, json.RootElement).Select(v => $"{topic} {v}").Where(v => !IsKnown(v))) wrong.Add(violation);
            };
            for (var i = 0; i < 60; i++) await LiveAsync(shop, i);
        }

        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
        Assert.Superset(
            new HashSet<string>(["orders/create", "orders/paid", "orders/updated", "orders/edited", "orders/cancelled", "orders/fulfilled", "orders/partially_fulfilled", "fulfillments/create",
                "fulfillments/update", "refunds/create", "order_transactions/create", "inventory_levels/update", "returns/request", "returns/approve", "returns/close"], StringComparer.Ordinal), seen);
    }

    private static async Task LiveAsync(Shop shop, int i)
    {
        var order = await shop.PlaceAsync(new Wishes { Lines = 1 + (i % 4), Quantity = 2, Discount = i % 2 == 0, ClickAndCollect = i % 7 == 0 });
        switch (i % 6)
        {
            case 0:
                await shop.CancelAsync(order.Id, "customer", restock: true);
                break;
            case 1:
                await shop.EditAsync(order.Id, increase: true);
                break;
            case 2:
                await shop.EditAsync(order.Id, increase: false);
                break;
            case 3:
                await shop.FulfilAsync(order.FulfillmentOrderId, new Dictionary<long, int> { [order.Lines[0].FulfillmentLineId] = 1 }, "DHL", "JD1", "https://example.com/JD1");
                break;
            case 4:
                var (_, parcel) = await shop.FulfilAsync(order.FulfillmentOrderId, null, "UPS", "1Z", "https://example.com/1Z");
                await shop.TrackAsync(order.Id, parcel.Id, "UPS", "1Z2", "https://example.com/1Z2");
                await shop.RefundAsync(order.Id, new Dictionary<long, int> { [order.Lines[0].Id] = 1 }, shipping: true, "Did not fit", null);
                var asked = await shop.RequestReturnAsync(order.Id, "SIZE_TOO_SMALL");
                await shop.ApproveReturnAsync(asked.Id);
                await shop.CloseReturnAsync(asked.Id);
                break;
            default:
                await shop.RefundAsync(order.Id, order.Lines.ToDictionary(l => l.Id, l => l.Quantity), shipping: true, "Out of stock", null);
                break;
        }
    }

    [Fact]
    public async Task An_order_has_the_members_of_the_vendors_sample()
    {
        await using var estate = new Estate(new EstateOptions { Seed = 5 }, CancellationToken.None);
        JsonObject? body = null;
        estate.Shops[0].Outbound = (_, topic, json) => body = topic == "orders/create" ? json : body;
        await estate.Shops[0].PlaceAsync(new Wishes());

        Assert.Equal(InferredSchema.Sample("orders/create").EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal), body!.Select(p => p.Key).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_body_that_is_wrong_in_one_place_is_noticed()
    {
        var sample = JsonNode.Parse(InferredSchema.Sample("orders/create").GetRawText())!.AsObject();
        sample["total_price"] = 12.5;
        sample["invented"] = true;
        sample.Remove("currency");
        using var json = JsonDocument.Parse(sample.ToJsonString());

        var violations = InferredSchema.Violations("orders/create", json.RootElement);
        Assert.Contains("/total_price: Number is not string", violations);
        Assert.Contains("/invented: the vendor never sends this", violations);
        Assert.Contains("/currency: missing", violations);
    }
}
