using System.Globalization;
using ControlTower.Data.Canonical;
using ControlTower.Data.Reconciliation;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Reconciliation;

/// <summary>A month's figures summed: never across currencies.</summary>
/// <param name="Rate">Matched by rules, 0 to 1; null without groups.</param>
public sealed record MonthSum(double? Rate, long Open, IReadOnlyList<Money> Unexplained, IReadOnlyList<Money> Gross, IReadOnlyList<Money> ValueDays)
{
    public static MonthSum Of(ReconPeriod period) => new(
        ReconWords.Rate(period.Figures.Sum(f => f.Matched), period.Figures.Sum(f => f.Groups)), period.Figures.Sum(f => f.Open), Sum(period, f => f.Unexplained), Sum(period, f => f.Gross), Sum(period, f => f.ValueDays));

    private static IReadOnlyList<Money> Sum(ReconPeriod period, Func<PeriodFigure, decimal> of) =>
        [.. period.Figures.GroupBy(f => f.Currency, StringComparer.Ordinal).Select(g => new Money(g.Sum(of), g.Key)).OrderBy(m => m.Currency, StringComparer.Ordinal)];
}

/// <summary>Months in words.</summary>
public static class MonthWords
{
    public static string Name(DateOnly month) => month.ToString("MMMM yyyy", CultureInfo.InvariantCulture);

    public static (Status Status, string Word) Standing(ReconPeriod period, DateTimeOffset now) => period.State == "closed" ? (Status.Proven, "Closed") : IsOver(period, now) ? (Status.Wait, "Open") : (Status.Run, "Under way");

    /// <summary>As far as the screen can tell; the zone of the books decides when it is signed.</summary>
    public static bool IsOver(ReconPeriod period, DateTimeOffset now) => period.Month.AddMonths(1) <= DateOnly.FromDateTime(now.UtcDateTime.AddHours(14));
}
