using System.Security.Cryptography;
using System.Text;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.Vendure;
using ControlTower.Tests.Support;

namespace ControlTower.Tests.Conformance.Vendure;

public sealed class VendureConformanceTests : ConnectorConformance
{
    private const string Previous = "the-secret-before-the-rotation-32";

    private static readonly OrderKey Order = new("shop", "87");

    private static readonly PostingKey Key = PostingKey.Derive("B", Order, "ABC", "x");

    public override IConnector Connector { get; } = new VendureConnector();

    public override ConnectionProfile Profile { get; } = new(
        "shop", "vendure", "Shop", "B", null, "EUR", "UTC", "erp", new Dictionary<string, string>
        {
            ["baseUrl"] = "https://shop.test", ["settleRefunds"] = "true", ["publishStock"] = "all", ["location:1"] = "EU-BER1", ["location:2"] = "EU-PAR1",
        },
        new Dictionary<string, string> { ["apiKey"] = "id:key", ["webhookSecret"] = "the-secret-of-this-shop-32-letters", ["previousWebhookSecret"] = Previous });

    public override byte[] PushedBody { get; } = Encoding.UTF8.GetBytes(
        """{"deliveryId": "b5cef9e4-1", "topic": "order.state", "occurredAt": "2026-11-23T09:49:16.289Z", "channel": "__default_channel__", "data": {"order": {"id": "87", "code": "ABC"}}}""");

    public override string Secret => "the-secret-of-this-shop-32-letters";

    public override string? PreviousSecret => Previous;

    public override IReadOnlyList<(string Topic, byte[] Body)> Documents =>
    [
        ("order", Encoding.UTF8.GetBytes(GoldenFiles.Lines("Vendor", "vendure-3.7", "order-lives.jsonl")[0])),
        ("order.state", PushedBody),
    ];

    public override IReadOnlyList<CommandCase> Commands { get; } =
    [
        new("acknowledge by note", new AcknowledgeOrder(Key, Order, "S-1"), () => Answering(
            ("query Notes", """{"order":{"id":"87","code":"ABC","history":{"items":[]}}}"""), ("mutation AddNote", """{"addNoteToOrder":{"id":"87","code":"ABC"}}"""))),
        new("fulfil", new FulfilOrder(Key, Order, [new ShipmentLine("A", 1)], new Tracking("Van", "T1", null)), () => Answering(
            ("query Fulfillable", """{"order":{"id":"87","code":"ABC","state":"PaymentSettled","lines":[{"id":"1","quantity":1,"productVariant":{"id":"1","sku":"A"}}],"fulfillments":[]}}"""),
            ("mutation Fulfil", """{"addFulfillmentToOrder":{"__typename":"Fulfillment","id":"5","state":"Pending"}}"""),
            ("mutation Ship", """{"transitionFulfillmentToState":{"__typename":"Fulfillment","id":"5","state":"Shipped"}}"""))),
        new("refund", VendureWorld.Refund, () => new VendureWorld().Vendor()),
        new("refund that is paid elsewhere", VendureWorld.Refund, () => new VendureWorld { Handler = ("Pending", "") }.Vendor()),
        new("prices", VendurePriceTests.Command, () => new VendureWorld().Vendor()),
        new("promotion", VendurePromotionTests.Command, () => new VendurePromotionTests.Shelf().Vendor()),
        new("stock", VendureWorld.Stock, () => new VendureWorld().Vendor()),
    ];

    public override RawRequest Push(byte[] body, string secret) => new(
        "events",
        new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
        {
            ["x-peer-topic"] = "order.state",
            ["x-peer-signature"] = "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), body)),
        },
        new Dictionary<string, string>(), body);

    // Its payment handler moves the money before the refund is saved.
    protected override bool IsDecidable(VendorCommand command) => command is not RefundPayment;

    protected override bool IsWrite(VendorRequest request) => request.Json.GetProperty("query").GetString()!.StartsWith("mutation", StringComparison.Ordinal);

    private static FakeVendor Answering(params (string Operation, string Data)[] answers) => new(request =>
    {
        var query = request.Json.GetProperty("query").GetString()!;
        return FakeVendor.Json($$"""{"data":{{answers.First(a => query.StartsWith(a.Operation + "(", StringComparison.Ordinal)).Data}}}""");
    });
}
