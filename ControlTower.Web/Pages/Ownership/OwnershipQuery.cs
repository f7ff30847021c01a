using System.Globalization;
using ControlTower.Data.Ownership;
using ControlTower.Web.Shared;

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
