using System.Net;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.Square;
using Xunit;

namespace ControlTower.Tests.Conformance.Square;

/// <summary>Paying back a sale of a till: a refund of each payment, each once.</summary>
public sealed class SquareRefundTests
{
    private static readonly string Ours = $"ControlTower return {SquareWorld.Posting.Value}";

    [Fact]
    public async Task Each_payment_gives_back_what_it_holds_first_taken_first_under_a_key_of_its_own()
    {
        var vendor = SquareWorld.Paid();
        Assert.Equal("p1_r0", Assert.IsType<Outcome.Accepted>(await SendAsync(vendor)).Reference);
        Assert.Equal([($"{SquareWorld.Posting.Value}-1", "p1", 1000), ($"{SquareWorld.Posting.Value}-2", "p2", 250)], Given(vendor));
        Assert.IsType<LookUp.Found>(await LookUpAsync(vendor));
        SquareWorld.Approved(vendor);
    }

    [Fact]
    public async Task What_was_given_already_is_not_given_again_and_what_lacks_keeps_its_key()
    {
        var vendor = SquareWorld.Paid(("p1", 1000, "PENDING", Ours));
        Assert.IsType<LookUp.Absent>(await LookUpAsync(vendor));
        Assert.IsType<Outcome.Accepted>(await SendAsync(vendor));
        Assert.IsType<Outcome.Accepted>(await SendAsync(vendor));
        Assert.Equal([($"{SquareWorld.Posting.Value}-2", "p2", 250)], Given(vendor));
    }

    [Fact]
    public async Task What_others_gave_back_is_not_there_any_more()
    {
        var vendor = SquareWorld.Paid(("p1", 400, "COMPLETED", "Returned goods"), ("p2", 2000, "REJECTED", "Returned goods"));
        Assert.IsType<Outcome.Accepted>(await SendAsync(vendor));
        Assert.Equal([600, 650], Given(vendor).Select(g => g.Amount));
        Assert.Equal("nothing-left-to-refund", Assert.IsType<Outcome.Refused>(await SendAsync(SquareWorld.Paid(("p2", 2800, "COMPLETED", "Returned goods")))).Code);
    }

    [Fact]
    public async Task A_refund_of_ours_that_failed_waits_for_a_person()
    {
        var vendor = SquareWorld.Paid(("p1", 1000, "FAILED", Ours));
        Assert.Equal("refund-failed", Assert.IsType<Outcome.Refused>(await SendAsync(vendor)).Code);
        Assert.IsType<LookUp.Absent>(await LookUpAsync(vendor));
        Assert.Empty(Given(vendor));
    }

    [Fact]
    public async Task What_stops_half_way_is_not_said_to_be_undone()
    {
        var vendor = PaidBut(r => SquareWorld.IsWrite(r) && r.Body.Contains("\"p2\"", StringComparison.Ordinal) ? FakeVendor.Json("{}", HttpStatusCode.ServiceUnavailable) : null);
        Assert.IsType<Outcome.Unknown>(await SendAsync(vendor));
        Assert.IsType<LookUp.Absent>(await LookUpAsync(vendor));
        Assert.IsType<Outcome.NotDone>(await SendAsync(PaidBut(r => SquareWorld.IsWrite(r) ? FakeVendor.Json("{}", HttpStatusCode.ServiceUnavailable) : null)));
    }

    [Fact]
    public async Task More_of_ours_than_was_asked_for_waits_for_a_person()
    {
        var vendor = SquareWorld.Paid(("p1", 1000, "COMPLETED", Ours), ("p2", 251, "COMPLETED", Ours));
        Assert.IsType<LookUp.Absent>(await LookUpAsync(vendor));
        Assert.Equal("refunded-too-much", Assert.IsType<Outcome.Refused>(await SendAsync(vendor)).Code);
        Assert.Empty(Given(vendor));
    }

    [Theory]
    [InlineData("CANCELED")]
    [InlineData("FAILED")]
    [InlineData("APPROVED")]
    public async Task A_payment_that_was_not_taken_holds_nothing(string status)
    {
        var vendor = PaidBut(r => Payment(r, "p1", status, "1000"));
        Assert.IsType<Outcome.Accepted>(await SendAsync(vendor));
        Assert.Equal([($"{SquareWorld.Posting.Value}-2", "p2", 1250)], Given(vendor));
    }

    [Fact]
    public async Task A_tender_without_a_payments_id_is_its_payments_and_one_that_is_no_payment_holds_nothing()
    {
        var vendor = PaidBut(Anonymous);
        Assert.IsType<Outcome.Accepted>(await SendAsync(vendor));
        Assert.Equal([("p1", 1000), ("p2", 250)], Given(vendor).Select(g => (g.Payment, g.Amount)));

        var lost = PaidBut(r => r.Path.EndsWith("payments/p1", StringComparison.Ordinal)
            ? FakeVendor.Json("""{"errors":[{"category":"INVALID_REQUEST_ERROR","code":"NOT_FOUND","detail":"Could not find payment."}]}""", HttpStatusCode.NotFound) : Anonymous(r));
        Assert.IsType<Outcome.Accepted>(await SendAsync(lost));
        Assert.Equal([($"{SquareWorld.Posting.Value}-2", "p2", 1250)], Given(lost));

        static HttpResponseMessage? Anonymous(VendorRequest request) => request.Path.Contains("/orders/", StringComparison.Ordinal)
            ? FakeVendor.Json($$"""{"order":{{SquareWorld.Sale.Replace(",\"payment_id\":\"p1\"", "", StringComparison.Ordinal).Replace(",\"payment_id\":\"p2\"", "", StringComparison.Ordinal)}} }""") : null;
    }

    [Fact]
    public async Task An_absurd_amount_breaks_nothing()
    {
        var vendor = PaidBut(r => Payment(r, "p1", "COMPLETED", "100000000000000000000"));
        Assert.IsType<Outcome.Accepted>(await SendAsync(vendor));
        Assert.Equal([1250], Given(vendor).Select(g => g.Amount));
    }

    [Fact]
    public async Task Nothing_is_paid_and_nothing_more_read_where_a_refund_cannot_be_read()
    {
        var vendor = PaidBut(r => r.Path.Contains("/refunds/", StringComparison.Ordinal) ? FakeVendor.Json("{}", HttpStatusCode.BadGateway) : null,
            ("p1", 10, "COMPLETED", "Returned goods"), ("p1", 20, "COMPLETED", "Returned goods"));
        Assert.IsType<Outcome.NotDone>(await SendAsync(vendor));
        Assert.Single(vendor.Requests, r => r.Path.Contains("/refunds/", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("FAILED")]
    [InlineData("REJECTED")]
    public void A_refund_of_ours_that_fails_later_is_a_persons_and_that_of_a_till_is_not(string status)
    {
        var told = System.Text.Encoding.UTF8.GetString(SquareWorld.Refund(status: status));
        Assert.IsType<Translation.Ignored>(Translated(told));
        Assert.Equal("refund-failed", Assert.IsType<Translation.Unreadable>(Translated(told.Replace("\"id\":\"p1_r1\"", $"\"id\":\"p1_r1\",\"reason\":\"{Ours}\"", StringComparison.Ordinal))).Code);
    }

    [Fact]
    public void The_echo_of_our_refund_is_known_and_that_of_a_till_is_not()
    {
        var told = System.Text.Encoding.UTF8.GetString(SquareWorld.Refund());
        Assert.Null(Told(told).Echo);
        Assert.Equal(SquareWorld.Posting, Told(told.Replace("\"id\":\"p1_r1\"", $"\"id\":\"p1_r1\",\"reason\":\"{Ours}\"", StringComparison.Ordinal)).Echo);

        static RefundRecorded Told(string text) => Assert.IsType<RefundRecorded>(Assert.Single(Assert.IsType<Translation.Events>(Translated(text)).List));
    }

    private static Translation Translated(string text)
        => new SquareConnector().Translate(new StoredMessage(1, "read/refund", "e", NetworkFault.Now, System.Text.Encoding.UTF8.GetBytes(text)), SquareWorld.Profile);

    private static FakeVendor PaidBut(Func<VendorRequest, HttpResponseMessage?> other, params List<(string Payment, int Amount, string Status, string Reason)> refunds)
    {
        var vendor = SquareWorld.Paid(refunds);
        vendor.Fault = (request, _) => other(request);
        return vendor;
    }

    private static HttpResponseMessage? Payment(VendorRequest request, string id, string status, string amount) => request.Path.EndsWith($"payments/{id}", StringComparison.Ordinal)
        ? FakeVendor.Json($$"""{"payment":{"id":"{{id}}","status":"{{status}}","total_money":{"amount":{{amount}},"currency":"EUR"} } }""") : null;

    private static Task<Outcome> SendAsync(FakeVendor vendor) => SquareWorld.Client(vendor).SendAsync(SquareWorld.PayBack, new FakeScope(), default);

    private static Task<LookUp> LookUpAsync(FakeVendor vendor) => SquareWorld.Client(vendor).LookUpAsync(SquareWorld.PayBack, new FakeScope(), default);

    private static List<(string Key, string Payment, int Amount)> Given(FakeVendor vendor) =>
    [
        .. vendor.Requests.Where(SquareWorld.IsWrite).Select(r => r.Json)
            .Select(r => (r.GetProperty("idempotency_key").GetString()!, r.GetProperty("payment_id").GetString()!, r.GetProperty("amount_money").GetProperty("amount").GetInt32())),
    ];
}
