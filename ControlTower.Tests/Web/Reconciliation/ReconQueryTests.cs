using ControlTower.Data.Reconciliation;
using ControlTower.Web.Pages.Reconciliation;
using Xunit;

namespace ControlTower.Tests.Web.Reconciliation;

/// <summary>What the address of reconciliation says: everything that is shown stands in it, and no address breaks the page.</summary>
public sealed class ReconQueryTests
{
    [Fact]
    public void Whatever_is_shown_comes_back_from_its_address()
    {
        var query = new ReconQuery(
            ReconTab.Suggested, "GBP", "bc-eu", ReconCategories.OrderDiffers, 4, "tolerated", BreakKinds.Tax, "NL-10 & 20", "shopify-eu", 7, 12, 13, Owner: ReconTeams.Finance);
        Assert.Equal(query, ReconQuery.Parse("https://tower.example" + query.Href()));
        Assert.Equal("/reconciliation", ReconQuery.Start.Href());
    }

    [Theory]
    [InlineData("/reconciliation?tab=nonsense&bucket=9&state=gone&kind=x&owner=x&category=%00&currency=euro&item=-1&order=1e3")]
    [InlineData("/reconciliation?")]
    [InlineData("/reconciliation?bucket=99999999999999999999")]
    public void What_an_address_does_not_mean_is_left_out(string uri) => Assert.Equal(ReconQuery.Start, ReconQuery.Parse(uri));

    [Fact]
    public void A_cell_is_a_filter_of_what_is_late_and_mine_is_of_whoever_looks()
    {
        var me = Guid.NewGuid();
        var filter = ReconQuery.Start.On(ReconTab.Mine).With(ReconCategories.OrderMissing, 3).Filter("EUR", me);
        Assert.Equal(new ReconFilter("open", ReconCategories.OrderMissing, Bucket: 3, Currency: "EUR", Owner: me.ToString()), filter);
        Assert.Equal(ReconTeams.Nobody, (ReconQuery.Start with { Owner = ReconTeams.Nobody }).Filter("EUR", me).Owner);
        Assert.True(ReconQuery.Start.On(ReconTab.Suggested).Filter("EUR", me).Suggested);
    }

    [Fact]
    public void Of_one_order_every_currency_is_listed()
    {
        Assert.Null((ReconQuery.Start with { Order = 7 }).Filter("EUR", Guid.Empty).Currency);
        Assert.Equal("EUR", ReconQuery.Start.Filter("EUR", Guid.Empty).Currency);
    }
}
