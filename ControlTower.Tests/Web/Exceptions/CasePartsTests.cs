using Bunit;
using ControlTower.Data.Canonical;
using ControlTower.Data.Triage;
using ControlTower.Sync.Triage;
using ControlTower.Tests.Web.Shared;
using ControlTower.Web.Pages.Exceptions;
using Microsoft.AspNetCore.Components;
using MudBlazor;
using Xunit;

namespace ControlTower.Tests.Web.Exceptions;

public sealed class CasePartsTests : IAsyncDisposable
{
    private static readonly CaseRow Row = new(
        7, "f", "VAT code not set up", "missing", "tax-code", "open", 1, 1, 42, "NL-1", "Shopify EU", "bc-eu", "Business Central EU", "Northlane", new Money(784.90m, "EUR"),
        "reserved", PartsContext.Noon.AddMinutes(-62), PartsContext.Noon, PartsContext.Noon, null, null, null)
    { AtRisk = new Money(784.90m, "EUR"), DueAt = PartsContext.Noon.AddMinutes(58) };

    private readonly PartsContext parts = new();

    public async ValueTask DisposeAsync() => await parts.DisposeAsync();

    [Theory]
    [InlineData("open", "missing", "Open")]
    [InlineData("open", "unknown-outcome", "Unknown")]
    [InlineData("retrying", "missing", "Retrying 1")]
    [InlineData("discarded", "missing", "Discarded")]
    public void A_row_says_its_state_its_value_and_what_is_left_of_its_time(string state, string failure, string word)
    {
        var row = Draw(Row with { State = state, Failure = failure, DueAt = state is "discarded" ? null : Row.DueAt });
        Assert.Contains(word, row.Find("[data-ct=status]").TextContent);
        Assert.Contains("€784.90", row.Markup);
        Assert.Equal(state is "discarded", row.Find("tr").TextContent.Contains('–', StringComparison.Ordinal));
    }

    [Fact]
    public void Proven_is_another_word_than_resolved_by_hand()
    {
        Assert.Contains("Proven", Draw(Row with { State = "resolved", ClosedBy = "tower", IsProven = true }).Markup);
        var wentOn = Draw(Row with { State = "resolved", ClosedBy = "tower", Resolution = "The order went on." });
        Assert.Contains("Went on", wentOn.Markup);
        Assert.DoesNotContain("Proven", wentOn.Markup);
        var takenBack = Draw(Row with { State = "resolved", ClosedBy = "tower", Resolution = CaseStore.TakenBack });
        Assert.Contains("Taken back", takenBack.Markup);
        Assert.DoesNotContain("Proven", takenBack.Markup);
        var byHand = Draw(Row with { State = "resolved", ClosedBy = "Ida Holm" });
        Assert.Contains("Resolved", byHand.Markup);
        Assert.DoesNotContain("Proven", byHand.Markup);
    }

    [Fact]
    public void Whoever_may_not_retry_has_nothing_to_tick() => Assert.Empty(Draw(Row, mayRetry: false).FindAll("input"));

    [Fact]
    public void A_row_shows_hostile_names_as_text()
    {
        var row = Draw(Row with { Name = "<img src=x onerror=alert(1)>", Brand = "<script>" });
        Assert.Empty(row.FindAll("img, script"));
    }

    [Fact]
    public void The_dialog_shows_the_frozen_set_and_gives_exactly_it()
    {
        RetryAsked? confirmed = null;
        var dialog = Dialog(new CaseSet([1, 2, 3], [new Money(30m, "EUR"), new Money(5m, "GBP")], [new CaseTarget("bc-eu", "Business Central EU", 3, false, "open")], 1, 0, 2), asked => confirmed = asked);
        Assert.Equal("3 cases", dialog.Find("[data-ct=frozen-count]").TextContent);
        Assert.Contains("€30.00", dialog.Markup);
        Assert.Contains("£5.00", dialog.Markup);
        Assert.Contains("not answering, waits its turn", dialog.Markup);
        Assert.Contains("1 being retried already, 2 closed meanwhile", dialog.Find("[data-ct=left-out]").TextContent);
        dialog.Find("[data-ct=confirm-retry]").Click();
        Assert.Null(confirmed);
        Assert.Contains("Say why", dialog.Find("#retry-wrong").TextContent);
        dialog.Find("[data-ct=retry-reason]").Input(" The tax code was added ");
        dialog.Find("[data-ct=confirm-retry]").Click();
        Assert.Equal("The tax code was added", confirmed!.Reason);
        Assert.Equal([1L, 2L, 3L], confirmed!.Ids);
        var key = confirmed.Key;
        dialog.Find("[data-ct=confirm-retry]").Click();
        Assert.Equal(key, confirmed.Key);
    }

    [Fact]
    public void How_a_batch_goes_can_be_changed_and_what_cannot_be_carried_out_is_refused_beside_the_field()
    {
        RetryAsked? confirmed = null;
        var dialog = Dialog(new CaseSet([.. Enumerable.Range(1, 300).Select(n => (long)n)], [], [], 0, 0, 0) { Batched = 4 }, asked => confirmed = asked);
        Assert.Contains("then 100 at a time: 7 stages", dialog.Find("#stages-help").TextContent);
        Assert.Contains("4 in another batch", dialog.Find("[data-ct=left-out]").TextContent);

        dialog.Find("[data-ct=stages]").Input("3, x");
        dialog.Find("[data-ct=rate]").Input("0");
        dialog.Find("[data-ct=limit]").Input("101");
        Assert.Equal(["stages-help", "rate-help", "limit-help"], dialog.FindAll(".wrong").Select(e => e.Id));
        Assert.True(dialog.Find("[data-ct=confirm-retry]").HasAttribute("disabled"));

        dialog.Find("[data-ct=stages]").Input("3, 30");
        dialog.Find("[data-ct=rate]").Input("2");
        dialog.Find("[data-ct=limit]").Input("2.5");
        dialog.Find("[data-ct=retry-reason]").Input("They are mended");
        dialog.Find("[data-ct=confirm-retry]").Click();
        Assert.Equal([3, 30], confirmed!.Plan.Stages);
        Assert.Equal((2, 0.025m, 300), (confirmed.Plan.PerSecond, confirmed.Plan.FailureLimit, confirmed.Ids.Count));
    }

    [Fact]
    public void A_set_of_which_nothing_is_left_cannot_be_confirmed() =>
        Assert.True(Dialog(new CaseSet([], [], [], 0, 0, 4), _ => { }).Find("[data-ct=confirm-retry]").HasAttribute("disabled"));

    [Fact]
    public void Letting_an_order_pass_is_said_in_so_many_words()
    {
        var dialog = Dialog(new CaseSet([1], [], [], 0, 0, 0) { Codes = [new("refused", "fraud-review", 1)] }, _ => { });
        Assert.Contains("Let this order pass?", dialog.Markup);
        Assert.Contains("Your name stands beside it", dialog.Markup);
    }

    [Fact]
    public void A_retry_of_many_says_how_many_orders_it_lets_pass_and_how_many_it_cannot_help()
    {
        var mixed = Dialog(new CaseSet([1, 2, 3, 4, 5, 6], [], [], 0, 0, 0)
        {
            Codes = [new("refused", "fraud-review", 2), new("refused", "duplicate-order", 1), new("value", "invoiced-too-much", 2), new("missing", "out-of-stock", 1)],
        }, _ => { });
        Assert.Contains("3 of these orders wait for somebody's judgement: this lets them pass", mixed.Find("[data-ct=passes]").TextContent, StringComparison.Ordinal);
        Assert.Contains("will not help 2 of these", mixed.Find("[data-ct=vain]").TextContent, StringComparison.Ordinal);
        Assert.Contains("Retry 6 cases?", mixed.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void A_retry_of_many_reviews_asks_whether_they_are_to_pass()
    {
        var reviews = Dialog(new CaseSet([1, 2], [], [], 0, 0, 0) { Codes = [new("refused", "test-order", 2)] }, _ => { });
        Assert.Contains("Let 2 orders pass?", reviews.Markup, StringComparison.Ordinal);
        Assert.Contains("This lets all 2 orders pass", reviews.Find("[data-ct=passes]").TextContent, StringComparison.Ordinal);
        Assert.Empty(reviews.FindAll("[data-ct=vain]"));
    }

    [Fact]
    public void A_case_is_not_closed_by_hand_without_a_reason()
    {
        (EndingAsked Asked, string Reason)? ended = null;
        var provider = parts.Render<MudDialogProvider>();
        parts.Render<EndDialog>(p => p.Add(d => d.Case, new EndingAsked(Row, CaseEnding.Resolved))
            .Add(d => d.OnConfirm, EventCallback.Factory.Create<(EndingAsked, string)>(this, end => ended = end)));

        provider.Find("[data-ct=confirm-end]").Click();
        Assert.Null(ended);
        Assert.NotNull(provider.Find("[role=alert]"));

        provider.Find("[data-ct=reason]").Input("  SO-221904 was made by hand  ");
        provider.Find("[data-ct=confirm-end]").Click();
        Assert.Equal("SO-221904 was made by hand", ended!.Value.Reason);
    }

    private IRenderedComponent<CaseRowView> Draw(CaseRow row, bool mayRetry = true) => parts.Render<CaseRowView>(p => p
        .Add(c => c.Item, new CaseListItem(row.Id, row, null)).Add(c => c.MayRetry, mayRetry));

    private IRenderedComponent<MudDialogProvider> Dialog(CaseSet set, Action<RetryAsked> confirm)
    {
        var provider = parts.Render<MudDialogProvider>();
        parts.Render<RetryDialog>(p => p.Add(d => d.Set, set).Add(d => d.OnConfirm, EventCallback.Factory.Create(this, confirm)));
        return provider;
    }
}
