using ControlTower.Data.Kpis;

namespace ControlTower.Web.Pages.Kpis;

/// <summary>Which figures a tab of the board shows. Steps of a figure have no tile of their own.</summary>
public static class KpiTabs
{
    /// <summary>Figures on the first tab: three rows of four.</summary>
    private const int Headlines = 12;

    private static readonly Dictionary<KpiTab, IReadOnlyList<KpiDefinition>> Tabs = new()
    {
        [KpiTab.Board] = [.. Whole.Take(Headlines)], [KpiTab.Operations] = [.. Whole.Where(k => k.Group == KpiGroup.Operations)], [KpiTab.Finance] = [.. Whole.Where(k => k.Group == KpiGroup.Finance)],
        [KpiTab.Merchandising] = [.. Whole.Where(k => k.Group == KpiGroup.Merchandising)],
    };

    private static IEnumerable<KpiDefinition> Whole => KpiCatalogue.All.Where(k => k.PartOf is null);

    public static IReadOnlyList<KpiDefinition> Of(KpiTab tab) => Tabs[tab];

    /// <summary>The figure whose steps are shown: the one that the address names if the tab has it, else one that is made of steps, else the first.</summary>
    public static KpiDefinition Chosen(KpiQuery query) =>
        Of(query.Tab).FirstOrDefault(k => k.Id == query.Kpi) ?? Of(query.Tab).FirstOrDefault(k => KpiCatalogue.PartsOf(k.Id).Count > 0) ?? Of(query.Tab)[0];
}
