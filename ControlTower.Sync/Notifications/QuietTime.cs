using ControlTower.Data.Notifications;

namespace ControlTower.Sync.Notifications;

/// <summary>Quiet hours by the clock on the wall of their zone, so that they move with summer time.</summary>
public static class QuietTime
{
    public static bool Covers(this QuietHours? quiet, TimeZoneInfo zone, DateTimeOffset now)
    {
        if (quiet is null)
        {
            return false;
        }

        var wall = TimeOnly.FromDateTime(TimeZoneInfo.ConvertTime(now, zone).DateTime);
        return quiet.From < quiet.To ? wall >= quiet.From && wall < quiet.To : wall >= quiet.From || wall < quiet.To;
    }

    /// <summary>When the silence ends that holds now; null if none does. An end that the clock leaps over is where it lands.</summary>
    public static DateTimeOffset? EndsAt(this QuietHours? quiet, TimeZoneInfo zone, DateTimeOffset now)
    {
        if (quiet is null || !quiet.Covers(zone, now))
        {
            return null;
        }

        var wall = TimeZoneInfo.ConvertTime(now, zone).DateTime;
        var end = wall.Date + quiet.To.ToTimeSpan();
        end = end <= wall ? end.AddDays(1) : end;
        while (zone.IsInvalidTime(end))
        {
            end = end.AddMinutes(1);
        }

        return new DateTimeOffset(end, zone.GetUtcOffset(end)).ToUniversalTime();
    }

    /// <summary>Zones are checked when they are entered; one that a newer system does not know any more counts as UTC.</summary>
    public static TimeZoneInfo ZoneOf(NotificationChannel channel) => TimeZoneInfo.TryFindSystemTimeZoneById(channel.Zone, out var zone) ? zone : TimeZoneInfo.Utc;
}
