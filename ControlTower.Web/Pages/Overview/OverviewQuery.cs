using Microsoft.AspNetCore.WebUtilities;

namespace ControlTower.Web.Pages.Overview;

/// <summary>What the overview shows, as its address says it. Any address gives a query.</summary>
/// <param name="Table">The chart as a table.</param>
public sealed record OverviewQuery(bool Table)
{
    public static OverviewQuery Parse(string uri)
    {
        var at = uri.IndexOf('?', StringComparison.Ordinal);
        return new OverviewQuery(at >= 0 && QueryHelpers.ParseQuery(uri[at..].Split('#')[0]).TryGetValue("chart", out var chart) && chart == "table");
    }
}
