using ControlTower.Data.Flows;
using ControlTower.Data.Triage;
using ControlTower.Web.Pages.Exceptions;
using Xunit;

namespace ControlTower.Tests.Web.Exceptions;

public sealed class ExceptionsQueryTests
{
    [Fact]
    public void The_number_of_attempts_stands_in_the_address_and_what_is_no_such_number_is_named()
    {
        var query = ExceptionsQuery.Parse("http://tower/exceptions?attempts=3");
        Assert.Equal((3, 3, true), (query.Attempts, query.Filter(new DeskReader(Guid.Empty, TimeProvider.System.GetUtcNow())).AttemptsFrom, query.IsNarrowed));
        Assert.Equal("/exceptions?attempts=3", query.Href());
        Assert.Equal(("attempts", "3 or more"), (query.Fields().Single().Name, query.Fields().Single().Value));
        Assert.Equal("/exceptions", query.Without("attempts").Href());
        foreach (var wrong in new[] { "1", "0", "-3", "many", "1001" })
        {
            Assert.Equal("attempts", ExceptionsQuery.Parse($"http://tower/exceptions?attempts={wrong}").Wrong.Single().Name);
        }
    }

    [Fact]
    public void Brand_and_store_stand_in_the_address_are_shown_as_chips_and_can_be_taken_away()
    {
        var query = ExceptionsQuery.Parse("http://tower/exceptions?brand=Northlane&store=hamburg");
        var filter = query.Filter(new DeskReader(Guid.Empty, TimeProvider.System.GetUtcNow()));
        Assert.Equal(("Northlane", "hamburg", true), (filter.Brands.Single(), filter.Stores.Single(), query.IsNarrowed));
        Assert.Equal("/exceptions?brand=Northlane&store=hamburg", query.Href());
        Assert.Equal([("brand", "Northlane"), ("store", "hamburg")], query.Fields().Select(field => (field.Name, field.Value)));
        Assert.Equal("/exceptions?brand=Northlane", query.Without("store").Href());
    }

    [Fact]
    public void All_causes_stay_all_as_one_narrows_and_turns_to_another_view_and_a_chosen_cause_is_let_go_of()
    {
        var all = ExceptionsQuery.Parse("http://tower/exceptions?q=shirt&cause=all&case=C-7");
        Assert.True(all.IsAll);
        Assert.Null(all.OneCause);
        Assert.Null(all.Filter(new DeskReader(Guid.Empty, TimeProvider.System.GetUtcNow())).Fingerprint);
        Assert.Equal("/exceptions?q=shirt&cause=all", all.Anew.Href());
        Assert.Equal("/exceptions?cause=all", (all.Anew with { Text = "" }).Without("batch").Href());
        Assert.Equal("/exceptions?q=shirt", (all with { Cause = "erp/value/no" }).Anew.Href());
    }

    [Fact]
    public void A_query_comes_back_from_its_own_address()
    {
        var query = new ExceptionsQuery(DeskView.OldestFirst, "NL & co", ["missing", "unknown-outcome"], ["bc-eu"], ["A, B"], "missing:bc-eu:tax-code:lines..sku", 7, CaseTab.History, []);
        var back = ExceptionsQuery.Parse("http://tower" + query.Href());
        Assert.Equal(query.Href(), back.Href());
        Assert.Equal((query.Cause, query.Case, query.Tab, query.View), (back.Cause, back.Case, back.Tab, back.View));
        Assert.Empty(back.Wrong);
    }

    [Fact]
    public void What_failed_in_a_batch_is_a_filter_that_is_named_kept_and_taken_away()
    {
        var query = ExceptionsQuery.Parse("http://tower/exceptions?batch=B-12&result=failed&view=oldest");
        Assert.Equal((12L, "failed"), (query.Batch!.Value, query.Result));
        Assert.Equal("/exceptions?view=oldest&batch=12&result=failed", query.Href());
        Assert.Equal((12L, "failed"), (query.Filter(new DeskReader(Guid.Empty, default)).Batch!.Value, query.Filter(new DeskReader(Guid.Empty, default)).BatchResult));
        Assert.Equal("B-12, failed", Assert.Single(query.Fields()).Value);
        Assert.True(query.IsNarrowed);
        Assert.Equal("/exceptions?view=oldest", query.Without("batch").Href());
        Assert.False(query.SameListAs(query with { Result = "skipped" }));
        Assert.Contains("is no batch", Assert.Single(ExceptionsQuery.Parse("http://tower/exceptions?batch=moon&result=failed").Wrong).Wrong);
        Assert.Equal("/exceptions", ExceptionsQuery.Parse("http://tower/exceptions?result=failed").Href());
    }

    [Theory]
    [InlineData("case=C-7", 7L)]
    [InlineData("case=7", 7L)]
    [InlineData("case=-7", 7L)]
    [InlineData("case=7;drop", null)]
    [InlineData("case=99999999999999999999", null)]
    [InlineData("case=", null)]
    public void A_case_is_named_as_people_write_it(string part, long? expected) => Assert.Equal(expected, ExceptionsQuery.Parse("http://tower/exceptions?" + part).Case);

    [Fact]
    public void A_failure_kind_that_does_not_exist_is_left_out_and_explained()
    {
        var query = ExceptionsQuery.Parse("http://tower/exceptions?failure=missing&failure=moon");
        Assert.Equal(["missing"], query.Failures);
        Assert.Contains("moon", Assert.Single(query.Wrong).Wrong);
    }

    [Fact]
    public void Opening_a_case_or_a_tab_is_no_other_list()
    {
        var query = ExceptionsQuery.All with { Cause = "x" };
        Assert.True(query.SameListAs(query with { Case = 7, Tab = CaseTab.History }));
        Assert.False(query.SameListAs(query with { Cause = "y" }));
        Assert.False(query.SameListAs(query with { View = DeskView.Closed }));
    }

    [Fact]
    public void Closed_means_the_last_day()
    {
        var now = new DateTimeOffset(2026, 11, 26, 13, 0, 0, TimeSpan.Zero);
        var filter = (ExceptionsQuery.All with { View = DeskView.Closed }).Filter(new DeskReader(Guid.Empty, now));
        Assert.Equal(["resolved", "discarded"], filter.States);
        Assert.Equal((now.AddDays(-1), CaseSort.Newest), (filter.ClosedFrom, filter.Sort));
    }

    [Fact]
    public void Days_and_message_types_are_filters_that_are_named_kept_and_taken_away()
    {
        const string Address = "/exceptions?view=closed&type=PostPayment&type=Message&openedFrom=2026-11-01&closedFrom=2026-11-20&closedTo=2026-11-21";
        var query = ExceptionsQuery.Parse("http://tower" + Address);
        Assert.Equal(Address, query.Href());
        Assert.Empty(query.Wrong);
        Assert.Equal(["type: payment, incoming message", "opened: from 1 Nov 2026", "closed: 20 Nov 2026 to 21 Nov 2026"], query.Fields().Select(field => $"{field.Name}: {field.Value}"));
        Assert.True(query.IsNarrowed);

        // Days are the store's: Amsterdam is an hour ahead of UTC in November.
        var filter = query.Filter(new DeskReader(Guid.Empty, new DateTimeOffset(2026, 11, 27, 0, 0, 0, TimeSpan.Zero), TimeZoneInfo.FindSystemTimeZoneById("Europe/Amsterdam")));
        Assert.Equal((At("2026-11-19T23:00Z"), At("2026-11-21T23:00Z"), At("2026-10-31T23:00Z"), null), (filter.ClosedFrom, filter.ClosedBefore, filter.OpenedFrom, filter.OpenedBefore));
        Assert.Equal(["PostPayment", "Message"], filter.Types);
        Assert.Equal("/exceptions?view=closed", query.Without("type").Without("opened").Without("closed").Href());
    }

    [Fact]
    public void Whoever_asks_when_cases_were_closed_asks_for_closed_ones() =>
        Assert.Equal([DeskView.Closed, DeskView.Closed, DeskView.Proven], new[] { "", "view=oldest&", "view=proven&" }.Select(view => ExceptionsQuery.Parse($"http://tower/exceptions?{view}closedTo=2026-11-21").View));

    [Theory]
    [InlineData("view=moon", "view")]
    [InlineData("type=moon", "type")]
    [InlineData("openedTo=1 November", "openedTo")]
    [InlineData("closedFrom=2026-11-05&closedTo=2026-11-01", "closed")]
    [InlineData("batch=7&result=moon", "result")]
    public void What_cannot_be_understood_is_left_out_and_explained(string part, string field)
    {
        var wrong = Assert.Single(ExceptionsQuery.Parse("http://tower/exceptions?" + part).Wrong);
        Assert.Equal(field, wrong.Name);
        Assert.NotEmpty(wrong.Wrong!);
    }

    private static DateTimeOffset? At(string time) => DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture);
}
