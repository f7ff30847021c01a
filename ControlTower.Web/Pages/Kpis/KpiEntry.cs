using System.Globalization;
using ControlTower.Data.Kpis;

namespace ControlTower.Web.Pages.Kpis;

/// <summary>What people type about figures, read and written in units that people use.</summary>
public static class KpiEntry
{
    /// <summary>A target as it is typed: <c>60 s</c>, <c>2 h</c>, <c>99.5</c> for percent.</summary>
    public static string Write(KpiDefinition kpi, double? value) => value is not { } v ? "" : kpi.Unit switch
    {
        KpiUnit.Seconds => v switch
        {
            _ when v > 0 && v % 86_400 == 0 && v > 86_400 => Text($"{v / 86_400:0} d"),
            _ when v > 0 && v % 3600 == 0 => Text($"{v / 3600:0} h"),
            _ when v > 60 && v % 60 == 0 => Text($"{v / 60:0} min"),
            _ => Text($"{v:0.###} s"),
        },
        KpiUnit.Share => Text($"{Math.Round(v * 100, 6):0.######}"),
        _ => Text($"{v:0.##}"),
    };

    /// <summary>False where it cannot be read; empty is no value.</summary>
    public static bool Read(KpiDefinition kpi, string text, out double? value)
    {
        value = null;
        if (string.IsNullOrWhiteSpace(text))
        {
            return true;
        }

        if (kpi.Unit == KpiUnit.Seconds)
        {
            return Span(text, out value);
        }

        if (!Number(text.Trim().TrimEnd('%').Trim(), out var number))
        {
            return false;
        }

        value = kpi.Unit == KpiUnit.Share ? number / 100 : number;
        return true;
    }

    /// <summary>Percent as typed; false where it cannot be read, null where nothing is typed.</summary>
    public static bool Percent(string text, out double? share)
    {
        share = null;
        if (string.IsNullOrWhiteSpace(text))
        {
            return true;
        }

        var read = Number(text.Trim().TrimEnd('%').Trim(), out var number);
        share = read ? number / 100 : null;
        return read;
    }

    public static string Help(KpiDefinition kpi) => kpi.Unit switch
    {
        KpiUnit.Seconds => "With its unit: 60 s, 15 min, 2 h, 3 d. Empty for no target.",
        KpiUnit.Share => "In percent, such as 99.5. Empty for no target.",
        _ => $"A number of {kpi.Basis}. Empty for no target.",
    };

    // One or more numbers, each with its unit: 1 h 30 min.
    private static bool Span(string text, out double? seconds)
    {
        seconds = null;
        var sum = 0.0;
        var words = string.Concat(text.Select((c, i) => i > 0 && char.IsAsciiLetter(c) && (char.IsAsciiDigit(text[i - 1]) || text[i - 1] == '.') ? $" {c}" : $"{c}")).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        for (var i = 0; i < words.Length; i += 2)
        {
            if (i + 1 >= words.Length || !Number(words[i], out var number) || UnitOf(words[i + 1]) is not { } unit)
            {
                return false;
            }

            sum += number * unit;
        }

        seconds = sum;
        return true;
    }

    private static double? UnitOf(string word) => word.ToLowerInvariant() switch { "s" or "sec" => 1, "m" or "min" => 60, "h" => 3600, "d" => 86_400, _ => null };

    private static bool Number(string text, out double number) => double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
