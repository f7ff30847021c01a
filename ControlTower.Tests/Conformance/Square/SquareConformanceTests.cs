using System.Text;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.Square;

namespace ControlTower.Tests.Conformance.Square;

public sealed class SquareConformanceTests : ConnectorConformance
{
    public override IConnector Connector { get; } = new SquareConnector();

    public override ConnectionProfile Profile => SquareWorld.Profile;

    public override byte[] PushedBody { get; } = SquareWorld.Hint();

    public override string Secret => SquareWorld.Key;

    public override string? PreviousSecret => SquareWorld.Previous;

    public override IReadOnlyList<(string Topic, byte[] Body)> Documents { get; } =
    [
        ("read/order", SquareWorld.Read(SquareWorld.Sale)),
        ("read/refund", SquareWorld.Refund()),
        ("order.updated", SquareWorld.Hint()),
        ("refund.created", Encoding.UTF8.GetBytes("""{"type":"refund.created","event_id":"e1","data":{"type":"refund","id":"R1","object":{"refund":{"id":"R1"}}}}""")),
        ("payment.updated", Encoding.UTF8.GetBytes("""{"type":"payment.updated","event_id":"e1","data":{"type":"payment","id":"P1","object":{"payment":{"id":"P1","order_id":"O1"}}}}""")),
        ("inventory.count.updated", Encoding.UTF8.GetBytes("""{"type":"inventory.count.updated","event_id":"e1","data":{"type":"inventory","id":"I1","object":{"inventory_counts":[]}}}""")),
    ];

    public override IReadOnlyList<CommandCase> Commands { get; } =
    [
        new("change stock", SquareWorld.Change, SquareWorld.Stocked), new("refund", SquareWorld.PayBack, () => SquareWorld.Paid()), new("prices", SquarePriceTests.Command, SquarePriceTests.Vendor),
    ];

    public override RawRequest Push(byte[] body, string secret) => new(
        "events", new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { ["X-Square-HmacSha256-Signature"] = SquareWorld.Sealed(body, secret) },
        new Dictionary<string, string>(), body);

    protected override bool IsWrite(VendorRequest request) => SquareWorld.IsWrite(request);
}
