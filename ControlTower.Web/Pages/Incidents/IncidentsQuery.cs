using System.Globalization;
using ControlTower.Data.Incidents;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Incidents;

/// <summary>What the list of incidents shows, as its address says it. Any address gives a query.</summary>
/// <param name="Status">One of <see cref="IncidentStatus"/>; nothing: all.</param>
/// <param name="Kind">One of <see cref="IncidentKind"/>; nothing: all.</param>
/// <param name="Days">Detected within so many days, or open.</param>
/// <param name="New">An incident is being opened: <c>free</c>, <c>system</c> or <c>cause</c>; nothing: none.</param>
/// <param name="About">What the new one is about.</param>
public sealed record IncidentsQuery(string Status, string Kind, string Brand, int Days, string New, string About)
{
    public const int UsualDays = 30;

    public static IReadOnlyList<int> Periods { get; } = [1, 7, 30, 90, 365];

    public static IncidentsQuery Start { get; } = new("", "", "", UsualDays, "", "");

    public bool IsNarrow => Status.Length > 0 || Kind.Length > 0 || Brand.Length > 0;

    public static IncidentsQuery Parse(string uri)
    {
        var text = QueryText.Of(uri, 300);
        return new IncidentsQuery(
            One("status", IncidentStatus.All), One("kind", IncidentKind.All), text("brand"), Periods.FirstOrDefault(days => text("days") == days.ToString(CultureInfo.InvariantCulture), UsualDays), One("new", ["free", "system", "cause"]), text("about"));

        string One(string name, IReadOnlyList<string> known) => known.Contains(text(name)) ? text(name) : "";
    }

    public IncidentFilter Filter(DateTimeOffset now) => new(Status.Length > 0 ? [Status] : [], Kind.Length > 0 ? [Kind] : [], Brand.Length > 0 ? Brand : null, now - TimeSpan.FromDays(Days));

    public string Href() => QueryText.Href(
        Links.Incidents, ("status", Status), ("kind", Kind), ("brand", Brand), ("days", Days == UsualDays ? "" : Days.ToString(CultureInfo.InvariantCulture)), ("new", New), ("about", New.Length > 0 ? About : ""));
}
