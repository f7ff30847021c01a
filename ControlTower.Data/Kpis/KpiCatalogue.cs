using ControlTower.Data.Kpis.Definitions;

namespace ControlTower.Data.Kpis;

/// <summary>Every key figure, in the order in which the board shows them.</summary>
public static class KpiCatalogue
{
    public static IReadOnlyList<KpiDefinition> All { get; } =
    [
        OrderAcknowledgement.Online, OrderCycle.Pickup, FailedTransactions.FirstPass, ApiErrors.Technical,
        Definitions.Inventory.Sync, ReturnProcessing.Whole, PromotionConsistency.Share, Definitions.Reconciliation.Backlog,
        Definitions.Reconciliation.AutoMatch, Definitions.Incidents.Detect, Definitions.Incidents.Resolve, MoneyAtRisk.Now,
        OrderAcknowledgement.Tills, OrderCycle.Shipped, OrderCycle.Invoiced, PerfectOrder.Whole, FailedTransactions.Final, Oversell.Rate, Definitions.Inventory.Record, PromotionConsistency.Skew, Definitions.Reconciliation.Unexplained, Definitions.Reconciliation.Gross, ApiErrors.Throttled, ApiErrors.Contract,
        ReturnProcessing.Inspection, ReturnProcessing.Credit, ReturnProcessing.Refund, ReturnProcessing.History, PerfectOrder.OnTime, PerfectOrder.Complete, PerfectOrder.Undamaged, PerfectOrder.Documents, Definitions.Incidents.ResolveFromStart,
    ];

    private static readonly Dictionary<string, KpiDefinition> ById = All.ToDictionary(k => k.Id, StringComparer.Ordinal);

    /// <summary>Null if there is no such figure.</summary>
    public static KpiDefinition? Find(string? id) => id is null ? null : ById.GetValueOrDefault(id);

    /// <summary>The steps of which a figure is made up, in their order.</summary>
    public static IReadOnlyList<KpiDefinition> PartsOf(string id) => [.. All.Where(k => k.PartOf == id)];
}
