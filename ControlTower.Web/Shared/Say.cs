using System.Globalization;
using ControlTower.Data.Canonical;

namespace ControlTower.Web.Shared;

/// <summary>How long is shown of an amount.</summary>
public enum MoneyStyle
{
    /// <summary>All decimals of the currency. Tables always.</summary>
    Exact,

    /// <summary>No decimals from 10,000 up. Totals.</summary>
    Whole,

    /// <summary>Thousands as k. Chart labels only.</summary>
    Short,
}

/// <summary>Numbers, money, ages and times in words: one way for the whole interface.</summary>
public static class Say
{
    public const string None = "–";

    private const char Minus = '\u2212';

    private static readonly Dictionary<string, string> Symbols = new(StringComparer.Ordinal)
    {
        ["EUR"] = "€", ["GBP"] = "£", ["USD"] = "$", ["JPY"] = "¥", ["CHF"] = "CHF\u00a0", ["SEK"] = "SEK\u00a0", ["NOK"] = "NOK\u00a0", ["DKK"] = "DKK\u00a0",
        ["PLN"] = "PLN\u00a0", ["CZK"] = "CZK\u00a0", ["CAD"] = "CA$", ["AUD"] = "A$", ["INR"] = "₹", ["KRW"] = "₩",
    };

    /// <summary><c>4 s</c>, <c>51 min</c>, <c>3 h 10 m</c>, <c>1 d 19 h</c>, from 14 days <c>16 d</c>. Never negative.</summary>
    public static string Age(TimeSpan age)
    {
        if (age < TimeSpan.Zero)
            age = TimeSpan.Zero;
        return age switch
        {
            { TotalSeconds: < 60 } => Text($"{(int)age.TotalSeconds} s"),
            { TotalMinutes: < 60 } => Text($"{(int)age.TotalMinutes} min"),
            { TotalHours: < 24 } => age.Minutes == 0 ? Text($"{age.Hours} h") : Text($"{age.Hours} h {age.Minutes:00} m"),
            { TotalDays: < 14 } => age.Hours == 0 ? Text($"{age.Days} d") : Text($"{age.Days} d {age.Hours} h"),
            _ => Text($"{age.Days} d"),
        };
    }

    public static string Count(long count, CultureInfo? culture = null) =>
        count < 0 ? Minus + (-count).ToString("N0", culture ?? Viewer.DefaultCulture) : count.ToString("N0", culture ?? Viewer.DefaultCulture);

    /// <summary>One decimal, two above 99. <paramref name="share"/> is 0 to 1.</summary>
    public static string Percent(double share, CultureInfo? culture = null) =>
        (share * 100).ToString(share is > 0.99 and < 1 ? "0.00" : "0.0", culture ?? Viewer.DefaultCulture) + "%";

    /// <summary>Symbol from ISO 4217, the viewer's grouping, the currency's decimals, a true minus sign before the symbol.</summary>
    public static string Money(Money money, MoneyStyle style = MoneyStyle.Exact, CultureInfo? culture = null, bool signed = false)
    {
        culture ??= Viewer.DefaultCulture;
        var amount = Math.Abs(money.Amount);
        var decimals = Currencies.Decimals(money.Currency);
        var text = style switch
        {
            MoneyStyle.Short when amount >= 1_000_000 => (amount / 1_000_000).ToString("0.#", culture) + "M",
            MoneyStyle.Short when amount >= 1_000 => (amount / 1_000).ToString("0.#", culture) + "k",
            MoneyStyle.Whole when amount >= 10_000 => amount.ToString("N0", culture),
            _ => amount.ToString("N" + decimals.ToString(CultureInfo.InvariantCulture), culture),
        };
        var sign = money.Amount < 0 ? Minus.ToString() : signed && money.Amount > 0 ? "+" : "";
        return sign + Symbol(money.Currency) + text;
    }

    public static string Symbol(string currency) => Symbols.GetValueOrDefault(currency) ?? currency + "\u00a0";

    /// <summary><c>14:32 CET</c> today, <c>Wed 18:05</c> within a week, <c>19 Oct</c> before, with the year when it is another.</summary>
    public static string Time(DateTimeOffset at, DateTimeOffset now, TimeZoneInfo zone)
    {
        var there = TimeZoneInfo.ConvertTime(at, zone);
        var today = TimeZoneInfo.ConvertTime(now, zone);
        var days = (today.Date - there.Date).Days;
        return days switch
        {
            0 => Text($"{there:HH:mm} {Zones.Abbreviation(zone, at)}"),
            > 0 and < 7 or < 0 and > -7 => Text($"{there:ddd HH:mm}"),
            _ => there.Year == today.Year ? Text($"{there:d MMM}") : Text($"{there:d MMM yyyy}"),
        };
    }

    /// <summary>The clock alone, to the second or to the millisecond, in the zone.</summary>
    public static string Clock(DateTimeOffset at, TimeZoneInfo zone, bool milliseconds = false)
    {
        var there = TimeZoneInfo.ConvertTime(at, zone);
        return milliseconds ? Text($"{there:HH:mm:ss.fff}") : Text($"{there:HH:mm:ss}");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
