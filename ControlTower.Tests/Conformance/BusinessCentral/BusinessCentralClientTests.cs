using System.Net;
using System.Text;
using System.Text.Json;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.BusinessCentral;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using static ControlTower.Tests.Conformance.BusinessCentral.BusinessCentralWorld;

namespace ControlTower.Tests.Conformance.BusinessCentral;

public sealed class BusinessCentralClientTests
{
    private readonly FakeTimeProvider clock = new(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task Every_request_is_valid_against_the_vendors_description()
    {
        foreach (var command in new BusinessCentralConformanceTests().Commands)
        {
            var vendor = command.Vendor();
            var client = Client(vendor);
            await Send(client, command.Command);
            await LookUp(client, command.Command);
            Approved(vendor);
        }

        var reading = Answering();
        var reader = Client(reading);
        foreach (var feed in new BusinessCentralConnector().Feeds(Profile))
        {
            Assert.True(await Read(reader, feed.Feed) is FeedAnswer.Page or FeedAnswer.Records or FeedAnswer.Statement, feed.Feed);
        }

        await reader.TestAsync(new FakeScope(), CancellationToken.None);
        Approved(reading);
    }

    [Fact]
    public void The_schema_check_sees_what_is_wrong()
    {
        static VendorRequest Made(string method, string path, string body) => new(new HttpMethod(method), new Uri($"{Root}companies({Company})/{path}"), new Dictionary<string, string>(StringComparer.Ordinal), body);
        Assert.NotEmpty(BusinessCentralSchema.Objections(Made("POST", "salesOrders", """{"number":"1"}""")));
        Assert.NotEmpty(BusinessCentralSchema.Objections(Made("POST", "salesOrders", """{"externalDocumentNumber":"123456789012345678901234567890123456"}""")));
        Assert.NotEmpty(BusinessCentralSchema.Objections(Made("POST", "salesOrders", """{"salesOrderLines":[{"lineType":"Thing"}]}""")));
        Assert.NotEmpty(BusinessCentralSchema.Objections(Made("POST", $"salesOrders({OrderId})/Microsoft.NAV.ship", "")));
        Assert.NotEmpty(BusinessCentralSchema.Objections(Made("GET", "salesOrders?$select=nick", "")));
        Assert.NotEmpty(BusinessCentralSchema.Objections(Made("POST", "salesShipments", "{}")));
        Assert.NotEmpty(BusinessCentralSchema.Objections(Made("DELETE", $"salesOrders({OrderId})", "")));
    }

    [Fact]
    public async Task A_posted_order_says_what_the_shop_says()
    {
        var vendor = Accepting();
        var accepted = Assert.IsType<Outcome.Accepted>(await Send(Client(vendor), Post));
        Assert.Equal((OrderId, "S-ORD101001", "203.95"), (accepted.Reference, accepted.Number, accepted.Facts!["total"]));
        Golden.Same(Assert.Single(vendor.Requests, IsWrite).Json, "Canonical", "business-central", "posted-order.json");
    }

    [Fact]
    public async Task The_lines_sent_add_up_to_the_order_whatever_is_allocated()
    {
        var random = new Random(5);
        for (var i = 0; i < 300; i++)
        {
            IReadOnlyList<OrderLine> lines = [.. Enumerable.Range(1, random.Next(1, 6)).Select(n => new OrderLine($"l{n}", $"S-{n}", "x", random.Next(1, 9), random.Next(1, 99999) / 100m, random.Next(0, 300) / 100m, []))];
            var total = lines.Sum(l => l.Net) + 4.95m;
            var order = TheOrder with { Lines = lines, Totals = new OrderTotals(total, 0, 0, 4.95m) };
            IReadOnlyList<Allocation> allocations = [.. lines.SelectMany(l => Enumerable.Range(0, l.Quantity).Select(_ => new Allocation(l.Id, l.Sku, random.Next(3) switch { 0 => "EU-WEB", 1 => "EU-BER1", _ => "NOWHERE" }, 1)))];
            var vendor = Accepting();
            await Send(Client(vendor), new PostSalesOrder(Key, order, allocations));
            var sent = Assert.Single(vendor.Requests, IsWrite).Json.Items("salesOrderLines");
            Assert.Equal(total, sent.Sum(l => (l.Amount("quantity")!.Value * l.Amount("unitPrice")!.Value) - l.Amount("discountAmount")!.Value));
        }
    }

    [Theory]
    [InlineData("salesOrders")]
    [InlineData("salesInvoices")]
    public async Task A_document_under_our_key_is_adopted_and_never_posted_again(string set)
    {
        var vendor = Answering(("GET", $"/{set}?", $$"""{"value":[{{PostedOrder}}]}"""));
        Assert.Equal(OrderId, Assert.IsType<Outcome.Accepted>(await Send(Client(vendor), Post)).Reference);
        Assert.DoesNotContain(vendor.Requests, IsWrite);
        Assert.IsType<LookUp.Found>(await LookUp(Client(vendor), Post));
    }

    [Fact]
    public async Task A_total_that_the_answer_does_not_show_is_read_back()
    {
        var vendor = Answering([.. MasterData, ("POST", "/salesOrders", PostedOrder.Replace("203.95", "0", StringComparison.Ordinal)), ("GET", $"salesOrders({OrderId})", PostedOrder)]);
        Assert.Equal("203.95", Assert.IsType<Outcome.Accepted>(await Send(Client(vendor), Post)).Facts!["total"]);
    }

    [Fact]
    public async Task A_quote_in_a_key_cannot_leave_its_literal()
    {
        var vendor = Accepting();
        await LookUp(Client(vendor), Post with { Key = new PostingKey("X' or number ne '") });
        Assert.Contains("externalDocumentNumber eq 'X'' or number ne '''", vendor.Requests[1].Path, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_customer_of_the_tower_is_created_once()
    {
        var vendor = Answering([MasterData[0], ("POST", "/customers", """{"id":"1"}"""), ("POST", "/salesOrders", PostedOrder)]);
        var client = Client(vendor);
        await Send(client, Post);
        await Send(client, Post);
        var created = Assert.Single(vendor.Requests, r => IsWrite(r) && r.Path.EndsWith("/customers", StringComparison.Ordinal));
        Assert.Equal(("WEB-EUR", ""), (created.Json.Text("number"), created.Json.Text("currencyCode")));
        Approved(vendor);
    }

    [Fact]
    public async Task A_customer_number_that_a_person_set_must_exist()
    {
        var vendor = Answering([MasterData[0], ("POST", "/salesOrders", PostedOrder)]);
        var refused = Assert.IsType<Outcome.Refused>(await Send(Client(vendor, With("customerNumber:shopify-eu", "WEB-EU-{country}")), Post));
        Assert.Equal(("unknown-customer", "customerNumber"), (refused.Code, refused.Field));
        Assert.Contains("number eq 'WEB-EU-DE'", vendor.Requests[^1].Path, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_buyer_is_a_customer_where_that_is_wanted()
    {
        var vendor = Answering([MasterData[0], ("POST", "/customers", """{"id":"1"}"""), ("POST", "/salesOrders", PostedOrder)]);
        await Send(Client(vendor, With("customerMode", "perBuyer")), Post);
        var created = Assert.Single(vendor.Requests, r => IsWrite(r) && r.Path.EndsWith("/customers", StringComparison.Ordinal));
        Assert.Equal("Ada Beispiel", created.Json.Text("displayName"));
        Assert.Equal(created.Json.Text("number"), vendor.Requests[^1].Json.Text("customerNumber"));
        Approved(vendor);
    }

    [Fact]
    public async Task Tax_that_the_shop_put_on_top_is_booked_as_it_is()
    {
        var vendor = Accepting();
        var order = TheOrder with { TaxesIncluded = false, Currency = "USD", Totals = TheOrder.Totals with { Total = 236.51m } };
        await Send(Client(vendor, With("salesTaxAccount", "2310")), new PostSalesOrder(Key, order, []));
        var body = vendor.Requests.Last(IsWrite).Json;
        Assert.Equal(("USD", false), (body.Text("currencyCode"), body.Flag("pricesIncludeTax")));
        var tax = body.Items("salesOrderLines")[^1];
        Assert.Equal(("Account", "2310", 32.56m), (tax.Text("lineType"), tax.Text("lineObjectNumber"), tax.Amount("unitPrice")));
    }

    [Fact]
    public async Task Shipping_that_is_booked_as_an_item_is_no_goods_when_an_order_is_read_back()
    {
        const string read = """{"value":[{"id":"11111111-0000-0000-0000-000000000009","number":"S-1","currencyCode":"EUR","totalAmountIncludingTax":1,"salesOrderLines":[{"lineType":"Item","lineObjectNumber":"A-1","quantity":3},{"lineType":"Item","lineObjectNumber":"4900","quantity":1}]}]}""";
        var vendor = Answering([.. MasterData, ("GET", "/salesOrders", read)]);
        var found = Assert.IsType<LookUp.Found>(await LookUp(Client(vendor, With("shippingLineType", "Item")), Post));
        Assert.Equal("A-1\t3", found.As.Facts![ReadFacts.Lines]);
        var bought = Post with { Order = TheOrder with { Lines = [.. TheOrder.Lines, TheOrder.Lines[0] with { Id = "gift", Sku = "4900", Quantity = 1 }] } };
        Assert.Equal("A-1\t3\n4900\t1", Assert.IsType<LookUp.Found>(await LookUp(Client(vendor, With("shippingLineType", "Item")), bought)).As.Facts![ReadFacts.Lines]);
    }

    [Fact]
    public async Task What_the_order_lacks_is_refused_before_anything_is_sent()
    {
        var vendor = Accepting();
        Assert.Equal("no-shipping-account", Assert.IsType<Outcome.Refused>(await Send(Client(vendor, With("shippingAccount", "")), Post)).Code);
        var nameless = TheOrder with { Lines = [TheOrder.Lines[0] with { Sku = "" }] };
        Assert.Equal("unknown-item", Assert.IsType<Outcome.Refused>(await Send(Client(vendor), new PostSalesOrder(Key, nameless, []))).Code);
        Assert.Equal("unknown-location", Assert.IsType<Outcome.Refused>(await Send(Client(vendor, With("locations", "required")), Post with { Allocations = [new("l1", "A-1", "MARS", 3)] })).Code);
        Assert.DoesNotContain(vendor.Requests, IsWrite);
    }

    [Theory]
    [InlineData(400, "Application_DialogException", "You cannot create this type of document when Customer 10000 is blocked with type All.", FailureKind.Refused, "customer-blocked", "customerNumber")]
    [InlineData(400, "Application_DialogException", "Blocked must be equal to 'No'  in Item: No.=1000. Current value is 'Yes'.", FailureKind.Refused, "item-blocked", "lineObjectNumber")]
    [InlineData(400, "Application_DialogException", "The Posting Date 2026-11-23 is not within your range of allowed posting dates.", FailureKind.Refused, "closed-period", "postingDate")]
    [InlineData(400, "Application_DialogException", "Item does not exist.", FailureKind.Missing, "unknown-item", "lineObjectNumber")]
    [InlineData(400, "Application_DialogException", "The \"currencyCode\" does not match to a Currency.", FailureKind.Missing, "missing", "currencyCode")]
    [InlineData(400, "Application_DialogException", "Something only this tenant's extension says.", FailureKind.Refused, "Application_DialogException", null)]
    [InlineData(400, "Internal_InvalidTableRelation", "The field No. of table Sales Line contains a value (X) that cannot be found in the related table (Item).", FailureKind.Missing, "unknown-item", "lineObjectNumber")]
    [InlineData(400, "Internal_InvalidTableRelation", "The field VAT Prod. Posting Group of table Sales Line contains a value (VAT0) that cannot be found in the related table (VAT Product Posting Group).", FailureKind.Missing, "unknown-tax-code", "taxCode")]
    [InlineData(400, "Application_StringExceededLength", "The length of the string is 120, but it must be less than or equal to 100 characters.", FailureKind.Value, "Application_StringExceededLength", null)]
    [InlineData(404, "Internal_CompanyNotFound", "The company \"X\" does not exist.", FailureKind.Connection, "Internal_CompanyNotFound", "companyId")]
    [InlineData(404, "BadRequest_ResourceNotFound", "Resource not found for the segment 'salesOrdersX'.", FailureKind.Connection, "BadRequest_ResourceNotFound", null)]
    public async Task A_business_refusal_is_told_by_its_kind(int status, string code, string message, FailureKind kind, string ours, string? field)
    {
        var vendor = Accepting();
        vendor.Fault = (request, _) => IsWrite(request) ? Error(status, code, message) : null;
        var refused = Assert.IsType<Outcome.Refused>(await Send(Client(vendor), Post));
        Assert.Equal((kind, ours, field), (refused.Kind, refused.Code, refused.Field));
        Assert.DoesNotContain("CorrelationId", refused.Message, StringComparison.Ordinal);
        Assert.Single(vendor.Requests, IsWrite);
    }

    [Theory]
    [InlineData(409, "Request_EntityChanged", "Another user has already changed the record.")]
    [InlineData(412, "BadRequest", "Precondition failed")]
    [InlineData(400, "Application_DialogException", "The Sales Header table cannot be changed because it is locked by another user. Wait until the user is finished and then try again.")]
    public async Task A_collision_is_not_done_and_may_be_tried_again(int status, string code, string message)
    {
        var vendor = Editing();
        vendor.Fault = (request, _) => IsWrite(request) ? Error(status, code, message) : null;
        Assert.Equal(FailureKind.Intermittent, Assert.IsType<Outcome.NotDone>(await Send(Client(vendor), Cancel)).Kind);
    }

    [Fact]
    public async Task An_update_changes_only_what_differs()
    {
        var vendor = Editing();
        Assert.IsType<Outcome.Accepted>(await Send(Client(vendor), Update));
        var writes = vendor.Requests.Where(IsWrite).Select(r => $"{r.Method} {r.Path[(r.Path.LastIndexOf('/') + 1)..]} {r.Headers.GetValueOrDefault("If-Match")}").ToList();
        Assert.Equal(
            [
                $"PATCH salesOrders({OrderId}) W/\"order-1\"",
                "PATCH salesOrderLines(11111111-0000-0000-0000-000000000001) W/\"l-1\"",
                "POST salesOrderLines ",
                "DELETE salesOrderLines(11111111-0000-0000-0000-000000000002) W/\"l-2\"",
            ], writes);
        Approved(vendor);
    }

    [Fact]
    public async Task An_update_that_is_already_there_is_found_and_writes_nothing()
    {
        var order = TheOrder with { Buyer = new Buyer(null, null, null, null, null, null) };
        var same = new UpdateSalesOrder(Key, Key, OrderId, order, []);
        var vendor = Editing();
        Assert.IsType<LookUp.Found>(await LookUp(Client(vendor), same));
        Assert.IsType<Outcome.Accepted>(await Send(Client(vendor), same));
        Assert.DoesNotContain(vendor.Requests, IsWrite);
        Assert.IsType<LookUp.Absent>(await LookUp(Client(Editing()), Update));
    }

    [Fact]
    public async Task An_order_that_is_gone_counts_as_cancelled_unless_it_was_invoiced()
    {
        var gone = Answering();
        gone.Fault = (request, _) => request.Path.Contains($"salesOrders({OrderId})", StringComparison.Ordinal) ? Error(404, "Internal_RecordNotFound", "The record cannot be found.") : null;
        Assert.IsType<Outcome.Accepted>(await Send(Client(gone), Cancel));
        Assert.IsType<LookUp.Found>(await LookUp(Client(gone), Cancel));
        var invoiced = Shipping();
        invoiced.Fault = gone.Fault;
        Assert.Equal("already-invoiced", Assert.IsType<Outcome.Refused>(await Send(Client(invoiced), Cancel)).Code);
        Assert.Equal("already-invoiced", Assert.IsType<Outcome.Refused>(await Send(Client(invoiced), Update)).Code);
        Assert.Equal("203.95", Assert.IsType<Outcome.Accepted>(await Send(Client(invoiced), Ship)).Facts!["total"]);
        Assert.DoesNotContain(invoiced.Requests, IsWrite);
    }

    [Fact]
    public async Task Shipping_tells_the_invoice()
    {
        var accepted = Assert.IsType<Outcome.Accepted>(await Send(Client(Shipping()), Ship));
        Assert.Equal((InvoiceId, "PS-INV103001", "203.95"), (accepted.Facts!["invoiceId"], accepted.Facts["invoiceNumber"], accepted.Facts["total"]));
    }

    [Fact]
    public async Task A_shipment_whose_invoice_cannot_be_read_is_unknown_not_lost()
    {
        var vendor = Shipping();
        vendor.Fault = (request, _) => request.Path.Contains("salesInvoices", StringComparison.Ordinal) ? new HttpResponseMessage(HttpStatusCode.BadGateway) : null;
        Assert.IsType<Outcome.Unknown>(await Send(Client(vendor), Ship));
    }

    private IVendorClient Client(FakeVendor vendor, ConnectionProfile? profile = null) => new BusinessCentralConnector().Connect(profile ?? Profile, vendor.Client(), clock);

    private Task<FeedAnswer> Read(IVendorClient client, string feed, string? cursor = null)
        => client.ReadAsync(new FeedRequest(feed, cursor, clock.GetUtcNow().AddHours(-1), TimeSpan.FromMinutes(2)), new FakeScope(), CancellationToken.None);
}
