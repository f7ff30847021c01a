using ControlTower.Web.Auth;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Layout;

/// <summary>A number beside a navigation entry. It counts only what needs a person.</summary>
public sealed record NavCount(string Href, long Count, Tone Tone);

/// <summary>Tells the navigation what waits behind an entry. A screen that has such a number registers one; answers must be cheap.</summary>
public interface INavCounts
{
    Task<IReadOnlyList<NavCount>> ReadAsync(SignedIn person, CancellationToken stop);
}
