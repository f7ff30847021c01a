using ControlTower.Data.Settings;
using ControlTower.Sync.Kpis;
using ControlTower.Sync.Pumps;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace ControlTower.Sync.Telemetry;

/// <summary>Traces and metrics over OTLP, if there is somebody to send them to, and metrics for a Prometheus that asks. The export is in the background: a receiver that is slow or away costs what it missed, nothing else.</summary>
public static class TelemetrySetup
{
    // Probes, and connections that stay open as long as a page does: a span of hours says nothing.
    private static readonly string[] Untraced = ["/health", "/metrics", "/_blazor", "/_framework", "/_content", "/hubs"];

    public static IServiceCollection AddTowerTelemetry(this IServiceCollection services, IConfiguration configuration, NodeIdentity node)
    {
        services.AddOptions<TelemetryOptions>().Bind(configuration.GetSection(TelemetryOptions.Section)).ValidateOnStart();
        services.AddSingleton<IValidateOptions<TelemetryOptions>, TelemetryOptionsValidator>();
        services.RefuseUnknownKeys<TelemetryOptions>(configuration, TelemetryOptions.Section);
        var options = configuration.GetSection(TelemetryOptions.Section).Get<TelemetryOptions>() ?? new TelemetryOptions();
        if (options is { Endpoint: null, Prometheus: false })
        {
            return services;
        }

        services.AddHostedService<KpiGauges>();
        var telemetry = services.AddOpenTelemetry()
            .ConfigureResource(resource => resource
                .AddService("controltower", serviceVersion: node.Version, serviceInstanceId: node.Id.ToString())
                .AddAttributes([new("controltower.roles", node.Roles), new("host.name", node.Host)]))
            .WithMetrics(metrics =>
            {
                metrics.AddMeter(TowerTelemetry.Name).AddAspNetCoreInstrumentation().AddHttpClientInstrumentation().AddNpgsqlInstrumentation().AddRuntimeInstrumentation();
                if (options.Endpoint is { } endpoint)
                {
                    metrics.AddOtlpExporter(o => Send(o, options, endpoint, "v1/metrics"));
                }

                if (options.Prometheus)
                {
                    metrics.AddPrometheusExporter();
                }
            });
        if (options.Endpoint is { } traced)
        {
            telemetry.WithTracing(tracing => tracing
                .AddSource(TowerTelemetry.Name)
                .AddAspNetCoreInstrumentation(o => o.Filter = IsTraced)
                .AddHttpClientInstrumentation()
                .AddNpgsql()
                .AddOtlpExporter(o => Send(o, options, traced, "v1/traces")));
        }

        return services;
    }

    private static bool IsTraced(HttpContext context) => !Untraced.Any(path => context.Request.Path.StartsWithSegments(path, StringComparison.OrdinalIgnoreCase));

    private static void Send(OtlpExporterOptions exporter, TelemetryOptions options, Uri endpoint, string signal)
    {
        var http = options.OtlpProtocol == TelemetryOptions.HttpProtobuf;
        exporter.Protocol = http ? OtlpExportProtocol.HttpProtobuf : OtlpExportProtocol.Grpc;
        exporter.Endpoint = http ? new Uri($"{endpoint.AbsoluteUri.TrimEnd('/')}/{signal}") : endpoint;
    }
}
