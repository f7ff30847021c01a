using System.Globalization;
using ControlTower.Data.Canonical;

namespace ControlTower.Web.Pages.Promotions;

/// <summary>A window of wall clocks in one time zone, its instants in words.</summary>
public sealed record ZoneWindow(string Name, string Starts, string Ends, string Change)
{
    /// <summary>Each zone once, the earliest start first; names that this machine does not know are left out.</summary>
    public static IReadOnlyList<ZoneWindow> Of(DateTime starts, DateTime ends, IEnumerable<string> zones) =>
    [
        .. zones.Distinct(StringComparer.Ordinal).Select(name => TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) ? zone : null).OfType<TimeZoneInfo>()
            .Select(zone => (Zone: zone, From: PromotionWindow.Start(starts, zone), Until: PromotionWindow.End(ends, zone))).OrderBy(z => z.From).ThenBy(z => z.Zone.Id, StringComparer.Ordinal)
            .Select(z => new ZoneWindow(z.Zone.Id, Text(z.From), Text(z.Until), Changes(starts, ends, z.Zone, z.From, z.Until))),
    ];

    private static string Changes(DateTime starts, DateTime ends, TimeZoneInfo zone, DateTimeOffset from, DateTimeOffset until) =>
        zone.IsInvalidTime(starts) || zone.IsInvalidTime(ends) ? "leaves a given time out: the first moment after counts"
        : zone.IsAmbiguousTime(starts) || zone.IsAmbiguousTime(ends) ? "shows a given time twice: from the first to the last"
        : zone.GetUtcOffset(from) != zone.GetUtcOffset(until) ? "inside the window; wall times stay" : "none";

    private static string Text(DateTimeOffset at) => at.UtcDateTime.ToString("ddd d MMM HH:mm", CultureInfo.InvariantCulture);
}
