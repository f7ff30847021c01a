using ControlTower.Data.Feeds;
using Cronos;

namespace ControlTower.Sync.Feeds;

/// <summary>
/// Business days of a calendar. A day is sent at the first time of its calendar on the date after it, by the clock of its zone: a time that the night in spring leaves out comes when the clock goes on, one that the
/// night in autumn has twice comes once. Pure.
/// </summary>
public static class FeedDays
{
    /// <summary>More days are not caught up at once; the next look goes on.</summary>
    public const int Most = 100;

    /// <summary>Days that are to be sent after <paramref name="after"/> and up to <paramref name="to"/>, in their order; with how far the calendar was followed.</summary>
    public static (IReadOnlyList<FeedDay> Days, DateTimeOffset To) Due(FeedCalendar calendar, DateTimeOffset after, DateTimeOffset to)
    {
        // Followed further already, by a clock that ran ahead.
        if (to <= after)
        {
            return ([], after);
        }

        var zone = TimeZoneInfo.FindSystemTimeZoneById(calendar.TimeZone);
        var days = new List<FeedDay>();
        foreach (var at in CronExpression.Parse(calendar.Cron).GetOccurrences(after, to, zone, fromInclusive: false, toInclusive: true))
        {
            if (calendar.CatchesUp && days.Count == Most)
            {
                return (days, days[^1].DueAt);
            }

            if (calendar.Has(DayOf(at)) && (days.Count == 0 || days[^1].Day != DayOf(at)))
            {
                days.Add(Of(DayOf(at), zone, at));
            }
        }

        return (calendar.CatchesUp ? days : [.. days.TakeLast(1)], to);
    }

    /// <summary>When it goes next; null: never within a year.</summary>
    public static FeedDay? Next(FeedCalendar calendar, DateTimeOffset now)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(calendar.TimeZone);
        var next = CronExpression.Parse(calendar.Cron).GetOccurrences(now, now.AddDays(366), zone, fromInclusive: false).FirstOrDefault(at => calendar.Has(DayOf(at)));
        return next == default ? null : Of(DayOf(next), zone, next);
    }

    /// <summary>The business days from one to another that the calendar has, also those before its first, due at once.</summary>
    public static IReadOnlyList<FeedDay> Between(FeedCalendar calendar, DateOnly from, DateOnly to, DateTimeOffset now)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(calendar.TimeZone);
        return [.. Enumerable.Range(0, Math.Max(0, to.DayNumber - from.DayNumber + 1)).Select(from.AddDays).Where(calendar.Runs).Select(day => Of(day, zone, now))];
    }

    /// <summary>The newest business day that is over.</summary>
    public static DateOnly LastOver(string zone, DateTimeOffset now) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(now, TimeZoneInfo.FindSystemTimeZoneById(zone)).DateTime).AddDays(-1);

    private static DateOnly DayOf(DateTimeOffset at) => DateOnly.FromDateTime(at.DateTime).AddDays(-1);

    private static FeedDay Of(DateOnly day, TimeZoneInfo zone, DateTimeOffset dueAt) => new(day, Midnight(day, zone), Midnight(day.AddDays(1), zone), dueAt.ToUniversalTime());

    // Where the clock goes forward at midnight, the day begins when it goes on; where it goes back, the first midnight counts.
    private static DateTimeOffset Midnight(DateOnly day, TimeZoneInfo zone)
    {
        var local = day.ToDateTime(TimeOnly.MinValue);
        while (zone.IsInvalidTime(local))
        {
            local = local.AddMinutes(15);
        }

        var offset = zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Max() : zone.GetUtcOffset(local);
        return new DateTimeOffset(local, offset).ToUniversalTime();
    }
}
