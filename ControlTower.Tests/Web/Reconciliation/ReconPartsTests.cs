using Bunit;
using ControlTower.Data.Reconciliation;
using ControlTower.Tests.Web.Shared;
using ControlTower.Web.Pages.Reconciliation;
using Xunit;

namespace ControlTower.Tests.Web.Reconciliation;

/// <summary>The parts that the screens of reconciliation are made of.</summary>
public sealed class ReconPartsTests
{
    [Fact]
    public async Task A_cell_of_the_heat_filters_by_kind_and_age_and_says_none_where_nothing_is()
    {
        await using var parts = new PartsContext();
        var heat = parts.Render<AgeHeat>(p => p.Add(h => h.Cells, [new ReconCell(ReconCategories.OrderMissing, 0, 62, 8140m), new ReconCell(Comparisons.Settlement, 4, 5, 2411m)])
            .Add(h => h.Query, ReconQuery.Start).Add(h => h.Currency, "EUR"));
        Assert.Equal("/reconciliation?category=settlement&bucket=4", heat.Find("[data-ct='heat:settlement:4']").GetAttribute("href"));
        Assert.Contains("€2,411", heat.Find("[data-ct='heat:settlement:4']").TextContent, StringComparison.Ordinal);
        Assert.Equal("none", heat.Find("[data-ct='heat:settlement:0']").TextContent);
        Assert.Empty(heat.FindAll("[data-ct='heat:refund:0']"));
        Assert.Equal("--share:34%", heat.Find("[data-ct='heat:order-missing:0']").GetAttribute("style"));
    }

    [Fact]
    public async Task The_figures_say_over_target_and_that_there_are_none_yet()
    {
        await using var parts = new PartsContext();
        var figures = parts.Render<ReconFigures>(p => p.Add(f => f.Summary, new ReconSummary(312, 61904m, 214880m, 38, 0, 0m, 148, 0, 0, null)).Add(f => f.Cells, []).Add(f => f.Query, ReconQuery.Start).Add(f => f.Currency, "EUR"));
        Assert.Contains("312 items · 214,880 value-days", figures.Markup, StringComparison.Ordinal);
        Assert.Contains("Over target", figures.Find("[data-ct=over-seven]").TextContent, StringComparison.Ordinal);
        Assert.Contains("no figures yet", figures.Find("[data-ct=rate]").TextContent, StringComparison.Ordinal);
        figures.Render(p => p.Add(f => f.Summary, new ReconSummary(0, 0m, 0m, 0, 0, 0m, 0, 1000, 986, null)));
        Assert.Contains("98.6%", figures.Find("[data-ct=rate]").TextContent, StringComparison.Ordinal);
        Assert.Contains("On target", figures.Find("[data-ct=rate]").TextContent, StringComparison.Ordinal);
    }
}
