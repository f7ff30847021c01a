using System.Globalization;
using ControlTower.Data.Canonical;

namespace ControlTower.Web.Pages.Promotions;

/// <summary>Reads what people typed, and keeps what could not be read, by field.</summary>
internal sealed class Slips
{
    private readonly List<PlanProblem> found = [];

    public IReadOnlyList<PlanProblem> Found => found;

    public decimal? Maybe(string field, string text) => text.Trim().Length == 0 ? null : Number(field, text);

    public decimal Number(string field, string text)
    {
        // A comma is a decimal comma to some and a grouping to others: nothing is guessed.
        if (decimal.TryParse(text.Trim(), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
        {
            return number;
        }

        found.Add(new PlanProblem(field, text.Trim().Length == 0 ? "Give a number." : $"\"{Short(text)}\" is no number. Write it with a point, such as 12.50."));
        return 0;
    }

    public int Whole(string field, string text)
    {
        if (int.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return number;
        }

        found.Add(new PlanProblem(field, text.Trim().Length == 0 ? "Give a whole number." : $"\"{Short(text)}\" is no whole number."));
        return 0;
    }

    /// <param name="wholeDay">Until the end of the day: midnight of the next.</param>
    public DateTime Wall(string field, string day, string time, bool wholeDay)
    {
        if (!DateTime.TryParseExact(day.Trim(), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) || date.Year is < 2000 or > 2200)
        {
            found.Add(new PlanProblem(field, "Give a day, such as 2026-11-27."));
            return DateTime.MinValue;
        }

        if (wholeDay)
        {
            return date.AddDays(1);
        }

        if (!TimeOnly.TryParseExact(time.Trim(), ["HH:mm", "HH:mm:ss"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var clock))
        {
            found.Add(new PlanProblem(field, "Give a time of the day, such as 00:01."));
            return date;
        }

        return date + clock.ToTimeSpan();
    }

    private static string Short(string text) => text.Trim() is var trimmed && trimmed.Length <= 40 ? trimmed : text.Trim()[..40];
}
