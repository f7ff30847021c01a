using System.Globalization;
using Cronos;

namespace ControlTower.Sync.Administration;

/// <summary>What a person may write as the times of a job, by the same engine that runs it. In UTC. Pure.</summary>
public static class CronRule
{
    public const int Longest = 100;

    // Every pattern of a week returns within it, leap days aside; what does not fire within so long never does for practical purposes.
    private static readonly TimeSpan Horizon = TimeSpan.FromDays(366 * 9);

    /// <summary>What is wrong with it, in words; null if the job may run so.</summary>
    public static string? Wrong(string cron, int leastMinutes, DateTimeOffset now)
    {
        if (cron.Length > Longest || cron.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length != 5 || !CronExpression.TryParse(cron, CronFormat.Standard, out var times))
        {
            return "Write five parts: minute, hour, day of the month, month, day of the week. For example 30 4 * * * for daily at 04:30, or */15 * * * * for every 15 minutes.";
        }

        var next = Next(times, now, 400);
        if (next.Count == 0)
        {
            return "These times never come, such as the 31st of February. The job would not run again; pause it if that is what you want.";
        }

        var shortest = next.Zip(next.Skip(1), (one, other) => other - one).DefaultIfEmpty(TimeSpan.MaxValue).Min();
        return shortest < TimeSpan.FromMinutes(leastMinutes)
            ? string.Create(CultureInfo.InvariantCulture, $"That is every {shortest.TotalMinutes:0} minutes at times; this job may run every {leastMinutes} minutes at most.")
            : null;
    }

    /// <summary>The next times, at most <paramref name="count"/>; none for what is no cron or never fires.</summary>
    public static IReadOnlyList<DateTimeOffset> Next(string cron, DateTimeOffset now, int count) => CronExpression.TryParse(cron, CronFormat.Standard, out var times) ? Next(times, now, count) : [];

    private static List<DateTimeOffset> Next(CronExpression times, DateTimeOffset now, int count)
    {
        List<DateTimeOffset> found = [];
        for (var at = times.GetNextOccurrence(now, TimeZoneInfo.Utc); at is { } one && one - now < Horizon && found.Count < count; at = times.GetNextOccurrence(one, TimeZoneInfo.Utc))
        {
            found.Add(one);
        }

        return found;
    }
}
