using ControlTower.Data.Canonical;
using ControlTower.Data.Connections;
using ControlTower.Data.Kpis;

namespace ControlTower.Data.Overview;

/// <summary>Orders under way in one stage.</summary>
/// <param name="Oldest">Since when the one that is there longest has been there.</param>
/// <param name="Stuck">Orders that do not move by themselves: they need a person, or wait for a system that is away.</param>
/// <param name="Late">Orders over the limit of the stage, stuck or not.</param>
/// <param name="StuckShare">Share by value of what is stuck or late, 0 to 1. Currencies are weighed by their number of orders, because no rates are kept.</param>
public sealed record StageFigure(
    string Stage, long Count, DateTimeOffset Oldest, long Stuck, long Late, double StuckShare, IReadOnlyList<CurrencySum> Values, IReadOnlyList<CurrencySum> StuckValues);

/// <summary>What open cases are worth.</summary>
/// <param name="Change">Of the first currency, against one hour ago.</param>
/// <param name="Trend">Of the first currency, hourly, oldest first.</param>
public sealed record RiskFigure(long Cases, IReadOnlyList<Money> Values, Money? Change, IReadOnlyList<double> Trend);

/// <summary>Orders placed since midnight in the stores.</summary>
/// <param name="WeekAgo">Placed on the same weekday a week ago until this time of day; null while there is nothing to compare with.</param>
/// <param name="Hours">Per hour, the last twelve, oldest first; the last one is not over.</param>
public sealed record OrdersFigure(long Today, long? WeekAgo, IReadOnlyList<double> Hours);

/// <summary>
/// From an order's creation in its channel until its ERP number was written back there: what was acknowledged in the last hour, and every order that still waits with the time
/// it has waited so far, so that a stuck order worsens the figure.
/// </summary>
/// <param name="Trend">p95 of what was acknowledged, per five minutes of the last hour, in seconds; null where nothing was.</param>
public sealed record AcknowledgedFigure(long Orders, long Waiting, TimeSpan? P50, TimeSpan? P95, IReadOnlyList<double?> Trend);

/// <summary>Orders of the last hour of which a first attempt failed or a case was opened. Counts orders, never attempts.</summary>
/// <param name="Trend">Share per five minutes; null where nothing started.</param>
public sealed record FirstPassFigure(long Started, long Failed, IReadOnlyList<double?> Trend)
{
    public double? Share => Started == 0 ? null : (double)Failed / Started;
}

/// <summary>What a shop sold in the last hour, against the same hour of the same weekday before.</summary>
/// <param name="Usual">Orders in that hour on average; null while the shop is not connected long enough to know.</param>
/// <param name="Weeks">Of how many weeks.</param>
public sealed record ShopPulse(string ConnectionId, string Name, long LastHour, double? Usual, int Weeks);

/// <summary>What figures are to reach: the targets of the key figures, as people set them.</summary>
/// <param name="Acknowledged">p95, at most; null: there is no target.</param>
/// <param name="FailedFirstPass">Share, at most; null: there is no target.</param>
public sealed record FigureTargets(TimeSpan? Acknowledged, double? FailedFirstPass)
{
    /// <summary>As long as nobody has set others.</summary>
    public static FigureTargets Delivered { get; } = Of(id => KpiCatalogue.Find(id)!.Target);

    internal static FigureTargets Of(Func<string, double?> target) => new(target("order-acknowledgement") is { } seconds ? TimeSpan.FromSeconds(seconds) : null, target("failed-first-pass"));
}

/// <summary>The figures of the tiles, read together.</summary>
public sealed record OverviewFigures(RiskFigure Risk, OrdersFigure Orders, AcknowledgedFigure Acknowledged, FirstPassFigure FirstPass)
{
    public FigureTargets Targets { get; init; } = FigureTargets.Delivered;
}

/// <summary>What one minute saw.</summary>
public readonly record struct OrderMinute(DateTimeOffset At, long Captured, long Acknowledged);
