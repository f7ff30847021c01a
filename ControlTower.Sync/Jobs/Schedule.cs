using ControlTower.Data.Db;
using ControlTower.Data.Operations;
using ControlTower.Sync.Administration;
using ControlTower.Sync.Kpis;
using ControlTower.Sync.Operations;
using Hangfire;
using Hangfire.PostgreSql;
using Hangfire.Server;
using Microsoft.Extensions.Hosting;

namespace ControlTower.Sync.Jobs;

/// <summary>The calendar: what each job of <see cref="RecurringJobs"/> calls. It may be wiped: this makes it anew.</summary>
public sealed class Schedule(IRecurringJobManager jobs, TowerDataSources data) : ICalendar
{
    private static readonly Dictionary<string, Action<IRecurringJobManager, string, string>> Calls = new(StringComparer.Ordinal)
    {
        ["retention"] = (jobs, id, cron) => jobs.AddOrUpdate<Retention>(id, job => job.RunAsync(CancellationToken.None), cron),
        ["desk-upkeep"] = (jobs, id, cron) => jobs.AddOrUpdate<DeskUpkeepJob>(id, job => job.RunAsync(CancellationToken.None), cron),
        ["audit-anchor"] = (jobs, id, cron) => jobs.AddOrUpdate<AuditAnchorJob>(id, job => job.RunAsync(CancellationToken.None), cron),
        ["stock-drift"] = (jobs, id, cron) => jobs.AddOrUpdate<DriftJob>(id, job => job.RunAsync(CancellationToken.None), cron),
        ["stock-gaps"] = (jobs, id, cron) => jobs.AddOrUpdate<DriftJob>(id, job => job.FillAsync(CancellationToken.None), cron),
        ["reconciliation"] = (jobs, id, cron) => jobs.AddOrUpdate<ReconciliationJob>(id, job => job.RunAsync(CancellationToken.None), cron),
        ["reconciliation-limits"] = (jobs, id, cron) => jobs.AddOrUpdate<ReconciliationJob>(id, job => job.TellAsync(CancellationToken.None), cron),
        ["feeds"] = (jobs, id, cron) => jobs.AddOrUpdate<FeedJob>(id, job => job.RunAsync(CancellationToken.None), cron),
        ["key-figures"] = (jobs, id, cron) => jobs.AddOrUpdate<KpiReport>(id, job => job.RunAsync(CancellationToken.None), cron),
        ["key-figures-anew"] = (jobs, id, cron) => jobs.AddOrUpdate<KpiReport>(id, job => job.RebuildAsync(CancellationToken.None), cron),
        ["integrity"] = (jobs, id, cron) => jobs.AddOrUpdate<IntegrityJob>(id, job => job.RunAsync(CancellationToken.None), cron),
    };

    public async Task SetAsync(CancellationToken cancel)
    {
        jobs.RemoveIfExists("stranded-retries"); // Of an older version: the upkeep of the desk does it.
        var settings = (await JobScheduleStore.ListAsync(data.Work, cancel)).ToDictionary(setting => setting.Job, StringComparer.Ordinal);
        foreach (var job in RecurringJobs.All)
        {
            Calls[job.Id](jobs, job.Id, settings.GetValueOrDefault(job.Id)?.Cron ?? job.Cron ?? Cron.Never());
        }
    }
}

/// <summary>A job that an admin paused does nothing when its time comes, on whichever node and after whatever deploy: the database is asked each time.</summary>
public sealed class PauseFilter(TowerDataSources data) : IServerFilter
{
    public void OnPerforming(PerformingContext context)
    {
        if (context.GetJobParameter<string>("RecurringJobId") is { } job && JobScheduleStore.IsPaused(data.Work, job))
        {
            context.SetJobParameter(JobBoard.Skipped, true);
            context.Canceled = true;
        }
    }

    public void OnPerformed(PerformedContext context)
    {
        // What has run is not judged.
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
internal sealed class ScheduleStarter(ICalendar schedule) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => schedule.SetAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
