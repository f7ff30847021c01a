using System.Globalization;
using ControlTower.Data.Overview;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Overview;

/// <summary>One tile as it is drawn. <paramref name="Note"/> stands under the figure; <paramref name="Change"/> before it, with its tone.</summary>
public sealed record FigureTile(
    Kpi Kpi, string Value, MetricState State, string? Target = null, double? TargetValue = null, bool Worse = false, long? N = null, IReadOnlyList<double?>? Trend = null,
    Tone? TrendTone = null, string? Note = null, (string Text, Tone Tone)? Change = null, string? Href = null);

/// <summary>The tiles of the overview: only what today's data can honestly say.</summary>
public static class FigureTiles
{
    /// <summary>Fewer orders than this say nothing about a share or a percentile.</summary>
    private const int Enough = 5;

    /// <summary>That many times the target is no longer near it.</summary>
    private const double FarOver = 3;

    private static readonly Kpi Risk = new("money-at-risk", "Money at risk", "Value of all transactions with an open case, in their own currency.");
    private static readonly Kpi Orders = new("orders-today", "Orders today", "Orders placed in any channel since midnight in the stores.");
    private static readonly Kpi Acknowledged = new("acknowledged-p95", "Acknowledged, p95",
        "From the order's creation in its channel until its ERP number was written back there. Orders of the last hour, and every order that still waits with its time so far.");
    private static readonly Kpi FirstPass = new("failed-first-pass", "Failed on first pass", "Orders of the last hour whose first attempt failed or that opened a case, of all that were started. Orders, not attempts.");

    /// <param name="exceptions">The viewer may open the exceptions desk.</param>
    /// <param name="quiet">Shops from which less came than should have.</param>
    public static IReadOnlyList<FigureTile> Of(
        OverviewFigures figures, DateTimeOffset now, TimeZoneInfo zone, CultureInfo culture, bool exceptions, IReadOnlyList<QuietNotice>? quiet = null) =>
    [
        RiskTile(figures.Risk, culture, exceptions), OrdersTile(figures.Orders, now, zone, culture, quiet ?? []), AcknowledgedTile(figures.Acknowledged, figures.Targets.Acknowledged, culture),
        FirstPassTile(figures.FirstPass, figures.Targets.FailedFirstPass, culture),
    ];

    /// <summary>While the first answer is awaited.</summary>
    public static IReadOnlyList<FigureTile> Loading { get; } = [.. new[] { Risk, Orders, Acknowledged, FirstPass }.Select(kpi => new FigureTile(kpi, "", MetricState.Loading))];

    /// <summary><c>18 s</c>, <c>4 m 12 s</c>, then as every age.</summary>
    public static string Seconds(TimeSpan time) => time switch
    {
        { TotalSeconds: < 10 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s"),
        { TotalMinutes: >= 1 and < 60 } => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalMinutes} m {time.Seconds:00} s"),
        _ => Say.Age(time),
    };

    private static FigureTile RiskTile(RiskFigure risk, CultureInfo culture, bool exceptions)
    {
        var cases = $"{Say.Count(risk.Cases, culture)} {(risk.Cases == 1 ? "case" : "cases")}";
        var others = risk.Values.Count > 1 ? $" · also {MoneyWords.Join([.. risk.Values.Skip(1)], 2, culture)}" : "";
        var change = risk.Change is { Amount: not 0 } moved ? ((string, Tone)?)(Say.Money(moved, MoneyStyle.Whole, culture, signed: true), moved.Amount > 0 ? Tone.Warn : Tone.Ok) : null;
        return new FigureTile(
            Risk, risk.Values.Count == 0 ? Say.None : Say.Money(risk.Values[0], MoneyStyle.Whole, culture), MetricState.NoTarget, Trend: risk.Cases == 0 ? null : Known(risk.Trend),
            TrendTone: Tone.Bad, Note: risk.Cases == 0 ? "No open cases" : change is null ? cases + others : $" in the last hour · {cases}{others}", Change: change,
            Href: exceptions ? Links.Exceptions : Links.Kpi(Risk.Name));
    }

    private static FigureTile OrdersTile(OrdersFigure orders, DateTimeOffset now, TimeZoneInfo zone, CultureInfo culture, IReadOnlyList<QuietNotice> quiet)
    {
        var weekday = TimeZoneInfo.ConvertTime(now, zone).ToString("ddd", CultureInfo.InvariantCulture);
        var note = orders.WeekAgo is { } before
            ? $"{Signed(((double)orders.Today / before) - 1)} on last {weekday} until now, {Say.Count(before, culture)}"
            : $"Since midnight. No last {weekday} to compare with";
        var change = quiet.Count == 0 ? ((string, Tone)?)null
            : (quiet.Count == 1 ? $"{quiet[0].Name} is quiet" : $"{quiet.Count} shops are quiet", quiet.Any(shop => shop.Tone is Tone.Bad) ? Tone.Bad : Tone.Warn);
        return new FigureTile(
            Orders, Say.Count(orders.Today, culture), MetricState.NoTarget, Trend: orders.Hours.Sum() == 0 ? null : Known(orders.Hours),
            TrendTone: change?.Item2, Note: change is null ? note : $" · {note}", Change: change);
    }

    private static FigureTile AcknowledgedTile(AcknowledgedFigure figure, TimeSpan? target, CultureInfo culture)
    {
        if (figure.P95 is not { } p95 || figure.Orders < Enough)
            return new FigureTile(Acknowledged, "", MetricState.NotEnough, N: figure.Orders, Href: Links.Kpi("order-acknowledgement"));
        var over = p95 > target;
        return new FigureTile(
            Acknowledged, Seconds(p95), target is null ? MetricState.NoTarget : over ? MetricState.OverTarget : MetricState.OnTarget, target is { } most ? Say.Age(most) : null, target?.TotalSeconds,
            over && p95 > target * FarOver, figure.Orders,
            figure.Trend, over ? Tone.Bad : Tone.Ok, $" · {Say.Count(figure.Orders, culture)} orders{(figure.Waiting > 0 ? $", {Say.Count(figure.Waiting, culture)} waiting" : "")}", Href: Links.Kpi("order-acknowledgement"));
    }

    private static FigureTile FirstPassTile(FirstPassFigure figure, double? target, CultureInfo culture)
    {
        if (figure.Share is not { } share || figure.Started < Enough)
            return new FigureTile(FirstPass, "", MetricState.NotEnough, N: figure.Started, Href: Links.Kpi(FirstPass.Name));
        var over = share > target;
        var worse = over && share > target * FarOver;
        return new FigureTile(
            FirstPass, Say.Percent(share, culture), target is null ? MetricState.NoTarget : over ? MetricState.OverTarget : MetricState.OnTarget, target is { } most ? Say.Percent(most, culture) : null, target,
            worse, figure.Started, figure.Trend, worse ? Tone.Bad : over ? Tone.Warn : Tone.Ok, $" · {Say.Count(figure.Failed, culture)} of {Say.Count(figure.Started, culture)} orders", Href: Links.Kpi(FirstPass.Name));
    }

    private static string Signed(double change) => (change < 0 ? "\u2212" : "+") + Math.Abs(change * 100).ToString("0", CultureInfo.InvariantCulture) + "%";

    private static List<double?> Known(IEnumerable<double> values) => [.. values.Select(value => (double?)value)];
}
