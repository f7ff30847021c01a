using ControlTower.Data.Canonical;
using ControlTower.Data.Reconciliation;
using ControlTower.Web.Pages.Reconciliation;
using ControlTower.Web.Shared;
using Xunit;

namespace ControlTower.Tests.Web.Reconciliation;

/// <summary>What finance reads: the break, its age, the sentence of what is missing, sums that never mix currencies.</summary>
public sealed class ReconWordsTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 26, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(0, Status.Wait, "0 d")]
    [InlineData(7, Status.Wait, "7 d")]
    [InlineData(8, Status.Warn, "8 d")]
    [InlineData(14, Status.Warn, "14 d")]
    [InlineData(15, Status.Bad, "15 d")]
    public void Age_has_a_tone_from_eight_and_from_fifteen_days(int days, Status status, string word) => Assert.Equal((status, word), ReconWords.Age(Item() with { DaysLate = days }));

    [Fact]
    public void A_break_says_whose_it_is_and_when_it_is_overdue()
    {
        var item = Item() with { Owner = null, DaysLate = 3, ResolveBy = Noon };
        Assert.Equal((Status.Bad, "3 d, overdue"), ReconWords.Age(item with { IsOverdue = true }));
        Assert.Equal(" · with Finance · resolve by noon", ReconWords.Owner(item with { Team = ReconTeams.Finance }, _ => "noon"));
        Assert.Equal(" · held by Ida · overdue since noon", ReconWords.Owner(item with { Owner = "Ida", IsOverdue = true }, _ => "noon"));
        Assert.Equal("", ReconWords.Owner(item with { State = "closed" }, _ => "noon"));
    }

    [Fact]
    public void Before_its_time_nothing_is_late() => Assert.Equal((Status.Wait, "not due"), ReconWords.Age(Item() with { State = "coming", DaysLate = -3 }));

    [Fact]
    public void The_sentence_says_who_has_what_and_what_is_missing()
    {
        Assert.Equal("Shopify EU says €412.40, Business Central EU €392.40. Missing: €20.00.", Say(Item()));
        Assert.Equal("Shopify EU says €412.40, Business Central EU €412.40. It is the tax that differs.", Say(Item() with { Kind = BreakKinds.Tax, OtherAmount = 412.40m, Difference = 0m }));
        Assert.Equal("Shopify EU says €412.40. Business Central EU has nothing of it. Missing: €412.40.", Say(Item() with { Kind = BreakKinds.MissingOther, OtherAmount = 0m, Difference = 412.40m }));
        Assert.Equal("Business Central EU has €80.00. Shopify EU says nothing of it. Too much: €80.00.", Say(Item() with { Kind = BreakKinds.MissingFirst, FirstAmount = 0m, OtherAmount = 80m, Difference = -80m }));
        Assert.Equal("Shopify EU says €412.40, Business Central EU €392.40. €15.00 of it is explained. Missing: €5.00.", Say(Item() with { Adjusted = 15m, Difference = 5m }));
        Assert.Equal("Shopify EU says €412.40, Business Central EU £350.00. They are in two currencies, so no difference can be told.",
            Say(Item() with { Kind = BreakKinds.Currency, OtherAmount = 350m, OtherCurrency = "GBP", Difference = 62.40m }));
    }

    [Theory]
    [InlineData("missing-first -77.7 EUR", "first side missing, \u2212€77.70")]
    [InlineData("Looks odd to me", "Looks odd to me")]
    [InlineData("", "")]
    public void What_the_tower_noted_is_read_in_words(string words, string shown) => Assert.Equal(shown, ReconWords.Noted(words));

    [Fact]
    public void Without_groups_there_is_no_rate()
    {
        Assert.Null(ReconWords.Rate(0, 0));
        Assert.Equal(0.986, ReconWords.Rate(986, 1000));
    }

    [Fact]
    public void A_month_is_summed_by_currency()
    {
        var sum = MonthSum.Of(new ReconPeriod(null, "bc-eu", "Business Central EU", new DateOnly(2026, 10, 1), "open", null, null, null, 0, [Figure("EUR", 10m, 98), Figure("GBP", -4m, 90), Figure("EUR", -3m, 100)]));
        Assert.Equal([new Money(7m, "EUR"), new Money(-4m, "GBP")], sum.Unexplained);
        Assert.Equal([new Money(13m, "EUR"), new Money(4m, "GBP")], sum.Gross);
        Assert.Equal(0.96, sum.Rate);
        Assert.Equal(3, sum.Open);
    }

    [Fact]
    public void Only_what_is_read_is_clear()
    {
        Assert.Equal("not read", CompletenessWords.Headline([Channel() with { Covered = false }], TimeZoneInfo.Utc));
        Assert.Equal("all clear 12:00", CompletenessWords.Headline([Channel(), Channel() with { Covered = false }], TimeZoneInfo.Utc));
        Assert.Equal("3 missing", CompletenessWords.Headline([Channel() with { Missing = 2 }, Channel() with { Missing = 1 }], TimeZoneInfo.Utc));
        Assert.Equal("2 unread", CompletenessWords.Headline([Channel() with { Unread = 2 }], TimeZoneInfo.Utc));
    }

    [Fact]
    public void A_payout_that_failed_is_expected_nowhere_and_differs_where_it_stands()
    {
        Assert.Equal("Failed: the bank did not take it", PayoutWords.Standing(Payout() with { Status = MoneyStatus.Failed }).Word);
        Assert.Equal("Not expected", PayoutWords.Bank(Payout() with { Status = MoneyStatus.Failed }).Word);
        Assert.Equal("Differs", PayoutWords.Bank(Payout() with { Status = MoneyStatus.Failed, Deposited = 90m }).Word);
        Assert.Equal("Waiting", PayoutWords.Bank(Payout()).Word);
        Assert.Equal("Agrees", PayoutWords.Bank(Payout() with { Deposited = 90m }).Word);
        Assert.Equal("Differs", PayoutWords.Contents(Payout() with { ContentsDifference = 0.01m }).Word);
        Assert.Equal("No lines told", PayoutWords.Contents(Payout() with { ContentsDifference = null }).Word);
    }

    [Fact]
    public void A_rule_with_an_amount_that_cannot_be_read_is_wrong_beside_its_field_and_nothing_is_guessed()
    {
        var form = new RuleForm { Name = "Rounding", Kind = "tolerance", Currency = "eur", Above = "1,50", Below = "0.05" };
        var (_, problems) = form.Read();
        Assert.Equal("above", Assert.Single(problems).Field);
        form.Above = "0.05";
        (var rule, problems) = form.Read();
        Assert.Empty(problems);
        Assert.Equal(("EUR", 0.05m), (rule.Currency, rule.Above));
        Assert.Equal(rule with { Id = 3, Version = 2 }, new RuleForm(rule with { Id = 3, Version = 2 }).Read().Rule);
    }

    internal static ReconItemRow Item() => new(
        1, Comparisons.Order, ReconCategories.OrderDiffers, BreakKinds.Amount, "open", "NL-1", "EUR", 412.40m, 392.40m, null, 0m, 20m, 20m, "shopify-eu", "Shopify EU", "bc-eu", null, "Northlane", 7, Noon.AddDays(-17),
        Noon.AddDays(-16), 16, null, null, null, null, 1, "f7");

    private static string Say(ReconItemRow item) => ReconWords.Sentence(item, "Shopify EU", "Business Central EU");

    private static PeriodFigure Figure(string currency, decimal unexplained, long matched) => new(Comparisons.Order, "shopify-eu", currency, 100, matched, 0, 0, 0, 0, 0, unexplained, Math.Abs(unexplained), 1, 0);

    private static CompletenessRow Channel() => new("shopify-eu", "Shopify EU", null, "bc-eu", 10, 10, 0, 0, "EUR", 0, Noon, Noon, null, 0, false, true);

    private static PayoutRow Payout() => new(1, "stripe-eu", "Stripe", "po_1", MoneyStatus.Final, 90m, "EUR", Noon, 2, 100m, 0, 10m, 0, 0, 0m, null, null, false, null, null, false);
}
