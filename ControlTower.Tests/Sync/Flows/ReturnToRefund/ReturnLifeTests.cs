using ControlTower.Data.Canonical;
using ControlTower.Sync.Flows;
using ControlTower.Sync.Flows.ReturnToRefund;
using Xunit;
using static ControlTower.Tests.Sync.Flows.ReturnToRefund.ReturnBench;

namespace ControlTower.Tests.Sync.Flows.ReturnToRefund;

/// <summary>Lives of returns, told in order.</summary>
public sealed class ReturnLifeTests
{
    [Fact]
    public void Bought_online_and_returned_in_a_store_it_is_credited_refunded_told_and_closed_once_each()
    {
        var bench = new ReturnBench();
        bench.Tell(Wish());
        Assert.Equal(("authorised", "NL-1-R1"), (bench.Stage, bench.State!.Name));
        Assert.Equal((2, 39.98m), bench.Held["1"]);
        Assert.Empty(bench.Open);

        bench.Tell(Received());
        Assert.Equal("received", bench.Stage);
        bench.Tell(Inspected());
        Assert.Equal("inspected", bench.Stage);
        Assert.Equal(["PostCreditMemo", "RefundPayment"], bench.OpenKinds);
        Assert.All(bench.Asked, a => Assert.Equal(39.98m, a.Value.Amount));
        Assert.Equal(new PutBackLine("1", "SKU-1", 2, 0), Assert.Single(Assert.Single(bench.Booked).Lines));

        bench.Deliver(DeliveryKind.PostCreditMemo, "PS-CR1", ("total", "39.98"));
        Assert.Equal("credited", bench.Stage);
        bench.Deliver(DeliveryKind.RefundPayment, "900");
        Assert.Equal(("closed", FlowStatus.Done), (bench.Stage, ReturnStages.StatusOf(bench.State!)));
        Assert.True(bench.Settled);
        Assert.Empty(bench.OpenProblems);
    }

    [Fact]
    public void A_return_of_the_shops_own_is_closed_there_after_the_refund()
    {
        var bench = new ReturnBench();
        bench.Tell(Wish(by: null, approved: true));
        bench.Tell(Inspected());
        bench.Deliver(DeliveryKind.PostCreditMemo);
        bench.Deliver(DeliveryKind.RefundPayment);
        Assert.Equal("refunded", bench.Stage);
        bench.Deliver(DeliveryKind.CloseReturn);
        Assert.Equal("closed", bench.Stage);
    }

    [Fact]
    public void What_the_shop_itself_paid_out_is_not_paid_again()
    {
        var bench = new ReturnBench();
        bench.Tell(Wish(by: null, approved: true));
        bench.Tell(Inspected());
        Assert.Contains("RefundPayment", bench.OpenKinds);
        bench.Tell(new ReturnRefunded("shop-refund", Key, "77", new Money(39.98m, "EUR"), Start));
        Assert.DoesNotContain("RefundPayment", bench.OpenKinds);
        Assert.True(bench.Settled);
        bench.Tell(new ReturnClosed("shop-closed", Key, Start));
        bench.Deliver(DeliveryKind.PostCreditMemo);
        Assert.Equal("closed", bench.Stage);
        Assert.Single(bench.Asked, a => a.Kind == DeliveryKind.RefundPayment);
    }

    [Fact]
    public void Only_what_was_accepted_is_paid_and_the_rest_is_free_again()
    {
        var bench = new ReturnBench();
        bench.Tell(Wish(quantity: 3));
        bench.Tell(Received(3));
        bench.Tell(Inspected(1, GoodsCondition.NeedsWork));
        Assert.Equal("received", bench.Stage);
        bench.Tell(Inspected(1, GoodsCondition.WriteOff, "i2"));
        bench.Tell(Inspected(1, GoodsCondition.Rejected, "i3"));
        Assert.Equal((2, 39.98m), bench.Held["1"]);
        Assert.All(bench.Asked, a => Assert.Equal(39.98m, a.Value.Amount));
        Assert.Equal(new PutBackLine("1", "SKU-1", 0, 1), Assert.Single(Assert.Single(bench.Booked).Lines));
    }

    [Fact]
    public void If_nothing_is_accepted_nobody_is_paid_and_everything_is_free_again()
    {
        var bench = new ReturnBench();
        bench.Tell(Wish());
        bench.Tell(Inspected(2, GoodsCondition.Rejected));
        Assert.Equal(("refused", 0, 0), (bench.Stage, bench.Held.Count, bench.Asked.Count));
        Assert.Empty(bench.Booked);
    }

    [Fact]
    public void More_than_was_authorised_never_counts()
    {
        var bench = new ReturnBench();
        bench.Tell(Wish());
        bench.Tell(Received(int.MaxValue));
        bench.Tell(Received(int.MaxValue, "r2"));
        bench.Tell(Inspected(int.MaxValue));
        bench.Tell(Inspected(5, GoodsCondition.Sound, "i2"));
        Assert.All(bench.Asked, a => Assert.Equal(39.98m, a.Value.Amount));
        Assert.Equal(2, bench.Booked.Sum(b => b.Lines.Sum(l => l.Sound)));
    }

    [Fact]
    public void What_never_came_is_not_waited_for_once_the_parcel_was_complete()
    {
        var bench = new ReturnBench();
        bench.Tell(Wish(quantity: 3));
        bench.Tell(Received(1, complete: true));
        bench.Tell(Inspected(1));
        Assert.Equal((1, 19.99m), bench.Held["1"]);
        Assert.All(bench.Asked, a => Assert.Equal(19.99m, a.Value.Amount));
    }

    [Fact]
    public void Called_off_before_goods_came_it_ends_and_everything_is_free_again()
    {
        var bench = new ReturnBench();
        bench.Tell(Wish());
        bench.Tell(new ReturnCancelled("c", Key, "tina", "changed their mind", Start));
        Assert.Equal(("cancelled", 0), (bench.Stage, bench.Held.Count));
        Assert.Equal(Verdict.Applied, bench.Tell(Received()));
        Assert.Empty(bench.OpenProblems);
        bench.Tell(Received(id: "r2") with { At = Start.AddDays(3) });
        Assert.Contains("goods-after-end", bench.OpenProblems);
        Assert.Empty(bench.Asked);
    }

    [Fact]
    public void Called_off_after_goods_came_it_goes_on_and_somebody_is_told()
    {
        var bench = new ReturnBench();
        bench.Tell(Wish());
        bench.Tell(Received());
        bench.Tell(new ReturnRefused("c", Key, "tina", "no", Start));
        Assert.Equal("received", bench.Stage);
        Assert.Contains("too-late-to-end", bench.OpenProblems);
        bench.Tell(Inspected());
        Assert.Equal(["PostCreditMemo", "RefundPayment"], bench.OpenKinds);
    }

    [Fact]
    public void A_refund_on_its_way_decides_whether_the_return_can_still_be_called_off()
    {
        var bench = new ReturnBench { Context = new(Start, Key, "brand", "erp", new FlowPolicy(Returns: ReturnPolicy.Standard with { BeforeReceipt = new AmountLimit(50m) })) };
        bench.Tell(Wish());
        var refund = Assert.Single(bench.Open.Values);
        Assert.Equal(DeliveryKind.RefundPayment, refund.Kind);
        bench.Sent.Add(refund.Key);
        bench.Tell(new ReturnCancelled("c", Key, "tina", "no", Start));
        Assert.Equal("authorised", bench.Stage);
        bench.Deliver(DeliveryKind.RefundPayment);
        Assert.Equal("authorised", bench.Stage);
        Assert.Contains("too-late-to-end", bench.OpenProblems);
        Assert.NotEmpty(bench.Held);
    }

    [Fact]
    public void The_books_wait_for_the_invoice_and_the_buyer_does_not()
    {
        var bench = new ReturnBench { Order = Sold(invoiced: false) };
        bench.Tell(Wish());
        bench.Tell(Inspected());
        Assert.Equal(["RefundPayment"], bench.OpenKinds);
        bench.Order = Sold();
        Assert.Contains(Authorising.OrderAwaited, bench.Deadlines);
        bench.Feed(new FlowEvent.Due(Authorising.OrderAwaited));
        Assert.Equal(["PostCreditMemo", "RefundPayment"], bench.OpenKinds);
    }

    [Fact]
    public void An_order_that_is_heard_of_later_is_waited_for_with_a_word()
    {
        var bench = new ReturnBench { Order = null };
        bench.Tell(Wish());
        Assert.Equal("requested", bench.Stage);
        Assert.Contains("order-not-found", bench.OpenProblems);
        bench.Order = Sold();
        bench.Feed(new FlowEvent.Due(Authorising.OrderAwaited));
        Assert.Equal("authorised", bench.Stage);
        Assert.Empty(bench.OpenProblems);
    }

    [Fact]
    public void What_a_system_refuses_may_be_done_by_hand_and_what_is_under_way_may_not()
    {
        var bench = new ReturnBench();
        bench.Tell(Wish());
        bench.Tell(Inspected());
        Assert.Equal(Verdict.Ignored, bench.Tell(new ReturnSettledByHand("h0", Key, ReturnStep.Credit, "CR-7", "tina", Start)));
        bench.Refuse(DeliveryKind.PostCreditMemo);
        Assert.Equal(FlowStatus.Attention, ReturnStages.StatusOf(bench.State!));
        bench.Tell(new ReturnSettledByHand("h1", Key, ReturnStep.Credit, "CR-7", "tina", Start));
        Assert.Equal(("CR-7", "credited"), (bench.State!.CreditNumber, bench.Stage));
        Assert.Equal(["RefundPayment"], bench.OpenKinds);
        bench.Refuse(DeliveryKind.RefundPayment);
        bench.Tell(new ReturnSettledByHand("h2", Key, ReturnStep.Refund, "cash", "tina", Start));
        Assert.Equal("closed", bench.Stage);
        Assert.Empty(bench.Open);
    }

    [Fact]
    public void Shares_of_a_line_are_worth_the_whole_line_to_the_cent()
    {
        var order = Sold() with { Captured = 100m, MoneyLeft = 100m, Lines = [new SoldLine("1", "SKU-1", "Jacket", 3, 3, 34m, 100m, [])] };
        decimal[] amounts =
        [
            .. new[] { 3, 2, 1 }.Select(left =>
            {
                var bench = new ReturnBench { Order = order with { Lines = [order.Lines[0] with { Left = left }] } };
                bench.Tell(Wish(quantity: 1));
                return bench.Held["1"].Amount;
            }),
        ];
        Assert.Equal(100m, amounts.Sum());
        Assert.Equal([33.33m, 33.34m, 33.33m], amounts);
    }
}
