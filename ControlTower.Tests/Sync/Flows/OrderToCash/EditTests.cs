using ControlTower.Data.Canonical;
using ControlTower.Sync.Flows;
using Xunit;
using static ControlTower.Tests.Sync.Flows.OrderToCash.Sample;

namespace ControlTower.Tests.Sync.Flows.OrderToCash;

/// <summary>Further statements of an order.</summary>
public sealed class EditTests
{
    [Fact]
    public void The_same_statement_again_is_a_duplicate_and_an_older_one_is_stale()
    {
        var bench = FlowBench.Started(Order(5));
        Assert.Equal(Verdict.Duplicate, bench.Tell(Stated(Order(5))));
        Assert.Equal(Verdict.Stale, bench.Tell(Stated(Order(4, tees: 9))));
        Assert.Single(bench.Asked);
    }

    [Fact]
    public void Equal_content_under_a_higher_version_only_moves_the_version()
    {
        var bench = FlowBench.Posted();
        Assert.Equal(Verdict.Applied, bench.Tell(Stated(Order(7) with { Lines = [.. Order().Lines.Select(l => l with { Title = "Renamed", UnitPrice = l.UnitPrice * 1.000m })] })));
        Assert.Equal(7, bench.Summary.AppliedVersion);
        Assert.Single(bench.Documents);
        Assert.DoesNotContain("UpdateSalesOrder", bench.OpenKinds);
    }

    [Fact]
    public void A_payment_stated_later_is_booked_when_the_invoice_is_there()
    {
        var bench = FlowBench.Posted();
        bench.Tell(Invoiced(bench.SalesOrder, 62.40m));
        Assert.DoesNotContain("PostPayment", bench.OpenKinds);
        bench.Tell(Stated(Order(2, PaymentState.Paid)));
        Assert.Contains("PostPayment", bench.OpenKinds);
    }

    [Fact]
    public void A_payment_stated_in_the_same_second_as_the_order_counts_and_is_not_undone_by_it()
    {
        var bench = FlowBench.Started(Order(1, PaymentState.Paid));
        Assert.Equal(Verdict.Duplicate, bench.Tell(Stated(Order(1))));
        Assert.Equal(62.40m, bench.State!.Captured);
        var other = FlowBench.Started(Order(1));
        Assert.Equal(Verdict.Applied, other.Tell(Stated(Order(1, PaymentState.Paid))));
        Assert.Equal(62.40m, other.State!.Captured);
    }

    [Fact]
    public void Two_contents_under_one_version_get_documents_of_their_own()
    {
        var bench = FlowBench.Started(Order(5));
        bench.Tell(Stated(Order(5, tees: 3)));
        bench.Tell(Stated(Order(5, tees: 4)));
        Assert.Equal([5L, 6L, 7L], bench.Documents.Keys.Order());
        Assert.Equal(5, bench.Summary.AppliedVersion);
        Assert.Equal(4, bench.State!.Items[0].Quantity);
    }

    [Fact]
    public void Before_it_is_sent_an_edit_replaces_what_is_posted_under_the_same_key()
    {
        var bench = FlowBench.Started();
        bench.Tell(Stated(Order(2, tees: 3)));
        Assert.Equal([1L, 2L], bench.Asked.Select(a => a.DocumentVersion));
        Assert.Equal(bench.SalesOrder, Assert.Single(bench.Open.Values).Key);
        Assert.Equal(3, Assert.Single(bench.Open.Values).Arguments!.Allocations!.Single(a => a.Sku == "TEE").Quantity);
        Assert.Equal(["Reserve", "Release", "Reserve"], bench.Effects.Select(e => e.GetType().Name));
    }

    [Fact]
    public void A_refused_posting_is_replaced_by_the_corrected_order()
    {
        var bench = FlowBench.Started();
        bench.Refuse(DeliveryKind.PostSalesOrder, "unknown-sku");
        bench.Tell(Stated(Order(2, tees: 1)));
        Assert.Equal(2, Assert.Single(bench.Open.Values).DocumentVersion);
        Assert.Equal(FlowStatus.Open, bench.Summary.Status);
    }

    [Fact]
    public void An_edit_while_the_posting_is_on_its_way_becomes_an_update_after_it()
    {
        var bench = FlowBench.Started();
        bench.Sent.Add(bench.SalesOrder);
        bench.Tell(Stated(Order(4, tees: 3)));
        Assert.Equal(["PostSalesOrder"], bench.OpenKinds);
        bench.Deliver(DeliveryKind.PostSalesOrder);
        var update = bench.Open.Values.Single(o => o.Kind == DeliveryKind.UpdateSalesOrder);
        Assert.Equal((4L, PostingKey.Derive("brand", Key, "#1001", "sales-order-update", 4)), (update.DocumentVersion, update.Key));
        Assert.Equal(bench.SalesOrder, update.Arguments!.PostedAs);
    }

    [Fact]
    public void One_update_is_under_way_at_a_time_and_the_newest_content_wins()
    {
        var bench = FlowBench.Posted();
        bench.Tell(Stated(Order(2, tees: 3)));
        bench.Sent.Add(bench.Open.Values.Single(o => o.Kind == DeliveryKind.UpdateSalesOrder).Key);
        bench.Tell(Stated(Order(3, tees: 4)));
        bench.Tell(Stated(Order(4, tees: 5)));
        Assert.Single(bench.Open.Values, o => o.Kind == DeliveryKind.UpdateSalesOrder);
        bench.Deliver(DeliveryKind.UpdateSalesOrder);
        Assert.Equal(4, bench.Open.Values.Single(o => o.Kind == DeliveryKind.UpdateSalesOrder).DocumentVersion);
        bench.Deliver(DeliveryKind.UpdateSalesOrder);
        Assert.DoesNotContain("UpdateSalesOrder", bench.OpenKinds);
    }

    [Fact]
    public void An_edit_that_is_taken_back_before_it_is_sent_leaves_nothing_to_do()
    {
        var bench = FlowBench.Posted();
        bench.Tell(Stated(Order(2, tees: 3)));
        bench.Tell(Stated(Order(3)));
        Assert.DoesNotContain("UpdateSalesOrder", bench.OpenKinds);
    }

    [Fact]
    public void An_edit_that_fails_the_check_is_not_sent_to_the_erp()
    {
        var bench = FlowBench.Posted();
        bench.Tell(Stated(Order(2, tees: 3) with { Totals = Order().Totals }));
        Assert.Contains("total-mismatch", bench.OpenProblems);
        Assert.Equal(["AcknowledgeOrder"], bench.OpenKinds);
        Assert.Equal(("posted", FlowStatus.Attention), (bench.Summary.Stage, bench.Summary.Status));
    }

    [Fact]
    public void A_new_address_does_not_touch_the_reservation()
    {
        var bench = FlowBench.Posted();
        bench.Tell(Stated(Order(2) with { Buyer = Order().Buyer with { ShipTo = new("Ada", "Street 2", null, "Berlin", null, "10115", "DE") } }));
        Assert.Contains("UpdateSalesOrder", bench.OpenKinds);
        Assert.Single(bench.Effects);
    }

    [Fact]
    public void After_the_shipment_an_edit_is_a_case_once_and_closes_if_it_is_undone()
    {
        var bench = FlowBench.Posted();
        bench.Tell(FromErp(bench.SalesOrder, "S1", true, new ShipmentLine("TEE", 2), new ShipmentLine("CAP", 1)));
        bench.Tell(Stated(Order(2, tees: 3)));
        bench.Tell(Stated(Order(3, PaymentState.Paid, tees: 3)));
        Assert.Single(bench.Reported, p => p.Code == "edit-after-shipment");
        Assert.DoesNotContain("UpdateSalesOrder", bench.OpenKinds);
        bench.Tell(Stated(Order(4, PaymentState.Paid)));
        Assert.Empty(bench.OpenProblems);
    }
}
