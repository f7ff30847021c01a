using ControlTower.Data.Canonical;
using ControlTower.Sync.Flows;
using ControlTower.Sync.Flows.OrderToCash;
using Xunit;
using static ControlTower.Tests.Sync.Flows.OrderToCash.Sample;

namespace ControlTower.Tests.Sync.Flows.OrderToCash;

/// <summary>Goods are not set aside for money that does not come.</summary>
public sealed class AwaitingPaymentTests
{
    private const string Limit = "unpaid-hold";

    [Fact]
    public void A_declined_payment_gives_the_goods_back_at_once_and_a_later_one_sets_them_aside_again()
    {
        var bench = FlowBench.Started();
        Assert.True(bench.HoldsGoods);
        bench.Tell(Stated(Order(2, PaymentState.Voided)));
        Assert.False(bench.HoldsGoods);
        Assert.Equal(("not-paid", FlowStatus.Attention), (Assert.Single(bench.OpenProblems), bench.Summary.Status));
        Assert.False(bench.Deadlines.ContainsKey(Limit));
        bench.Tell(Stated(Order(3, PaymentState.Paid)));
        Assert.True(bench.HoldsGoods);
        Assert.Empty(bench.OpenProblems);
    }

    [Fact]
    public void An_order_that_comes_with_a_void_payment_sets_nothing_aside_and_is_not_posted()
    {
        var bench = FlowBench.Started(Order(payment: PaymentState.Voided));
        Assert.False(bench.HoldsGoods);
        Assert.Empty(bench.Asked);
        Assert.Equal("not-paid", Assert.Single(bench.OpenProblems));
    }

    [Fact]
    public void An_unpaid_order_keeps_its_goods_for_a_time_that_no_edit_lengthens()
    {
        var bench = FlowBench.Started();
        Assert.Equal(TimeSpan.FromDays(7), bench.Deadlines[Limit]);
        bench.Deadlines.Clear();
        bench.Tell(Stated(Order(2, tees: 3)));
        Assert.True(bench.HoldsGoods);
        Assert.False(bench.Deadlines.ContainsKey(Limit));
        bench.Feed(new FlowEvent.Due(Limit));
        Assert.False(bench.HoldsGoods);
        Assert.Equal("not-paid", Assert.Single(bench.OpenProblems));
        bench.Tell(Stated(Order(3, PaymentState.Authorized, tees: 3)));
        Assert.True(bench.HoldsGoods);
        Assert.Empty(bench.OpenProblems);
    }

    [Fact]
    public void A_payment_in_time_ends_the_limit_and_its_late_alarm_does_nothing()
    {
        var bench = FlowBench.Started();
        bench.Tell(Stated(Order(2, PaymentState.Paid)));
        Assert.False(bench.Deadlines.ContainsKey(Limit));
        Assert.Equal(Verdict.Ignored, bench.Feed(new FlowEvent.Due(Limit)));
        Assert.True(bench.HoldsGoods);
    }

    [Fact]
    public void Without_a_limit_an_unpaid_order_keeps_its_goods()
    {
        var bench = new FlowBench();
        bench.Context = bench.Context with { Policy = new FlowPolicy(UnpaidHold: TimeSpan.Zero) };
        bench.Tell(Stated(Order()));
        Assert.True(bench.HoldsGoods);
        Assert.Empty(bench.Deadlines);
    }

    [Fact]
    public void What_left_unpaid_is_not_called_back()
    {
        var bench = FlowBench.Posted();
        bench.Tell(FromErp(bench.SalesOrder, "S1", false, new ShipmentLine("TEE", 2)));
        bench.Feed(new FlowEvent.Due(Limit));
        bench.Tell(Stated(Order(2, PaymentState.Voided)));
        Assert.True(bench.HoldsGoods);
        Assert.Empty(bench.OpenProblems);
    }
}
