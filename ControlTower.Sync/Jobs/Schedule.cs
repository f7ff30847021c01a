using ControlTower.Data.Db;
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
        jobs.AddOrUpdate<StrandedRetriesJob>("stranded-retries", job => job.RunAsync(CancellationToken.None), "* * * * *");
        jobs.AddOrUpdate<AuditAnchorJob>("audit-anchor", job => job.RunAsync(CancellationToken.None), "* * * * *");
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

/// <summary>
/// Erases what must not be kept: bodies of calls after 30 days. Inbox messages and postings stay, they are the guard against duplicates. Works in slices, so that no run is long.
/// </summary>
public sealed class Retention(TowerDataSources data)
{
    private const int Slice = 5_000;

    [AutomaticRetry(Attempts = 3)]
    public async Task RunAsync(CancellationToken cancel)
    {
        int erased;
        do
        {
            erased = await data.Work.Command(
                    """
                    update vendor_call set request = null, response = null where id in (
                        select id from vendor_call where started_at < now() - interval '30 days' and (request is not null or response is not null) order by id limit $1)
                    """,
                    Sql.Of(Slice))
                .ExecuteAsync(cancel);
        }
        while (erased == Slice);
    }
}
