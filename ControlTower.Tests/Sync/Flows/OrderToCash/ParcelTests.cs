using ControlTower.Data.Canonical;
using ControlTower.Sync.Flows;
using ControlTower.Sync.Flows.OrderToCash;
using Xunit;
using static ControlTower.Tests.Sync.Flows.OrderToCash.Sample;

namespace ControlTower.Tests.Sync.Flows.OrderToCash;

/// <summary>Goods leave the stock parcel by parcel, and are told of if they are gone before.</summary>
public sealed class ParcelTests
{
    private static ShipmentCancelled CalledOff(string id) => new($"off-{id}", Key, 10, id, Start.AddHours(6));

    private static readonly Uncovered Gone = new("TEE", "store-1", 2, 1);

    [Fact]
    public void Each_parcel_takes_its_own_goods_off_the_stock_when_it_is_heard_of()
    {
        var bench = FlowBench.Posted(Order(payment: PaymentState.Paid));
        bench.Tell(FromErp(bench.SalesOrder, "S1", false, new ShipmentLine("TEE", 2)));
        var first = Assert.IsType<LocalEffect.Commit>(bench.Effects[^1]);
        Assert.Equal((Start.AddHours(5), "TEE", 2), (first.At, Assert.Single(first.Goods!).Sku, first.Goods![0].Quantity));
        Assert.True(bench.HoldsGoods);
        bench.Tell(FromErp(bench.SalesOrder, "S2", true, new ShipmentLine("CAP", 1)));
        Assert.Equal("CAP", Assert.Single(Assert.IsType<LocalEffect.Commit>(bench.Effects[^2]).Goods!).Sku);
        Assert.IsType<LocalEffect.Release>(bench.Effects[^1]);
        Assert.Equal(4, bench.Effects.Count);
        Assert.False(bench.HoldsGoods);
    }

    [Fact]
    public void What_a_short_shipment_left_behind_goes_back()
    {
        var bench = FlowBench.Posted(Order(payment: PaymentState.Paid));
        bench.Tell(FromErp(bench.SalesOrder, "S1", true, new ShipmentLine("TEE", 1), new ShipmentLine("CAP", 1)));
        bench.Feed(new FlowEvent.Due("missing-shipments"));
        Assert.Equal([("TEE", 1), ("CAP", 1)], bench.Effects.OfType<LocalEffect.Commit>().Single().Goods!.Select(g => (g.Sku, g.Quantity)));
        Assert.IsType<LocalEffect.Release>(bench.Effects[^1]);
    }

    [Fact]
    public void A_parcel_that_is_called_off_brings_its_goods_back_and_another_takes_them_along()
    {
        var bench = FlowBench.Posted(Order(payment: PaymentState.Paid));
        bench.Tell(FromShop("F1", false, new ShipmentLine("TEE", 2)));
        bench.Tell(CalledOff("F1"));
        Assert.Equal("TEE", Assert.Single(Assert.IsType<LocalEffect.CallBack>(bench.Effects[^1]).Goods).Sku);
        Assert.Empty(bench.State!.Shipments);
        Assert.Equal(Verdict.Duplicate, bench.Tell(CalledOff("F1")));
        bench.Tell(FromShop("F2", true, new ShipmentLine("TEE", 2), new ShipmentLine("CAP", 1)));
        Assert.Equal(2, bench.Effects.OfType<LocalEffect.Commit>().Last().Goods!.Count);
        Assert.False(bench.HoldsGoods);
        Assert.Empty(bench.OpenProblems);
    }

    [Fact]
    public void A_last_parcel_that_is_called_off_after_the_erp_was_told_is_a_case_until_its_goods_go_out_again()
    {
        var bench = FlowBench.Posted(Order(payment: PaymentState.Paid));
        bench.Deliver(DeliveryKind.AcknowledgeOrder);
        bench.Tell(FromShop("F1", true, new ShipmentLine("TEE", 2), new ShipmentLine("CAP", 1)));
        bench.Deliver(DeliveryKind.ShipSalesOrder);
        bench.Tell(CalledOff("F1"));
        Assert.True(bench.HoldsGoods);
        Assert.Equal("parcel-called-off", Assert.Single(bench.OpenProblems));
        bench.Tell(FromShop("F2", true, new ShipmentLine("TEE", 2), new ShipmentLine("CAP", 1)));
        Assert.False(bench.HoldsGoods);
        Assert.Empty(bench.OpenProblems);
        Assert.Single(bench.Asked, a => a.Kind == DeliveryKind.ShipSalesOrder);
    }

    [Fact]
    public void A_parcel_that_is_heard_of_after_it_was_called_off_takes_nothing_along()
    {
        var bench = FlowBench.Posted(Order(payment: PaymentState.Paid));
        bench.Tell(CalledOff("F1"));
        Assert.Equal(Verdict.Duplicate, bench.Tell(FromShop("F1", true, new ShipmentLine("TEE", 2), new ShipmentLine("CAP", 1))));
        Assert.True(bench.HoldsGoods);
    }

    [Fact]
    public void Where_the_shipping_side_uses_other_item_numbers_everything_leaves_by_its_word()
    {
        var bench = FlowBench.Posted(Order(payment: PaymentState.Paid));
        bench.Tell(FromErp(bench.SalesOrder, "S1", true, new ShipmentLine("4711", 3)));
        Assert.Null(Assert.IsType<LocalEffect.Commit>(bench.Effects[^1]).Goods);
    }

    [Fact]
    public void An_order_whose_goods_a_till_sold_says_so_at_once_and_is_quiet_again_when_they_are_there()
    {
        var bench = FlowBench.Posted(Order(payment: PaymentState.Paid));
        bench.Missing = [Gone];
        bench.Feed(new FlowEvent.Due("goods-cover"));
        bench.Feed(new FlowEvent.Due("goods-cover"));
        var told = Assert.Single(bench.Reported);
        Assert.Equal("goods-gone", told.Code);
        Assert.Contains("TEE at store-1 (1 of 2)", told.Message, StringComparison.Ordinal);
        Assert.Equal(FlowStatus.Attention, bench.Summary.Status);
        bench.Missing = [];
        bench.Feed(new FlowEvent.Due("goods-cover"));
        Assert.Empty(bench.OpenProblems);
        Assert.Equal(FlowStatus.Open, bench.Summary.Status);
    }

    [Fact]
    public void Goods_that_are_gone_are_no_case_any_more_once_the_order_is_cancelled()
    {
        var bench = FlowBench.Started(Order(payment: PaymentState.Paid) with { });
        bench.Missing = [Gone];
        bench.Feed(new FlowEvent.Due("goods-cover"));
        bench.Tell(CancelledAt(2));
        Assert.Empty(bench.OpenProblems);
    }
}
