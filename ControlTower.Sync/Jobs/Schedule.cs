using ControlTower.Data.Db;
using ControlTower.Data.Operations;
using Hangfire;
using Hangfire.PostgreSql;
using Hangfire.Server;
using Microsoft.Extensions.Hosting;

namespace ControlTower.Sync.Jobs;

/// <summary>Puts all jobs into the calendar, each at the times that an admin set, else at those that are shipped. The calendar may be wiped: this makes it anew.</summary>
public sealed class Schedule(IRecurringJobManager jobs, TowerDataSources data)
{
    /// <summary>Safe to repeat: a job whose times did not change keeps its next run.</summary>
    public async Task SetAsync(CancellationToken cancel)
    {
        jobs.RemoveIfExists("stranded-retries"); // Of an older version: the upkeep of the desk does it.
        var settings = (await JobScheduleStore.ListAsync(data.Work, cancel)).ToDictionary(setting => setting.Job, StringComparer.Ordinal);
        foreach (var job in RecurringJobs.All)
        {
            job.Add(jobs, settings.GetValueOrDefault(job.Id)?.Cron ?? job.Cron ?? Cron.Never());
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
internal sealed class ScheduleStarter(Schedule schedule) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => schedule.SetAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
