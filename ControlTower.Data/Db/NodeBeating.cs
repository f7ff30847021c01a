using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace ControlTower.Data.Db;

/// <summary>This very node beats: its loops run and reach the database. Another node's beat says nothing about this one.</summary>
public sealed class NodeBeating(TowerDataSources sources, Guid node) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            return await sources.Read.Command("select exists (select from node where id = $1 and beat_at > now() - interval '15 seconds')", Sql.Of(node)).ScalarAsync<bool>(cancellationToken)
                ? HealthCheckResult.Healthy()
                : new HealthCheckResult(context.Registration.FailureStatus, "This node has not beaten for 15 s.");
        }
        catch (NpgsqlException)
        {
            return new HealthCheckResult(context.Registration.FailureStatus, "The database gives no answer.");
        }
    }
}
