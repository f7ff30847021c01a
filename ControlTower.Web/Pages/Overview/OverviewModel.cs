using ControlTower.Data.Canonical;
using ControlTower.Data.Connections;
using ControlTower.Data.Flows;
using ControlTower.Data.Overview;
using ControlTower.Sync.Flows.OrderToCash;
using ControlTower.Web.Shared;
using MudBlazor;

namespace ControlTower.Web.Pages.Overview;

/// <summary>The lane of order to cash as it is drawn.</summary>
public sealed record OrderLane(IReadOnlyList<Stage> Stages, LaneTotal Total);

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

    /// <param name="orders">The viewer may open the orders behind a stage.</param>
    public static OrderLane Lane(IReadOnlyList<StageFigure> figures, StageLimits limits, DateTimeOffset now, bool orders)
    {
        // The same order of currencies in every stage, so that the eye finds its own.
        var rank = CurrencySum.Merge(figures.SelectMany(figure => figure.Values)).Select((money, i) => (money.Currency, i)).ToDictionary(c => c.Currency, c => c.i, StringComparer.Ordinal);
        var stages = Shown.Select(shown => figures.FirstOrDefault(figure => figure.Stage == shown.Key) is { } figure
            ? new Stage(
                shown.Key, shown.Name, shown.Icon, StateOf(figure, limits.For(shown.Key), now), figure.Count, Ranked(figure.Values, rank), now - figure.Oldest, limits.For(shown.Key),
                figure.StuckShare, orders ? Links.OrdersIn(shown.Key) : null)
            : new Stage(shown.Key, shown.Name, shown.Icon, StageState.Quiet, 0, [], null, limits.For(shown.Key)));
        return new OrderLane(
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
