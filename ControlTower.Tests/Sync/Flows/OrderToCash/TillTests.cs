using ControlTower.Data.Canonical;
using ControlTower.Sync.Flows;
using ControlTower.Sync.Flows.OrderToCash;
using Xunit;
using static ControlTower.Tests.Sync.Flows.OrderToCash.Sample;

namespace ControlTower.Tests.Sync.Flows.OrderToCash;

public sealed class TillTests
{
    private static readonly ShipmentLine[] Goods = [new("TEE", 2), new("CAP", 1)];

    private static Order Sale() => Paid(Order()) with { Fulfilment = FulfilmentMode.HandedOver, PickupLocation = "store-1" };

    [Fact]
    public void A_till_sale_leaves_the_stock_of_its_store_at_once_and_is_never_reserved()
    {
        var bench = FlowBench.Started(Sale());
        var take = Assert.IsType<LocalEffect.Take>(Assert.Single(bench.Effects));
        Assert.Equal("store-1", take.Location);
        Assert.Equal([("TEE", 2), ("CAP", 1)], take.Lines.Select(l => (l.Sku, l.Quantity)));
        Assert.Equal(ReservationState.Committed, bench.State!.Reservation);
        Assert.Equal(["store-1", "store-1"], bench.Asked.Single(a => a.Kind == DeliveryKind.PostSalesOrder).Arguments!.Allocations!.Select(a => a.Location));
    }

    [Fact]
    public void What_was_not_free_is_told_as_oversold_and_the_sale_goes_to_the_books_all_the_same()
    {
        var bench = new FlowBench { Till = take => new FlowEvent.Taken([new("l1", "TEE", take.Location, 2), new("l2", "CAP", take.Location, 1)], [new Shortage("TEE", 2, 1)]) };
        bench.Tell(Stated(Sale()));
        Assert.Equal("TEE (1 of 2 not free)", bench.Facts.Single(f => f.Type == "order.oversold").Detail);
        Assert.Empty(bench.OpenProblems);
        Assert.Equal(["PostSalesOrder"], bench.OpenKinds);
    }

    [Fact]
    public void A_till_sale_ends_paid_and_shipped_without_an_acknowledgement_that_no_till_takes()
    {
        var bench = FlowBench.Started(Sale());
        bench.Tell(FromShop("till", complete: true, Goods));
        bench.Deliver(DeliveryKind.PostSalesOrder);
        Assert.Equal(["ShipSalesOrder"], bench.OpenKinds);
        bench.Deliver(DeliveryKind.ShipSalesOrder, ("invoiceId", "INV1"), ("invoiceNumber", "N-1"));
        bench.Deliver(DeliveryKind.PostPayment);
        Assert.Equal(FlowStatus.Done, bench.Summary.Status);
        Assert.Single(bench.Effects);
        Assert.DoesNotContain(bench.Asked, a => a.Kind is DeliveryKind.AcknowledgeOrder or DeliveryKind.FulfilOrder);
    }

    [Fact]
    public void Goods_are_gone_also_while_a_check_holds_the_sale()
    {
        var bench = FlowBench.Started(Sale() with { Totals = Sale().Totals with { Total = 1m } });
        Assert.Contains("total-mismatch", bench.OpenProblems);
        Assert.IsType<LocalEffect.Take>(Assert.Single(bench.Effects));
        bench.Feed(new FlowEvent.Retried("ada"));
        Assert.Single(bench.Effects);
    }

    [Fact]
    public void Buying_the_same_twice_at_a_till_is_no_repetition_and_a_dear_sale_waits_for_no_review()
    {
        var bench = new FlowBench { Twin = "#1000", Context = new FlowContext(Start, Key, "brand", "erp", new FlowPolicy { FraudReviewAbove = 1m }) };
        bench.Tell(Stated(Sale()));
        Assert.Empty(bench.Sought);
        Assert.Equal(["PostSalesOrder"], bench.OpenKinds);
    }

    [Fact]
    public void A_store_that_keeps_no_stock_here_holds_up_nothing()
    {
        var bench = new FlowBench { Till = _ => new FlowEvent.Taken([], []) };
        bench.Tell(Stated(Sale()));
        Assert.Equal(["PostSalesOrder"], bench.OpenKinds);
    }

    [Fact]
    public void A_line_that_cannot_be_counted_is_taken_once_it_is_mended_and_the_others_are_not_taken_again()
    {
        var sale = Sale();
        var bench = FlowBench.Started(sale with { Lines = [sale.Lines[0], sale.Lines[1] with { Quantity = 40_000_000 }] });
        Assert.Equal(["TEE"], Assert.IsType<LocalEffect.Take>(Assert.Single(bench.Effects)).Lines.Select(l => l.Sku));
        Assert.Contains("bad-quantity", bench.OpenProblems);
        bench.Tell(Stated(sale with { Version = 2 }));
        Assert.Equal(["CAP"], Assert.IsType<LocalEffect.Take>(bench.Effects[^1]).Lines.Select(l => l.Sku));
        Assert.Equal(2, bench.Effects.Count);
        Assert.Equal(["l1", "l2"], bench.Asked.Single(a => a.Kind == DeliveryKind.PostSalesOrder).Arguments!.Allocations!.Select(a => a.OrderLineId).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_second_statement_takes_nothing_more()
    {
        var bench = FlowBench.Started(Sale());
        bench.Tell(Stated(Sale() with { Version = 2, Payment = PaymentState.Paid }));
        Assert.Single(bench.Effects);
    }
}
