using ControlTower.Sync.Telemetry;
using ControlTower.Web.Auth;

namespace ControlTower.Web.Api;

/// <summary><c>/metrics</c> in the text format of Prometheus, for a client with <see cref="Scopes.MetricsRead"/>: its key as bearer. Not there unless <c>Telemetry:Prometheus</c> is on.</summary>
internal static class MetricsApi
{
    public const string Path = "/metrics";

    public static void MapMetrics(this WebApplication app)
    {
        // From the configuration: wrong options are told when the tower starts, not here.
        if (app.Configuration.GetSection(TelemetryOptions.Section).Get<TelemetryOptions>() is { Prometheus: true })
            app.MapPrometheusScrapingEndpoint(Path).Governed(Scopes.MetricsRead);
    }
}
