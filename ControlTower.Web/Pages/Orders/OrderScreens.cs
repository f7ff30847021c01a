using ControlTower.Web.Keys;
using ControlTower.Web.Layout;
using ControlTower.Web.Pages.Exceptions;

namespace ControlTower.Web.Pages.Orders;

/// <summary>What the screens of orders and exceptions bring along: search in the palette, the count beside the navigation.</summary>
internal static class OrderScreens
{
    public static void AddOrderScreens(this IServiceCollection services)
    {
        services.AddSingleton<IPaletteSearch, OrderSearch>();
        services.AddSingleton<INavCounts, OpenCases>();
    }
}
