using ControlTower.Data.Audit;
using ControlTower.Data.Operations;
using ControlTower.Sync.Administration;
using ControlTower.Sync.Jobs;
using ControlTower.Sync.Operations;
using ControlTower.Tests.Support;
using Hangfire;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace ControlTower.Tests.Sync.Jobs;

public sealed class CronRuleTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 27, 13, 30, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("30 4 * * *", 60)]
    [InlineData("*/15 * * * *", 15)]
    [InlineData("0 5 * * 1", 60)]
    [InlineData("0 5 29 2 *", 60)]
    public void What_may_run_so_is_taken(string cron, int least) => Assert.Null(CronRule.Wrong(cron, least, Now));

    [Theory]
    [InlineData("", "five parts")]
    [InlineData("every day", "five parts")]
    [InlineData("* * * * * *", "five parts")]
    [InlineData("61 4 * * *", "five parts")]
    [InlineData("0 0 31 2 *", "never come")]
    [InlineData("*/5 * * * *", "at most")]
    [InlineData("0,1 4 * * *", "at most")]
    public void What_never_fires_or_too_often_is_refused_in_words(string cron, string words) => Assert.Contains(words, CronRule.Wrong(cron, 60, Now), StringComparison.Ordinal);

    [Fact]
    public void The_next_times_are_those_of_the_engine_that_runs_it() =>
        Assert.Equal([new(2026, 11, 27, 13, 45, 0, TimeSpan.Zero), new DateTimeOffset(2026, 11, 27, 14, 0, 0, TimeSpan.Zero)], CronRule.Next("*/15 * * * *", Now, 2));

    [Fact]
    public void Every_job_that_is_shipped_keeps_its_own_rule() => Assert.All(RecurringJobs.All.Where(job => job.Cron is not null), job => Assert.Null(CronRule.Wrong(job.Cron!, job.LeastMinutes, Now)));
}

public sealed class ScheduleDeskTests : IAsyncLifetime
{
    private static readonly Actor Tess = new(Guid.Parse("0199b2a0-0000-7000-8000-000000000001"), "Tess Visser", "Admin");

    private TestDatabase database = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => database = await TestDatabase.CreateAsync();

    public ValueTask DisposeAsync() => database.DisposeAsync();

    [Fact]
    public async Task A_changed_time_is_in_the_calendar_at_once_and_after_a_deploy_and_the_slower_of_two_is_told()
    {
        await using var tower = await TestTower.StartAsync(database: database);
        var desk = tower.Services.GetRequiredService<ScheduleDesk>();

        Assert.Equal(ScheduleAnswer.Done, await desk.ChangeAsync("retention", " 30  4 * * * ", 0, Tess, Cancel));
        Assert.Equal(ScheduleAnswer.Moved, await desk.ChangeAsync("retention", "0 5 * * *", 0, Tess, Cancel));
        await Assert.ThrowsAsync<ArgumentException>(() => desk.ChangeAsync("retention", "* * * * *", 1, Tess, Cancel));
        await Assert.ThrowsAsync<ArgumentException>(() => desk.ChangeAsync("no-such-job", "0 5 * * *", 0, Tess, Cancel));

        var line = await LineAsync(desk);
        Assert.Equal(("30 4 * * *", "30 4 * * *", false, 1), (line.Cron, line.Ran?.Cron, line.IsShipped, line.Version));
        Assert.Equal(5, line.Next.Count);
        var calendar = new TestCalendar();
        await new Schedule(calendar, database.Sources).SetAsync(Cancel);
        Assert.Equal("30 4 * * *", calendar.Crons["retention"]);
        Assert.Equal("37 * * * *", calendar.Crons["stock-gaps"]);

        Assert.Equal(ScheduleAnswer.Done, await desk.ChangeAsync("retention", null, 1, Tess, Cancel));
        Assert.True((await LineAsync(desk)).IsShipped);
        Assert.Equal(2, await database.ScalarAsync<long>("select count(*) from audit where action = 'admin:schedule:manage' and subject = 'schedule:retention' and outcome = 'done'"));
    }

    [Fact]
    public async Task A_paused_job_does_nothing_when_its_time_comes_until_it_is_resumed()
    {
        await database.ExecuteAsync("insert into integrity_run (state, requested_by, started_at, finished_at) select 'done', 'tower', now() - make_interval(days => d), now() - make_interval(days => d) from unnest(array[200, 1]) d");
        await using var tower = await TestTower.StartAsync(database: database, settings: "Tower:Roles=both");
        var desk = tower.Services.GetRequiredService<ScheduleDesk>();

        Assert.Equal(ScheduleAnswer.Done, await desk.PauseAsync("retention", "An audit is under way.", 0, Tess, Cancel));
        Assert.Equal(ScheduleAnswer.Moved, await desk.PauseAsync("retention", "again", 0, Tess, Cancel));
        var line = await LineAsync(desk);
        Assert.Equal(("Tess Visser", "An audit is under way."), (line.Paused?.By, line.Paused?.Reason));
        Assert.Empty(line.Next);
        await Assert.ThrowsAsync<ArgumentException>(() => desk.RunAsync("retention", Tess, Cancel));

        // The calendar does not know of the pause: the job asks.
        tower.Services.GetRequiredService<IRecurringJobManager>().Trigger("retention");
        await UntilAsync("skipped", async () => (await LineAsync(desk)).Ran?.LastState, tower);
        Assert.Equal(2, await database.ScalarAsync<long>("select count(*) from integrity_run where state = 'done' and requested_by = 'tower' and finished_at < now() - interval '12 hours'"));

        Assert.Equal(ScheduleAnswer.Done, await desk.ResumeAsync("retention", line.Version, Tess, Cancel));
        await desk.RunAsync("retention", Tess, Cancel);
        await UntilAsync("0", () => database.ScalarAsync<string>("select count(*)::text from integrity_run where finished_at < now() - interval '100 days'"), tower);
        Assert.Equal("pause resume run", await database.ScalarAsync<string>("select string_agg(detail::jsonb ->> 'act', ' ' order by seq) from audit where subject = 'schedule:retention'"));
    }

    private static async Task<ScheduleLine> LineAsync(ScheduleDesk desk) => (await desk.ListAsync(Cancel)).Single(line => line.Job.Id == "retention");

    private static async Task UntilAsync(string wanted, Func<Task<string?>> sees, TestTower tower)
    {
        var begun = TimeProvider.System.GetTimestamp();
        while (await sees() is var seen && seen != wanted)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(begun) < TimeSpan.FromMinutes(1), $"After a minute it is still {seen ?? "nothing"}, not {wanted}.\n{string.Join('\n', tower.Log.Lines.Where(line => line.Level >= LogLevel.Warning).Select(line => line.Text))}");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Cancel);
        }
    }
}
