using System.Text;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.Vendure;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Sync.Connectors.Vendure;

public sealed class VendureTranslatorTests
{
    private static readonly ConnectionProfile Shop = new(
        "shop", "vendure", "Shop", "Brand", null, "EUR", "UTC", "erp", new Dictionary<string, string> { ["baseUrl"] = "http://127.0.0.1:1" }, new Dictionary<string, string>());

    private static readonly ConnectionProfile NetShop = Shop with { Settings = new Dictionary<string, string> { ["baseUrl"] = "http://127.0.0.1:1", ["taxesIncluded"] = "false" } };

    [Fact]
    public void Each_recorded_order_adds_up_to_what_was_paid_whatever_happened_to_it_since()
    {
        Assert.All(Lives(), body =>
        {
            var order = Statement(Events(body));
            var paid = body["payments"]!.AsArray().Sum(p => (decimal)p!["amount"]!) / 100m;
            Assert.Equal(paid, order.Totals.Total);
            Assert.Equal(order.Totals.Total, order.Lines.Sum(l => l.Net) + order.Shipping.Sum(s => s.Net));
            Assert.Equal(order.Totals.Tax, order.Lines.Sum(l => l.Tax) + order.Shipping.Sum(s => s.Tax));
        });
    }

    [Fact]
    public void Each_recorded_order_adds_up_net_as_well()
    {
        Assert.All(Lives(), body =>
        {
            var order = Statement(Events(body, NetShop));
            Assert.False(order.TaxesIncluded);
            Assert.Equal(order.Totals.Total, order.Lines.Sum(l => l.Net + l.Tax) + order.Shipping.Sum(s => s.Net + s.Tax));
            Assert.Equal(body["payments"]!.AsArray().Sum(p => (decimal)p!["amount"]!) / 100m, order.Totals.Total);
        });
    }

    [Fact]
    public void Shipments_and_returns_do_not_look_like_edits()
    {
        foreach (var life in Lives().GroupBy(b => (string)b["id"]!).Where(l => l.All(b => (string?)b["state"] != "Cancelled")))
        {
            var contents = life.Select(b => Statement(Events(b))).Select(o => string.Join('|', o.Lines.Select(l => $"{l.Id} {l.Sku} {l.Quantity} {l.UnitPrice} {l.Discount} {l.Tax}"))
                + $"|{o.Totals.Total} {o.Totals.Tax} {o.Totals.Discount} {o.Totals.Shipping}").Distinct().ToList();
            Assert.True(contents.Count == 1, string.Join("\n", contents));
        }
    }

    [Fact]
    public void The_version_rises_with_each_thing_that_happens()
    {
        foreach (var life in Lives().GroupBy(b => (string)b["id"]!))
        {
            var versions = life.Select(b => Statement(Events(b)).Version).ToList();
            Assert.Equal(versions.Order(), versions);
            Assert.Equal(versions.Count, versions.Distinct().Count());
        }
    }

    [Fact]
    public void An_old_content_read_with_a_new_history_is_older_than_the_content_that_belongs_to_it()
    {
        foreach (var life in Lives().GroupBy(b => (string)b["id"]!))
        {
            foreach (var (before, after) in life.Zip(life.Skip(1)))
            {
                var torn = before.DeepClone();
                torn["history"]!["totalItems"] = (int)after["history"]!["totalItems"]!;
                Assert.True(Statement(Events(torn)).Version < Statement(Events(after)).Version);
            }
        }
    }

    [Fact]
    public void Two_of_5301_with_tax_are_106_02_and_not_twice_the_rounded_net()
    {
        var line = Line("1", 2, 2, 4418, 5301, 4418, 5301, 8835, 10602, 20);
        var gross = Statement(Events(Order([line], paid: 11192)));
        Assert.Equal((53.01m, 106.02m, 17.67m), (gross.Lines[0].UnitPrice, gross.Lines[0].Net, gross.Lines[0].Tax));
        Assert.Equal((111.92m, 18.65m, 5.90m), (gross.Totals.Total, gross.Totals.Tax, gross.Totals.Shipping));
        var net = Statement(Events(Order([Line("1", 2, 2, 4418, 5301, 4418, 5301, 8835, 10602, 20)], paid: 11192), NetShop));
        Assert.Equal((44.18m, 0.01m, 88.35m), (net.Lines[0].UnitPrice, net.Lines[0].Discount, net.Lines[0].Net));
        Assert.Equal(111.92m, net.Totals.Total);
    }

    [Fact]
    public void A_return_leaves_the_order_as_placed_and_its_refund_is_told_once_settled()
    {
        var order = Order([Line("1", 1, 2, 4418, 5301, 4418, 5301, 4418, 5301, 20)], paid: 11192, state: "Delivered");
        order["fulfillments"] = new JsonArray(Fulfilment("9", "Delivered", ("1", 2)));
        order["payments"]![0]!["refunds"] = new JsonArray(Refund("5", 5301, "Settled"), Refund("6", 100, "Pending"));
        var events = Events(order);
        Assert.Equal((2, 106.02m), (Statement(events).Lines[0].Quantity, Statement(events).Lines[0].Net));
        var refund = Assert.Single(events.OfType<RefundRecorded>());
        Assert.Equal(("5", new Money(53.01m, "EUR")), (refund.RefundId, refund.Amount));
        var shipment = Assert.Single(events.OfType<ShipmentConfirmed>());
        Assert.True(shipment.Complete);
        Assert.Equal([new ShipmentLine("SKU-1", 2)], shipment.Lines);
    }

    [Fact]
    public void An_order_that_came_back_whole_is_a_return_and_not_a_cancellation()
    {
        var order = Order([Line("1", 0, 2, 4418, 5301, 4418, 5301, 0, 0, 20)], paid: 11192, state: "Cancelled");
        order["fulfillments"] = new JsonArray(Fulfilment("9", "Delivered", ("1", 2)));
        var events = Events(order);
        Assert.Empty(events.OfType<OrderCancelled>());
        Assert.Equal((null, 111.92m), (Statement(events).CancelledAt, Statement(events).Totals.Total));
        order["fulfillments"] = new JsonArray();
        Assert.Single(Events(order).OfType<OrderCancelled>());
        Assert.Equal(111.92m, Statement(Events(order)).Totals.Total);
    }

    [Fact]
    public void Units_struck_off_before_they_left_are_an_edit()
    {
        var order = Order([Line("1", 1, 2, 4418, 5301, 4418, 5301, 4418, 5301, 20)], paid: 11192);
        Assert.Equal((1, 58.91m), (Statement(Events(order)).Lines[0].Quantity, Statement(Events(order)).Totals.Total));
    }

    [Fact]
    public void A_part_shipment_is_not_complete_and_the_one_that_ends_it_is()
    {
        var order = Order([Line("1", 3, 3, 1000, 1200, 1000, 1200, 3000, 3600, 20)], paid: 4190, state: "Shipped");
        order["fulfillments"] = new JsonArray(Fulfilment("2", "Shipped", ("1", 2)), Fulfilment("1", "Delivered", ("1", 1)), Fulfilment("3", "Cancelled", ("1", 9)), Fulfilment("4", "Pending", ("1", 9)));
        Assert.Equal([("1", false), ("2", true)], Events(order).OfType<ShipmentConfirmed>().Select(s => (s.ShipmentId, s.Complete)));
    }

    [Fact]
    public void A_cart_is_of_no_interest()
    {
        var order = Order([Line("1", 1, 1, 1, 1, 1, 1, 1, 1, 0)], paid: 591);
        order["active"] = true;
        Assert.IsType<Translation.Ignored>(Translate(order));
    }

    [Theory]
    [InlineData("lines", "[null]")]
    [InlineData("lines", "[]")]
    [InlineData("currencyCode", "\"euro\"")]
    [InlineData("payments", "[{\"id\":\"1\"}]")]
    [InlineData("total", "1e400")]
    [InlineData("id", "\"\"")]
    [InlineData("history", "null")]
    public void An_order_that_cannot_be_read_is_parked_with_a_reason(string member, string value)
    {
        var text = Order([Line("1", 1, 1, 1, 1, 1, 1, 1, 1, 0)], paid: 591).ToJsonString();
        var broken = text.Replace($"\"{member}\":{JsonNode.Parse(text)![member]!.ToJsonString()}", $"\"{member}\":{value}", StringComparison.Ordinal);
        Assert.NotEqual(text, broken);
        var translation = new VendureConnector().Translate(new StoredMessage(1, "order", "e", default, Encoding.UTF8.GetBytes(broken)), Shop);
        Assert.NotEmpty(Assert.IsType<Translation.Unreadable>(translation).Message);
    }

    [Fact]
    public void Each_recorded_order_cut_at_any_byte_or_with_any_byte_changed_is_answered()
    {
        var random = new Random(1);
        var body = Encoding.UTF8.GetBytes(Lives()[0].ToJsonString());
        var connector = new VendureConnector();
        for (var i = 0; i < 20000; i++)
        {
            var bytes = i % 2 == 0 ? body[..random.Next(body.Length)] : [.. body];
            if (i % 2 == 1)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            Assert.NotNull(connector.Translate(new StoredMessage(1, i % 3 == 0 ? "order.state" : "order", "e", default, bytes), Shop));
        }
    }

    [Fact]
    public void A_long_delivery_id_gives_a_lane_of_whole_characters()
    {
        // A sign that takes two places stands where the id is cut.
        var body = Encoding.UTF8.GetBytes($$"""{"deliveryId":"{{new string('d', 99)}}😀{{new string('e', 20)}}","topic":"product","data":{ } }""");
        var seal = Convert.ToHexStringLower(System.Security.Cryptography.HMACSHA256.HashData("a-secret-of-the-shop"u8, body));
        var shop = Shop with { Secrets = new Dictionary<string, string> { ["webhookSecret"] = "a-secret-of-the-shop" } };
        var request = new RawRequest("product", new Dictionary<string, string> { ["x-peer-signature"] = $"sha256={seal}" }, new Dictionary<string, string>(), body);
        Assert.Equal($"hook/{new string('d', 99)}", Assert.IsType<Receipt.Authentic>(new VendureConnector().Receive(request, shop, DateTimeOffset.UnixEpoch)).Lane);
    }

    private static IReadOnlyList<JsonNode> Lives() => [.. GoldenFiles.Lines("Vendor", "vendure-3.7", "order-lives.jsonl").Select(l => JsonNode.Parse(l)!)];

    private static Order Statement(IReadOnlyList<CanonicalEvent> events) => events.OfType<OrderStated>().Single().Statement;

    private static IReadOnlyList<CanonicalEvent> Events(JsonNode order, ConnectionProfile? shop = null) => Assert.IsType<Translation.Events>(Translate(order, shop)).List;

    private static Translation Translate(JsonNode order, ConnectionProfile? shop = null)
        => new VendureConnector().Translate(new StoredMessage(1, "order", "e", default, Encoding.UTF8.GetBytes(order.ToJsonString())), shop ?? Shop);

    private static JsonObject Order(JsonNode[] lines, int paid, string state = "PaymentSettled")
    {
        var life = (JsonObject)Lives()[0].DeepClone();
        life["id"] = "87";
        life["state"] = state;
        life["lines"] = new JsonArray(lines);
        life["shippingLines"]!.AsArray().Clear();
        life["shippingLines"]!.AsArray().Add(JsonNode.Parse("""
            {"id":"1","price":491.6666666666667,"priceWithTax":590,"discountedPrice":492,"discountedPriceWithTax":590,"discounts":[],"shippingMethod":{"id":"1","code":"standard","name":"Standard"}}
            """));
        life["taxSummary"] = JsonNode.Parse("""[{"description":"shipping tax","taxRate":20}]""");
        life["payments"] = JsonNode.Parse($$"""[{"id":"1","createdAt":"2026-11-23T10:00:00Z","method":"card","amount":{{paid}},"state":"Settled","refunds":[]}]""");
        life["fulfillments"] = new JsonArray();
        return life;
    }

    private static JsonObject Line(string id, int quantity, int placed, decimal net, decimal gross, decimal proratedNet, decimal proratedGross, decimal lineNet, decimal lineGross, decimal rate)
        => new JsonObject
        {
            ["id"] = id, ["quantity"] = quantity, ["orderPlacedQuantity"] = placed, ["unitPrice"] = net, ["unitPriceWithTax"] = gross, ["proratedUnitPrice"] = proratedNet,
            ["proratedUnitPriceWithTax"] = proratedGross, ["proratedLinePrice"] = lineNet, ["proratedLinePriceWithTax"] = lineGross,
            ["taxLines"] = new JsonArray(new JsonObject { ["description"] = "VAT", ["taxRate"] = rate }),
            ["productVariant"] = new JsonObject { ["id"] = id, ["sku"] = $"SKU-{id}", ["name"] = "Thing" },
        };

    private static JsonObject Fulfilment(string id, string state, params (string Line, int Quantity)[] lines) => new JsonObject
    {
        ["id"] = id, ["createdAt"] = $"2026-11-23T10:00:0{id}Z", ["updatedAt"] = $"2026-11-23T10:00:0{id}Z", ["state"] = state, ["method"] = "van", ["trackingCode"] = $"T{id}",
        ["lines"] = new JsonArray([.. lines.Select(l => new JsonObject { ["orderLineId"] = l.Line, ["quantity"] = l.Quantity })]),
    };

    private static JsonObject Refund(string id, int total, string state) => new JsonObject
    {
        ["id"] = id, ["createdAt"] = "2026-11-23T11:00:00Z", ["total"] = total, ["state"] = state, ["reason"] = "return", ["lines"] = new JsonArray(),
    };
}
