using System.Text.Json;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.BusinessCentral;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using static ControlTower.Tests.Conformance.BusinessCentral.BusinessCentralWorld;

namespace ControlTower.Tests.Conformance.BusinessCentral;

/// <summary>What the books say of orders, invoices, credit memos and payments.</summary>
public sealed class BusinessCentralLedgerTests
{
    private static readonly BusinessCentralConnector Connector = new();
    private readonly FakeTimeProvider clock = new(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task An_invoice_names_our_key_and_its_order()
    {
        var line = Assert.Single(await Read(LedgerFeeds.Invoices, Row("salesInvoices")));
        Assert.Equal((MoneyKind.Invoice, InvoiceId, new Money(203.95m, "EUR"), 32.56m, MoneyStatus.Final, "PS-INV103001"), (line.Kind, line.Id, line.Amount, line.Tax!.Value, line.Status, line.Document!));
        Assert.Equal([Key.Value, "S-ORD101001"], line.References);
        // Midnight of the books' own day, and the time of change in milliseconds.
        Assert.Equal((new DateTimeOffset(2026, 11, 22, 23, 0, 0, TimeSpan.Zero), 1795435160467), (line.At, line.Version));
    }

    [Theory]
    [InlineData("Draft", null)]
    [InlineData("In_x0020_Review", null)]
    [InlineData("Paid", MoneyStatus.Final)]
    [InlineData("Canceled", MoneyStatus.Cancelled)]
    [InlineData("Corrective", MoneyStatus.Cancelled)]
    [InlineData("Something new", MoneyStatus.Final)]
    public async Task Only_posted_documents_count_and_cancelled_ones_for_nothing(string status, MoneyStatus? expected)
    {
        foreach (var feed in new[] { LedgerFeeds.Invoices, LedgerFeeds.Credits })
        {
            Assert.Equal(expected, (await Read(feed, Row("salesInvoices").Replace("\"Open\"", $"\"{status}\"", StringComparison.Ordinal))).SingleOrDefault()?.Status);
        }
    }

    [Fact]
    public async Task A_credit_memo_is_negative_and_names_what_it_credits()
    {
        var row = Row("salesInvoices").Replace("\"orderNumber\": \"S-ORD101001\"", "\"invoiceNumber\": \"PS-INV103001\"", StringComparison.Ordinal);
        var line = Assert.Single(await Read(LedgerFeeds.Credits, row));
        Assert.Equal((MoneyKind.CreditMemo, -203.95m, -32.56m), (line.Kind, line.Amount.Amount, line.Tax!.Value));
        Assert.Equal([Key.Value, "PS-INV103001"], line.References);
    }

    [Fact]
    public async Task A_blank_currency_is_the_companys_own_and_yen_have_no_decimals()
    {
        Assert.Equal("EUR", (await Read(LedgerFeeds.Orders, Row("salesOrders").Replace("\"currencyCode\": \"EUR\"", "\"currencyCode\": \"\"", StringComparison.Ordinal)))[0].Amount.Currency);
        Assert.Equal(new Money(20395m, "JPY"), (await Read(LedgerFeeds.Orders, Row("salesOrders").Replace("\"EUR\"", "\"JPY\"", StringComparison.Ordinal).Replace("203.95", "20395", StringComparison.Ordinal)))[0].Amount);
    }

    [Fact]
    public async Task A_payment_names_the_end_of_its_key_its_invoice_and_how_it_was_paid()
    {
        var entry = $$"""{"id":"{{OrderId}}","documentNumber":"P-{{PaymentKey.Value[^16..]}}","postingDate":"2026-11-23","accountNumber":"2900","description":"Payment PS-INV103001 shopify_payments","debitAmount":203.95,"creditAmount":0,"lastModifiedDateTime":"2026-11-23T11:59:20.467Z"}""";
        var line = Assert.Single(await Read(LedgerFeeds.Payments, entry));
        Assert.Equal((MoneyKind.Payment, 203.95m, "shopify_payments", "2900"), (line.Kind, line.Amount.Amount, line.Method!, line.Account!));
        Assert.Equal([PaymentKey.Value[^16..], "PS-INV103001"], line.References);
        var foreign = Assert.Single(await Read(LedgerFeeds.Payments, entry.Replace("P-", "G0", StringComparison.Ordinal)));
        Assert.Equal([$"G0{PaymentKey.Value[^16..]}"], foreign.References);
    }

    [Theory]
    [InlineData("\"id\"", "\"ident\"")]
    [InlineData("\"totalAmountIncludingTax\"", "\"total\"")]
    [InlineData("\"lastModifiedDateTime\"", "\"changed\"")]
    public async Task A_line_that_cannot_be_read_fails_its_page_and_is_not_passed_over(string member, string other)
        => Assert.IsType<Outcome.NotDone>(Assert.IsType<FeedAnswer.Failed>(await Page(LedgerFeeds.Invoices, Row("salesInvoices").Replace(member, other, StringComparison.Ordinal))).Why);

    [Fact]
    public async Task Pages_follow_the_services_own_links_and_the_next_run_overlaps_this_one()
    {
        var next = $"{Root}companies({Company})/salesInvoices?$skiptoken=50";
        var pages = new Queue<string>([$$"""{"value":[{{Row("salesInvoices")}}],"@odata.nextLink":"{{next}}"}""", """{"value":[]}""", """{"value":[]}""", """{"value":[],"@odata.nextLink":"https://evil.example.com/steal"}"""]);
        var vendor = new FakeVendor(request => IsToken(request) ? FakeVendor.Json("""{"access_token":"t","expires_in":3599}""") : FakeVendor.Json(request.Path.Contains("companyInformation", StringComparison.Ordinal) ? """{"value":[]}""" : pages.Dequeue()));
        var client = Connector.Connect(Profile, vendor.Client(), clock);
        var first = Assert.IsType<FeedAnswer.Statement>(await Ask(client, null));
        Assert.True(first.More);
        var last = Assert.IsType<FeedAnswer.Statement>(await Ask(client, first.Cursor));
        Assert.Equal(next, vendor.Requests[^1].Address.AbsoluteUri);
        Assert.Equal((false, "2026-11-23T11:59:20.467Z"), (last.More, last.Cursor));
        Assert.IsType<FeedAnswer.Statement>(await Ask(client, last.Cursor));
        Assert.Contains("lastModifiedDateTime ge 2026-11-23T11:49:20.467Z", Uri.UnescapeDataString(vendor.Requests[^1].Path), StringComparison.Ordinal);
        Assert.IsType<FeedAnswer.Failed>(await Ask(client, last.Cursor));
    }

    [Fact]
    public void The_general_ledger_is_only_read_where_accounts_are_named()
    {
        var without = Profile with { Settings = Profile.Settings.Where(s => !s.Key.StartsWith("account:", StringComparison.Ordinal)).ToDictionary() };
        Assert.Equal([LedgerFeeds.Invoices, LedgerFeeds.Orders, LedgerFeeds.Credits], Connector.Feeds(without).Select(f => f.Feed).Where(LedgerFeeds.IsOne));
        Assert.Equal([LedgerFeeds.Invoices, LedgerFeeds.Orders, LedgerFeeds.Credits, LedgerFeeds.Payments, LedgerFeeds.Journal], Connector.Feeds(Profile).Select(f => f.Feed).Where(LedgerFeeds.IsOne));
    }

    [Fact]
    public async Task The_estates_books_tell_an_order_until_it_is_invoiced_then_its_invoice_payment_and_credit()
    {
        await using var estate = await EstateDriver.StartAsync();
        using var http = new HttpClient();
        var client = Connector.Connect(CatalogEstate.Profile(estate, "bc-eu", "business-central", "EUR"), http, TimeProvider.System);
        using var _ = (IDisposable)client;
        var made = await estate.OrderAsync("bc-eu", Key.Value);
        var order = Assert.Single(await LedgerEstate.ReadAsync(client, LedgerFeeds.Orders));
        Assert.Equal((MoneyKind.SalesOrder, made.GetProperty("number").GetString(), 59.90m), (order.Kind, order.Document, order.Amount.Amount));
        Assert.Empty(await LedgerEstate.ReadAsync(client, LedgerFeeds.Invoices));

        await estate.BcAsync("bc-eu", "POST", $"salesOrders({made.GetProperty("id")})/Microsoft.NAV.shipAndInvoice");
        Assert.Empty(await LedgerEstate.ReadAsync(client, LedgerFeeds.Orders));
        var invoice = Assert.Single(await LedgerEstate.ReadAsync(client, LedgerFeeds.Invoices));
        Assert.Equal([Key.Value, order.Document!], invoice.References);
        Assert.Equal(order.Amount, invoice.Amount);

        Assert.IsType<Outcome.Accepted>(await Send(client, Pay with { InvoiceId = invoice.Id, InvoiceNumber = invoice.Document!, Amount = invoice.Amount }));
        var payment = Assert.Single(await LedgerEstate.ReadAsync(client, LedgerFeeds.Payments));
        Assert.Equal((invoice.Amount, "shopify_payments"), (payment.Amount, payment.Method));
        Assert.Equal([PaymentKey.Value[^16..], invoice.Document!], payment.References);

        var credit = PostingKey.Derive("northlane", BusinessCentralWorld.Order, "#1001", "credit");
        Assert.Empty(await LedgerEstate.ReadAsync(client, LedgerFeeds.Credits));
        Assert.IsType<Outcome.Accepted>(await Send(client, new PostCreditMemo(credit, Key, [new CreditLine("l1", "NL-TEE-M-BLK", "Tee", 1, 29.95m, 29.95m, [])], DateTimeOffset.UnixEpoch)));
        var memo = Assert.Single(await LedgerEstate.ReadAsync(client, LedgerFeeds.Credits));
        Assert.Equal((MoneyKind.CreditMemo, -29.95m, credit.Value), (memo.Kind, memo.Amount.Amount, memo.References[0]));
    }

    private static string Row(string set) => set == "salesOrders"
        ? BusinessCentralDocumentTests.Invoice.Replace("\"invoiceDate\"", "\"orderDate\"", StringComparison.Ordinal)
        : BusinessCentralDocumentTests.Invoice.Replace("\"invoiceDate\"", "\"postingDate\"", StringComparison.Ordinal);

    private static Task<FeedAnswer> Ask(IVendorClient client, string? cursor, string feed = LedgerFeeds.Invoices)
        => client.ReadAsync(new FeedRequest(feed, cursor, DateTimeOffset.UnixEpoch.AddYears(50), TimeSpan.FromMinutes(10)), new FakeScope(), CancellationToken.None);

    private async Task<FeedAnswer> Page(string feed, string row)
    {
        var vendor = Answering(("GET", "/companyInformation", """{"value":[]}"""), ("GET", "companies", $$"""{"value":[{{row}}]}"""));
        var answer = await Ask(Connector.Connect(Profile, vendor.Client(), clock), null, feed);
        Approved(vendor);
        return answer;
    }

    private async Task<IReadOnlyList<MoneyLine>> Read(string feed, string row) => Assert.IsType<FeedAnswer.Statement>(await Page(feed, row)).Lines;
}
