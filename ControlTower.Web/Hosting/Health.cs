using ControlTower.Data.Db;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace ControlTower.Web.Hosting;

/// <summary>
/// <c>/health/live</c>: the process answers. <c>/health/ready</c>: migrated, database writable, pumps beating; 503 if not. Both say one word
/// to anybody: what is wrong stands in the log and on the Operations page.
/// </summary>
internal static class Health
{
    public static IServiceCollection AddTowerHealth(this IServiceCollection services)
    {
        services.AddHealthChecks().AddCheck<TowerReadiness>("database");
        services.AddOptions<HealthCheckServiceOptions>().Configure<IOptions<TowerOptions>>((health, tower) =>
            health.Registrations.Add(new HealthCheckRegistration(
                "pumps", ActivatorUtilities.GetServiceOrCreateInstance<PumpsBeating>,
                tower.Value.IsWorker ? HealthStatus.Unhealthy : HealthStatus.Degraded, tags: null)));
        services.AddSingleton<ReadyProbe>();
        return services;
    }

    public static void MapTowerHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health/live", () => Results.Text("Healthy")).AllowAnonymous();
        routes.MapGet("/health/ready", async (ReadyProbe probe) =>
        {
            var status = await probe.StatusAsync();
            return Results.Text(status.ToString(), statusCode: status == HealthStatus.Unhealthy ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK);
        }).AllowAnonymous();
    }
}
