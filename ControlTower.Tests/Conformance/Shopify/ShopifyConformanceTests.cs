using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.Shopify;

namespace ControlTower.Tests.Conformance.Shopify;

public sealed class ShopifyConformanceTests : ConnectorConformance
{
    public override IConnector Connector { get; } = new ShopifyConnector();

    public override ConnectionProfile Profile => ShopifyWorld.Profile;

    public override byte[] PushedBody => ShopifyWorld.Sample("orders/create");

    public override string Secret => ShopifyWorld.Secret;

    public override string? PreviousSecret => ShopifyWorld.Previous;

    public override RawRequest Push(byte[] body, string secret) => ShopifyWorld.Push("orders/create", body, secret);

    public override IReadOnlyList<(string Topic, byte[] Body)> Documents { get; } =
    [
        ("orders/create", ShopifyWorld.Sample("orders/create")),
        ("orders/updated", ShopifyWorld.Sample("orders/updated")),
        ("orders/paid", ShopifyWorld.Sample("orders/paid")),
        ("orders/cancelled", ShopifyWorld.Sample("orders/cancelled")),
        ("orders/fulfilled", ShopifyWorld.Sample("orders/fulfilled")),
        ("orders/edited", ShopifyWorld.Sample("orders/edited")),
        ("fulfillments/create", ShopifyWorld.Sample("fulfillments/create")),
        ("fulfillments/update", ShopifyWorld.Sample("fulfillments/update")),
        ("refunds/create", ShopifyWorld.Sample("refunds/create")),
        ("inventory_levels/update", System.Text.Encoding.UTF8.GetBytes("""{"inventory_item_id":1,"location_id":7000,"available":9,"updated_at":"2026-11-23T11:00:00Z"}""")),
        ("read/order", System.Text.Encoding.UTF8.GetBytes(MadeOrder.Of(3).AsGraph())),
    ];

    public override IReadOnlyList<CommandCase> Commands { get; } =
    [
        new("acknowledge", new AcknowledgeOrder(ShopifyWorld.Key, ShopifyWorld.Order, "S-ORD101001"), () => ShopifyWorld.Answering(
            ("Acknowledge", ShopifyWorld.Acknowledged),
            ("Acknowledgement", """{"order":{"id":"gid://shopify/Order/1","tags":[],"metafield":null}}"""))),
        new("stock", ShopifyWorld.Stock, () => ShopifyWorld.Answering(("StockLevels", ShopifyWorld.Levels), ("SetStock", ShopifyWorld.StockSet))),
        new("discount", ShopDiscountTests.Command, ShopDiscountTests.Vendor),
        new("prices", ShopPriceTests.Command, ShopPriceTests.Vendor),
        new("fulfil", ShopifyWorld.Fulfil(), () => ShopifyWorld.Answering(("Fulfilment", ShopifyWorld.Unfulfilled), ("Fulfil", ShopifyWorld.Fulfilled))),
    ];

    protected override bool IsWrite(VendorRequest request) => ShopifyWorld.IsMutation(request);
}
