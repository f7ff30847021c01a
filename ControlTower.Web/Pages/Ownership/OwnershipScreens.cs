using ControlTower.Data.Ownership;
using ControlTower.Sync.Ownership;
using ControlTower.Web.Auth;
using ControlTower.Web.Layout;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Ownership;

/// <summary>What the screens of ownership bring along: what they read, and the count beside the navigation.</summary>
internal static class OwnershipScreens
{
    public static void AddOwnershipScreens(this IServiceCollection services)
    {
        services.AddSingleton<OwnershipRoom>();
        services.AddSingleton<INavCounts, WaitingWrites>();
    }
}

/// <summary>How many writes wait for a person.</summary>
public sealed class WaitingWrites(OwnershipReads reads) : INavCounts
{
    public async Task<IReadOnlyList<NavCount>> ReadAsync(SignedIn person, CancellationToken stop) => person.May(QuarantineDesk.Permission)
        ? [new NavCount(Links.Ownership, await reads.CountAsync(new OwnershipWriteFilter(Waits: true), stop), Tone.Warn)]
        : [];
}
