using System.Globalization;

namespace ControlTower.Web.Shared;

/// <summary>A length of time as it stands in an address: a whole number and <c>m</c>, <c>h</c> or <c>d</c>; at most ten years.</summary>
public static class Ages
{
    private const int LongestDays = 3650;

    public static TimeSpan? Parse(string text)
    {
        if (text.Length < 2 || !int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return null;
        }

        var age = text[^1] switch
        {
            'm' => TimeSpan.FromMinutes(number),
            'h' => TimeSpan.FromHours(Math.Min(number, (LongestDays * 24) + 1)),
            'd' => TimeSpan.FromDays(Math.Min(number, LongestDays + 1)),
            _ => TimeSpan.Zero,
        };
        return age > TimeSpan.Zero && age <= TimeSpan.FromDays(LongestDays) ? age : null;
    }

    public static string Write(TimeSpan age) => age switch
    {
        _ when age.Ticks % TimeSpan.TicksPerDay == 0 => string.Create(CultureInfo.InvariantCulture, $"{(long)age.TotalDays}d"),
        _ when age.Ticks % TimeSpan.TicksPerHour == 0 => string.Create(CultureInfo.InvariantCulture, $"{(long)age.TotalHours}h"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(long)age.TotalMinutes}m"),
    };
}
