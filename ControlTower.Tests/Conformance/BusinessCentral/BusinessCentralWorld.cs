using System.Net;
using System.Text.Json;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using Xunit;

namespace ControlTower.Tests.Conformance.BusinessCentral;

/// <summary>One company and what it holds.</summary>
internal static class BusinessCentralWorld
{
    public const string Company = "7dbba574-5f69-4167-a43e-fb975045de15";
    public const string OrderId = "b6f4017a-b749-ee11-ad0b-a1422c0f7f1f";
    public const string InvoiceId = "9e0f5c9c-44e3-ea11-bb43-000d3a2feca1";
    public const string Secret = "webhook-secret-of-thirty-two-chars";
    public const string Root = "https://api.businesscentral.dynamics.com/v2.0/contoso/Production/api/v2.0/";

    public static readonly OrderKey Order = new("shopify-eu", "5000000000001");
    public static readonly PostingKey Key = PostingKey.Derive("northlane", Order, "#1001", "sales-order");
    public static readonly PostingKey PaymentKey = PostingKey.Derive("northlane", Order, "#1001", "payment");

    public static ConnectionProfile Profile { get; } = new(
        "bc-eu", "business-central", "Books EU", "northlane", "EU", "EUR", "Europe/Berlin", null,
        new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["tenantId"] = "contoso", ["environment"] = "Production", ["companyId"] = Company, ["clientId"] = "app", ["shippingAccount"] = "4900", ["taxCode:0.19"] = "VAT19",
            ["paymentJournal"] = "WEBPAY", ["account:bank"] = "1100", ["account:clearing"] = "2900", ["account:fees"] = "6800",
        },
        new Dictionary<string, string>(StringComparer.Ordinal) { ["clientSecret"] = "app-secret", ["webhookSecret"] = Secret });

    public static ConnectionProfile With(string name, string value)
        => Profile with { Settings = new Dictionary<string, string>(Profile.Settings, StringComparer.Ordinal) { [name] = value } };

    public static Order TheOrder { get; } = new(
        Order, "#1001", "northlane", 1_764_000_000_000_000, new DateTimeOffset(2026, 11, 22, 23, 30, 0, TimeSpan.Zero), "EUR", true,
        new OrderTotals(203.95m, 32.56m, 11m, 4.95m),
        [
            new OrderLine("l1", "A-1", "Parka, olive", 3, 50m, 10m, [new TaxLine("MwSt", 0.19m, 22.35m)]),
            new OrderLine("l2", "B-2", "Cap", 1, 60m, 1m, [new TaxLine("MwSt", 0.19m, 9.42m)]),
        ],
        [new ShippingLine("STANDARD", "Standard", 4.95m, 0m, [new TaxLine("MwSt", 0.19m, 0.79m)])],
        new Buyer("77", "Ada Beispiel", "buyer@example.com", "+49 30 555 0100",
            new PostalAddress("Ada Beispiel", "Lagerweg 7", null, "Musterstadt", null, "99998", "DE"),
            new PostalAddress("Ada Beispiel", "Beispielallee 12", "2. OG", "Berlin", "BE", "10999", "DE")),
        PaymentState.Paid, [new Tender("paid", "shopify_payments", 203.95m, TenderKind.Sale, DateTimeOffset.UnixEpoch)], FulfilmentMode.Ship);

    public static IReadOnlyList<Allocation> Allocations { get; } = [new("l1", "A-1", "EU-WEB", 2), new("l1", "A-1", "EU-BER1", 1), new("l2", "B-2", "EU-WEB", 1)];

    public static PostSalesOrder Post => new(Key, TheOrder, Allocations);

    public static UpdateSalesOrder Update => new(PostingKey.Derive("northlane", Order, "#1001", "sales-order", 2), Key, OrderId,
        TheOrder with { Lines = [TheOrder.Lines[0] with { Quantity = 2, Discount = 5m }, TheOrder.Lines[1] with { Sku = "C-3" }] }, []);

    public static CancelSalesOrder Cancel => new(PostingKey.Derive("northlane", Order, "#1001", "cancel"), Key, OrderId, "customer");

    public static ShipSalesOrder Ship => new(PostingKey.Derive("northlane", Order, "#1001", "ship"), Key, OrderId, TheOrder, DateTimeOffset.UnixEpoch);

    public static PostPayment Pay => new(PaymentKey, Key, InvoiceId, "PS-INV103001", new Money(203.95m, "EUR"), "shopify_payments", new DateTimeOffset(2026, 11, 23, 8, 0, 0, TimeSpan.Zero));

    public static PostJournal Book => new(PostingKey.Derive("northlane", new OrderKey("shopify-eu", "po_1"), "po_1", "payout"), new JournalEntry(new DateOnly(2026, 11, 23), "po_1", "Payout of 23 November", "EUR",
        [new JournalLine("1100", 195.05m, "Payout po_1"), new JournalLine("6800", 8.90m, "Fees of po_1"), new JournalLine("4950", 0m, "Rounding"), new JournalLine("2900", -203.95m, "Payout po_1")]));

    public const string PostedOrder = $$"""{"@odata.etag":"W/\"order-1\"","id":"{{OrderId}}","number":"S-ORD101001","totalAmountIncludingTax":203.95}""";

    public const string PostedInvoice = $$"""{"@odata.etag":"W/\"inv-1\"","id":"{{InvoiceId}}","number":"PS-INV103001","status":"Open","customerNumber":"WEB-EUR","totalAmountIncludingTax":203.95,"remainingAmount":203.95}""";

    public const string Lines = """
        {"@odata.etag":"W/\"l-1\"","id":"11111111-0000-0000-0000-000000000001","lineType":"Item","lineObjectNumber":"A-1","quantity":3,"unitPrice":50,"discountAmount":10},
        {"@odata.etag":"W/\"l-2\"","id":"11111111-0000-0000-0000-000000000002","lineType":"Item","lineObjectNumber":"B-2","quantity":1,"unitPrice":60,"discountAmount":1},
        {"@odata.etag":"W/\"l-3\"","id":"11111111-0000-0000-0000-000000000003","lineType":"Account","lineObjectNumber":"4900","quantity":1,"unitPrice":4.95,"discountAmount":0}
        """;

    /// <summary>Answers by the first rule whose method and path fit; a path fits if it contains the text. Tokens are always given.</summary>
    public static FakeVendor Answering(params (string Method, string Path, string Body)[] rules) => new(request =>
    {
        if (IsToken(request))
        {
            return FakeVendor.Json("""{"token_type":"Bearer","expires_in":3599,"access_token":"eyJ0.token"}""");
        }

        foreach (var (method, path, body) in rules)
        {
            if (request.Method.Method == method && request.Path.Contains(path, StringComparison.Ordinal))
            {
                return body.Length == 0 ? new HttpResponseMessage(HttpStatusCode.NoContent) : FakeVendor.Json(body, method == "POST" ? HttpStatusCode.Created : HttpStatusCode.OK);
            }
        }

        return request.Method == HttpMethod.Get ? FakeVendor.Json("""{"value":[]}""") : throw new InvalidOperationException($"Nobody answers {request.Method} {request.Path}.");
    });

    public static bool IsToken(VendorRequest request) => request.Address.Host == "login.microsoftonline.com";

    public static bool IsWrite(VendorRequest request) => request.Method != HttpMethod.Get && !IsToken(request);

    public static readonly (string Method, string Path, string Body)[] MasterData =
    [
        ("GET", "/locations", """{"value":[{"id":"22222222-0000-0000-0000-000000000001","code":"EU-WEB"},{"id":"22222222-0000-0000-0000-000000000002","code":"EU-BER1"}]}"""),
        ("GET", "/customers", """{"value":[{"id":"33333333-0000-0000-0000-000000000001","number":"WEB-EUR"}]}"""),
        ("GET", "/customerPaymentJournals?", """{"value":[{"id":"44444444-0000-0000-0000-000000000001","code":"WEBPAY"}]}"""),
    ];

    public static FakeVendor Accepting() => Answering(
    [
        .. MasterData,
        ("POST", "/salesOrders", PostedOrder),
    ]);

    public static FakeVendor Editing() => Answering(
    [
        .. MasterData,
        ("GET", $"salesOrders({OrderId})?$expand", PostedOrder.Replace("\"number\"", $"\"salesOrderLines\":[{Lines}],\"number\"", StringComparison.Ordinal)),
        ("GET", $"salesOrders({OrderId})", PostedOrder),
        ("PATCH", "/sales", PostedOrder),
        ("POST", "/salesOrderLines", """{"id":"11111111-0000-0000-0000-000000000004"}"""),
        ("DELETE", "/salesOrder", ""),
    ]);

    public static FakeVendor Shipping() => Answering(
        ("GET", $"salesOrders({OrderId})", PostedOrder),
        ("GET", "/salesInvoices?", $$"""{"value":[{{PostedInvoice}}]}"""),
        ("POST", "Microsoft.NAV.shipAndInvoice", ""));

    public static FakeVendor Paying(string remaining = "203.95", string lines = "", string ledger = "") => Answering(
    [
        .. MasterData,
        ("GET", $"salesInvoices({InvoiceId})", PostedInvoice.Replace("\"remainingAmount\":203.95", $"\"remainingAmount\":{remaining}", StringComparison.Ordinal)),
        ("GET", "/customerPayments", $$"""{"value":[{{lines}}]}"""),
        ("GET", "/generalLedgerEntries", $$"""{"value":[{{ledger}}]}"""),
        ("POST", "/customerPayments", """{"id":"55555555-0000-0000-0000-000000000001"}"""),
        ("POST", "Microsoft.NAV.post", ""),
        ("DELETE", "/customerPayments", ""),
    ]);

    public static FakeVendor Booking(string ledger = "", string lines = "", string balancing = "") => Answering(
        ("GET", "/generalLedgerEntries", $$"""{"value":[{{ledger}}]}"""),
        ("GET", "/journalLines", $$"""{"value":[{{lines}}]}"""),
        ("GET", "/journals?", $$"""{"value":[{"id":"44444444-0000-0000-0000-000000000002","code":"TOWER","balancingAccountNumber":"{{balancing}}"}]}"""),
        ("POST", "/journalLines", """{"id":"55555555-0000-0000-0000-000000000002"}"""),
        ("POST", "Microsoft.NAV.post", ""),
        ("DELETE", "/journalLines", ""));

    public static Task<Outcome> Send(IVendorClient client, VendorCommand command) => client.SendAsync(command, new FakeScope(), CancellationToken.None);

    public static Task<LookUp> LookUp(IVendorClient client, VendorCommand command) => client.LookUpAsync(command, new FakeScope(), CancellationToken.None);

    public static HttpResponseMessage Error(int status, string code, string message) => FakeVendor.Json(
        JsonSerializer.Serialize(new { error = new { code, message = $"{message}  CorrelationId:  6f4c7d2e-0000-0000-0000-000000000000." } }), (HttpStatusCode)status);

    public static void Approved(FakeVendor vendor)
    {
        var objections = vendor.Requests.Where(r => !IsToken(r)).SelectMany(r => BusinessCentralSchema.Objections(r).Select(o => $"{r.Method} {r.Path}: {o}")).ToList();
        Assert.True(objections.Count == 0, string.Join("\n", objections));
    }
}
