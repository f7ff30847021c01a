using System.Globalization;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Exceptions;

/// <summary>Times until which people put something off, in the zone of the stores.</summary>
public sealed record UntilChoice(string Key, string Name, DateTimeOffset? At)
{
    /// <summary>Somebody names the time.</summary>
    public const string Own = "own";

    /// <summary>No time: until it changes.</summary>
    public const string Change = "change";

    private static readonly TimeSpan Morning = TimeSpan.FromHours(8);
    private static readonly TimeSpan Evening = TimeSpan.FromHours(18);

    public static IReadOnlyList<UntilChoice> From(DateTimeOffset now, TimeZoneInfo zone)
    {
        var today = TimeZoneInfo.ConvertTime(now, zone).Date;
        var monday = today.AddDays(((int)DayOfWeek.Monday - (int)today.DayOfWeek + 7) % 7 is var days and > 0 ? days : 7);
        List<UntilChoice> choices = [new("hour", "1 hour", now.AddHours(1)), new("four", "4 hours", now.AddHours(4))];
        if (InZone(today + Evening, zone) is { } evening && evening > now.AddMinutes(30))
        {
            choices.Add(new("evening", "this evening, 18:00", evening));
        }

        choices.Add(new("tomorrow", "tomorrow, 08:00", InZone(today.AddDays(1) + Morning, zone)));
        choices.Add(new("monday", "Monday, 08:00", InZone(monday + Morning, zone)));
        return choices;
    }

    /// <summary>What a date and time field holds, as an instant; null if it is no time, or one that the clocks of the zone jump over.</summary>
    public static DateTimeOffset? Parse(string? text, TimeZoneInfo zone) =>
        DateTime.TryParseExact(text, ["yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mm:ss"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var local) ? InZone(local, zone) : null;

    private static DateTimeOffset? InZone(DateTime local, TimeZoneInfo zone) => zone.IsInvalidTime(local) ? null : new DateTimeOffset(local, zone.GetUtcOffset(local)).ToUniversalTime();
}
