using ControlTower.Data.Db;
using ControlTower.Sync.Kpis;
using Hangfire;
using Hangfire.PostgreSql;
using Microsoft.Extensions.Hosting;

namespace ControlTower.Sync.Jobs;

/// <summary>The whole schedule in one place. Each job may run zero, one or many times and does the same.</summary>
public sealed class Schedule(IRecurringJobManager jobs)
{
    public void Set()
    {
        jobs.AddOrUpdate<Retention>("retention", job => job.RunAsync(CancellationToken.None), "17 3 * * *");
        jobs.RemoveIfExists("stranded-retries"); // Of an older version: the upkeep of the desk does it.
        jobs.AddOrUpdate<DeskUpkeepJob>("desk-upkeep", job => job.RunAsync(CancellationToken.None), "* * * * *");
        jobs.AddOrUpdate<AuditAnchorJob>("audit-anchor", job => job.RunAsync(CancellationToken.None), "* * * * *");
        jobs.AddOrUpdate<DriftJob>("stock-drift", job => job.RunAsync(CancellationToken.None), "* * * * *");
        jobs.AddOrUpdate<DriftJob>("stock-gaps", job => job.FillAsync(CancellationToken.None), "37 * * * *");
        jobs.AddOrUpdate<ReconciliationJob>("reconciliation", job => job.RunAsync(CancellationToken.None), "7 * * * *");
        jobs.AddOrUpdate<ReconciliationJob>("reconciliation-limits", job => job.TellAsync(CancellationToken.None), "*/5 * * * *");
        jobs.AddOrUpdate<KpiReport>("key-figures", job => job.RunAsync(CancellationToken.None), "0 5 * * 1");
        jobs.AddOrUpdate<KpiReport>("key-figures-anew", job => job.RebuildAsync(CancellationToken.None), Cron.Never());
        jobs.AddOrUpdate<IntegrityJob>("integrity", job => job.RunAsync(CancellationToken.None), "* * * * *");
    }
}

/// <summary>Makes Hangfire's own tables before anything of Hangfire starts; two nodes starting together take turns.</summary>
internal sealed class JobSchema(JobConnections connections) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await using var connection = connections.GetOrCreateConnection();
        await connection.OpenAsync(cancellationToken);
        await connection.Command("select pg_advisory_lock(hashtext('hangfire-schema'))").ExecuteAsync(cancellationToken);
        try
        {
            PostgreSqlObjectsInstaller.Install(connection, JobsSetup.Schema);
        }
        finally
        {
            await connection.Command("select pg_advisory_unlock(hashtext('hangfire-schema'))").ExecuteAsync(CancellationToken.None);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>Sets the schedule at start.</summary>
internal sealed class ScheduleStarter(Schedule schedule) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        schedule.Set();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
