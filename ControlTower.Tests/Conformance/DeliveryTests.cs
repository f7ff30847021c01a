using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ControlTower.Simulator.Shopify.Webhooks;
using Xunit;

namespace ControlTower.Tests.Conformance;

/// <summary>How shops and ERPs tell their subscribers, over real HTTP.</summary>
public sealed class DeliveryTests : IAsyncLifetime
{
    private readonly HookSink sink = new();
    private EstateDriver estate = null!;

    // A vendor hour passes in 36 ms: all eight retries fit in a test.
    public async ValueTask InitializeAsync() => estate = await EstateDriver.StartAsync(o => o with { TimeFactor = 100_000, NotificationGathering = TimeSpan.FromMinutes(5) });

    public async ValueTask DisposeAsync()
    {
        await estate.DisposeAsync();
        await sink.DisposeAsync();
    }

    private async Task<string> SubscribeAsync(string topic, params string[] fields)
    {
        var data = await estate.DataAsync("shopify-eu",
            "mutation S($t: WebhookSubscriptionTopic!, $s: WebhookSubscriptionInput!) { webhookSubscriptionCreate(topic: $t, webhookSubscription: $s) { webhookSubscription { id topic uri } userErrors { field message } } }",
            new { t = topic, s = new { uri = $"{sink.Url}/{topic}", format = "JSON", includeFields = fields } });
        Assert.Empty(data.GetProperty("webhookSubscriptionCreate").GetProperty("userErrors").EnumerateArray());
        return data.GetProperty("webhookSubscriptionCreate").GetProperty("webhookSubscription").GetProperty("id").GetString()!;
    }

    [Fact]
    public async Task A_webhook_is_signed_over_its_bytes_and_carries_the_vendors_headers()
    {
        await SubscribeAsync("ORDERS_CREATE");
        var order = (await estate.PlaceAsync("shopify-eu"))[0];
        await Wait.ForAsync(() => !sink.Received.IsEmpty);

        var (_, headers, body) = sink.Received.First();
        var hmac = HMACSHA256.HashData(Encoding.UTF8.GetBytes(estate.Secret("shopify-eu", "clientSecret")), body);
        Assert.Equal(Convert.ToBase64String(hmac), headers["X-Shopify-Hmac-Sha256"]);
        Assert.Equal("orders/create", headers["X-Shopify-Topic"]);
        Assert.Equal("northlane-eu.myshopify.com", headers["X-Shopify-Shop-Domain"]);
        Assert.Equal("2026-07", headers["X-Shopify-API-Version"]);
        Assert.True(Guid.TryParse(headers["X-Shopify-Webhook-Id"], out _) && Guid.TryParse(headers["X-Shopify-Event-Id"], out _));
        Assert.True(DateTimeOffset.TryParse(headers["X-Shopify-Triggered-At"], out _));
        using var json = JsonDocument.Parse(body);
        Assert.Equal(order.GetProperty("id").GetInt64(), json.RootElement.GetProperty("id").GetInt64());
        Assert.Equal(order.GetProperty("total").GetDecimal().ToString("0.00", System.Globalization.CultureInfo.InvariantCulture), json.RootElement.GetProperty("total_price").GetString());
    }

    [Fact]
    public async Task Only_the_fields_that_were_asked_for_are_sent()
    {
        await SubscribeAsync("ORDERS_CREATE", "id", "updated_at");
        await estate.PlaceAsync("shopify-eu");
        await Wait.ForAsync(() => !sink.Received.IsEmpty);
        using var json = JsonDocument.Parse(sink.Received.First().Body);
        Assert.Equal(["id", "updated_at"], json.RootElement.EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task After_eight_failed_retries_the_subscription_is_gone()
    {
        sink.Status = 500;
        await SubscribeAsync("ORDERS_CREATE");
        await estate.PlaceAsync("shopify-eu");
        await Wait.ForAsync(async () => (await estate.DataAsync("shopify-eu", "{ webhookSubscriptions(first: 5) { nodes { id } } }")).GetProperty("webhookSubscriptions").GetProperty("nodes").GetArrayLength() == 0);
        Assert.Equal(9, sink.Received.Count);
        Assert.Single(sink.Received.Select(r => r.Headers["X-Shopify-Webhook-Id"]).Distinct());
    }

    [Fact]
    public void The_eight_retries_take_four_hours()
    {
        Assert.Equal(8, WebhookSender.Pauses.Count);
        Assert.Equal(TimeSpan.FromHours(4), TimeSpan.FromTicks(WebhookSender.Pauses.Sum(p => p.Ticks)));
    }

    [Fact]
    public async Task A_subscriber_that_comes_back_gets_the_original_bytes()
    {
        sink.Status = 503;
        await SubscribeAsync("ORDERS_CREATE");
        await estate.PlaceAsync("shopify-eu");
        await Wait.ForAsync(() => sink.Received.Count >= 2);
        sink.Status = 200;
        await Wait.ForAsync(async () => (await estate.GetAsync("/estate")).GetProperty("webhooks").GetProperty("delivered").GetInt64() == 1);
        Assert.Single(sink.Received.Select(r => Convert.ToHexString(SHA256.HashData(r.Body))).Distinct());
    }

    [Fact]
    public async Task Duplicates_share_their_ids_and_lost_webhooks_never_come()
    {
        await SubscribeAsync("ORDERS_CREATE");
        await estate.FaultAsync("shopify-eu", new { kind = "webhook-duplicate", copies = 3, count = 1 });
        await estate.PlaceAsync("shopify-eu");
        await Wait.ForAsync(() => sink.Received.Count == 3);
        Assert.Single(sink.Received.Select(r => r.Headers["X-Shopify-Event-Id"]).Distinct());

        await estate.FaultAsync("shopify-eu", new { kind = "webhook-drop", count = 1 });
        await estate.PlaceAsync("shopify-eu");
        await estate.PlaceAsync("shopify-eu");
        await Wait.ForAsync(() => sink.Received.Count == 4);
        await Wait.ForAsync(async () => (await estate.GetAsync("/estate")).GetProperty("webhooks").GetProperty("underway").GetInt64() == 0);
        Assert.Equal(4, sink.Received.Count);
    }

    [Fact]
    public async Task Reordered_webhooks_arrive_all_but_not_in_turn()
    {
        await SubscribeAsync("ORDERS_CREATE");
        await estate.FaultAsync("shopify-eu", new { kind = "webhook-reorder", seconds = 0.6 });
        for (var i = 0; i < 12; i++) await estate.PlaceAsync("shopify-eu");
        await Wait.ForAsync(() => sink.Received.Count == 12);
        var ids = sink.Received.Select(r => JsonDocument.Parse(r.Body).RootElement.GetProperty("id").GetInt64()).ToList();
        Assert.Equal(12, ids.Distinct().Count());
        Assert.NotEqual(ids.Order(), ids);
    }

    [Theory]
    [InlineData("ftp://example.com/x")]
    [InlineData("http://example.com/x")]
    [InlineData("nonsense")]
    public async Task Addresses_that_the_vendor_would_refuse_are_refused(string uri)
    {
        var data = await estate.DataAsync("shopify-eu", "mutation S($s: WebhookSubscriptionInput!) { webhookSubscriptionCreate(topic: ORDERS_CREATE, webhookSubscription: $s) { userErrors { message } } }", new { s = new { uri } });
        Assert.NotEmpty(data.GetProperty("webhookSubscriptionCreate").GetProperty("userErrors").EnumerateArray());
    }

    private async Task<(int Status, JsonElement Body)> ListenAsync(string set)
    {
        var (status, body, _) = await estate.BcAsync("bc-eu", "POST", "/subscriptions", new { notificationUrl = sink.Url + "/bc", resource = $"/api/v2.0/companies({estate.Setting("bc-eu", "companyId")})/{set}", clientState = "shared secret" });
        return (status, body);
    }

    [Fact]
    public async Task An_erp_shakes_hands_gathers_changes_and_tells_them_thinly()
    {
        Assert.Equal(201, (await ListenAsync("salesOrders")).Status);
        var first = await estate.OrderAsync("bc-eu", "A");
        await Wait.ForAsync(() => !sink.Received.IsEmpty);
        using var json = JsonDocument.Parse(sink.Received.First().Body);
        var notice = json.RootElement.GetProperty("value")[0];
        Assert.Equal("shared secret", notice.GetProperty("clientState").GetString());
        Assert.Equal("created", notice.GetProperty("changeType").GetString());
        Assert.EndsWith($"salesOrders({first.GetProperty("id").GetString()})", notice.GetProperty("resource").GetString(), StringComparison.Ordinal);
        Assert.Equal(["changeType", "clientState", "expirationDateTime", "lastModifiedDateTime", "resource", "subscriptionId"], notice.EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task An_answer_that_is_neither_success_nor_temporary_costs_the_subscription()
    {
        await ListenAsync("salesOrders");
        sink.Status = 404;
        await estate.OrderAsync("bc-eu", "A");
        await Wait.ForAsync(async () => (await estate.BcAsync("bc-eu", "GET", "/subscriptions")).Body.GetProperty("value").GetArrayLength() == 0);
        Assert.Single(sink.Received);
    }

    [Theory]
    [InlineData("salesShipments")]
    [InlineData("nonsense")]
    public async Task Sets_without_notifications_cannot_be_subscribed_to(string set) => Assert.Equal(400, (await ListenAsync(set)).Status);

    [Fact]
    public async Task A_subscription_lives_three_vendor_days_and_is_renewed_by_handshake()
    {
        await using var slow = await EstateDriver.StartAsync();
        var (_, made, _) = await slow.BcAsync("bc-eu", "POST", "/subscriptions", new { notificationUrl = sink.Url + "/bc", resource = $"/api/v2.0/companies({slow.Setting("bc-eu", "companyId")})/salesInvoices", clientState = "s" });
        var life = made.GetProperty("expirationDateTime").GetDateTimeOffset() - made.GetProperty("systemCreatedAt").GetDateTimeOffset();
        Assert.Equal(3, life.TotalDays, 0.001);
        Assert.Empty(EntityShape.Problems("subscriptions", made));
        var path = $"/subscriptions('{made.GetProperty("subscriptionId").GetString()}')";
        Assert.Equal(200, (await slow.BcAsync("bc-eu", "PATCH", path, new { clientState = "t" }, "*")).Status);
        Assert.Equal(400, (await slow.BcAsync("bc-eu", "PATCH", path, new { notificationUrl = "http://127.0.0.1:9/none" }, "*")).Status);
        Assert.Equal(204, (await slow.BcAsync("bc-eu", "DELETE", path, match: "*")).Status);
    }
}
