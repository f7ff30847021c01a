using System.Globalization;

namespace ControlTower.Web.Pages.Operations;

/// <summary>The shapes of schedules that the tower uses, in words; any other as it is written.</summary>
public static class CronWords
{
    public static string Of(string cron) => cron.Split(' ') switch
    {
        ["*", "*", "*", "*", "*"] => "every minute",
        [['*', '/', .. var every], "*", "*", "*", "*"] => $"every {every} minutes",
        [var minute, "*", "*", "*", "*"] when IsNumber(minute) => $"hourly at :{minute.PadLeft(2, '0')}",
        [var minute, var hour, "*", "*", "*"] when IsNumber(minute) && IsNumber(hour) => $"daily at {hour.PadLeft(2, '0')}:{minute.PadLeft(2, '0')} UTC",
        [var minute, var hour, "*", "*", [>= '0' and <= '6' and var day]] when IsNumber(minute) && IsNumber(hour) => $"{Days[day - '0']}s at {hour.PadLeft(2, '0')}:{minute.PadLeft(2, '0')} UTC",
        _ => cron,
    };

    private static readonly string[] Days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

    private static bool IsNumber(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _);
}
