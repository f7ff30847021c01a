using ControlTower.Data.Canonical;
using ControlTower.Data.Reconciliation;
using ControlTower.Web.Pages.Reconciliation;
using ControlTower.Web.Shared;
using Xunit;

namespace ControlTower.Tests.Web.Reconciliation;

/// <summary>The sides of an item as cards: who agrees, who differs, who is missing, and which line is the difference.</summary>
public sealed class ReconSidesTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 10, 11, 4, 0, TimeSpan.Zero);

    [Fact]
    public void An_invoice_of_another_amount_differs_and_nobody_agrees()
    {
        var sides = Of(ReconWordsTests.Item(), [Line(1, "shopify-eu", MoneyKind.Order, 412.40m, tax: 65.85m), Line(2, "bc-eu", MoneyKind.Invoice, 392.40m, other: true)]);
        Assert.Equal([SideState.Expected, SideState.Differs], sides.Select(s => s.State));
        Assert.Equal([("Without tax", 346.55m), ("Tax", 65.85m)], sides[0].Rows.Select(r => (r.Label, r.Amount.Amount)));
        Assert.Equal("NL-1, 10 Nov 11:04", sides[0].Sub);
    }

    [Fact]
    public void A_side_that_has_nothing_is_drawn_as_missing()
    {
        var item = ReconWordsTests.Item() with { Kind = BreakKinds.MissingOther, OtherAmount = 0m, Difference = 412.40m };
        var sides = Of(item, [Line(1, "shopify-eu", MoneyKind.Order, 412.40m)], [Line(3, "stripe-eu", MoneyKind.Charge, 412.40m, fee: 6.44m)]);
        Assert.Equal([SideState.Agrees, SideState.Missing, SideState.Agrees], sides.Select(s => s.State));
        Assert.Equal(("Business Central EU", SystemKind.Erp), (sides[1].Name, sides[1].Kind));
        Assert.Equal(new Money(405.96m, "EUR"), sides[2].Total);
    }

    [Fact]
    public void The_line_that_is_exactly_the_difference_is_marked()
    {
        var item = ReconWordsTests.Item() with { Comparison = Comparisons.Settlement, Category = Comparisons.Settlement, Kind = BreakKinds.Chargeback };
        var sides = Of(
            item,
            [Line(1, "shopify-eu", MoneyKind.Tender, 412.40m), Line(2, "stripe-eu", MoneyKind.Charge, 412.40m, other: true, fee: 6.44m), Line(3, "stripe-eu", MoneyKind.Dispute, -20m, other: true)],
            [Line(4, "bc-eu", MoneyKind.Invoice, 412.40m)]);
        Assert.Equal(["shopify-eu", "bc-eu", "stripe-eu"], sides.Select(s => s.Key.Split(':')[0]));
        Assert.Equal([SideState.Agrees, SideState.Agrees, SideState.Differs], sides.Select(s => s.State));
        Assert.Equal(("Dispute", -20m), sides[2].Rows.Where(r => r.Hot).Select(r => (r.Label, r.Amount.Amount)).Single());
        Assert.Equal(new Money(385.96m, "EUR"), sides[2].Total);
    }

    [Fact]
    public void An_order_that_is_not_invoiced_whole_counts_once()
    {
        var sides = Of(
            ReconWordsTests.Item() with { OtherAmount = 412.40m, Difference = 0m, Kind = BreakKinds.Tax },
            [Line(1, "shopify-eu", MoneyKind.Order, 412.40m), Line(2, "bc-eu", MoneyKind.SalesOrder, 412.40m, other: true), Line(3, "bc-eu", MoneyKind.Invoice, 100m, other: true)]);
        Assert.Equal(new Money(412.40m, "EUR"), sides[1].Total);
    }

    [Fact]
    public void Two_currencies_are_never_compared()
    {
        var sides = Of(
            ReconWordsTests.Item() with { Kind = BreakKinds.Currency, OtherCurrency = "GBP", OtherAmount = 412.40m },
            [Line(1, "shopify-eu", MoneyKind.Order, 412.40m), Line(2, "bc-eu", MoneyKind.Invoice, 412.40m, other: true, currency: "GBP")]);
        Assert.Equal(SideState.OtherCurrency, sides[1].State);
    }

    private static IReadOnlyList<MoneySide> Of(ReconItemRow item, IReadOnlyList<ReconLine> lines, IReadOnlyList<ReconLine>? more = null) => ReconSides.Of(
        new ReconItemView(item, lines, [.. lines, .. more ?? []], [], [], [], [], [], null, 0, false), id => id == "bc-eu" ? "Business Central EU" : id, TimeZoneInfo.Utc);

    private static ReconLine Line(long id, string connection, MoneyKind kind, decimal amount, bool other = false, decimal? tax = null, decimal fee = 0m, string currency = "EUR") => new(
        id, connection, connection, "", other, kind, MoneyStatus.Final, "NL-1", amount, currency, null, null, fee, tax, fee == 0m ? null : "po_1", null, null, null, Noon, null);
}
