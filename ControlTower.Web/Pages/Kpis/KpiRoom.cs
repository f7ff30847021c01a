using ControlTower.Data.Kpis;
using ControlTower.Web.Auth;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Kpis;

/// <summary>Where the things behind a figure are looked at.</summary>
/// <param name="Permission">Who may not go there is not sent there.</param>
public sealed record KpiRoom(string Href, string Words, string Permission)
{
    /// <summary>The rows of a figure over flows, or the room that keeps what another one counts; null for a product, whose parts have rows, and where no screen keeps them.</summary>
    public static KpiRoom? Of(KpiDefinition kpi, KpiQuery query, KpiFigure? figure, KpiTarget? target) => kpi.Source switch
    {
        KpiSource.Facts => new(Rows(kpi, query, figure), RowsWords(kpi, figure, target), Permissions.KpisRead),
        KpiSource.Calls => new(query.System.Length > 0 ? Links.Connection(query.System) : Links.Connections, "Open the calls by connection", Permissions.ConnectionsRead),
        KpiSource.Level when kpi.Unit == KpiUnit.Money => new(Links.Exceptions, $"Open the {KpiWords.Many(figure?.N ?? 0, kpi.Basis)}", Permissions.ExceptionsRead),
        KpiSource.Product => null,
        _ when kpi.Id.StartsWith("promotion-", StringComparison.Ordinal) => new(Links.Promotions, "Open the promotions", Permissions.PromotionsRead),
        _ when kpi.Id.StartsWith("time-to-", StringComparison.Ordinal) => new(Links.Incidents, "Open the incidents", Permissions.IncidentsRead),
        _ when kpi.Id == "inventory-sync" => new(Links.Drift, "Open the cells that differ", Permissions.InventoryRead),
        _ when kpi.Id == "inventory-record" => new(Links.Inventory, "Open the stock", Permissions.InventoryRead),
        _ when kpi.Group != KpiGroup.Finance => null,
        _ => new(Links.Reconciliation, kpi.Source is KpiSource.Level ? $"Open the {KpiWords.Many(figure?.N ?? 0, kpi.Basis)}" : "Open the reconciliation", Permissions.FinanceRead),
    };

    /// <summary>What the rows are narrowed to: those beyond the target, those that are hits, or all.</summary>
    private static string Rows(KpiDefinition kpi, KpiQuery query, KpiFigure? figure) =>
        (query.Scope with { Only = figure is not { Hits: > 0 } ? "" : Narrows(kpi) }).Href(Links.KpiRows(kpi.Id));

    /// <summary>Which rows of a figure are worth a look: the slow ones, or those that count. Of what is good, all: those that are not have no filter.</summary>
    private static string Narrows(KpiDefinition kpi) => kpi.Statistic == KpiStatistic.Share ? kpi.LowerIsBetter ? "hits" : "" : "over";

    private static string RowsWords(KpiDefinition kpi, KpiFigure? figure, KpiTarget? target)
    {
        var limit = kpi.Limit ?? (kpi.Unit == KpiUnit.Seconds ? target?.Value : null);
        return figure is not { Hits: > 0 } || Narrows(kpi).Length == 0 ? $"Open the {KpiWords.Many(figure?.N ?? 0, kpi.Basis)}"
            : limit is { } over ? $"Open the {KpiWords.Many(figure.Hits, kpi.Basis)} over {KpiWords.Span(over)}"
            : kpi.Basis == "lines" ? "Open their orders" : $"Open the {KpiWords.Many(figure.Hits, kpi.Basis)} that count against it";
    }
}
