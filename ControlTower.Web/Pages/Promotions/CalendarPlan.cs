using System.Globalization;
using ControlTower.Data.Promotions;

namespace ControlTower.Web.Pages.Promotions;

/// <summary>Where bars of promotions lie on a calendar of whole weeks, in percent of its width, by the clocks on the wall. Pure.</summary>
public sealed class CalendarPlan
{
    public const int Weeks = 10;
    private const double Days = Weeks * 7;

    /// <param name="from">Any day of the first week; null: the week before last.</param>
    public CalendarPlan(DateOnly? from, DateTime today)
    {
        Today = today;
        var day = from ?? DateOnly.FromDateTime(today).AddDays(-14);
        Monday = day.AddDays(-(((int)day.DayOfWeek + 6) % 7));
    }

    public DateOnly Monday { get; }

    public DateTime Today { get; }

    public DateOnly Earlier => Monday.AddDays(-Weeks / 2 * 7);

    public DateOnly Later => Monday.AddDays(Weeks / 2 * 7);

    /// <summary>Where today lies; null: outside.</summary>
    public double? Now => At(Today) is >= 0 and <= 100 and var here ? here : null;

    public IReadOnlyList<(string Name, double Left)> Heads => [.. Enumerable.Range(0, Weeks).Select(w => (Monday.AddDays(w * 7).ToString("d MMM", CultureInfo.InvariantCulture), w * 100.0 / Weeks))];

    /// <summary>Left edge and width; null: it lies outside. Never narrower than can be seen.</summary>
    public (double Left, double Width)? Bar(PromotionRow row)
    {
        var (left, right) = (Math.Max(At(row.WallStarts), 0), Math.Min(At(row.WallEnds), 100));
        return left >= 100 || right <= 0 ? null : (Math.Min(left, 99), Math.Max(right - left, 1));
    }

    private double At(DateTime wall) => (wall - Monday.ToDateTime(TimeOnly.MinValue)).TotalDays * 100 / Days;
}
