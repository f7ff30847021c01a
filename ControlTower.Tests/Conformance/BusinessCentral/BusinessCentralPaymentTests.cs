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

public sealed class BusinessCentralPaymentTests
{
    private readonly FakeTimeProvider clock = new(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task A_payment_is_one_line_applied_to_its_invoice()
    {
        var vendor = Paying();
        Assert.IsType<Outcome.Accepted>(await Send(Client(vendor), Pay));
        var line = Assert.Single(vendor.Requests, r => r.Method == HttpMethod.Post && r.Path.EndsWith("/customerPayments", StringComparison.Ordinal)).Json;
        Assert.Equal(("WEB-EUR", -203.95m, "PS-INV103001", PaymentKey.Value), (line.Text("customerNumber"), line.Amount("amount"), line.Text("appliesToInvoiceNumber"), line.Text("externalDocumentNumber")));
        Assert.EndsWith("journals(44444444-0000-0000-0000-000000000001)/Microsoft.NAV.post", vendor.Requests[^1].Path, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_paid_invoice_is_not_paid_twice()
    {
        var vendor = Paying(remaining: "0");
        Assert.IsType<Outcome.Accepted>(await Send(Client(vendor), Pay));
        Assert.IsType<LookUp.Found>(await LookUp(Client(vendor), Pay));
        Assert.DoesNotContain(vendor.Requests, IsWrite);
    }

    [Fact]
    public async Task After_a_part_payment_the_ledger_decides()
    {
        Assert.IsType<LookUp.Found>(await LookUp(Client(Paying(remaining: "100", ledger: """{"id":"x"}""")), Pay));
        var other = Paying(remaining: "100");
        Assert.IsType<LookUp.Absent>(await LookUp(Client(other), Pay));
        Approved(other);
        Assert.IsType<LookUp.Absent>(await LookUp(Client(Paying()), Pay));
    }

    [Fact]
    public async Task Our_line_left_in_the_journal_is_used_and_foreign_ones_are_removed()
    {
        var lines = $$"""{"id":"77777777-0000-0000-0000-000000000001","externalDocumentNumber":"OTHER","amount":-5,"@odata.etag":"W/\"o\""},{"id":"77777777-0000-0000-0000-000000000002","externalDocumentNumber":"{{PaymentKey}}","amount":-203.95}""";
        var vendor = Paying(lines: lines);
        Assert.IsType<Outcome.Accepted>(await Send(Client(vendor), Pay));
        Assert.Equal(["DELETE", "POST"], vendor.Requests.Where(IsWrite).Select(r => r.Method.Method));
        Assert.Contains("77777777-0000-0000-0000-000000000001", vendor.Requests.First(IsWrite).Path, StringComparison.Ordinal);
        Approved(vendor);
    }

    [Fact]
    public async Task A_payment_that_is_refused_leaves_no_line_behind()
    {
        var vendor = Paying();
        vendor.Fault = (request, _) => request.Path.EndsWith("Microsoft.NAV.post", StringComparison.Ordinal) ? Error(400, "Application_DialogException", "Posting Date is not within your range of allowed posting dates.") : null;
        Assert.Equal("closed-period", Assert.IsType<Outcome.Refused>(await Send(Client(vendor), Pay)).Code);
        Assert.Equal(HttpMethod.Delete, vendor.Requests[^1].Method);
        Approved(vendor);
    }

    [Fact]
    public async Task A_journal_that_does_not_exist_is_asked_for_by_name()
        => Assert.Equal("no-payment-journal", Assert.IsType<Outcome.Refused>(await Send(Client(Answering(("GET", $"salesInvoices({InvoiceId})", PostedInvoice))), Pay)).Code);

    private IVendorClient Client(FakeVendor vendor, ConnectionProfile? profile = null) => new BusinessCentralConnector().Connect(profile ?? Profile, vendor.Client(), clock);
}
