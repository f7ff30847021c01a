using System.Globalization;
using ControlTower.Data.Kpis;

namespace ControlTower.Web.Pages.Kpis;

/// <summary>The time that an address asks about, in a zone, and what it is held against.</summary>
/// <param name="Scope">Ends with the hour that runs, or with the last day of a free period.</param>
/// <param name="Against">As long as the scope; null where nothing is compared.</param>
/// <param name="First">First day, in the zone.</param>
/// <param name="Last">Last day.</param>
/// <param name="Words"><c>30 Oct – 26 Nov, 28 days</c>.</param>
/// <param name="AgainstWords"><c>the 28 days before</c>.</param>
public sealed record KpiSpan(KpiScope Scope, KpiScope? Against, DateOnly First, DateOnly Last, string Words, string AgainstWords)
{
    private const int MostDays = 3660;

    /// <summary>Null with a problem where no such time can be.</summary>
    public static (KpiSpan? Span, KpiProblem? Problem) Of(KpiQuery query, DateTimeOffset now, TimeZoneInfo zone)
    {
        var today = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(now, zone).DateTime);
        var (first, last, step) = query.Period switch
        {
            "today" => (today, today, "hour"),
            "7d" => (today.AddDays(-6), today, "day"),
            "12w" => (Monday(today).AddDays(-77), today, "week"),
            "12m" => (new DateOnly(today.Year, today.Month, 1).AddMonths(-11), today, "month"),
            KpiQuery.Free when query is { From: { } from, To: { } to } => (from, to, StepOf(to.DayNumber - from.DayNumber + 1)),
            _ => (today.AddDays(-27), today, "day"),
        };
        if (first > last)
        {
            return (null, new KpiProblem("from", "It begins after it ends. Let the first day be at or before the last."));
        }

        if (last > today)
        {
            return (null, new KpiProblem("to", "That day is still to come. Let the last day be today or before."));
        }

        if (last.DayNumber - first.DayNumber > MostDays || first.Year < 2000)
        {
            return (null, new KpiProblem("from", "That is too long ago. Ask for at most ten years, from 2000 on."));
        }

        var end = NextHour(now);
        var scope = new KpiScope(
            Begin(first, zone), Begin(last.AddDays(1), zone) is var over && over < end ? over : end, step, zone.Id, Maybe(query.Brand), Maybe(query.Channel), Maybe(query.Store), Maybe(query.System));
        var days = last.DayNumber - first.DayNumber + 1;
        var (back, words) = query.Against switch
        {
            "before" => (days, days == 1 ? "the day before" : Text($"the {days} days before")),
            "week" => (7, "a week before"),
            "weekday" => (364, "the same weekdays a year before"),
            "year" => (0, "the same days a year before"),
            _ => (-1, "nothing"),
        };
        return (new KpiSpan(scope, back < 0 ? null : Shifted(scope, back, zone), first, last, Said(first, last, today, days), words), null);
    }

    /// <summary>The last twelve weeks in a zone, the one that runs included: from a Monday to the end of this hour.</summary>
    public static (DateTimeOffset From, DateTimeOffset Until) Weeks(DateTimeOffset now, TimeZoneInfo zone) =>
        (Begin(Monday(DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(now, zone).DateTime)).AddDays(-77), zone), NextHour(now));

    // The clock on the wall goes back, so that a day stays a day where clocks were changed between.
    private static KpiScope Shifted(KpiScope scope, int days, TimeZoneInfo zone)
    {
        return scope.At(Back(scope.From), Back(scope.Until));

        DateTimeOffset Back(DateTimeOffset at)
        {
            var wall = TimeZoneInfo.ConvertTime(at, zone).DateTime;
            return Floor(Wall(days == 0 ? wall.AddYears(-1) : wall.AddDays(-days), zone));
        }
    }

    private static DateTimeOffset Wall(DateTime wall, TimeZoneInfo zone) => new(wall, zone.GetUtcOffset(wall));

    // Cells are of full hours; where a zone is half an hour off, a day begins with the hour in which it begins.
    private static DateTimeOffset Begin(DateOnly day, TimeZoneInfo zone) => Floor(Wall(day.ToDateTime(TimeOnly.MinValue), zone));

    private static DateTimeOffset Floor(DateTimeOffset at) => new(at.UtcTicks / TimeSpan.TicksPerHour * TimeSpan.TicksPerHour, TimeSpan.Zero);

    private static DateTimeOffset NextHour(DateTimeOffset at) => Floor(at).AddHours(1);

    private static DateOnly Monday(DateOnly day) => day.AddDays(-(((int)day.DayOfWeek + 6) % 7));

    private static string StepOf(int days) => days switch { <= 2 => "hour", <= 62 => "day", <= 400 => "week", _ => "month" };

    private static string Said(DateOnly first, DateOnly last, DateOnly today, int days) =>
        first == last ? last == today ? "today" : Text($"{first:d MMM yyyy}")
        : first.Year == last.Year && last.Year == today.Year ? Text($"{first:d MMM} – {last:d MMM}, {days} days") : Text($"{first:d MMM yyyy} – {last:d MMM yyyy}, {days} days");

    private static string? Maybe(string text) => text.Length == 0 ? null : text;

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
