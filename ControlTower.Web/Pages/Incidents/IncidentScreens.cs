using ControlTower.Data.Incidents;
using ControlTower.Web.Auth;
using ControlTower.Web.Layout;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Incidents;

/// <summary>What the screens of incidents bring along: the count beside the navigation.</summary>
internal static class IncidentScreens
{
    public static void AddIncidentScreens(this IServiceCollection services) => services.AddSingleton<INavCounts, OpenIncidents>();
}

/// <summary>How many incidents are open.</summary>
public sealed class OpenIncidents(IncidentQueries incidents) : INavCounts
{
    public async Task<IReadOnlyList<NavCount>> ReadAsync(SignedIn person, CancellationToken stop) => person.May(Permissions.IncidentsRead)
        ? [new NavCount(Links.Incidents, (await incidents.OpenAsync(stop)).Open, Tone.Bad)]
        : [];
}
