using ControlTower.Data.Triage;
using ControlTower.Web.Auth;
using ControlTower.Web.Layout;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Exceptions;

/// <summary>How many cases wait for somebody, beside the navigation. What is being retried needs nobody.</summary>
public sealed class OpenCases(CaseQueries cases) : INavCounts
{
    public async Task<IReadOnlyList<NavCount>> ReadAsync(SignedIn person, CancellationToken stop) => person.May(Permissions.ExceptionsRead)
        ? [new NavCount(Links.Exceptions, await cases.OpenAsync(stop), Tone.Bad)]
        : [];
}
