using ControlTower.Data.Db;
using Hangfire;
using Microsoft.Extensions.Hosting;

namespace ControlTower.Sync.Jobs;

/// <summary>The whole schedule in one place. Each job may run zero, one or many times and does the same.</summary>
public sealed class Schedule(IRecurringJobManager jobs)
{
    public void Set() => jobs.AddOrUpdate<Retention>("retention", job => job.RunAsync(CancellationToken.None), "17 3 * * *");
}

/// <summary>Sets the schedule at start. Hangfire's storage may not be there yet: it is made by the server that starts beside this.</summary>
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
