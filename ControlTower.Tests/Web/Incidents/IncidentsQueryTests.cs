using ControlTower.Web.Pages.Incidents;
using Xunit;

namespace ControlTower.Tests.Web.Incidents;

/// <summary>The list of incidents is its address, and any address is a list.</summary>
public sealed class IncidentsQueryTests
{
    [Theory]
    [InlineData("/incidents", "/incidents")]
    [InlineData("/incidents?status=open&kind=burn&brand=Fj%26rd&days=7", "/incidents?status=open&kind=burn&brand=Fj%26rd&days=7")]
    [InlineData("/incidents?new=cause&about=missing%3Abc-eu%3Atax", "/incidents?new=cause&about=missing%3Abc-eu%3Atax")]
    [InlineData("/incidents?status=eaten&kind=%00&days=-1&new=all&about=x", "/incidents")]
    [InlineData("/incidents?days=31&status=open&status=closed", "/incidents")]
    public void An_address_says_what_is_shown(string address, string canonical) => Assert.Equal(canonical, IncidentsQuery.Parse($"https://tower.example{address}").Href());
}
