using System.Text;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.BusinessCentral;

namespace ControlTower.Tests.Conformance.BusinessCentral;

public sealed class BusinessCentralConformanceTests : ConnectorConformance
{
    public override IConnector Connector { get; } = new BusinessCentralConnector();

    public override ConnectionProfile Profile => BusinessCentralWorld.Profile;

    public override byte[] PushedBody { get; } = Encoding.UTF8.GetBytes(Notification(BusinessCentralWorld.Secret));

    public override string Secret => BusinessCentralWorld.Secret;

    // The subscription carries one secret; a new one is written into it by renewal.
    public override string? PreviousSecret => null;

    public override RawRequest Push(byte[] body, string secret)
    {
        var text = Encoding.Latin1.GetString(body).Replace(BusinessCentralWorld.Secret, secret, StringComparison.Ordinal);
        return new RawRequest("notifications", new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase), new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase), Encoding.Latin1.GetBytes(text));
    }

    public override IReadOnlyList<(string Topic, byte[] Body)> Documents { get; } =
    [
        ("notifications", Encoding.UTF8.GetBytes(Notification(BusinessCentralWorld.Secret))),
        ("salesInvoices", Encoding.UTF8.GetBytes(BusinessCentralDocumentTests.Invoice)),
        ("salesShipments", Encoding.UTF8.GetBytes(BusinessCentralDocumentTests.Shipment)),
    ];

    public override IReadOnlyList<CommandCase> Commands { get; } =
    [
        new("post", BusinessCentralWorld.Post, BusinessCentralWorld.Accepting),
        new("update", BusinessCentralWorld.Update, BusinessCentralWorld.Editing),
        new("cancel", BusinessCentralWorld.Cancel, BusinessCentralWorld.Editing),
        new("ship", BusinessCentralWorld.Ship, BusinessCentralWorld.Shipping),
        new("prices", BusinessCentralPriceTests.Command, () => BusinessCentralPriceTests.Vendor()),
        new("journal", BusinessCentralWorld.Book, () => BusinessCentralWorld.Booking()),
        new("pay", BusinessCentralWorld.Pay, () => BusinessCentralWorld.Paying()),
    ];

    protected override int AttemptsAfter401 => 2;

    protected override bool IsWrite(VendorRequest request) => BusinessCentralWorld.IsWrite(request);

    private static string Notification(string secret) => $$"""
        {"value": [{"subscriptionId": "webhookInvoices", "clientState": "{{secret}}", "expirationDateTime": "2026-11-26T07:52:31Z",
          "resource": "api/v2.0/companies({{BusinessCentralWorld.Company}})/salesInvoices({{BusinessCentralWorld.InvoiceId}})", "changeType": "updated", "lastModifiedDateTime": "2026-11-23T11:59:20.467Z"}]}
        """;
}
