using System.Text;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.Tryton;
using ControlTower.Tests.Support;

namespace ControlTower.Tests.Conformance.Tryton;

public sealed class TrytonConformanceTests : ConnectorConformance, IDisposable
{
    private static readonly PostingKey Key = new("N1-ABCDEFGH");

    private static readonly PostingKey Other = new("N1-HGFEDCBA");

    private readonly TrytonConnector connector = new();

    public override IConnector Connector => connector;

    // Each read of the profile is a connection of its own, so that no session of one case helps the next.
    public override ConnectionProfile Profile => new(
        $"erp-{Guid.NewGuid():N}", "tryton", "ERP", "B", null, "EUR", "UTC", null,
        new Dictionary<string, string> { ["baseUrl"] = "https://erp.test", ["database"] = "db", ["user"] = "admin" }, new Dictionary<string, string> { ["password"] = "p" });

    public override byte[] PushedBody => "{}"u8.ToArray();

    public override string Secret => "no-secret-is-known-to-tryton-here";

    public override string? PreviousSecret => null;

    public override IReadOnlyList<(string Topic, byte[] Body)> Documents { get; } =
    [
        ("invoice", Encoding.UTF8.GetBytes(GoldenFiles.Lines("Vendor", "tryton-6.0", "invoices.jsonl")[0])),
        ("shipment", Encoding.UTF8.GetBytes(GoldenFiles.Lines("Vendor", "tryton-6.0", "shipments.jsonl")[0])),
    ];

    public override IReadOnlyList<CommandCase> Commands { get; } =
    [
        new("post", new PostSalesOrder(Key, TrytonWorld.Order, []), () => new TrytonWorld().Vendor()),
        new("update", new UpdateSalesOrder(Other, Key, "7", TrytonWorld.Order with { Totals = new OrderTotals(24m, 4m, 0, 0) }, []), () => new TrytonWorld { Sale = "processing", NextTotal = "24.00" }.Vendor()),
        new("cancel", new CancelSalesOrder(Other, Key, "7", null), () => new TrytonWorld { Sale = "processing" }.Vendor()),
        new("ship", new ShipSalesOrder(Other, Key, "7", TrytonWorld.Order, Now), () => new TrytonWorld { Sale = "processing" }.Vendor()),
        new("pay", new PostPayment(Other, Key, "9", "INV1", new Money(12m, "EUR"), "card", Now), () => new TrytonWorld { Sale = "processing", Invoice = "posted" }.Vendor()),
        new("prices", TrytonPriceTests.Command, () => new TrytonPriceTests.Shelf().Vendor()),
        new("credit", TrytonWorld.Credit(Other, Key), () => new TrytonWorld { Sale = "processing", Invoice = "paid" }.Vendor()),
    ];

    protected override bool Pushes => false;

    protected override int AttemptsAfter401 => 2;

    public override RawRequest Push(byte[] body, string secret) => new("events", new Dictionary<string, string>(), new Dictionary<string, string>(), body);

    public void Dispose() => connector.Dispose();

    // Deleting a wizard's session is tidying up: its failure has no consequence.
    protected override bool IsWrite(VendorRequest request)
    {
        var method = request.Json.GetProperty("method").GetString()!;
        return method.Split('.')[^1] is not ("search_read" or "search_count" or "login" or "get_preferences" or "delete");
    }
}
