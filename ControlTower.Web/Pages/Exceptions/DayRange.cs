using System.Globalization;

namespace ControlTower.Web.Pages.Exceptions;

/// <summary>Days from the first to the last; null where it is open.</summary>
public sealed record DayRange(DateOnly? From, DateOnly? To)
{
    public static DayRange Any { get; } = new(null, null);

    public bool IsAny => From is null && To is null;

    public static DateOnly? Read(string? text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && day.Year is >= 2000 and <= 2199 ? day : null;

    public static string? Write(DateOnly? day) => day?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>From the start of the first day to the end of the last.</summary>
    public (DateTimeOffset? From, DateTimeOffset? Before) In(TimeZoneInfo? zone) => (Start(From, zone), Start(To?.AddDays(1), zone));

    /// <summary>Such as <c>1 Nov 2026 to 5 Nov 2026</c>.</summary>
    public override string ToString() => (From, To) switch
    {
        ({ } from, { } to) when from == to => Text(from),
        ({ } from, { } to) => $"{Text(from)} to {Text(to)}",
        ({ } from, null) => $"from {Text(from)}",
        (null, { } to) => $"to {Text(to)}",
        _ => "",
    };

    private static string Text(DateOnly day) => day.ToString("d MMM yyyy", CultureInfo.InvariantCulture);

    private static DateTimeOffset? Start(DateOnly? day, TimeZoneInfo? zone)
    {
        if (day?.ToDateTime(TimeOnly.MinValue) is not { } midnight)
        {
            return null;
        }

        return new DateTimeOffset(midnight, (zone ?? TimeZoneInfo.Utc).GetUtcOffset(midnight)).ToUniversalTime();
    }
}
