using System.Globalization;

namespace ControlTower.Web.Shared;

/// <summary>
/// For whom the page is drawn: how they write numbers and which zone their stores live in. Cascades from the root, so that a part needs neither
/// a request nor the thread's culture, which stays invariant everywhere.
/// </summary>
public sealed record Viewer(CultureInfo Culture, TimeZoneInfo StoreZone)
{
    /// <summary>Sums of several currencies in one; null leaves them apart.</summary>
    public MoneyTotals? Totals { get; init; }

    /// <summary>Times as clocks instead of ages.</summary>
    public bool Clocks { get; init; }

    /// <summary>Columns of the desk's list as they were when the page was opened; null for the usual ones.</summary>
    public string? CaseColumns { get; init; }

    /// <summary>How closely the desk followed what changes when the page was opened: seconds, 0 at once, -1 when asked.</summary>
    public int DeskPace { get; init; }

    public static CultureInfo DefaultCulture { get; } = CultureInfo.GetCultureInfo("en-GB");

    public static Viewer Default { get; } = new(DefaultCulture, TimeZoneInfo.Utc);

    /// <summary>The first language of an Accept-Language header that names a region we can format for; else the default.</summary>
    public static CultureInfo CultureOf(string? acceptLanguage)
    {
        foreach (var part in (acceptLanguage ?? "").Split(',', 8))
        {
            var tag = part.Split(';')[0].Trim();
            if (tag.Length is < 2 or > 11 || !tag.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'))
                continue;
            try
            {
                var culture = CultureInfo.CreateSpecificCulture(tag);
                if (!culture.Equals(CultureInfo.InvariantCulture) && culture.LCID != 0x1000)
                    return culture;
            }
            catch (CultureNotFoundException)
            {
                // A tag that this machine does not know; the next one may do.
            }
        }

        return DefaultCulture;
    }
}
