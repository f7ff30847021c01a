using System.Text;
using System.Text.Json;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.BusinessCentral;
using Xunit;

namespace ControlTower.Tests.Conformance.BusinessCentral;

public sealed class BusinessCentralDocumentTests
{
    private static readonly BusinessCentralConnector Connector = new();

    public static string Invoice { get; } = $$"""
        {"@odata.etag": "W/\"1\"", "id": "{{BusinessCentralWorld.InvoiceId}}", "number": "PS-INV103001", "externalDocumentNumber": "{{BusinessCentralWorld.Key}}", "invoiceDate": "2026-11-23",
         "orderId": "{{BusinessCentralWorld.OrderId}}", "orderNumber": "S-ORD101001", "customerNumber": "WEB-EUR", "currencyCode": "EUR", "pricesIncludeTax": true, "remainingAmount": 203.95,
         "totalAmountExcludingTax": 171.39, "totalTaxAmount": 32.56, "totalAmountIncludingTax": 203.95, "status": "Open", "lastModifiedDateTime": "2026-11-23T11:59:20.467Z",
         "salesInvoiceLines": [{"lineType": "Item", "lineObjectNumber": "A-1", "quantity": 3}, {"lineType": "Item", "lineObjectNumber": "B-2", "quantity": 1}, {"lineType": "Account", "lineObjectNumber": "4900", "quantity": 1}]}
        """;

    public static string Shipment { get; } = $$"""
        {"id": "66666666-0000-0000-0000-000000000001", "number": "S-SHPT102001", "externalDocumentNumber": "{{BusinessCentralWorld.Key}}", "orderNumber": "S-ORD101001", "lastModifiedDateTime": "2026-11-23T11:58:20.467Z",
         "salesShipmentLines": [{"lineType": "Item", "lineObjectNumber": "B-2", "quantity": 1}, {"lineType": "Item", "lineObjectNumber": "A-1", "quantity": 2}, {"lineType": "Item", "lineObjectNumber": "A-1", "quantity": 1},
           {"lineType": "G_x002F_L_x0020_Account", "lineObjectNumber": "4900", "quantity": 1}]}
        """;

    [Theory]
    [InlineData("salesInvoices", "invoice")]
    [InlineData("salesShipments", "shipment")]
    public void A_document_becomes_the_golden_event(string topic, string name)
        => Golden.Same((object)Translate(topic, topic == "salesInvoices" ? Invoice : Shipment), "Canonical", "business-central", $"{name}.json");

    [Fact]
    public void The_vendors_own_invoices_are_understood_and_not_ours()
    {
        foreach (var sample in Samples("salesInvoice_create").Concat(Samples("salesinvoice_update")))
        {
            Assert.IsType<Translation.Ignored>(Translate("salesInvoices", sample));
        }
    }

    [Fact]
    public void A_vendor_invoice_under_our_key_is_an_invoice_of_ours()
    {
        var sample = Samples("salesInvoice_create").Last()
            .Replace("\"externalDocumentNumber\":\"\"", $"\"externalDocumentNumber\":\"{BusinessCentralWorld.Key}\"", StringComparison.Ordinal)
            .Replace("\"status\":\"Draft\"", "\"status\":\"Open\"", StringComparison.Ordinal);
        var posted = Assert.IsType<InvoicePosted>(Assert.Single(Assert.IsType<Translation.Events>(Translate("salesInvoices", sample)).List));
        Assert.Equal((BusinessCentralWorld.Key, "PS-INV103001", new Money(0, "USD")), (posted.PostedAs, posted.InvoiceNumber, posted.Total));
    }

    [Fact]
    public void A_draft_is_not_an_invoice_yet()
        => Assert.IsType<Translation.Ignored>(Translate("salesInvoices", Invoice.Replace("\"Open\"", "\"Draft\"", StringComparison.Ordinal)));

    [Fact]
    public void A_blank_currency_is_the_companys_own()
    {
        var blank = Invoice.Replace("\"currencyCode\": \"EUR\"", "\"currencyCode\": \"\"", StringComparison.Ordinal);
        Assert.Equal("EUR", Assert.IsType<InvoicePosted>(Assert.IsType<Translation.Events>(Translate("salesInvoices", blank)).List[0]).Total.Currency);
    }

    [Theory]
    [InlineData("")]
    [InlineData("PO-4711")]
    [InlineData("WEB ORDER 17 OF NOVEMBER 2026")]
    [InlineData("ABCDEFGHIJKLMNOPQRSTUVWXYZ")]
    public void A_number_that_is_not_one_of_our_keys_is_ignored(string number)
        => Assert.IsType<Translation.Ignored>(Translate("salesInvoices", Invoice.Replace(BusinessCentralWorld.Key.Value, number, StringComparison.Ordinal)));

    [Fact]
    public void Every_key_that_we_derive_is_known_as_ours()
    {
        for (var i = 0; i < 500; i++)
        {
            var key = PostingKey.Derive("northlane", new OrderKey("shopify-eu", i.ToString(System.Globalization.CultureInfo.InvariantCulture)), i % 7 == 0 ? "注文" : $"#NL-{i}", "sales-order", i);
            Assert.Equal(key, BusinessCentralTranslator.OurKey(key.Value));
        }
    }

    [Fact]
    public void An_invoice_says_that_the_goods_left_where_shipments_may_not_be_read()
    {
        var events = Assert.IsType<Translation.Events>(Connector.Translate(Message("salesInvoices", Invoice), BusinessCentralWorld.With("shipmentsFrom", "invoices"))).List;
        Assert.Equal([new ShipmentLine("A-1", 3), new ShipmentLine("B-2", 1)], Assert.IsType<ShipmentConfirmed>(events[0]).Lines);
        Assert.IsType<InvoicePosted>(events[1]);
    }

    [Fact]
    public void A_notification_names_what_to_read()
    {
        var one = Notifications(("salesInvoices(9e0f5c9c-44e3-ea11-bb43-000d3a2feca1)", "updated"), ("items(26814998-936a-401c-81c1-0e848a64971d)", "updated"));
        Assert.Equal("salesInvoices:9e0f5c9c-44e3-ea11-bb43-000d3a2feca1", Assert.IsType<Translation.Fetch>(Translate("notifications", one)).Resource);
    }

    [Fact]
    public void A_collection_is_read_by_time()
    {
        var many = Notifications(("salesInvoices?$filter=lastDateTimeModified%20gt%202018-10-15T11:00:00Z", "collection"));
        Assert.Equal("salesInvoices@2026-11-23T11:49:00.000Z", Assert.IsType<Translation.Fetch>(Translate("notifications", many)).Resource);
    }

    [Theory]
    [InlineData("items(26814998-936a-401c-81c1-0e848a64971d)", "updated")]
    [InlineData("salesInvoices(9e0f5c9c-44e3-ea11-bb43-000d3a2feca1)", "deleted")]
    public void A_notification_of_something_else_is_ignored(string resource, string change)
        => Assert.IsType<Translation.Ignored>(Translate("notifications", Notifications((resource, change))));

    [Fact]
    public void The_vendors_own_notification_sample_is_read()
    {
        var sample = JsonDocument.Parse(Golden.Bytes("Vendor", "business-central", "protocol-samples.json")).RootElement.At("webhook", "notification")!.Value;
        Assert.IsType<Translation.Fetch>(Translate("notifications", sample.GetRawText()));
    }

    [Fact]
    public void A_validation_token_is_echoed()
    {
        var query = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { ["validationToken"] = "Zm9v-bar_1.2~3" };
        Assert.Equal("Zm9v-bar_1.2~3", Assert.IsType<Receipt.Handshake>(Connector.Receive(Request(query, ""), BusinessCentralWorld.Profile, default)).Answer);
        query["validationToken"] = "<script>alert(1)</script>";
        Assert.IsType<Receipt.Forged>(Connector.Receive(Request(query, ""), BusinessCentralWorld.Profile, default));
    }

    [Fact]
    public void Every_entry_must_carry_the_secret()
    {
        var mixed = Notifications(("items(1)", "updated"), ("items(2)", "updated"));
        Assert.IsType<Receipt.Authentic>(Connector.Receive(Request([], mixed), BusinessCentralWorld.Profile, default));
        var one = mixed.LastIndexOf(BusinessCentralWorld.Secret, StringComparison.Ordinal);
        Assert.IsType<Receipt.Forged>(Connector.Receive(Request([], mixed.Remove(one, 4)), BusinessCentralWorld.Profile, default));
        Assert.IsType<Receipt.Forged>(Connector.Receive(Request([], """{"value":[]}"""), BusinessCentralWorld.Profile, default));
    }

    private static IEnumerable<string> Samples(string page)
        => JsonDocument.Parse(Golden.Bytes("Vendor", "business-central", "doc-samples-v2.0.json")).RootElement.Items("samples")
            .Where(s => s.Text("page")!.Contains(page, StringComparison.Ordinal) && s.At("response") is not null)
            .Select(s => JsonSerializer.Serialize(s.GetProperty("body")));

    private static string Notifications(params (string Resource, string Change)[] entries) => JsonSerializer.Serialize(new
    {
        value = entries.Select(e => new
        {
            subscriptionId = "x",
            clientState = BusinessCentralWorld.Secret,
            resource = $"/api/v2.0/companies({BusinessCentralWorld.Company})/{e.Resource}",
            changeType = e.Change,
            lastModifiedDateTime = "2026-11-23T11:59:00Z",
        }),
    });

    private static RawRequest Request(Dictionary<string, string> query, string body)
        => new("notifications", new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase), query, Encoding.UTF8.GetBytes(body));

    private static Translation Translate(string topic, string body) => Connector.Translate(Message(topic, body), BusinessCentralWorld.Profile);

    private static StoredMessage Message(string topic, string body) => new(1, topic, "event-1", new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero), Encoding.UTF8.GetBytes(body));
}
