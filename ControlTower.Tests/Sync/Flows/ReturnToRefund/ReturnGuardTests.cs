using ControlTower.Data.Canonical;
using ControlTower.Sync.Flows;
using ControlTower.Sync.Flows.OrderToCash;
using ControlTower.Sync.Flows.ReturnToRefund;
using Xunit;
using static ControlTower.Tests.Sync.Flows.ReturnToRefund.ReturnBench;

namespace ControlTower.Tests.Sync.Flows.ReturnToRefund;

/// <summary>What could pay a return twice, too much or for nothing, and does not.</summary>
public sealed class ReturnGuardTests
{
    [Fact]
    public void Paid_by_shop_and_tower_somebody_is_told_and_both_count_whichever_is_heard_first()
    {
        var bench = Looked(by: null);
        bench.Sent.UnionWith(bench.Open.Keys);
        bench.Tell(Refunded("77"));
        bench.Deliver(DeliveryKind.RefundPayment, "900");
        Assert.Contains("refunded-twice", bench.OpenProblems);
        Assert.Equal([("77", 39.98m, false), ("900", 39.98m, false)], bench.Paid);
        Assert.Equal(Verdict.Duplicate, bench.Tell(Refunded("77")));

        var other = Looked();
        other.Deliver(DeliveryKind.PostCreditMemo);
        other.Deliver(DeliveryKind.RefundPayment, "900");
        Assert.Equal("closed", other.Stage);
        Assert.Equal(Verdict.Duplicate, other.Tell(Refunded("900")));
        Assert.Equal(Verdict.Applied, other.Tell(Refunded("77")));
        Assert.Equal(Verdict.Duplicate, other.Tell(Refunded("77")));
        Assert.Contains("refunded-twice", other.OpenProblems);
        Assert.Equal([("900", 39.98m, false), ("77", 39.98m, false)], other.Paid);
    }

    [Fact]
    public void Less_than_is_due_is_told_and_parts_of_it_add_up()
    {
        var bench = Looked(by: null);
        bench.Tell(Refunded("77", 19.98m));
        Assert.Contains("refund-differs", bench.OpenProblems);
        bench.Tell(Refunded("78", 20m));
        Assert.Empty(bench.OpenProblems);
        Assert.Equal(39.98m, bench.State!.RefundAmount);
        bench.Tell(Refunded("79", 0.01m));
        Assert.Contains("refunded-twice", bench.OpenProblems);
    }

    [Fact]
    public void A_refund_in_another_currency_is_told()
    {
        var bench = Looked(by: null);
        bench.Tell(Refunded("77") with { Amount = new Money(45m, "USD") });
        Assert.Contains("refund-currency", bench.OpenProblems);
    }

    [Fact]
    public void An_inspection_by_somebody_who_did_not_see_the_last_one_does_not_count()
    {
        var bench = new ReturnBench();
        bench.Tell(Wish());
        Assert.Equal(Verdict.Applied, bench.Tell(Inspected(1) with { After = 0 }));
        Assert.Equal(Verdict.Ignored, bench.Tell(Inspected(1, id: "i2") with { After = 0 }));
        Assert.Equal(Verdict.Applied, bench.Tell(Received(1) with { After = 0 }));
        Assert.Equal(Verdict.Ignored, bench.Tell(Received(1, "r2") with { After = 0 }));
        Assert.Empty(bench.Asked);
        bench.Tell(Inspected(1, id: "i3") with { After = 1 });
        Assert.Equal(2, bench.Asked.Count);
    }

    [Fact]
    public void What_is_named_after_the_goods_were_settled_is_not_booked_and_somebody_is_told()
    {
        var bench = new ReturnBench();
        bench.Tell(Wish(quantity: 3));
        bench.Tell(Received(1, complete: true));
        bench.Tell(Inspected(1));
        bench.Tell(Received(2, "r2"));
        bench.Tell(Inspected(2, id: "i2"));
        Assert.Contains("goods-after-inspection", bench.OpenProblems);
        Assert.Equal((19.99m, 1), (bench.State!.Due(), bench.Booked.Sum(b => b.Lines.Sum(l => l.Sound))));
        bench.Deliver(DeliveryKind.PostCreditMemo);
        bench.Deliver(DeliveryKind.RefundPayment);
        Assert.Equal("closed", bench.Stage);
    }

    [Fact]
    public void Once_an_erp_was_asked_nobody_may_book_the_credit_by_hand()
    {
        var bench = new ReturnBench { Order = Sold() with { Erp = null } };
        bench.Context = bench.Context with { Erp = null };
        bench.Tell(Wish());
        bench.Tell(Inspected());
        Assert.Contains("no-erp", bench.OpenProblems);
        bench.Context = bench.Context with { Erp = "erp" };
        bench.Deliver(DeliveryKind.RefundPayment);
        Assert.Contains("PostCreditMemo", bench.OpenKinds);
        Assert.DoesNotContain("no-erp", bench.OpenProblems);
        Assert.Equal(Verdict.Ignored, bench.Tell(new ReturnSettledByHand("h", Key, ReturnStep.Credit, "CR-7", "tina", Start)));
    }

    [Theory]
    [InlineData(39.97)]
    [InlineData(39.98)]
    [InlineData(30)]
    public void What_a_till_took_back_is_over_when_it_is_heard_of_and_credited_with_what_was_paid_for_it(double worth)
    {
        var paid = (decimal)worth;
        var bench = AtTill(paid);
        Assert.Equal(["PostCreditMemo"], bench.Asked.Select(a => a.Kind.ToString()));
        Assert.Equal(paid, bench.Asked[0].Arguments!.Amount!.Value.Amount);
        var credit = Assert.Single(bench.Asked[0].Arguments!.Credits!);
        Assert.Equal((2, paid), (credit.Quantity, credit.Net));
        Assert.Equal(decimal.Round(6.39m * paid / 39.98m, 2), Assert.Single(credit.Taxes).Amount);
        Assert.Equal([("77", paid, false)], bench.Paid);
        Assert.Equal(2, bench.Booked.Sum(b => b.Lines.Sum(l => l.Sound)));
        bench.Deliver(DeliveryKind.PostCreditMemo);
        Assert.Equal("closed", bench.Stage);
        Assert.Empty(bench.OpenProblems);
    }

    [Fact]
    public void A_till_that_gave_back_more_than_the_pieces_were_sold_for_is_not_followed_into_the_books()
    {
        var bench = AtTill(45m);
        Assert.Equal(39.98m, bench.Asked[0].Arguments!.Amount!.Value.Amount);
        Assert.Equal([("77", 45m, false)], bench.Paid);
    }

    [Fact]
    public void The_tower_never_pays_what_a_till_took_back_though_the_policy_pays_before_the_goods_are_there()
    {
        var bench = new ReturnBench();
        bench.Context = bench.Context with { Policy = new FlowPolicy(Returns: ReturnPolicy.Standard with { BeforeReceipt = new AmountLimit(1_000m) }) };
        bench.Tell(Till(39.98m));
        Assert.Empty(bench.Asked);
        bench.Tell(Inspected());
        Assert.Equal(["PostCreditMemo"], bench.Asked.Select(a => a.Kind.ToString()));
    }

    [Fact]
    public void What_a_till_took_back_beyond_what_was_sold_is_a_case_that_says_that_it_was_paid()
    {
        var bench = new ReturnBench { Order = Sold(left: 1) };
        bench.Tell(Till(39.98m));
        bench.Tell(Refunded("77"));
        Assert.Contains("return-not-possible", bench.OpenProblems);
        Assert.Contains("The till has given the money back", Assert.Single(bench.Words), StringComparison.Ordinal);
        Assert.Empty(bench.Asked);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_a_till_took_back_and_the_sale_does_not_allow_or_is_unknown_ends_by_a_persons_refusal_though_it_was_paid(bool known)
    {
        var bench = new ReturnBench { Order = known ? Sold(left: 1) : null };
        bench.Tell(Till(39.98m));
        bench.Tell(Refunded("77"));
        bench.Tell(Inspected());
        bench.Tell(new ReturnRefused("r", Key, "tina", "Credited by hand as CM-7", Start));
        Assert.Equal("refused", bench.Stage);
        Assert.Empty(bench.OpenProblems);
        Assert.Empty(bench.Asked);
    }

    [Fact]
    public void What_a_till_pays_in_parts_and_rounds_is_one_return_and_nobodys_debt()
    {
        var bench = new ReturnBench();
        bench.Tell(Till(39.98m));
        bench.Tell(Refunded("77", 20m));
        bench.Tell(Inspected());
        Assert.Empty(bench.OpenProblems);
        bench.Tell(Refunded("78", 20.02m));
        Assert.Empty(bench.OpenProblems);
        Assert.Equal([("77", 20m, false), ("78", 20.02m, false)], bench.Paid);
    }

    [Fact]
    public void What_came_back_for_nothing_is_booked_as_goods_and_asks_the_books_for_no_credit_of_nothing()
    {
        var bench = new ReturnBench();
        bench.Tell(Till(0m));
        bench.Tell(Inspected());
        Assert.Empty(bench.Asked);
        Assert.Equal(2, bench.Booked.Sum(b => b.Lines.Sum(l => l.Sound)));
        Assert.Equal("closed", bench.Stage);
    }

    [Fact]
    public void A_till_that_is_heard_before_its_sale_is_nobodys_work_until_the_sale_was_looked_for_often()
    {
        var bench = new ReturnBench { Order = null };
        bench.Tell(Till(39.98m));
        for (var looks = 0; looks < 4; looks++)
        {
            Assert.Empty(bench.OpenProblems);
            Assert.Contains(Authorising.OrderAwaited, bench.Deadlines);
            bench.Feed(new FlowEvent.Due(Authorising.OrderAwaited));
        }

        Assert.Equal(["order-not-found"], bench.OpenProblems);
        bench.Order = Sold();
        bench.Feed(new FlowEvent.Due(Authorising.OrderAwaited));
        Assert.Empty(bench.OpenProblems);
        Assert.Equal("authorised", bench.Stage);
    }

    private static ReturnStated Till(decimal worth) => Wish(by: null, approved: true) with { AtTill = true, Lines = [new ReturnedLine("1", 2, ReturnReasons.Other, worth)] };

    private static ReturnBench AtTill(decimal worth)
    {
        var bench = new ReturnBench();
        bench.Tell(Till(worth));
        bench.Tell(Refunded("77", worth));
        bench.Tell(Inspected());
        return bench;
    }

    [Fact]
    public void A_buyers_request_claims_nothing_until_somebody_agrees()
    {
        var bench = new ReturnBench();
        bench.Tell(Wish(by: null));
        Assert.Equal(("requested", FlowStatus.Attention, 0), (bench.Stage, ReturnStages.StatusOf(bench.State!), bench.Held.Count));
        Assert.Equal(Ruling.Allowed, bench.State!.Decision!.Ruling);
        bench.Tell(new ReturnApproved("a", Key, null, Start));
        Assert.Equal("authorised", bench.Stage);
    }

    [Fact]
    public void What_is_settled_by_hand_is_told_to_the_limits_under_its_reference()
    {
        var bench = Looked();
        bench.Refuse(DeliveryKind.RefundPayment);
        bench.Tell(new ReturnSettledByHand("h", Key, ReturnStep.Refund, "till 7", "tina", Start));
        Assert.Equal([("till 7", 39.98m, true)], bench.Paid);
    }

    [Fact]
    public void The_last_pieces_are_worth_what_earlier_returns_left_of_the_line()
    {
        // Three for 10.00; of two claimed at 6.67 one was accepted and keeps 3.34.
        var order = Sold() with { Captured = 10m, MoneyLeft = 6.66m, Lines = [new SoldLine("1", "SKU-1", "Jacket", 3, 2, 3.34m, 10m, [], 3.34m)] };
        var bench = new ReturnBench { Order = order };
        bench.Tell(Wish());
        Assert.Equal((2, 6.66m), bench.Held["1"]);
        Assert.Equal(6.66m, bench.State!.Lines[0].Net);
    }

    [Fact]
    public void A_return_without_lines_is_denied_in_words()
    {
        var bench = new ReturnBench();
        bench.Tell(Wish(by: null, approved: true) with { Lines = [] });
        Assert.Contains(bench.State!.Decision!.Grounds, g => g.Code == "no-lines");
        Assert.Empty(bench.Held);
    }

    [Fact]
    public void Lines_that_were_not_read_are_told()
    {
        var bench = new ReturnBench();
        bench.Tell(Wish(by: null, approved: true) with { Partial = true });
        Assert.Contains("more-lines", bench.OpenProblems);
    }

    [Fact]
    public void An_exchange_is_not_paid_out_until_the_shop_or_a_person_says_what_was_settled()
    {
        var bench = new ReturnBench();
        bench.Tell(Wish(by: null, approved: true) with { Exchange = true });
        bench.Tell(Inspected());
        Assert.Equal(["PostCreditMemo"], bench.OpenKinds);
        Assert.Contains("exchange", bench.OpenProblems);
        bench.Tell(new ReturnSettledByHand("h", Key, ReturnStep.Refund, "X-1", "tina", Start));
        Assert.Empty(bench.OpenProblems);
        Assert.Equal([("X-1", 39.98m, true)], bench.Paid);

        var told = new ReturnBench();
        told.Tell(Wish(by: null, approved: true) with { Exchange = true });
        told.Tell(Inspected());
        told.Tell(Refunded("77", 5m));
        Assert.Equal(["CloseReturn", "PostCreditMemo"], told.OpenKinds);
        Assert.Empty(told.OpenProblems);
    }

    [Theory]
    [InlineData(GoodsCondition.Rejected, 19.99)]
    [InlineData(GoodsCondition.Sound, 39.98)]
    public void An_early_refund_that_was_not_paid_yet_is_asked_for_again_as_it_is_due(GoodsCondition second, double due)
    {
        var bench = new ReturnBench { Context = new(Start, Key, "brand", "erp", new FlowPolicy(Returns: ReturnPolicy.Standard with { BeforeReceipt = new AmountLimit(50m) })) };
        bench.Tell(Wish());
        bench.Refuse(DeliveryKind.RefundPayment);
        bench.Tell(Inspected(1));
        bench.Tell(Inspected(1, second, "i2"));
        Assert.Equal((decimal)due, Assert.Single(bench.Open.Values, o => o.Kind == DeliveryKind.RefundPayment).Value.Amount);
        Assert.Equal((decimal)due, bench.Held["1"].Amount);
        Assert.DoesNotContain("refunded-but-not-accepted", bench.OpenProblems);
    }

    [Fact]
    public void An_early_refund_of_goods_of_which_nothing_is_accepted_is_never_paid()
    {
        var bench = new ReturnBench { Context = new(Start, Key, "brand", "erp", new FlowPolicy(Returns: ReturnPolicy.Standard with { BeforeReceipt = new AmountLimit(50m) })) };
        bench.Tell(Wish());
        bench.Refuse(DeliveryKind.RefundPayment);
        bench.Tell(Inspected(2, GoodsCondition.Rejected));
        Assert.Equal(("refused", 0, 0), (bench.Stage, bench.Open.Count, bench.Held.Count));
    }

    [Fact]
    public void A_return_that_claims_does_not_move_to_another_order()
    {
        var bench = new ReturnBench();
        bench.Tell(Wish(by: null, approved: true));
        bench.Tell(Wish(by: null, approved: true) with { Version = 2, Of = new OrderKey("shop", "other") });
        Assert.Equal(Of, bench.State!.Of);
        Assert.Contains("changed-after-authorisation", bench.OpenProblems);
    }

    private static ReturnBench Looked(string? by = "tina")
    {
        var bench = new ReturnBench();
        bench.Tell(Wish(by: by, approved: by is null));
        bench.Tell(Inspected());
        return bench;
    }

    private static ReturnRefunded Refunded(string id, decimal amount = 39.98m) => new($"refund-{id}", Key, id, new Money(amount, "EUR"), Start);
}
