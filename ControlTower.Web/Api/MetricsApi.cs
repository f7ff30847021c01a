using ControlTower.Sync.Telemetry;
using ControlTower.Web.Auth;
using Microsoft.Extensions.Options;

namespace ControlTower.Web.Api;

/// <summary><c>/metrics</c> in the text format of Prometheus, for a client with <see cref="Scopes.MetricsRead"/>: its key as bearer. Not there unless <c>Telemetry:Prometheus</c> is on.</summary>
internal static class MetricsApi
{
    public const string Path = "/metrics";

    public static void MapMetrics(this WebApplication app)
    {
        if (app.Services.GetRequiredService<IOptions<TelemetryOptions>>().Value.Prometheus)
            app.MapPrometheusScrapingEndpoint(Path).Governed(Scopes.MetricsRead);
    }
}
