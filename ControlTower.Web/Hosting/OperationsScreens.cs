using ControlTower.Data.Connections;
using ControlTower.Data.Operations;
using ControlTower.Data.Overview;
using ControlTower.Data.Triage;
using ControlTower.Sync.Operations;
using ControlTower.Web.Pages.Connections;
using ControlTower.Web.Pages.Exceptions;
using ControlTower.Web.Pages.Operations;
using ControlTower.Web.Pages.Start;
using ControlTower.Web.Pages.Overview;
using ControlTower.Web.Shared;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace ControlTower.Web.Hosting;

/// <summary>The overview, the connections and the operations screens: what they read, share and act through.</summary>
internal static class OperationsScreens
{
    public static void AddOperationsScreens(this IServiceCollection services)
    {
        services.TryAddSingleton<CaseQueries>();
        services.AddSingleton<OverviewQueries>();
        services.AddSingleton<ReadingChoices>();
        services.AddScoped<DeskChoice>();
        services.AddSingleton<ConnectionQueries>();
        services.AddSingleton<ConnectionDetailQueries>();
        services.AddSingleton<CallQueries>();
        services.AddOptions<OverviewTargets>().BindConfiguration(OverviewTargets.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<OverviewTargets>, OverviewTargetsValidator>();
        services.AddSingleton<ConnectionsFeed>();
        services.AddSingleton<ScopeFeeds>();
        services.AddSingleton<OverviewFeed>();
        services.AddSingleton<NodeQueries>();
        services.AddSingleton<StartQueries>();
        services.AddSingleton<StartFeed>();
        services.AddSingleton<HomeDoor>();
        services.AddSingleton<OperationsFeed>();
        services.AddSingleton<BatchFeed>();
    }
}
