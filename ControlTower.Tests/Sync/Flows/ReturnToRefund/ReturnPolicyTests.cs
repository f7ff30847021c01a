using ControlTower.Data.Canonical;
using ControlTower.Sync.Flows;
using ControlTower.Sync.Flows.ReturnToRefund;
using Xunit;
using static ControlTower.Tests.Sync.Flows.ReturnToRefund.ReturnBench;

namespace ControlTower.Tests.Sync.Flows.ReturnToRefund;

/// <summary>What the policy says, and that it is kept to be shown.</summary>
public sealed class ReturnPolicyTests
{
    [Fact]
    public void Within_the_window_with_a_receipt_it_is_allowed() => Judged(Wish(), Sold(), Ruling.Allowed, "within-policy");

    [Fact]
    public void After_the_window_a_person_must_agree() => Judged(Wish(), Sold(daysAgo: 31), Ruling.AskPerson, "window-over");

    [Fact]
    public void What_was_faulty_is_not_bound_to_the_window() => Judged(Wish(reason: ReturnReasons.Faulty), Sold(daysAgo: 300), Ruling.Allowed, "within-policy");

    [Fact]
    public void Without_a_receipt_a_person_must_agree() => Judged(Wish(receipt: false), Sold(), Ruling.AskPerson, "no-receipt");

    [Fact]
    public void Without_a_receipt_nobody_can_agree_above_the_limit() => Judged(
        Wish(receipt: false), Sold(), Ruling.Denied, "no-receipt-limit", ReturnPolicy.Standard with { WithoutReceipt = new AmountLimit(1_000m, new Dictionary<string, decimal> { ["EUR"] = 39.97m }) });

    [Fact]
    public void More_than_is_left_of_a_line_is_denied() => Judged(Wish(quantity: 3), Sold(left: 2), Ruling.Denied, "quantity-left");

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    public void No_pieces_are_denied(int quantity) => Judged(Wish(quantity), Sold(), Ruling.Denied, "bad-quantity");

    [Fact]
    public void The_largest_number_there_is_is_denied() => Judged(Wish(int.MaxValue), Sold(), Ruling.Denied, "quantity-left");

    [Fact]
    public void A_negative_piece_does_not_hide_in_the_sum_of_a_line_named_twice() => Judged(
        Wish() with { Lines = [new ReturnedLine("1", 4, ReturnReasons.Size), new ReturnedLine("1", -2, ReturnReasons.Size)] }, Sold(), Ruling.Denied, "bad-quantity");

    [Fact]
    public void A_line_that_was_never_sold_is_denied() => Judged(Wish() with { Lines = [new ReturnedLine("9", 1, ReturnReasons.Size)] }, Sold(), Ruling.Denied, "unknown-line");

    [Fact]
    public void What_was_refunded_already_is_denied() => Judged(Wish(), Sold() with { MoneyLeft = 39.97m }, Ruling.Denied, "refund-exceeds-capture");

    [Fact]
    public void What_was_never_delivered_is_denied() => Judged(Wish(), Sold() with { DeliveredAt = null }, Ruling.Denied, "not-delivered");

    [Fact]
    public void What_was_never_paid_is_denied() => Judged(Wish(), Sold() with { Captured = 0m, MoneyLeft = 0m }, Ruling.Denied, "not-paid");

    [Fact]
    public void A_reason_that_nobody_knows_is_asked_about() => Judged(Wish(reason: "because"), Sold(), Ruling.AskPerson, "unknown-reason");

    [Fact]
    public void Once_a_person_agrees_the_order_is_looked_at_again_and_claimed()
    {
        var bench = new ReturnBench { Order = Sold(daysAgo: 40) };
        bench.Tell(Wish());
        Assert.Equal(("requested", FlowStatus.Attention), (bench.Stage, ReturnStages.StatusOf(bench.State!)));
        bench.Tell(new ReturnApproved("a", Key, "mona", Start));
        Assert.Equal(("authorised", "mona"), (bench.Stage, bench.State!.ApprovedBy));
        Assert.NotEmpty(bench.Held);

        var late = new ReturnBench { Order = Sold(daysAgo: 40) };
        late.Tell(Wish());
        late.Order = Sold(left: 1, daysAgo: 40);
        late.Tell(new ReturnApproved("a", Key, "mona", Start));
        Assert.Equal(("refused", 0), (late.Stage, late.Held.Count));
    }

    [Fact]
    public void What_the_channel_promised_and_there_is_not_waits_for_a_person()
    {
        var bench = new ReturnBench { Order = Sold(left: 1) };
        bench.Tell(Wish(by: null, approved: true));
        Assert.Equal(("requested", FlowStatus.Attention), (bench.Stage, ReturnStages.StatusOf(bench.State!)));
        Assert.Contains("return-not-possible", bench.OpenProblems);
        bench.Tell(new ReturnRefused("n", Key, "mona", "settled with the buyer", Start));
        Assert.Equal("refused", bench.Stage);
        Assert.Empty(bench.OpenProblems);
    }

    private static void Judged(ReturnStated wish, SoldOrder order, Ruling ruling, string ground, ReturnPolicy? policy = null)
    {
        var bench = new ReturnBench { Order = order };
        bench.Context = bench.Context with { Policy = new FlowPolicy(Returns: policy) };
        bench.Tell(wish);
        Assert.Equal(ruling, bench.State!.Decision!.Ruling);
        Assert.Contains(bench.State.Decision.Grounds, g => g.Code == ground);
        Assert.Equal(ruling switch { Ruling.Allowed => "authorised", Ruling.Denied => "refused", _ => "requested" }, bench.Stage);
    }
}
