using ControlTower.Data.Promotions;
using ControlTower.Web.Auth;
using ControlTower.Web.Layout;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Promotions;

/// <summary>What the screens of promotions bring along: the count beside the navigation.</summary>
internal static class PromotionScreens
{
    public static void AddPromotionScreens(this IServiceCollection services) => services.AddSingleton<INavCounts, WaitingPromotions>();
}

/// <summary>How many promotions wait for somebody: to be approved, to be resumed, to be answered.</summary>
public sealed class WaitingPromotions(PromotionQueries promotions) : INavCounts
{
    public async Task<IReadOnlyList<NavCount>> ReadAsync(SignedIn person, CancellationToken stop) => person.May(Permissions.PromotionsRead)
        ? [new NavCount(Links.Promotions, await promotions.WaitingAsync(stop), Tone.Warn)]
        : [];
}
