using ControlTower.Data.Reconciliation;
using ControlTower.Web.Auth;
using ControlTower.Web.Layout;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Reconciliation;

/// <summary>What the screens of reconciliation bring along: the count beside the navigation.</summary>
internal static class ReconScreens
{
    public static void AddReconScreens(this IServiceCollection services) => services.AddSingleton<INavCounts, LateItems>();
}

/// <summary>How many items are late.</summary>
public sealed class LateItems(ReconQueries queries) : INavCounts
{
    public async Task<IReadOnlyList<NavCount>> ReadAsync(SignedIn person, CancellationToken stop) => person.May(Permissions.FinanceRead)
        ? [new NavCount(Links.Reconciliation, await queries.LateAsync(stop), Tone.Off)]
        : [];
}
