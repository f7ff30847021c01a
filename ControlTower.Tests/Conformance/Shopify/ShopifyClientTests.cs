using System.Text;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.Shopify;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace ControlTower.Tests.Conformance.Shopify;

public sealed class ShopifyClientTests
{
    private static readonly DateTimeOffset Since = new(2026, 11, 23, 11, 0, 0, TimeSpan.Zero);
    private readonly FakeScope scope = new();

    public static TheoryData<string> Documents => [.. ShopifyDocuments.All];

    [Theory]
    [MemberData(nameof(Documents))]
    public async Task Every_document_is_valid_against_the_published_schema(string document) => Assert.Empty(await ShopifySchema.ObjectionsAsync(document));

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_document_stays_within_the_cost_of_one_query(string document) => Assert.InRange(ShopifySchema.Cost(document), 1, 1000);

    [Fact]
    public async Task The_schema_check_sees_a_field_that_is_not_there()
        => Assert.NotEmpty(await ShopifySchema.ObjectionsAsync("query Q { shop { id nickname } }"));

    [Fact]
    public async Task The_variables_of_every_command_fit_the_schema()
    {
        foreach (var command in new ShopifyConformanceTests().Commands)
        {
            var vendor = command.Vendor();
            await Client(vendor).SendAsync(command.Command, scope, CancellationToken.None);
            await Client(vendor).LookUpAsync(command.Command, scope, CancellationToken.None);
            foreach (var request in vendor.Requests)
            {
                Approved(await ShopifySchema.ObjectionsAsync(request.Json.Text("query")!, request.Json.GetProperty("variables").GetRawText()));
            }
        }
    }

    [Fact]
    public async Task Each_request_goes_to_the_versioned_address_with_the_token()
    {
        var vendor = ShopifyWorld.Answering(("Shop", """{"shop":{"id":"gid://shopify/Shop/1","name":"Northlane","myshopifyDomain":"northlane-eu.myshopify.com","currencyCode":"EUR"}}"""));
        Assert.Equal("Northlane", Assert.IsType<Outcome.Accepted>(await Client(vendor).TestAsync(scope, CancellationToken.None)).Number);
        var request = Assert.Single(vendor.Requests);
        Assert.Equal("https://northlane-eu.myshopify.com/admin/api/2026-07/graphql.json", request.Address.AbsoluteUri);
        Assert.Equal("shpat_0123456789", request.Headers["X-Shopify-Access-Token"]);
        Assert.Equal((12, 1988, 100, 2000), Assert.Single(scope.Charges));
    }

    [Theory]
    [InlineData("other.myshopify.com", "EUR", "shopDomain")]
    [InlineData("northlane-eu.myshopify.com", "USD", "currency")]
    public async Task A_token_of_another_shop_fails_the_test(string domain, string currency, string field)
    {
        var vendor = ShopifyWorld.Answering(("Shop", $$"""{"shop":{"id":"1","name":"X","myshopifyDomain":"{{domain}}","currencyCode":"{{currency}}"} }"""));
        Assert.Equal(field, Assert.IsType<Outcome.Refused>(await Client(vendor).TestAsync(scope, CancellationToken.None)).Field);
    }

    [Fact]
    public async Task A_throttled_call_waits_as_long_as_the_bucket_needs()
    {
        var vendor = Saying("""{"errors":[{"message":"Throttled","extensions":{"code":"THROTTLED"}}],"extensions":{"cost":{"requestedQueryCost":320,"actualQueryCost":null,"throttleStatus":{"maximumAvailable":2000,"currentlyAvailable":20,"restoreRate":100}}}}""");
        var outcome = Assert.IsType<Outcome.NotDone>(await Client(vendor).SendAsync(Acknowledge, scope, CancellationToken.None));
        Assert.Equal((FailureKind.RateLimit, TimeSpan.FromSeconds(3)), (outcome.Kind, outcome.RetryAfter));
        Assert.Equal((0, 20, 100, 2000), Assert.Single(scope.Charges));
    }

    [Theory]
    [InlineData("""{"errors":[{"message":"Access denied for tagsAdd field.","extensions":{"code":"ACCESS_DENIED"}}]}""", FailureKind.Connection)]
    [InlineData("""{"errors":[{"message":"Query cost is 1200","extensions":{"code":"MAX_COST_EXCEEDED"}}]}""", FailureKind.TooLarge)]
    [InlineData("""{"errors":[{"message":"Field 'x' doesn't exist","extensions":{"code":"undefinedField"}}]}""", FailureKind.Value)]
    [InlineData("""{"data":{"tagsAdd":{"node":null,"userErrors":[{"field":["id"],"message":"Order does not exist"}]},"metafieldsSet":{"metafields":[],"userErrors":[]}}}""", FailureKind.Missing)]
    [InlineData("""{"data":{"tagsAdd":{"node":{"id":"1"},"userErrors":[]},"metafieldsSet":{"metafields":null,"userErrors":[{"field":["metafields","0","value"],"message":"Value is too long","code":"TOO_LONG"}]}}}""", FailureKind.Value)]
    public async Task A_refusal_is_told_by_its_kind(string body, FailureKind kind)
        => Assert.Equal(kind, Assert.IsType<Outcome.Refused>(await Client(Saying(body)).SendAsync(Acknowledge, scope, CancellationToken.None)).Kind);

    [Theory]
    [InlineData("""{"errors":[{"message":"Internal error","extensions":{"code":"INTERNAL_SERVER_ERROR","requestId":"x"}}]}""")]
    [InlineData("""{"data":{"tagsAdd":{"node":{"id":"1"}},"metafieldsSet":null},"errors":[{"message":"Something broke"}]}""")]
    [InlineData("""{"data":{"tagsAdd":{"node":{"id":"1"},"userErrors":[]},"metafieldsSet":{"metafields":[],"userErrors":[]}}}""")]
    [InlineData("""{"data":{}}""")]
    [InlineData("""{"data":null}""")]
    public async Task An_answer_that_does_not_say_leaves_the_outcome_unknown(string body)
        => Assert.IsType<Outcome.Unknown>(await Client(Saying(body)).SendAsync(Acknowledge, scope, CancellationToken.None));

    [Fact]
    public async Task An_acknowledged_order_is_found()
    {
        var vendor = ShopifyWorld.Answering(("Acknowledgement", """{"order":{"id":"1","tags":["vip","erp:S-ORD101001"],"metafield":{"value":"S-ORD101001"}}}"""));
        Assert.IsType<LookUp.Found>(await Client(vendor).LookUpAsync(Acknowledge, scope, CancellationToken.None));
        vendor = ShopifyWorld.Answering(("Acknowledgement", """{"order":{"id":"1","tags":["vip"],"metafield":{"value":"S-ORD101001"}}}"""));
        Assert.IsType<LookUp.Absent>(await Client(vendor).LookUpAsync(Acknowledge, scope, CancellationToken.None));
    }

    [Fact]
    public void Only_what_sets_the_same_again_may_be_repeated_blindly()
    {
        var client = Client(Saying("{}"));
        Assert.True(client.IsRepeatable(Acknowledge));
        Assert.False(client.IsRepeatable(ShopifyWorld.Fulfil()));
    }

    [Fact]
    public async Task Goods_of_two_locations_make_two_fulfilments()
    {
        var vendor = ShopifyWorld.Answering(("Fulfilment", ShopifyWorld.Unfulfilled), ("Fulfil", ShopifyWorld.Fulfilled));
        Assert.IsType<Outcome.Accepted>(await Client(vendor).SendAsync(ShopifyWorld.Fulfil(), scope, CancellationToken.None));
        var created = vendor.Requests.Where(ShopifyWorld.IsMutation).Select(r => r.Json.At("variables", "fulfillment")!.Value).ToList();
        Assert.Equal(["gid://shopify/FulfillmentOrder/1", "gid://shopify/FulfillmentOrder/2"], created.Select(c => c.Items("lineItemsByFulfillmentOrder")[0].Text("fulfillmentOrderId")));
        Assert.All(created, c => Assert.Equal("1Z999", c.Text("trackingInfo", "number")));
    }

    [Fact]
    public async Task Only_the_units_shipped_are_fulfilled()
    {
        var vendor = ShopifyWorld.Answering(("Fulfilment", ShopifyWorld.Unfulfilled), ("Fulfil", ShopifyWorld.Fulfilled));
        await Client(vendor).SendAsync(ShopifyWorld.Fulfil("1Z999", new ShipmentLine("A-1", 1)), scope, CancellationToken.None);
        var line = Assert.Single(Assert.Single(vendor.Requests, ShopifyWorld.IsMutation).Json.At("variables", "fulfillment")!.Value.Items("lineItemsByFulfillmentOrder"));
        Assert.Equal("1", line.Items("fulfillmentOrderLineItems")[0].Text("quantity"));
    }

    [Fact]
    public async Task A_parcel_with_our_tracking_number_is_not_fulfilled_twice()
    {
        var vendor = ShopifyWorld.Answering(("Fulfilment", Fulfilled("1Z999", remaining: 0)));
        Assert.Equal("gid://shopify/Fulfillment/5", Assert.IsType<Outcome.Accepted>(await Client(vendor).SendAsync(ShopifyWorld.Fulfil("1Z999", new ShipmentLine("A-1", 1)), scope, CancellationToken.None)).Reference);
        vendor = ShopifyWorld.Answering(("Fulfilment", Fulfilled("1Z999", remaining: 1)));
        Assert.IsType<Outcome.Accepted>(await Client(vendor).SendAsync(ShopifyWorld.Fulfil("1Z999", new ShipmentLine("A-1", 1)), scope, CancellationToken.None));
        Assert.IsType<LookUp.Found>(await Client(vendor).LookUpAsync(ShopifyWorld.Fulfil("1Z999", new ShipmentLine("A-1", 1)), scope, CancellationToken.None));
    }

    [Fact]
    public async Task Another_parcel_of_the_same_goods_is_not_ours()
    {
        var vendor = ShopifyWorld.Answering(("Fulfilment", Fulfilled("OTHER", remaining: 1)), ("Fulfil", ShopifyWorld.Fulfilled));
        Assert.IsType<LookUp.Absent>(await Client(vendor).LookUpAsync(ShopifyWorld.Fulfil("1Z999", new ShipmentLine("A-1", 1)), scope, CancellationToken.None));
        await Client(vendor).SendAsync(ShopifyWorld.Fulfil("1Z999", new ShipmentLine("A-1", 1)), scope, CancellationToken.None);
        Assert.Single(vendor.Requests, ShopifyWorld.IsMutation);
    }

    [Fact]
    public async Task A_held_order_is_refused_with_what_to_do()
    {
        var vendor = ShopifyWorld.Answering(("Fulfilment", ShopifyWorld.Unfulfilled.Replace("\"OPEN\"", "\"ON_HOLD\"", StringComparison.Ordinal)));
        Assert.Equal("on-hold", Assert.IsType<Outcome.Refused>(await Client(vendor).SendAsync(ShopifyWorld.Fulfil(), scope, CancellationToken.None)).Code);
    }

    [Fact]
    public async Task Goods_that_the_order_does_not_have_are_refused()
    {
        var vendor = ShopifyWorld.Answering(("Fulfilment", ShopifyWorld.Unfulfilled));
        Assert.Equal(FailureKind.Missing, Assert.IsType<Outcome.Refused>(await Client(vendor).SendAsync(ShopifyWorld.Fulfil("1", new ShipmentLine("Z-9", 1)), scope, CancellationToken.None)).Kind);
    }

    [Fact]
    public async Task The_feed_reads_page_by_page_and_then_moves_its_mark()
    {
        var pages = new Queue<string>([Page(true, MadeOrder.Of(1)), Page(false, MadeOrder.Of(2))]);
        var vendor = new FakeVendor(_ => FakeVendor.Json(pages.Dequeue()));
        var first = Assert.IsType<FeedAnswer.Page>(await Client(vendor).ReadAsync(new FeedRequest("orders", null, Since, TimeSpan.FromMinutes(5)), scope, CancellationToken.None));
        Assert.True(first.More);
        var second = Assert.IsType<FeedAnswer.Page>(await Client(vendor).ReadAsync(new FeedRequest("orders", first.Cursor, Since, TimeSpan.FromMinutes(5)), scope, CancellationToken.None));
        Assert.False(second.More);
        Assert.Equal("2026-11-23T12:00:00Z", second.Cursor);
        Assert.Equal(["updated_at:>='2026-11-23T10:55:00Z'", "updated_at:>='2026-11-23T10:55:00Z'"], vendor.Requests.Select(r => r.Json.Text("variables", "query")));
        Assert.Equal([null, "next"], vendor.Requests.Select(r => r.Json.Text("variables", "after")));
        Assert.Equal(("read/order", "order/5000000000001"), (first.Items[0].Topic, first.Items[0].Lane));
        Assert.StartsWith("5000000000001@2026-11-23T12:00:00Z#", first.Items[0].EventId, StringComparison.Ordinal);
        Assert.All(vendor.Requests, r => Assert.Empty(ShopifySchema.ObjectionsAsync(r.Json.Text("query")!, r.Json.GetProperty("variables").GetRawText()).Result));
    }

    [Fact]
    public async Task Two_changes_within_one_second_are_two_messages_and_a_reread_is_none()
    {
        var paid = MadeOrder.Of(1) with { Status = "paid" };
        var pages = new Queue<string>([Page(false, paid), Page(false, paid), Page(false, paid with { Status = "refunded" })]);
        var client = Client(new FakeVendor(_ => FakeVendor.Json(pages.Dequeue())));
        var ids = new List<string>();
        while (pages.Count > 0)
        {
            ids.Add(Assert.Single(Assert.IsType<FeedAnswer.Page>(await client.ReadAsync(new FeedRequest("orders", null, Since, TimeSpan.Zero), scope, CancellationToken.None)).Items).EventId);
        }

        Assert.Equal(ids[0], ids[1]);
        Assert.NotEqual(ids[1], ids[2]);
    }

    [Fact]
    public async Task An_order_with_many_lines_is_read_whole()
    {
        var big = JsonNode.Parse(MadeOrder.Of(8).AsGraph())!;
        var line = big["lineItems"]!["nodes"]![0]!.ToJsonString();
        big["lineItems"]!["pageInfo"]!["hasNextPage"] = true;
        var vendor = ShopifyWorld.Answering(
            ("OrderById", $$"""{"order":{{big.ToJsonString()}}}"""),
            ("OrderLines", $$"""{"order":{"lineItems":{"pageInfo":{"hasNextPage":false},"nodes":[{{line}},{{line}}]} } }"""));
        var page = Assert.IsType<FeedAnswer.Page>(await Client(vendor).ReadAsync(new FeedRequest("orders", null, Since, TimeSpan.Zero, "order/5000000000008"), scope, CancellationToken.None));
        var read = JsonNode.Parse(Encoding.UTF8.GetString(Assert.Single(page.Items).Body))!;
        Assert.Equal(big["lineItems"]!["nodes"]!.AsArray().Count + 2, read["lineItems"]!["nodes"]!.AsArray().Count);
    }

    [Fact]
    public async Task An_order_that_is_gone_gives_an_empty_page()
        => Assert.Empty(Assert.IsType<FeedAnswer.Page>(await Client(ShopifyWorld.Answering(("OrderById", """{"order":null}"""))).ReadAsync(
            new FeedRequest("orders", null, Since, TimeSpan.Zero, "order/1"), scope, CancellationToken.None)).Items);

    [Fact]
    public async Task Subscriptions_are_completed_and_stale_ones_removed()
    {
        var vendor = ShopifyWorld.Answering(
            ("Subscriptions", """
                {"webhookSubscriptions":{"pageInfo":{"hasNextPage":false},"nodes":[
                  {"id":"gid://1","topic":"ORDERS_CREATE","uri":"https://tower.example.com/ingress/shopify-eu/orders-create"},
                  {"id":"gid://2","topic":"ORDERS_PAID","uri":"https://tower.example.com/ingress/shopify-eu/orders-create"},
                  {"id":"gid://3","topic":"ORDERS_PAID","uri":"https://elsewhere.example.com/hook"}]}}
                """),
            ("Subscribe", """{"webhookSubscriptionCreate":{"webhookSubscription":{"id":"gid://9"},"userErrors":[]}}"""),
            ("Unsubscribe", """{"webhookSubscriptionDelete":{"deletedWebhookSubscriptionId":"gid://2","userErrors":[]}}"""));
        var done = Assert.IsType<Outcome.Accepted>(await Client(vendor).SubscribeAsync(new Uri("https://tower.example.com/ingress/shopify-eu"), scope, CancellationToken.None));
        Assert.Equal(("15", "1"), (done.Facts!["created"], done.Facts["deleted"]));
        Assert.Contains(vendor.Requests, r => r.Json.Text("variables", "subscription", "uri") == "https://tower.example.com/ingress/shopify-eu/fulfillments-update");
        Assert.Equal("gid://2", Assert.Single(vendor.Requests, r => r.Json.Text("query")!.Contains("webhookSubscriptionDelete", StringComparison.Ordinal)).Json.Text("variables", "id"));
        foreach (var request in vendor.Requests)
        {
            Approved(await ShopifySchema.ObjectionsAsync(request.Json.Text("query")!, request.Json.GetProperty("variables").GetRawText()));
        }
    }

    private static void Approved(IReadOnlyList<string> objections) => Assert.True(objections.Count == 0, string.Join("\n", objections));

    private static AcknowledgeOrder Acknowledge => new(ShopifyWorld.Key, ShopifyWorld.Order, "S-ORD101001");

    private static string Page(bool more, MadeOrder order)
        => $$"""{"data":{"orders":{"pageInfo":{"hasNextPage":{{(more ? "true" : "false")}},"endCursor":"next"},"nodes":[{{order.AsGraph()}}]} } }""";

    private static string Fulfilled(string tracking, int remaining) => """
        {"order":{"id":"1","fulfillmentOrders":{"nodes":[{"id":"gid://shopify/FulfillmentOrder/1","status":"STATUS","assignedLocation":{"location":{"id":"l"}},
          "lineItems":{"nodes":[{"id":"gid://shopify/FulfillmentOrderLineItem/11","sku":"A-1","remainingQuantity":REMAINING}]}}]},
          "fulfillments":[{"id":"gid://shopify/Fulfillment/5","status":"SUCCESS","trackingInfo":[{"number":"TRACKING"}],"fulfillmentLineItems":{"nodes":[{"quantity":1,"lineItem":{"sku":"A-1"}}]}}]}}
        """
        .Replace("STATUS", remaining == 0 ? "CLOSED" : "OPEN", StringComparison.Ordinal)
        .Replace("REMAINING", remaining.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal)
        .Replace("TRACKING", tracking, StringComparison.Ordinal);

    private static FakeVendor Saying(string body) => new(_ => FakeVendor.Json(body));

    private static IVendorClient Client(FakeVendor vendor) => new ShopifyConnector().Connect(ShopifyWorld.Profile, vendor.Client(), new FakeTimeProvider(Since));
}
