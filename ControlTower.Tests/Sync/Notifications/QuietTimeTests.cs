using System.Globalization;
using ControlTower.Data.Notifications;
using ControlTower.Sync.Notifications;
using Xunit;

namespace ControlTower.Tests.Sync.Notifications;

/// <summary>Quiet hours go by the clock on the wall: over midnight, and on the two days a year on which it is moved.</summary>
public sealed class QuietTimeTests
{
    [Theory]
    // From ten to seven in Amsterdam, in winter (UTC+1) and in summer (UTC+2).
    [InlineData("22:00", "07:00", "2026-01-15T20:59:00Z", false, null)]
    [InlineData("22:00", "07:00", "2026-01-15T21:00:00Z", true, "2026-01-16T06:00:00Z")]
    [InlineData("22:00", "07:00", "2026-01-16T05:59:59Z", true, "2026-01-16T06:00:00Z")]
    [InlineData("22:00", "07:00", "2026-01-16T06:00:00Z", false, null)]
    [InlineData("22:00", "07:00", "2026-07-15T19:59:00Z", false, null)]
    [InlineData("22:00", "07:00", "2026-07-15T20:00:00Z", true, "2026-07-16T05:00:00Z")]
    // The night in which an hour is missing ends an hour earlier in the world, the night with one more an hour later.
    [InlineData("22:00", "07:00", "2026-03-28T22:00:00Z", true, "2026-03-29T05:00:00Z")]
    [InlineData("22:00", "07:00", "2026-10-24T22:00:00Z", true, "2026-10-25T06:00:00Z")]
    // An end that the clock leaps over is where it lands.
    [InlineData("23:00", "02:30", "2026-03-29T00:30:00Z", true, "2026-03-29T01:00:00Z")]
    // Within a day.
    [InlineData("12:00", "13:00", "2026-01-15T11:30:00Z", true, "2026-01-15T12:00:00Z")]
    [InlineData("12:00", "13:00", "2026-01-15T12:00:00Z", false, null)]
    public void The_silence_holds_and_ends_by_the_wall_clock(string from, string to, string now, bool quiet, string? ends)
    {
        var hours = new QuietHours(TimeOnly.Parse(from, CultureInfo.InvariantCulture), TimeOnly.Parse(to, CultureInfo.InvariantCulture));
        var zone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Amsterdam");
        Assert.Equal(quiet, hours.Covers(zone, At(now)));
        Assert.Equal(ends is null ? (DateTimeOffset?)null : At(ends), hours.EndsAt(zone, At(now)));
    }

    [Fact]
    public void Without_quiet_hours_nothing_is_ever_quiet() => Assert.False(((QuietHours?)null).Covers(TimeZoneInfo.Utc, At("2026-01-15T21:00:00Z")));

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
