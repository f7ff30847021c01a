using System.Globalization;
using System.Text;
using ControlTower.Data.Ownership;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.WebUtilities;

namespace ControlTower.Web.Pages.Ownership;

/// <summary>What the matrix shows, as its address says it. Any address gives a query.</summary>
/// <param name="On">The moment, by the clock of the stores; null: now.</param>
/// <param name="Domain">The row that is looked at.</param>
/// <param name="Change">The change beside it; null: what is in force.</param>
public sealed record OwnershipQuery(DateTime? On, string Brand, string Region, string Domain, int? Change)
{
    private const string Minute = "yyyy-MM-ddTHH:mm";

    public static OwnershipQuery Start { get; } = new(null, "", "", OwnershipDomains.Price, null);

    public static OwnershipQuery Parse(string uri)
    {
        var values = QueryText.Of(uri);
        var domain = OwnershipDomains.Find(values("domain"))?.Id ?? OwnershipDomains.Price;
        return new OwnershipQuery(
            DateTime.TryParseExact(values("on"), Minute, CultureInfo.InvariantCulture, DateTimeStyles.None, out var on) && on.Year is > 2000 and < 2200 ? on : null, values("brand"), values("region"), domain, QueryText.Number(values("change")));
    }

    public DateTimeOffset At(DateTimeOffset now, TimeZoneInfo zone) => On is { } on ? StoreTime.Of(on, zone) : now;

    public string Href() => QueryText.Href(Links.Ownership, ("on", On?.ToString(Minute, CultureInfo.InvariantCulture)), ("brand", Brand), ("region", Region), ("domain", Domain == OwnershipDomains.Price ? "" : Domain),
        ("change", Change?.ToString(CultureInfo.InvariantCulture)));
}

/// <summary>Wall clocks of the stores.</summary>
internal static class StoreTime
{
    /// <summary>The moment of a wall clock; of a time that the clock leaves out, the first moment after.</summary>
    public static DateTimeOffset Of(DateTime wall, TimeZoneInfo zone)
    {
        var local = DateTime.SpecifyKind(wall, DateTimeKind.Unspecified);
        while (zone.IsInvalidTime(local))
        {
            local = local.AddMinutes(1);
        }

        return new DateTimeOffset(local, zone.GetUtcOffset(local)).ToUniversalTime();
    }
}

/// <summary>Parts of an address.</summary>
internal static class QueryText
{
    private const int Longest = 100;

    /// <summary>The first value of a name, without signs that no text has; empty if there is none.</summary>
    public static Func<string, string> Of(string uri)
    {
        var at = uri.IndexOf('?', StringComparison.Ordinal);
        var values = at < 0 ? [] : QueryHelpers.ParseQuery(uri[at..].Split('#')[0]);
        // PostgreSQL takes no zeros in text.
        return name => values.TryGetValue(name, out var found) && found is [{ } text, ..] ? new string([.. text.Trim().Where(sign => !char.IsControl(sign) && !char.IsSurrogate(sign)).Take(Longest)]) : "";
    }

    public static int? Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number : null;

    public static long? Long(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number : null;

    public static string Href(string path, params (string Name, string? Value)[] values)
    {
        var text = new StringBuilder(path);
        foreach (var (name, value) in values.Where(v => !string.IsNullOrEmpty(v.Value)))
        {
            text.Append(text.Length == path.Length ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value!));
        }

        return text.ToString();
    }
}
