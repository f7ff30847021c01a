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

    [Fact]
    public void What_is_known_in_both_currencies_is_compared_in_the_first_sides_and_shows_the_other_with_its_rate()
    {
        var item = ReconWordsTests.Item() with { Comparison = Comparisons.Settlement, Kind = BreakKinds.Amount, OtherAmount = 392.40m, OtherCurrency = "USD", Difference = 20m };
        var charge = Line(2, "stripe-eu", MoneyKind.Charge, 425m, other: true, currency: "USD") with { ShownAmount = 392.40m, ShownCurrency = "EUR" };
        var sides = Of(item, [Line(1, "shopify-eu", MoneyKind.Tender, 412.40m), charge]);
        Assert.Equal((SideState.Differs, new Money(392.40m, "EUR"), new Money(425m, "USD"), new Money(392.40m, "EUR")), (sides[1].State, sides[1].Says, sides[1].Total, sides[1].Shown));
        Assert.Equal(0.9233m, decimal.Round(sides[1].Rate!.Value, 4));
        Assert.Null(sides[0].Shown);
    }

    [Fact]
    public void Of_two_currencies_that_cannot_be_compared_each_side_says_its_own()
    {
        var item = ReconWordsTests.Item() with { Kind = BreakKinds.Currency, OtherCurrency = "GBP", OtherAmount = 0m };
        var told = ReconSides.Told(View(item, [Line(1, "shopify-eu", MoneyKind.Order, 412.40m), Line(2, "bc-eu", MoneyKind.Invoice, 350m, other: true, currency: "GBP")]));
        Assert.Equal((350m, "GBP"), (told.OtherAmount, told.OtherCurrency));
    }

    [Fact]
    public void A_payout_that_was_booked_and_failed_says_which_entries_to_reverse()
    {
        var item = ReconWordsTests.Item() with { Comparison = Comparisons.Books, Kind = BreakKinds.PayoutFailed, FirstAmount = 0m, OtherAmount = 50m, Difference = -50m };
        ReconLine[] lines = [Line(1, "stripe-eu", MoneyKind.Payout, 50m) with { Status = MoneyStatus.Failed }, Line(2, "bc-eu", MoneyKind.Journal, 50m, other: true), Line(3, "bc-eu", MoneyKind.Journal, 9m, other: true) with { Status = MoneyStatus.Gone }];
        Assert.Equal([2L], ReconSides.ToReverse(View(item, lines)).Select(l => l.Id));
        Assert.Empty(ReconSides.ToReverse(View(item with { Kind = BreakKinds.Amount }, lines)));
        Assert.Equal("Booked, then failed", ReconWords.Break(item));
        Assert.Equal("Business Central EU has €50.00 booked for a payout of which Stripe paid nothing: reverse it there. The bank did not take the payout; the money came back to the balance.", ReconWords.Sentence(item, "Stripe", "Business Central EU"));
    }

    private static ReconItemView View(ReconItemRow item, IReadOnlyList<ReconLine> lines) => new(item, lines, [], [], [], [], [], [], null, 0, false);

    private static IReadOnlyList<MoneySide> Of(ReconItemRow item, IReadOnlyList<ReconLine> lines, IReadOnlyList<ReconLine>? more = null) => ReconSides.Of(
        new ReconItemView(item, lines, [.. lines, .. more ?? []], [], [], [], [], [], null, 0, false), id => id == "bc-eu" ? "Business Central EU" : id, TimeZoneInfo.Utc);

    private static ReconLine Line(long id, string connection, MoneyKind kind, decimal amount, bool other = false, decimal? tax = null, decimal fee = 0m, string currency = "EUR") => new(
        id, connection, connection, "", other, kind, MoneyStatus.Final, "NL-1", amount, currency, null, null, fee, tax, fee == 0m ? null : "po_1", null, null, null, Noon, null);
}
