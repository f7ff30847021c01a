using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.Shopify;
using Xunit;

namespace ControlTower.Tests.Conformance.Shopify;

public sealed class ShopifyDoorTests
{
    private static readonly ShopifyConnector Connector = new();
    private static readonly byte[] Body = ShopifyWorld.Sample("orders/create");

    [Fact]
    public void Event_id_and_order_name_message_and_lane()
        => Assert.Equal(new Receipt.Authentic("orders/create", "98880550-7158-44d4-b7cd-2c97c8a091b5", "order/820982911946154500"), Receive(Push()));

    [Fact]
    public void Header_names_without_the_X_are_read_too()
        => Assert.IsType<Receipt.Authentic>(Receive(ShopifyWorld.Push("orders/create", Body, ShopifyWorld.Secret, "Shopify-")));

    [Fact]
    public void The_delivery_id_can_be_chosen_for_telling_duplicates()
    {
        var profile = ShopifyWorld.Profile with { Settings = new Dictionary<string, string>(ShopifyWorld.Profile.Settings, StringComparer.Ordinal) { ["dedupeHeader"] = "Webhook-Id" } };
        Assert.Equal("b54557e4-bdd9-4b37-8a5f-bf7d70bcd043", Assert.IsType<Receipt.Authentic>(Connector.Receive(Push(), profile, DateTimeOffset.UnixEpoch)).EventId);
    }

    [Fact]
    public void Any_flipped_bit_of_the_body_is_forgery()
    {
        var genuine = Push();
        for (var at = 0; at < Body.Length; at += 61)
        {
            var body = Body.ToArray();
            body[at] ^= 1;
            Assert.IsType<Receipt.Forged>(Receive(genuine with { Body = body }));
        }
    }

    [Theory]
    [InlineData("X-Shopify-Hmac-Sha256", null)]
    [InlineData("X-Shopify-Hmac-Sha256", "")]
    [InlineData("X-Shopify-Hmac-Sha256", "not base64 !")]
    [InlineData("X-Shopify-Hmac-Sha256", "AAAA")]
    [InlineData("X-Shopify-Shop-Domain", null)]
    [InlineData("X-Shopify-Shop-Domain", "other.myshopify.com")]
    [InlineData("X-Shopify-Topic", null)]
    [InlineData("X-Shopify-Topic", "orders/cancelled")]
    [InlineData("X-Shopify-Topic", "orders create\r\nx")]
    public void A_header_that_does_not_fit_is_forgery(string name, string? value)
    {
        var headers = new Dictionary<string, string>(Push().Headers, StringComparer.OrdinalIgnoreCase);
        headers.Remove(name);
        if (value is not null)
        {
            headers[name] = value;
        }

        Assert.IsType<Receipt.Forged>(Receive(Push() with { Headers = headers }));
    }

    [Fact]
    public void A_cut_signature_is_forgery()
    {
        var headers = new Dictionary<string, string>(Push().Headers, StringComparer.OrdinalIgnoreCase);
        headers["X-Shopify-Hmac-Sha256"] = headers["X-Shopify-Hmac-Sha256"][..^4];
        Assert.IsType<Receipt.Forged>(Receive(Push() with { Headers = headers }));
    }

    [Fact]
    public void Everything_about_one_order_shares_its_lane()
    {
        Assert.Equal("order/820982911946154500", Lane("fulfillments/create"));
        Assert.Equal("order/820982911946154500", Lane("refunds/create"));
        Assert.Equal("order/820982911946154500", Lane("orders/edited"));
    }

    [Fact]
    public void A_genuine_body_that_nobody_can_read_is_still_authentic()
        => Assert.StartsWith("other/", Assert.IsType<Receipt.Authentic>(Receive(ShopifyWorld.Push("orders/create", "<html>"u8.ToArray(), ShopifyWorld.Secret))).Lane, StringComparison.Ordinal);

    private static string Lane(string topic)
        => Assert.IsType<Receipt.Authentic>(Receive(ShopifyWorld.Push(topic, ShopifyWorld.Sample(topic), ShopifyWorld.Secret))).Lane;

    private static RawRequest Push() => ShopifyWorld.Push("orders/create", Body, ShopifyWorld.Secret);

    private static Receipt Receive(RawRequest request) => Connector.Receive(request, ShopifyWorld.Profile, DateTimeOffset.UnixEpoch);
}
