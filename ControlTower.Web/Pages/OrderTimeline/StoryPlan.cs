using ControlTower.Data.Timeline;
using ControlTower.Sync.Flows.OrderToCash;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.OrderTimeline;

/// <summary>The stages that an order still has before it, as planned steps. What is being delivered already stands beside them and is left out.</summary>
internal static class StoryPlan
{
    private static readonly Plan[] Plans =
    [
        new(OrderStages.Reserved, "Reserve", Side.Tower, null, ""),
        new(OrderStages.Posted, "Sales order", Side.Erp, "PostSalesOrder", ""),
        new(OrderStages.Acknowledged, "Acknowledge", Side.Shop, "AcknowledgeOrder", ""),
        new(OrderStages.Shipped, "Ship", Side.Erp, "ShipSalesOrder", "when goods leave"),
        new(OrderStages.Invoiced, "Invoice", Side.Erp, null, "on shipment"),
        new(OrderStages.Paid, "Payment", Side.Erp, "PostPayment", "on invoice"),
    ];

    public static IEnumerable<SwimEvent> Next(OrderStory story)
    {
        if (story.Head.Status is "done" or "cancelled")
        {
            yield break;
        }

        var stages = OrderStages.InOrder.ToList();
        var reached = stages.IndexOf(story.Head.Stage);
        var first = story.Deliveries.Count == 0;
        foreach (var plan in Plans.Where(plan => stages.IndexOf(plan.Stage) > reached && !story.Deliveries.Any(open => open.Kind == plan.Delivery)))
        {
            var lane = plan.Side switch { Side.Shop => story.Head.Source, Side.Erp => story.Head.Erp ?? StoryDrawing.Tower, _ => StoryDrawing.Tower };
            yield return new SwimEvent($"plan-{plan.Stage}", lane, SwimState.Planned, plan.Label, first ? "next" : plan.Note, null);
            first = false;
        }
    }

    private enum Side { Tower, Shop, Erp }

    private sealed record Plan(string Stage, string Label, Side Side, string? Delivery, string Note);
}
