using ControlTower.Data.Kpis;

namespace ControlTower.Web.Pages.Kpis;

/// <summary>From an address to what is asked about, with what is not there said by its parameter.</summary>
internal static class KpiScopes
{
    /// <summary>The scope of an address outside of a page; null with the first thing that is wrong.</summary>
    /// <param name="usual">Zone of the stores.</param>
    public static async Task<(KpiScope? Scope, KpiProblem? Problem)> ReadAsync(KpiQuery query, string usual, DateTimeOffset now, KpiQueries queries, KpiPlaces places, CancellationToken cancel)
    {
        if (!await KnowsZoneAsync(query, queries, cancel))
        {
            return (null, NoZone(query));
        }

        var zone = TimeZoneInfo.FindSystemTimeZoneById(query.Zone.Length > 0 ? query.Zone : usual);
        var problems = query.Problems.Concat(Strangers(query, await places.ReadAsync(cancel))).ToList();
        var (span, impossible) = KpiSpan.Of(query, now, zone);
        return problems.Count > 0 ? (null, problems[0]) : (span?.Scope, impossible);
    }

    /// <summary>A zone is known here and in the database, or days would be cut differently in the two.</summary>
    public static async Task<bool> KnowsZoneAsync(KpiQuery query, KpiQueries queries, CancellationToken cancel) =>
        query.Zone.Length == 0 || (TimeZoneInfo.TryFindSystemTimeZoneById(query.Zone, out _) && await queries.KnowsZoneAsync(query.Zone, cancel));

    public static KpiProblem NoZone(KpiQuery query) => new("zone", $"There is no zone “{query.Zone}”. Write one such as Europe/Amsterdam, or leave it out for that of the stores.");

    /// <summary>Title of a page whose figure there is not.</summary>
    public const string NoSuch = "No such figure";

    public static KpiProblem NoFigure(string id) => new("figure", $"There is no figure “{id}”. Choose one on the board.");

    /// <summary>Places that the address names and nobody knows.</summary>
    public static IEnumerable<KpiProblem> Strangers(KpiQuery query, KpiKnown known) =>
        new (string Name, string Kind, string Id)[] { ("brand", "brand", query.Brand), ("channel", "connection", query.Channel), ("store", "store", query.Store), ("system", "connection", query.System) }
            .Where(place => place.Id.Length > 0 && known.NameOf(place.Kind, place.Id) is null)
            .Select(place => new KpiProblem(place.Name, $"There is no {place.Name} “{place.Id}”. Leave it out to see all, or choose one from the list."));
}
