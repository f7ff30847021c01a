using ControlTower.Web.Pages.Exceptions;
using Xunit;

namespace ControlTower.Tests.Web.Exceptions;

public sealed class CaseColumnsTests
{
    [Theory]
    [InlineData(null, "risk,sla,state")]
    [InlineData("", "risk,sla,state")]
    [InlineData("nonsense", "risk,sla,state")]
    [InlineData("state, risk", "state,risk")]
    [InlineData("brand,brand,gone,code", "brand,code")]
    [InlineData("risk:wide,code:narrow,sla:enormous,state:fitting", "risk:wide,code:narrow,sla,state")]
    [InlineData("code:wide,code", "code:wide")]
    public void What_was_kept_is_shown_as_far_as_it_is_still_known(string? kept, string shown) => Assert.Equal(shown, CaseColumns.Text(CaseColumns.Parse(kept)));

    [Theory]
    [InlineData(0, 0, true)]
    [InlineData(10, 9, false)]
    [InlineData(10, 10, true)]
    [InlineData(-1, 100_000, false)]
    [InlineData(7, 0, true)]
    [InlineData(null, 0, true)]
    public void The_desk_follows_at_the_pace_that_was_chosen_and_at_once_where_none_is_known(int? chosen, int since, bool follows) =>
        Assert.Equal(follows, DeskPace.Of(chosen).Allows(TimeSpan.FromSeconds(since)));
}
