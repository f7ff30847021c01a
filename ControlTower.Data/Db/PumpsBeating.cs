using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace ControlTower.Data.Db;

/// <summary>
/// Some worker beats. For web-only nodes, and as degraded: without workers they must still accept webhooks, which are worked off later.
/// </summary>
public sealed class PumpsBeating(TowerDataSources sources) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await using var command = sources.Read.CreateCommand(
                "select count(*) from node where roles in ('worker', 'both') and beat_at > now() - interval '15 seconds'");
            var workers = (long)(await command.ExecuteScalarAsync(cancellationToken))!;
            return workers > 0
                ? HealthCheckResult.Healthy(data: new Dictionary<string, object>(StringComparer.Ordinal) { ["workers"] = workers })
                : new HealthCheckResult(context.Registration.FailureStatus, "No worker has beaten for 15 s.");
        }
        catch (NpgsqlException)
        {
            return new HealthCheckResult(context.Registration.FailureStatus, "The database gives no answer.");
        }
    }
}
