using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace ControlTower.Data.Db;

/// <summary>Ready to take orders: every migration is applied and a write is committed to disk. Answers within 4 s.</summary>
public sealed class TowerReadiness(TowerDataSources sources) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            // A transactional message is the smallest true write: its commit waits for the disk, and it leaves no row behind.
            await using var command = sources.Ingress.CreateCommand(
                """
                select pg_logical_emit_message(true, 'controltower', 'ready'), current_setting('transaction_read_only'),
                    (select count(*) from public.schema_version where scriptname = any(@scripts))
                """);
            command.Parameters.AddWithValue("scripts", Migrator.Scripts.ToArray());
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            await reader.ReadAsync(cancellationToken);
            return reader.GetString(1) != "off" ? HealthCheckResult.Unhealthy("The database only reads.")
                : reader.GetInt64(2) < Migrator.Scripts.Count ? HealthCheckResult.Unhealthy("The database is not migrated.")
                : HealthCheckResult.Healthy();
        }
        catch (NpgsqlException e)
        {
            return HealthCheckResult.Unhealthy($"The database takes no writes ({(e as PostgresException)?.SqlState ?? "no answer"}).");
        }
    }
}
