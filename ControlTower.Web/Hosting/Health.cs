using ControlTower.Data.Db;
using ControlTower.Sync.Pumps;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace ControlTower.Web.Hosting;

/// <summary>
/// <c>/health/live</c>: the process answers. <c>/health/ready</c>: migrated, database writable, this node beating and its pumps running; 503 if not. A web-only node is degraded while no worker beats. Both say one word
/// to anybody: what is wrong stands in the log and on the Operations page.
/// </summary>
internal static class Health
{
    public static IServiceCollection AddTowerHealth(this IServiceCollection services)
    {
        services.AddHealthChecks().AddCheck<TowerReadiness>("database");
        services.AddOptions<HealthCheckServiceOptions>().Configure<IOptions<TowerOptions>>((health, tower) =>
        {
            health.Registrations.Add(new HealthCheckRegistration(
                "node", p => new NodeBeating(p.GetRequiredService<TowerDataSources>(), p.GetRequiredService<NodeIdentity>().Id), HealthStatus.Unhealthy, tags: null));
            if (tower.Value.IsWorker)
                health.Registrations.Add(new HealthCheckRegistration("pumps", ActivatorUtilities.GetServiceOrCreateInstance<PumpsRunning>, HealthStatus.Unhealthy, tags: null));
            else
                health.Registrations.Add(new HealthCheckRegistration("pumps", ActivatorUtilities.GetServiceOrCreateInstance<PumpsBeating>, HealthStatus.Degraded, tags: null));
        });
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
