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

public sealed class BusinessCentralReadingTests
{
    private readonly FakeTimeProvider clock = new(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task One_token_serves_many_calls_until_it_expires()
    {
        var vendor = Accepting();
        var client = Client(vendor);
        await LookUp(client, Post);
        await LookUp(client, Post);
        Assert.Single(vendor.Requests, IsToken);
        clock.Advance(TimeSpan.FromHours(1));
        await LookUp(client, Post);
        Assert.Equal(2, vendor.Requests.Count(IsToken));
    }

    [Fact]
    public async Task A_revoked_token_is_replaced_once_and_the_write_goes_through()
    {
        var vendor = Accepting();
        var refusals = 0;
        vendor.Fault = (request, _) => IsWrite(request) && refusals++ == 0 ? Error(401, "Authentication_InvalidCredentials", "The server has rejected the client credentials.") : null;
        Assert.IsType<Outcome.Accepted>(await Send(Client(vendor), Post));
        Assert.Equal(2, vendor.Requests.Count(IsToken));
    }

    [Fact]
    public async Task The_feed_follows_the_services_links_but_never_to_another_host()
    {
        var next = $"{Root}companies({Company})/salesInvoices?$skiptoken=50";
        var pages = new Queue<string>([
            $$"""{"value":[{{BusinessCentralDocumentTests.Invoice}}],"@odata.nextLink":"{{next}}"}""",
            $$"""{"value":[],"@odata.nextLink":"https://evil.example.com/steal"}""",
        ]);
        var vendor = new FakeVendor(request => IsToken(request) ? FakeVendor.Json("""{"access_token":"t","expires_in":3599}""") : FakeVendor.Json(pages.Dequeue()));
        var client = Client(vendor);
        var first = Assert.IsType<FeedAnswer.Page>(await Read(client, "salesInvoices"));
        Assert.True(first.More);
        Assert.Equal(("salesInvoices", $"posting/{Key}"), (first.Items[0].Topic, first.Items[0].Lane));
        Assert.StartsWith($"{InvoiceId}@2026-11-23T11:59:20.467Z#", first.Items[0].EventId, StringComparison.Ordinal);
        var second = Assert.IsType<FeedAnswer.Page>(await Read(client, "salesInvoices", first.Cursor));
        Assert.Equal(next, vendor.Requests[^1].Address.AbsoluteUri);
        Assert.False(second.More);
    }

    [Fact]
    public async Task An_invoice_has_one_event_id_however_it_is_read_and_another_when_it_differs()
    {
        var alone = await NamedAsync($$"""{"@odata.context":"https://x/$metadata#salesInvoices/$entity",{{BusinessCentralDocumentTests.Invoice.TrimStart()[1..]}}""");
        var listed = Assert.IsType<FeedAnswer.Page>(await Read(Client(Answering(("GET", "/salesInvoices?", $$"""{"value":[{{BusinessCentralDocumentTests.Invoice}}]}"""))), "salesInvoices")).Items[0];
        Assert.Equal(listed.EventId, alone.EventId);
        Assert.Equal(listed.Body, alone.Body);
        var paid = await NamedAsync(BusinessCentralDocumentTests.Invoice.Replace("\"remainingAmount\": 203.95", "\"remainingAmount\": 0", StringComparison.Ordinal));
        Assert.NotEqual(listed.EventId, paid.EventId);

        async Task<FeedItem> NamedAsync(string body) => Assert.Single(Assert.IsType<FeedAnswer.Page>(await Client(Answering(("GET", $"salesInvoices({InvoiceId})", body))).ReadAsync(
            new FeedRequest("", null, clock.GetUtcNow(), TimeSpan.Zero, $"salesInvoices:{InvoiceId}"), new FakeScope(), CancellationToken.None)).Items);
    }

    [Fact]
    public async Task A_named_invoice_is_read_with_its_lines_and_one_that_is_gone_is_left_out()
    {
        var vendor = Answering(("GET", $"salesInvoices({InvoiceId})", BusinessCentralDocumentTests.Invoice));
        vendor.Fault = (request, _) => request.Path.Contains("00000001", StringComparison.Ordinal) ? Error(404, "Internal_RecordNotFound", "gone") : null;
        var page = Assert.IsType<FeedAnswer.Page>(await Client(vendor).ReadAsync(
            new FeedRequest("", null, clock.GetUtcNow(), TimeSpan.Zero, $"salesInvoices:{InvoiceId},00000001-0000-0000-0000-000000000001"), new FakeScope(), CancellationToken.None));
        Assert.Single(page.Items);
        Approved(vendor);
    }

    [Theory]
    [InlineData(null, "POST")]
    [InlineData("2026-11-24T12:00:00Z", "PATCH")]
    [InlineData("2026-11-26T12:00:00Z", null)]
    public async Task A_subscription_is_made_and_renewed_before_it_expires(string? expires, string? write)
    {
        var existing = expires is null ? "" : $$"""
            {"@odata.etag":"W/\"s\"","subscriptionId":"abc","notificationUrl":"https://tower.example.com/ingress/bc-eu/notifications","resource":"/api/v2.0/companies({{Company}})/salesInvoices","clientState":"{{Secret}}","expirationDateTime":"{{expires}}"}
            """;
        var vendor = Answering(("GET", "/subscriptions", $$"""{"value":[{{existing}}]}"""), ("POST", "/subscriptions", """{"subscriptionId":"new"}"""), ("PATCH", "/subscriptions('abc')", """{"subscriptionId":"abc"}"""));
        Assert.IsType<Outcome.Accepted>(await Client(vendor).SubscribeAsync(new Uri("https://tower.example.com/ingress/bc-eu"), new FakeScope(), CancellationToken.None));
        Assert.Equal(write, vendor.Requests.SingleOrDefault(IsWrite)?.Method.Method);
        Approved(vendor);
    }

    private IVendorClient Client(FakeVendor vendor, ConnectionProfile? profile = null) => new BusinessCentralConnector().Connect(profile ?? Profile, vendor.Client(), clock);

    private Task<FeedAnswer> Read(IVendorClient client, string feed, string? cursor = null)
        => client.ReadAsync(new FeedRequest(feed, cursor, clock.GetUtcNow().AddHours(-1), TimeSpan.FromMinutes(2)), new FakeScope(), CancellationToken.None);
}
