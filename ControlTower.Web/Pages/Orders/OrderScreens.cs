using ControlTower.Data.Flows;
using ControlTower.Web.Keys;
using ControlTower.Web.Layout;
using ControlTower.Web.Pages.Exceptions;
using Microsoft.Extensions.Options;

namespace ControlTower.Web.Pages.Orders;

/// <summary>What the screens of orders and exceptions bring along: limits of stages, search in the palette, the count beside the navigation.</summary>
internal static class OrderScreens
{
    public static void AddOrderScreens(this IServiceCollection services)
    {
        services.AddOptions<StageLimits>().BindConfiguration(StageLimits.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<StageLimits>, StageLimitsValidator>();
        services.AddSingleton<IPaletteSearch, OrderSearch>();
        services.AddSingleton<INavCounts, OpenCases>();
    }

    private sealed class StageLimitsValidator : IValidateOptions<StageLimits>
    {
        public ValidateOptionsResult Validate(string? name, StageLimits options) =>
            options.Check() is { Count: > 0 } wrong ? ValidateOptionsResult.Fail(wrong) : ValidateOptionsResult.Success;
    }
}
