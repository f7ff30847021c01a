using System.Text.Json;
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
    public void The_echo_of_our_refund_is_known_and_that_of_a_till_is_not()
    {
        var told = System.Text.Encoding.UTF8.GetString(SquareWorld.Refund());
        Assert.Null(Told(told).Echo);
        Assert.Equal(SquareWorld.Posting, Told(told.Replace("\"id\":\"p1_r1\"", $"\"id\":\"p1_r1\",\"reason\":\"{Ours}\"", StringComparison.Ordinal)).Echo);

        static RefundRecorded Told(string text) => Assert.IsType<RefundRecorded>(Assert.Single(Assert.IsType<Translation.Events>(new SquareConnector().Translate(
            new StoredMessage(1, "read/refund", "e", NetworkFault.Now, System.Text.Encoding.UTF8.GetBytes(text)), SquareWorld.Profile)).List));
    }

    private static Task<Outcome> SendAsync(FakeVendor vendor) => SquareWorld.Client(vendor).SendAsync(SquareWorld.PayBack, new FakeScope(), default);

    private static Task<LookUp> LookUpAsync(FakeVendor vendor) => SquareWorld.Client(vendor).LookUpAsync(SquareWorld.PayBack, new FakeScope(), default);

    private static List<(string Key, string Payment, int Amount)> Given(FakeVendor vendor) =>
    [
        .. vendor.Requests.Where(SquareWorld.IsWrite).Select(r => r.Json)
            .Select(r => (r.GetProperty("idempotency_key").GetString()!, r.GetProperty("payment_id").GetString()!, r.GetProperty("amount_money").GetProperty("amount").GetInt32())),
    ];
}
