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
    public void What_was_kept_is_shown_as_far_as_it_is_still_known(string? kept, string shown) => Assert.Equal(shown, CaseColumns.Text(CaseColumns.Parse(kept)));
}
