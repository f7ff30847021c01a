using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Flows;
using Xunit;
using static ControlTower.Tests.Sync.Flows.OrderToCash.Sample;

namespace ControlTower.Tests.Sync.Flows.OrderToCash;

/// <summary>An order's way from capture to payment, told in order.</summary>
public sealed class LifeTests
{
    private static readonly ShipmentLine[] Everything = [new("TEE", 2), new("CAP", 1)];

    [Fact]
    public void A_good_order_is_captured_checked_routed_reserved_and_sent_to_the_erp_at_once()
    {
        var bench = FlowBench.Started();
        Assert.Equal(
            ["order.captured/captured", "order.checked/checked", "order.routed/routed", "order.reserved/reserved", "order.posting/reserved"],
            bench.Facts.Select(f => $"{f.Type}/{f.Stage}"));
        var post = Assert.Single(bench.Asked);
        Assert.Equal((DeliveryKind.PostSalesOrder, "erp", 1L, new Money(62.40m, "EUR")), (post.Kind, post.Target, post.DocumentVersion, post.Value));
        Assert.Equal(PostingKey.Derive("brand", Key, "#1001", "sales-order"), post.Key);
        Assert.Equal(["east", "east"], post.Arguments!.Allocations!.Select(a => a.Location));
        Assert.Equal(("reserved", FlowStatus.Open, "#1001", 1L), (bench.Summary.Stage, bench.Summary.Status, bench.Summary.Name, bench.Summary.AppliedVersion));
    }

    [Fact]
    public void An_order_that_the_erp_ships_goes_all_the_way()
    {
        var bench = FlowBench.Posted(Order(payment: PaymentState.Paid));
        Assert.Equal("posted", bench.Summary.Stage);
        Assert.Equal("SO-1", Assert.Single(bench.Open.Values).Arguments!.ErpNumber);
        bench.Deliver(DeliveryKind.AcknowledgeOrder);
        Assert.Equal("acknowledged", bench.Summary.Stage);
        bench.Tell(FromErp(bench.SalesOrder, "S1", true, Everything));
        Assert.Equal("shipped", bench.Summary.Stage);
        Assert.False(bench.HoldsGoods);
        Assert.Equal("T-S1", bench.Open.Values.Single(o => o.Kind == DeliveryKind.FulfilOrder).Arguments!.Tracking!.Number);
        bench.Deliver(DeliveryKind.FulfilOrder);
        bench.Tell(Invoiced(bench.SalesOrder, 62.40m, 62.40m));
        Assert.Equal("invoiced", bench.Summary.Stage);
        var payment = Assert.Single(bench.Open.Values);
        Assert.Equal((new Money(62.40m, "EUR"), "card", "INV1"), (payment.Value, payment.Arguments!.Method, payment.Arguments.InvoiceId));
        bench.Deliver(DeliveryKind.PostPayment);
        Assert.Equal(("paid", FlowStatus.Done), (bench.Summary.Stage, bench.Summary.Status));
        Assert.Empty(bench.OpenProblems);
    }

    [Fact]
    public void An_order_that_the_shop_ships_is_shipped_and_invoiced_in_the_erp()
    {
        var bench = FlowBench.Posted(Order(payment: PaymentState.Paid));
        bench.Deliver(DeliveryKind.AcknowledgeOrder);
        bench.Tell(FromShop("F1", true, Everything));
        var ship = Assert.Single(bench.Open.Values);
        Assert.Equal((DeliveryKind.ShipSalesOrder, "ref-1", Start.AddHours(5)), (ship.Kind, ship.Arguments!.ErpReference, ship.Arguments.At));
        Assert.Equal("acknowledged", bench.Summary.Stage);
        bench.Deliver(DeliveryKind.ShipSalesOrder, ("invoiceId", "INV1"), ("invoiceNumber", "N-INV1"), ("total", "62.40"));
        Assert.Equal("invoiced", bench.Summary.Stage);
        Assert.Equal(Verdict.Ignored, bench.Tell(FromErp(bench.SalesOrder, "S1", true, Everything)));
        bench.Deliver(DeliveryKind.PostPayment);
        Assert.Equal(FlowStatus.Done, bench.Summary.Status);
    }

    [Fact]
    public void The_echo_of_our_own_fulfilment_does_not_ship_in_the_erp_again()
    {
        var bench = FlowBench.Posted();
        bench.Tell(FromErp(bench.SalesOrder, "S1", true, Everything));
        bench.Deliver(DeliveryKind.FulfilOrder);
        Assert.Equal(Verdict.Ignored, bench.Tell(FromShop("F1", true, Everything)));
        Assert.DoesNotContain(bench.Asked, a => a.Kind == DeliveryKind.ShipSalesOrder);
    }

    [Fact]
    public void Shipments_and_invoices_heard_of_before_the_outcome_of_the_posting_are_kept()
    {
        var bench = FlowBench.Started(Order(payment: PaymentState.Paid));
        bench.Tell(Invoiced(bench.SalesOrder, 62.40m));
        bench.Tell(FromErp(bench.SalesOrder, "S1", true, Everything));
        Assert.Equal("reserved", bench.Summary.Stage);
        bench.Deliver(DeliveryKind.FulfilOrder);
        bench.Deliver(DeliveryKind.PostPayment);
        bench.Deliver(DeliveryKind.PostSalesOrder);
        Assert.Equal("posted", bench.Summary.Stage);
        bench.Deliver(DeliveryKind.AcknowledgeOrder);
        Assert.Equal(("paid", FlowStatus.Done), (bench.Summary.Stage, bench.Summary.Status));
    }

    [Fact]
    public void Parts_are_told_to_the_shop_one_by_one_and_the_goods_leave_the_stock_with_the_last()
    {
        var bench = FlowBench.Posted();
        bench.Deliver(DeliveryKind.AcknowledgeOrder);
        bench.Tell(FromErp(bench.SalesOrder, "S1", false, new ShipmentLine("TEE", 2)));
        Assert.Equal(("acknowledged", true), (bench.Summary.Stage, bench.HoldsGoods));
        bench.Tell(FromErp(bench.SalesOrder, "S2", true, new ShipmentLine("CAP", 1)));
        Assert.Equal(("shipped", false), (bench.Summary.Stage, bench.HoldsGoods));
        Assert.Equal(2, bench.Open.Values.Count(o => o.Kind == DeliveryKind.FulfilOrder));
    }

    [Fact]
    public void A_last_part_that_overtakes_the_first_waits_for_it()
    {
        var bench = FlowBench.Posted();
        bench.Deliver(DeliveryKind.AcknowledgeOrder);
        bench.Tell(FromErp(bench.SalesOrder, "S2", true, new ShipmentLine("CAP", 1)));
        Assert.Equal("acknowledged", bench.Summary.Stage);
        Assert.Contains("missing-shipments", bench.Deadlines.Keys);
        bench.Tell(FromErp(bench.SalesOrder, "S1", false, new ShipmentLine("TEE", 2)));
        Assert.Equal("shipped", bench.Summary.Stage);
        Assert.Empty(bench.Deadlines);
    }

    [Fact]
    public void An_order_closed_short_counts_as_shipped_after_an_hour()
    {
        var bench = FlowBench.Posted();
        bench.Deliver(DeliveryKind.AcknowledgeOrder);
        bench.Tell(FromErp(bench.SalesOrder, "S1", true, new ShipmentLine("TEE", 1), new ShipmentLine("CAP", 1)));
        Assert.Equal(Verdict.Applied, bench.Feed(new FlowEvent.Due("missing-shipments")));
        Assert.Equal(("shipped", false), (bench.Summary.Stage, bench.HoldsGoods));
    }

    [Fact]
    public void Every_id_that_a_person_may_paste_is_a_reference()
    {
        var bench = FlowBench.Posted(Order(payment: PaymentState.Paid));
        bench.Deliver(DeliveryKind.AcknowledgeOrder);
        bench.Tell(FromErp(bench.SalesOrder, "S1", true, Everything));
        bench.Deliver(DeliveryKind.FulfilOrder);
        bench.Tell(Invoiced(bench.SalesOrder, 62.40m));
        bench.Deliver(DeliveryKind.PostPayment);
        bench.Tell(Refund("R1", 5m, 1));
        Assert.Equal(
            [
                "erp-invoice=INV1", "erp-invoice=N-INV1", "erp-order=SO-1", "erp-order=ref-1", "erp-payment=SO-1", "erp-payment=ref-1", "erp-shipment=S1", "payment=t1", $"posting-key={bench.SalesOrder}", "refund=R1",
                "shipment=SO-1", "shipment=ref-1", "shop-name=#1001", "shop-order=5501", "tracking=T-S1",
            ],
            bench.References.Select(r => $"{r.Kind}={r.Value}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_shipment_of_the_shop_is_found_by_the_shops_own_id()
    {
        var bench = FlowBench.Posted();
        bench.Tell(FromShop("F1", true, Everything));
        Assert.Contains(new FlowReference("shipment", "F1"), bench.References);
    }

    [Fact]
    public void An_invoice_that_the_erp_found_settled_is_no_payment_of_ours()
    {
        var bench = FlowBench.Posted(Order(payment: PaymentState.Paid));
        bench.Tell(FromErp(bench.SalesOrder, "S1", true, Everything));
        bench.Tell(Invoiced(bench.SalesOrder, 62.40m));
        var payment = Assert.Single(bench.Open.Values, o => o.Kind == DeliveryKind.PostPayment);
        bench.Open.Remove(payment.Key);
        bench.Feed(new FlowEvent.Delivered(payment.Kind, payment.Key, new Outcome.Accepted("INV1", "N-INV1")));
        Assert.DoesNotContain(bench.References, r => r.Kind == "erp-payment");
    }

    [Fact]
    public void What_cannot_start_an_order_waits_for_it()
    {
        var bench = new FlowBench();
        Assert.Equal(Verdict.Parked, bench.Tell(FromShop("F1", true)));
        Assert.Equal(Verdict.Parked, bench.Tell(CancelledAt(2)));
        Assert.Equal(Verdict.Parked, bench.Tell(Refund("R1", 1m, 2)));
        Assert.Null(bench.State);
    }

    [Fact]
    public void A_refused_delivery_needs_somebody_and_goes_on_when_it_is_carried_out()
    {
        var bench = FlowBench.Started();
        bench.Refuse(DeliveryKind.PostSalesOrder);
        Assert.Equal(("reserved", FlowStatus.Attention), (bench.Summary.Stage, bench.Summary.Status));
        bench.Deliver(DeliveryKind.PostSalesOrder);
        Assert.Equal(("posted", FlowStatus.Open), (bench.Summary.Stage, bench.Summary.Status));
    }

    [Fact]
    public void A_total_that_the_erp_calculates_differently_is_reported_and_the_order_goes_on()
    {
        var bench = FlowBench.Started();
        bench.Deliver(DeliveryKind.PostSalesOrder, ("total", "62.41"));
        Assert.Contains("62.41 EUR", Assert.Single(bench.Reported, p => p.Code == "erp-total-differs").Message, StringComparison.Ordinal);
        Assert.Contains("AcknowledgeOrder", bench.OpenKinds);
    }

    [Fact]
    public void An_outcome_told_twice_changes_nothing()
    {
        var bench = FlowBench.Started();
        var outcome = bench.Settled(bench.SalesOrder);
        Assert.Equal(Verdict.Applied, bench.Feed(outcome));
        Assert.Equal(Verdict.Duplicate, bench.Feed(outcome));
        Assert.Equal(Verdict.Ignored, bench.Feed(outcome with { Key = new PostingKey("SOMEBODY-ELSES-KEY") }));
    }
}
