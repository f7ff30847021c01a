using ControlTower.Web.Auth;

namespace ControlTower.Web.Keys;

/// <summary>One thing found. <paramref name="Kind"/> groups ("Order", "Case"); <paramref name="Note"/> tells it from its neighbours.</summary>
public sealed record PaletteHit(string Kind, string Title, string Note, string Href, string Icon);

/// <summary>
/// Finds by any id that a person can paste. Returns only what the person may open, at most a dozen, best first; must answer within a second or
/// be cancelled.
/// </summary>
public interface IPaletteSearch
{
    Task<IReadOnlyList<PaletteHit>> FindAsync(string text, SignedIn person, CancellationToken stop);
}
