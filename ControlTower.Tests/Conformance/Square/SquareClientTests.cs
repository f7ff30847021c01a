using System.Text.Json;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using Xunit;

namespace ControlTower.Tests.Conformance.Square;

public sealed class SquareClientTests
{
    private const string Variations = """{"objects":[{"type":"ITEM_VARIATION","id":"VCAP","item_variation_data":{"sku":"CAP"}},{"type":"ITEM_VARIATION","id":"VTEE","item_variation_data":{"sku":"TEE"}}]}""";

    private static string Locations(int count) => JsonSerializer.Serialize(new { locations = Enumerable.Range(1, count).Select(n => new { id = $"L{n:D3}", name = $"Store {n}", currency = "EUR" }) });

    private static Task<FeedAnswer> ReadAsync(FakeVendor vendor, string feed, string? cursor = null, string? resource = null) =>
        SquareWorld.Client(vendor).ReadAsync(new FeedRequest(feed, cursor, NetworkFault.Now.AddDays(-1), TimeSpan.FromMinutes(10), resource), new FakeScope(), CancellationToken.None);

    [Fact]
    public async Task Stores_are_searched_ten_at_a_time_until_all_were()
    {
        var vendor = SquareWorld.Answering(("/v2/locations", Locations(23)), ("/v2/orders/search", $$"""{"orders":[{{SquareWorld.Sale}}]}"""), ("/v2/catalog/batch-retrieve", Variations));
        var (cursor, pages) = ((string?)null, 0);
        FeedAnswer.Page page;
        do
        {
            page = Assert.IsType<FeedAnswer.Page>(await ReadAsync(vendor, "orders", cursor));
            (cursor, pages) = (page.Cursor, pages + 1);
        }
        while (page.More);

        Assert.Equal(3, pages);
        var asked = vendor.Requests.Where(r => r.Path == "/v2/orders/search").Select(r => r.Json.GetProperty("location_ids").GetArrayLength());
        Assert.Equal([10, 10, 3], asked);
        Assert.StartsWith("2026-11-23T11:00:01", cursor, StringComparison.Ordinal);
        SquareWorld.Approved(vendor);
    }

    [Fact]
    public async Task A_page_goes_on_where_the_vendor_says_and_the_window_does_not_move_meanwhile()
    {
        var vendor = SquareWorld.Answering(("/v2/locations", Locations(1)), ("/v2/orders/search", """{"orders":[],"cursor":"abc|def"}"""));
        var first = Assert.IsType<FeedAnswer.Page>(await ReadAsync(vendor, "orders"));
        Assert.True(first.More);
        await ReadAsync(vendor, "orders", first.Cursor);
        var searches = vendor.Requests.Where(r => r.Path == "/v2/orders/search").Select(r => r.Json).ToList();
        Assert.Equal("abc|def", searches[1].GetProperty("cursor").GetString());
        Assert.Equal(Start(searches[0]), Start(searches[1]));

        static string? Start(JsonElement search) => search.GetProperty("query").GetProperty("filter").GetProperty("date_time_filter").GetProperty("updated_at").GetProperty("start_at").GetString();
    }

    [Fact]
    public async Task A_sale_is_stored_with_the_SKUs_of_its_lines_and_the_same_read_is_the_same_event()
    {
        var vendor = SquareWorld.Answering(("/v2/orders/", $$"""{"order":{{SquareWorld.Sale}} }"""), ("/v2/catalog/batch-retrieve", Variations));
        var first = Assert.Single(Assert.IsType<FeedAnswer.Page>(await ReadAsync(vendor, "orders", resource: $"order/{SquareWorld.SaleId}")).Items);
        var again = Assert.Single(Assert.IsType<FeedAnswer.Page>(await ReadAsync(vendor, "orders", resource: $"order/{SquareWorld.SaleId}")).Items);
        Assert.Equal(first.EventId, again.EventId);
        Assert.Equal($"order/{SquareWorld.SaleId}", first.Lane);
        Assert.Equal("CAP", JsonDocument.Parse(first.Body).RootElement.GetProperty("skus").GetProperty("VCAP").GetString());
        SquareWorld.Approved(vendor);
    }

    [Fact]
    public async Task A_refund_is_stored_with_its_payment_and_the_goods_that_came_back()
    {
        var vendor = SquareWorld.Answering(
            ("/v2/refunds/", """{"refund":{"id":"p1_r1","payment_id":"p1","order_id":"RET1","amount_money":{"amount":1,"currency":"EUR"}}}"""),
            ("/v2/payments/p1", """{"payment":{"id":"p1","order_id":"SALE0","updated_at":"2026-11-23T12:00:00Z"}}"""),
            ("/v2/orders/RET1", $$"""{"order":{"id":"RET1","returns":[{{SquareWorld.Returned}}]} }"""), ("/v2/catalog/batch-retrieve", Variations));
        var item = Assert.Single(Assert.IsType<FeedAnswer.Page>(await ReadAsync(vendor, "refunds", resource: "refund/p1_r1")).Items);
        var document = JsonDocument.Parse(item.Body).RootElement;
        Assert.Equal("SALE0", document.GetProperty("payment").GetProperty("order_id").GetString());
        Assert.Equal("TEE", document.GetProperty("skus").GetProperty("VTEE").GetString());
        SquareWorld.Approved(vendor);
    }

    [Fact]
    public async Task What_is_gone_at_the_vendor_is_an_empty_page()
    {
        var vendor = new FakeVendor(_ => SquareWorld.Error(404, "INVALID_REQUEST_ERROR", "NOT_FOUND"));
        Assert.Empty(Assert.IsType<FeedAnswer.Page>(await ReadAsync(vendor, "orders", resource: "order/GONE")).Items);
    }

    [Fact]
    public async Task Stock_is_changed_by_deltas_and_set_only_where_somebody_counted()
    {
        var vendor = SquareWorld.Stocked();
        Assert.IsType<Outcome.Accepted>(await SquareWorld.Client(vendor).SendAsync(SquareWorld.Change, new FakeScope(), CancellationToken.None));
        var sent = vendor.Requests.Single(SquareWorld.IsWrite).Json;
        Assert.Equal(SquareWorld.Posting.Value, sent.GetProperty("idempotency_key").GetString());
        var changes = sent.GetProperty("changes").EnumerateArray().ToList();
        Assert.Equal(["ADJUSTMENT", "ADJUSTMENT", "PHYSICAL_COUNT"], changes.Select(c => c.GetProperty("type").GetString()));
        Assert.Equal(("IN_STOCK", "SOLD", "2", "L1"), Adjustment(changes[0]));
        Assert.Equal(("NONE", "IN_STOCK", "3", "L1"), Adjustment(changes[1]));
        Assert.Equal("53", changes[2].GetProperty("physical_count").GetProperty("quantity").GetString());
        SquareWorld.Approved(vendor);

        static (string?, string?, string?, string?) Adjustment(JsonElement change) => change.GetProperty("adjustment") is var a
            ? (a.GetProperty("from_state").GetString(), a.GetProperty("to_state").GetString(), a.GetProperty("quantity").GetString(), a.GetProperty("location_id").GetString())
            : default;
    }

    [Fact]
    public async Task A_stock_change_of_unknown_outcome_is_found_by_our_key_in_the_old_and_the_new_shape()
    {
        foreach (var place in new[] { "\"location_id\":\"L1\"", "\"from_location_id\":\"L1\",\"to_location_id\":\"L1\"" })
        {
            var vendor = SquareWorld.Answering(
                ("/v2/catalog/search", """{"objects":[{"id":"VCAP","item_variation_data":{"sku":"CAP"}},{"id":"VTEE","item_variation_data":{"sku":"TEE"}}]}"""),
                ("/v2/inventory/changes/batch-retrieve", $$$"""{"changes":[{"type":"ADJUSTMENT","adjustment":{"reference_id":"{{{SquareWorld.Posting.Value}}}",{{{place}}}}}]}"""));
            Assert.IsType<LookUp.Found>(await SquareWorld.Client(vendor).LookUpAsync(SquareWorld.Change, new FakeScope(), CancellationToken.None));
            SquareWorld.Approved(vendor);
        }
    }

    [Theory]
    [InlineData(400, "INVALID_REQUEST_ERROR", "IDEMPOTENCY_KEY_REUSED", FailureKind.Duplicate)]
    [InlineData(400, "INVALID_REQUEST_ERROR", "INVALID_VALUE", FailureKind.Value)]
    [InlineData(404, "INVALID_REQUEST_ERROR", "NOT_FOUND", FailureKind.Missing)]
    [InlineData(400, "MERCHANT_SUBSCRIPTION_ERROR", "MERCHANT_SUBSCRIPTION_NOT_FOUND", FailureKind.Refused)]
    public async Task The_vendors_no_is_told_in_our_kinds_with_its_field(int status, string category, string code, FailureKind kind)
    {
        var vendor = SquareWorld.Stocked();
        vendor.Fault = (request, _) => SquareWorld.IsWrite(request) ? SquareWorld.Error(status, category, code, "Because.", "changes.quantity") : null;
        var refused = Assert.IsType<Outcome.Refused>(await SquareWorld.Client(vendor).SendAsync(SquareWorld.Change, new FakeScope(), CancellationToken.None));
        Assert.Equal((kind, code, "changes.quantity"), (refused.Kind, refused.Code, refused.Field));
    }

    [Fact]
    public async Task Errors_inside_a_success_are_errors()
    {
        var vendor = SquareWorld.Stocked();
        vendor.Fault = (request, _) => SquareWorld.IsWrite(request) ? SquareWorld.Error(200, "API_ERROR", "INTERNAL_SERVER_ERROR") : null;
        Assert.IsType<Outcome.Unknown>(await SquareWorld.Client(vendor).SendAsync(SquareWorld.Change, new FakeScope(), CancellationToken.None));
    }

    [Theory]
    [InlineData("""{"subscriptions":[]}""", "POST")]
    [InlineData("""{"subscriptions":[{"id":"wbhk_1","enabled":false,"notification_url":"https://tower.test/ingress/tills/events","api_version":"2025-08-20","event_types":[]}]}""", "PUT")]
    public async Task The_subscription_is_made_or_mended(string there, string method)
    {
        var vendor = new FakeVendor(r => FakeVendor.Json(r.Method == HttpMethod.Get ? there : $$"""{"subscription":{"id":"wbhk_1","signature_key":"{{SquareWorld.Key}}"} }"""));
        Assert.IsType<Outcome.Accepted>(await SquareWorld.Client(vendor).SubscribeAsync(new Uri("https://tower.test/ingress/tills"), new FakeScope(), CancellationToken.None));
        Assert.Equal(method, vendor.Requests.Single(SquareWorld.IsWrite).Method.Method);
        SquareWorld.Approved(vendor);
    }

    [Fact]
    public async Task A_subscription_signed_with_another_key_is_told_by_the_field_to_mend()
    {
        var vendor = new FakeVendor(r => FakeVendor.Json(r.Method == HttpMethod.Get ? "{}" : """{"subscription":{"id":"wbhk_1","signature_key":"another-key-of-the-vendors"}}"""));
        var refused = Assert.IsType<Outcome.Refused>(await SquareWorld.Client(vendor).SubscribeAsync(new Uri("https://tower.test/ingress/tills"), new FakeScope(), CancellationToken.None));
        Assert.Equal("signatureKey", refused.Field);
    }

    [Fact]
    public async Task The_test_of_a_connection_compares_the_currency()
    {
        var vendor = SquareWorld.Answering(("/v2/locations", Locations(2)));
        Assert.Equal("2", Assert.IsType<Outcome.Accepted>(await SquareWorld.Client(vendor).TestAsync(new FakeScope(), CancellationToken.None)).Facts!["locations"]);
        var dollars = SquareWorld.Client(vendor, SquareWorld.Profile with { Currency = "USD" });
        Assert.Equal("currency", Assert.IsType<Outcome.Refused>(await dollars.TestAsync(new FakeScope(), CancellationToken.None)).Field);
    }

    [Fact]
    public async Task A_till_is_asked_for_nothing_that_it_cannot_do()
    {
        var vendor = new FakeVendor(_ => throw new InvalidOperationException());
        var acknowledge = new AcknowledgeOrder(SquareWorld.Posting, new OrderKey("tills", "x"), "S-1");
        Assert.IsType<Outcome.Refused>(await SquareWorld.Client(vendor).SendAsync(acknowledge, new FakeScope(), CancellationToken.None));
        Assert.Empty(vendor.Requests);
    }
}
