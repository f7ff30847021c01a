using ControlTower.Data.Canonical;
using ControlTower.Data.Connections;
using ControlTower.Data.Flows;
using ControlTower.Data.Overview;
using ControlTower.Sync.Flows.OrderToCash;
using ControlTower.Sync.Flows.ReturnToRefund;
using ControlTower.Web.Shared;
using MudBlazor;

namespace ControlTower.Web.Pages.Overview;

/// <summary>A lane as it is drawn.</summary>
public sealed record FlowLane(IReadOnlyList<Stage> Stages, LaneTotal Total);

/// <summary>Decides what late and stuck mean on the overview. Plain: figures, limits and the time in, what is drawn out.</summary>
public static class OverviewModel
{
    /// <summary>From this share of its value on, a stage as a whole is stuck.</summary>
    private const double MostlyStuck = 0.5;

    /// <summary>The stages in which an order is under way; one that is paid is done.</summary>
    private static readonly (string Key, string Name, string Icon)[] Shown =
    [
        (OrderStages.Captured, "Captured", Icons.Material.Outlined.ShoppingCart), (OrderStages.Checked, "Checked", Icons.Material.Outlined.FactCheck),
        (OrderStages.Routed, "Routed", Icons.Material.Outlined.AltRoute), (OrderStages.Reserved, "Reserved", Icons.Material.Outlined.Inventory2),
        (OrderStages.Posted, "Posted to ERP", Icons.Material.Outlined.AccountBalance), (OrderStages.Acknowledged, "Acknowledged", Icons.Material.Outlined.TaskAlt),
        (OrderStages.Shipped, "Shipped", Icons.Material.Outlined.LocalShipping), (OrderStages.Invoiced, "Invoiced", Icons.Material.Outlined.Description),
    ];

    /// <summary>The stages in which a return is under way; one of which the shop was told is closed.</summary>
    private static readonly (string Key, string Name, string Icon)[] ShownOfReturns =
    [
        (ReturnStages.Requested, "Requested", Icons.Material.Outlined.AssignmentReturn), (ReturnStages.Authorised, "Expected", Icons.Material.Outlined.MarkunreadMailbox),
        (ReturnStages.Received, "To inspect", Icons.Material.Outlined.FactCheck), (ReturnStages.Inspected, "To credit", Icons.Material.Outlined.AccountBalance),
        (ReturnStages.Credited, "To refund", Icons.Material.Outlined.Payments), (ReturnStages.Refunded, "To tell the shop", Icons.Material.Outlined.Campaign),
    ];

    /// <param name="orders">The viewer may open the orders behind a stage.</param>
    public static FlowLane Lane(IReadOnlyList<StageFigure> figures, StageLimits limits, DateTimeOffset now, bool orders) =>
        Lane(Shown, figures, limits, now, orders ? Links.OrdersIn : null);

    /// <param name="returns">The viewer may open the returns behind a stage.</param>
    public static FlowLane ReturnLane(IReadOnlyList<StageFigure> figures, StageLimits limits, DateTimeOffset now, bool returns) =>
        Lane(ShownOfReturns, figures, limits, now, returns ? Links.ReturnsIn : null);

    private static FlowLane Lane(
        (string Key, string Name, string Icon)[] lane, IReadOnlyList<StageFigure> figures, StageLimits limits, DateTimeOffset now, Func<string, string>? address)
    {
        // The same order of currencies in every stage, so that the eye finds its own.
        var rank = CurrencySum.Merge(figures.SelectMany(figure => figure.Values)).Select((money, i) => (money.Currency, i)).ToDictionary(c => c.Currency, c => c.i, StringComparer.Ordinal);
        var stages = lane.Select(shown => figures.FirstOrDefault(figure => figure.Stage == shown.Key) is { } figure
            ? new Stage(
                shown.Key, shown.Name, shown.Icon, StateOf(figure, limits.For(shown.Key), now), figure.Count, Ranked(figure.Values, rank), now - figure.Oldest, limits.For(shown.Key),
                figure.StuckShare, address?.Invoke(shown.Key))
            : new Stage(shown.Key, shown.Name, shown.Icon, StageState.Quiet, 0, [], null, limits.For(shown.Key)));
        return new FlowLane(
            [.. stages],
            new LaneTotal(figures.Sum(figure => figure.Count), Ranked(figures.SelectMany(figure => figure.Values), rank), Ranked(figures.SelectMany(figure => figure.StuckValues), rank)));
    }

    private static StageState StateOf(StageFigure figure, TimeSpan limit, DateTimeOffset now) => figure switch
    {
        { StuckShare: >= MostlyStuck } when figure.Stuck > 0 || now - figure.Oldest > limit => StageState.Stuck,
        { Late: > 0 } => StageState.Late,
        _ => StageState.Moving,
    };

    private static IReadOnlyList<Money> Ranked(IEnumerable<CurrencySum> sums, Dictionary<string, int> rank) =>
        [.. CurrencySum.Merge(sums).OrderBy(money => rank.GetValueOrDefault(money.Currency, int.MaxValue))];
}
