using System.Globalization;
using System.Text;
using ControlTower.Data.Incidents;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.WebUtilities;

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

    private const int Longest = 300;

    public static IReadOnlyList<int> Periods { get; } = [1, 7, 30, 90, 365];

    public static IncidentsQuery Start { get; } = new("", "", "", UsualDays, "", "");

    public bool IsNarrow => Status.Length > 0 || Kind.Length > 0 || Brand.Length > 0;

    public static IncidentsQuery Parse(string uri)
    {
        var at = uri.IndexOf('?', StringComparison.Ordinal);
        var values = at < 0 ? [] : QueryHelpers.ParseQuery(uri[at..].Split('#')[0]);
        return new IncidentsQuery(
            One("status", IncidentStatus.All), One("kind", IncidentKind.All), Text("brand"), Periods.FirstOrDefault(days => Text("days") == days.ToString(CultureInfo.InvariantCulture), UsualDays), One("new", ["free", "system", "cause"]), Text("about"));

        string One(string name, IReadOnlyList<string> known) => known.Contains(Text(name)) ? Text(name) : "";

        // PostgreSQL takes no zeros in text.
        string Text(string name) => values.TryGetValue(name, out var value) && value.ToString() is var text
            ? new string([.. text.Trim().Where(sign => !char.IsControl(sign) && !char.IsSurrogate(sign)).Take(Longest)])
            : "";
    }

    public IncidentFilter Filter(DateTimeOffset now) => new(Status.Length > 0 ? [Status] : [], Kind.Length > 0 ? [Kind] : [], Brand.Length > 0 ? Brand : null, now - TimeSpan.FromDays(Days));

    public string Href()
    {
        var text = new StringBuilder();
        Put("status", Status);
        Put("kind", Kind);
        Put("brand", Brand);
        Put("days", Days == UsualDays ? "" : Days.ToString(CultureInfo.InvariantCulture));
        Put("new", New);
        Put("about", New.Length > 0 ? About : "");
        return Links.Incidents + text;

        void Put(string name, string value)
        {
            if (value.Length > 0)
            {
                text.Append(text.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
            }
        }
    }
}
