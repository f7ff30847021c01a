using ControlTower.Data.Canonical;
using ControlTower.Sync.Flows;
using Xunit;
using static ControlTower.Tests.Sync.Flows.OrderToCash.Sample;

namespace ControlTower.Tests.Sync.Flows.OrderToCash;

/// <summary>Invoices, payments and refunds.</summary>
public sealed class MoneyTests
{
    [Fact]
    public void A_refund_is_recorded_once_also_after_the_end()
    {
        var bench = FlowBench.Started(Order(payment: PaymentState.Paid));
        Assert.Equal(Verdict.Applied, bench.Tell(Refund("R1", 10m, 1)));
        Assert.Equal(Verdict.Duplicate, bench.Tell(Refund("R1", 10m, 1)));
        bench.Tell(CancelledAt(2));
        Assert.Equal(Verdict.Applied, bench.Tell(Refund("R2", 52.40m, 1)));
        Assert.Empty(bench.OpenProblems);
    }

    [Fact]
    public void More_refunded_than_captured_is_a_case_until_the_capture_is_stated()
    {
        var bench = FlowBench.Started(Order(payment: PaymentState.Paid));
        bench.Tell(Refund("R1", 60m, 1));
        bench.Tell(Refund("R2", 10m, 1));
        Assert.Equal(["refund-exceeds-capture"], bench.OpenProblems);
        var dearer = Order(2, PaymentState.Paid);
        bench.Tell(Stated(dearer with { Tenders = [.. dearer.Tenders, new Tender("t2", "card", 20m, TenderKind.Capture, Start)] }));
        Assert.Empty(bench.OpenProblems);
    }

    [Fact]
    public void A_refund_of_a_payment_that_was_not_stated_yet_waits_for_it()
    {
        var bench = FlowBench.Started();
        Assert.Equal(Verdict.Parked, bench.Tell(Refund("R1", 10m, 2)));
        bench.Tell(Stated(Order(2, PaymentState.Paid)));
        Assert.Equal(Verdict.Applied, bench.Tell(Refund("R1", 10m, 2)));
    }

    [Theory]
    [InlineData(-1, "EUR")]
    [InlineData(1, "USD")]
    public void A_refund_that_cannot_belong_to_the_order_is_a_case(int amount, string currency)
    {
        var bench = FlowBench.Started(Order(payment: PaymentState.Paid));
        bench.Tell(Refund("R1", 1m, 1) with { Amount = new Money(amount, currency) });
        Assert.Equal(["refund-value"], bench.OpenProblems);
        Assert.Empty(bench.State!.Refunds);
    }

    [Fact]
    public void An_invoice_that_is_settled_in_the_erp_needs_no_payment_from_us()
    {
        var bench = FlowBench.Posted(Order(payment: PaymentState.Paid));
        bench.Tell(Invoiced(bench.SalesOrder, 62.40m, 0m));
        Assert.DoesNotContain("PostPayment", bench.OpenKinds);
    }

    [Fact]
    public void Several_invoices_are_paid_one_by_one_and_never_more_than_the_order_is_worth()
    {
        var bench = FlowBench.Posted(Order(payment: PaymentState.Paid));
        bench.Tell(Invoiced(bench.SalesOrder, 40m, id: "A"));
        bench.Tell(Invoiced(bench.SalesOrder, 22.40m, id: "B"));
        bench.Tell(Invoiced(bench.SalesOrder, 22.40m, id: "C"));
        Assert.Equal([40m, 22.40m], bench.Asked.Where(a => a.Kind == DeliveryKind.PostPayment).Select(a => a.Value.Amount));
        Assert.Equal(["invoiced-too-much"], bench.OpenProblems);
    }

    [Fact]
    public void A_payment_that_the_erp_refused_because_it_was_settled_meanwhile_is_taken_back()
    {
        var bench = FlowBench.Posted(Order(payment: PaymentState.Paid));
        bench.Tell(Invoiced(bench.SalesOrder, 62.40m, 62.40m));
        bench.Refuse(DeliveryKind.PostPayment);
        bench.Tell(Invoiced(bench.SalesOrder, 62.40m, 0m, version: 2));
        Assert.DoesNotContain("PostPayment", bench.OpenKinds);
        Assert.Equal(FlowStatus.Open, bench.Summary.Status);
    }

    [Fact]
    public void An_invoice_heard_before_the_edit_that_it_was_made_for_is_no_doubled_invoice_in_the_end()
    {
        var bench = FlowBench.Started(Sample.Order(version: 1, PaymentState.Paid, tees: 5));
        bench.Sent.Add(bench.SalesOrder);
        bench.Tell(Sample.Stated(Sample.Order(version: 2, PaymentState.Paid, tees: 2)));
        bench.Tell(Sample.Invoiced(bench.SalesOrder, Sample.Order(tees: 5).Totals.Total));
        Assert.Contains("invoiced-too-much", bench.OpenProblems);
        bench.Tell(Sample.Stated(Sample.Order(version: 3, PaymentState.Paid, tees: 5)));
        Assert.DoesNotContain("invoiced-too-much", bench.OpenProblems);
        bench.Tell(Sample.Invoiced(bench.SalesOrder, 10m, id: "INV2"));
        Assert.Contains("invoiced-too-much", bench.OpenProblems);
    }

    [Fact]
    public void An_invoice_in_another_currency_is_a_case()
    {
        var bench = FlowBench.Posted(Order(payment: PaymentState.Paid));
        bench.Tell(Invoiced(bench.SalesOrder, 62.40m) with { Total = new Money(62.40m, "USD") });
        Assert.Equal(["invoice-currency"], bench.OpenProblems);
        Assert.DoesNotContain("PostPayment", bench.OpenKinds);
    }
}
