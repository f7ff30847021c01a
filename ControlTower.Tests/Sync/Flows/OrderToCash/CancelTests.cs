using ControlTower.Data.Canonical;
using ControlTower.Sync.Flows;
using Xunit;
using static ControlTower.Tests.Sync.Flows.OrderToCash.Sample;

namespace ControlTower.Tests.Sync.Flows.OrderToCash;

/// <summary>The undo, from every stage.</summary>
public sealed class CancelTests
{
    [Fact]
    public void An_order_that_was_cancelled_before_we_heard_of_it_is_never_posted()
    {
        var bench = FlowBench.Started(Order() with { CancelledAt = Start, CancelReason = "customer" });
        Assert.Equal(("cancelled", FlowStatus.Cancelled), (bench.Summary.Stage, bench.Summary.Status));
        Assert.Empty(bench.Asked);
        Assert.Empty(bench.Effects);
    }

    [Fact]
    public void A_held_order_is_cancelled_and_its_case_closes()
    {
        var bench = FlowBench.Started(Order() with { Test = true });
        bench.Tell(CancelledAt(2));
        Assert.Equal(FlowStatus.Cancelled, bench.Summary.Status);
        Assert.Empty(bench.OpenProblems);
    }

    [Fact]
    public void A_posting_that_was_not_sent_is_taken_back_and_the_goods_are_free()
    {
        var bench = FlowBench.Started();
        bench.Tell(CancelledAt(2));
        Assert.Equal(FlowStatus.Cancelled, bench.Summary.Status);
        Assert.Empty(bench.Open);
        Assert.False(bench.HoldsGoods);
    }

    [Fact]
    public void A_posting_on_its_way_is_cancelled_after_its_outcome()
    {
        var bench = FlowBench.Started();
        bench.Sent.Add(bench.SalesOrder);
        bench.Tell(CancelledAt(2));
        Assert.Equal(FlowStatus.Open, bench.Summary.Status);
        Assert.True(bench.HoldsGoods);
        bench.Deliver(DeliveryKind.PostSalesOrder);
        Assert.Equal(["CancelSalesOrder"], bench.OpenKinds);
        bench.Deliver(DeliveryKind.CancelSalesOrder);
        Assert.Equal(FlowStatus.Cancelled, bench.Summary.Status);
        Assert.False(bench.HoldsGoods);
    }

    [Fact]
    public void A_posting_on_its_way_that_is_then_refused_is_taken_back()
    {
        var bench = FlowBench.Started();
        bench.Sent.Add(bench.SalesOrder);
        bench.Tell(CancelledAt(2));
        bench.Refuse(DeliveryKind.PostSalesOrder);
        Assert.Equal(FlowStatus.Cancelled, bench.Summary.Status);
        Assert.Empty(bench.Open);
    }

    [Fact]
    public void A_posted_order_is_cancelled_in_the_erp_and_the_acknowledgement_taken_back()
    {
        var bench = FlowBench.Posted();
        bench.Tell(CancelledAt(2));
        var cancel = Assert.Single(bench.Open.Values);
        Assert.Equal((DeliveryKind.CancelSalesOrder, "ref-1", "customer"), (cancel.Kind, cancel.Arguments!.ErpReference, cancel.Arguments.Reason));
        bench.Deliver(DeliveryKind.CancelSalesOrder);
        Assert.Equal(("cancelled", FlowStatus.Cancelled), (bench.Summary.Stage, bench.Summary.Status));
        Assert.False(bench.HoldsGoods);
    }

    [Fact]
    public void An_update_on_its_way_is_waited_for_before_the_erp_is_told_to_cancel()
    {
        var bench = FlowBench.Posted();
        bench.Tell(Stated(Order(2, tees: 3)));
        bench.Sent.Add(bench.Open.Values.Single(o => o.Kind == DeliveryKind.UpdateSalesOrder).Key);
        bench.Tell(CancelledAt(3));
        Assert.Equal(["UpdateSalesOrder"], bench.OpenKinds);
        bench.Deliver(DeliveryKind.UpdateSalesOrder);
        Assert.Equal(["CancelSalesOrder"], bench.OpenKinds);
    }

    [Fact]
    public void After_the_shipment_a_cancellation_is_a_case_and_the_order_goes_on()
    {
        var bench = FlowBench.Posted(Order(payment: PaymentState.Paid));
        bench.Deliver(DeliveryKind.AcknowledgeOrder);
        bench.Tell(FromErp(bench.SalesOrder, "S1", true, new ShipmentLine("TEE", 2), new ShipmentLine("CAP", 1)));
        bench.Tell(CancelledAt(2));
        Assert.Equal(Verdict.Duplicate, bench.Tell(CancelledAt(3)));
        Assert.Equal("cancel-after-shipment", Assert.Single(bench.Reported).Code);
        bench.Deliver(DeliveryKind.FulfilOrder);
        bench.Tell(Invoiced(bench.SalesOrder, 62.40m));
        bench.Deliver(DeliveryKind.PostPayment);
        Assert.Equal(FlowStatus.Done, bench.Summary.Status);
        Assert.Contains("cancel-after-shipment", bench.OpenProblems);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_the_shop_refuses_to_hear_of_an_order_that_it_cancelled_holds_nothing_up(bool cancelledFirst)
    {
        var bench = FlowBench.Posted(Order(payment: PaymentState.Paid));
        bench.Tell(FromErp(bench.SalesOrder, "S1", true, new ShipmentLine("TEE", 2), new ShipmentLine("CAP", 1)));
        Action[] both = [() => bench.Tell(CancelledAt(2)), () => RefuseAll(bench)];
        Array.ForEach(cancelledFirst ? both : [both[1], both[0]], step => step());
        Assert.Empty(bench.Open);
        bench.Tell(Invoiced(bench.SalesOrder, 62.40m));
        bench.Deliver(DeliveryKind.PostPayment);
        Assert.Equal(FlowStatus.Done, bench.Summary.Status);
        Assert.Contains("cancel-after-shipment", bench.OpenProblems);

        static void RefuseAll(FlowBench bench)
        {
            bench.Refuse(DeliveryKind.AcknowledgeOrder, "cancelled");
            bench.Refuse(DeliveryKind.FulfilOrder, "nothing-to-fulfil");
        }
    }

    [Fact]
    public void A_shipment_that_overtakes_the_cancellation_in_the_erp_wins()
    {
        var bench = FlowBench.Posted();
        bench.Tell(CancelledAt(2));
        bench.Sent.Add(bench.Open.Values.Single().Key);
        bench.Tell(FromErp(bench.SalesOrder, "S1", true, new ShipmentLine("TEE", 2), new ShipmentLine("CAP", 1)));
        bench.Refuse(DeliveryKind.CancelSalesOrder, "already-shipped");
        Assert.DoesNotContain("CancelSalesOrder", bench.OpenKinds);
        Assert.Contains("cancel-after-shipment", bench.OpenProblems);
        Assert.Equal("shipped", bench.Summary.Stage);
    }

    [Fact]
    public void Goods_that_leave_a_cancelled_order_are_a_case()
    {
        var bench = FlowBench.Posted();
        bench.Tell(CancelledAt(2));
        bench.Deliver(DeliveryKind.CancelSalesOrder);
        bench.Tell(FromErp(bench.SalesOrder, "S1", true, new ShipmentLine("TEE", 2)));
        Assert.Contains("shipped-but-cancelled", bench.OpenProblems);
        Assert.Empty(bench.Open);
    }

    [Fact]
    public void A_cancelled_order_stays_cancelled_whatever_the_shop_states_later()
    {
        var bench = FlowBench.Started();
        bench.Tell(CancelledAt(2));
        Assert.Equal(Verdict.Applied, bench.Tell(Stated(Order(3, tees: 5))));
        Assert.Equal(FlowStatus.Cancelled, bench.Summary.Status);
        Assert.Empty(bench.Open);
        Assert.Empty(bench.OpenProblems);
    }
}
