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
            // A transactional message is the smallest true write: its commit waits for the disk, and it leaves no row behind. But the log has its room reserved: whether the disk has
            // any left for data is told by a result that is too large for this little memory and goes into a file for a moment.
            await using var command = sources.Ingress.CreateCommand(
                """
                select set_config('work_mem', '64kB', true);
                select pg_logical_emit_message(true, 'controltower', 'ready'), current_setting('transaction_read_only'),
                    (select count(*) from public.schema_version where scriptname = any(@scripts)), (select count(*) from generate_series(1, 5000))
                """);
            command.Parameters.AddWithValue("scripts", Migrator.Scripts.ToArray());
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            await reader.NextResultAsync(cancellationToken);
            await reader.ReadAsync(cancellationToken);
            if (reader.GetString(1) != "off")
            {
                sources.Renew();
                return HealthCheckResult.Unhealthy("The database only reads.");
            }

            return reader.GetInt64(2) < Migrator.Scripts.Count ? HealthCheckResult.Unhealthy("The database is not migrated.")
                : HealthCheckResult.Healthy();
        }
        catch (NpgsqlException e)
        {
            return HealthCheckResult.Unhealthy($"The database takes no writes ({(e as PostgresException)?.SqlState ?? "no answer"}).");
        }
    }
}
