using System.Net;
using ControlTower.Data.Live;
using ControlTower.Data.Operations;
using ControlTower.Sync.Jobs;
using ControlTower.Sync.Operations;
using ControlTower.Sync.Pumps;
using ControlTower.Tests.Simulation;
using ControlTower.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace ControlTower.Tests.Web;

/// <summary>What nodes say of themselves, and what they have scheduled.</summary>
public sealed class NodesTests
{
    private static readonly Uri Ready = new("/health/ready", UriKind.Relative);

    [Fact]
    public async Task A_web_node_beats_and_is_ready_but_degraded_while_no_worker_beats()
    {
        await using var tower = await TestTower.StartAsync();
        await NextBeatAsync(tower);

        var node = Assert.Single(await tower.Services.GetRequiredService<NodeQueries>().AllAsync());
        Assert.Equal((tower.Services.GetRequiredService<NodeIdentity>().Id, "web", false), (node.Id, node.Roles, node.IsStale));
        using var client = tower.Client();
        var answer = await client.GetAsync(Ready);
        Assert.Equal((HttpStatusCode.OK, "Degraded"), (answer.StatusCode, await answer.Content.ReadAsStringAsync()));

        await tower.Database.ExecuteAsync("insert into node (id, roles, host, version) values (gen_random_uuid(), 'worker', 'elsewhere', '1')");
        await NextBeatAsync(tower);
        Assert.Equal("Healthy", await client.GetStringAsync(Ready));
    }

    [Promise(25)]
    [Theory]
    [InlineData(90)]
    [InlineData(-90)]
    public async Task A_node_whose_clock_is_off_says_so(int seconds)
    {
        await using var database = await TestDatabase.CreateAsync();
        var (clock, log) = (new SimClock(TimeProvider.System.GetUtcNow()) { Skew = TimeSpan.FromSeconds(seconds) }, new TestLog());
        using var sign = new NodeSign(database.Sources, NodeIdentity.New("worker"), clock, LoggerFactory.Create(builder => builder.AddProvider(log)).CreateLogger<NodeSign>());
        await sign.GiveAsync("{}", default);
        await sign.GiveAsync("{}", default);

        var node = Assert.Single(await new NodeQueries(database.Sources).AllAsync());
        Assert.True(NodeLine.IsOff(node.ClockOff));
        Assert.InRange(node.ClockOff!.Value.TotalSeconds, seconds - 60, seconds + 60);
        Assert.Single(log.Lines, line => line.Text.Contains("ahead of the database's", StringComparison.Ordinal));
        Assert.False(NodeLine.IsOff(NodeLine.ClockTolerance));
        Assert.False(NodeLine.IsOff(null));
    }

    [Fact]
    public async Task A_web_node_that_stops_takes_leave()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using (var tower = await TestTower.StartAsync(database: database))
            await NextBeatAsync(tower);

        Assert.Equal(0, await database.ScalarAsync<long>("select count(*) from node"));
    }

    [Fact]
    public async Task A_node_that_fell_silent_an_hour_ago_is_forgotten()
    {
        await using var database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync("insert into node (id, roles, host, version, beat_at) values (gen_random_uuid(), 'web', 'gone', '1', now() - interval '61 minutes')");
        Assert.Empty(await new NodeQueries(database.Sources).AllAsync());
    }

    [Fact]
    public async Task The_audit_anchor_is_on_the_schedule_of_each_minute_and_its_job_writes_it()
    {
        var folder = TestFolders.Create("schedule");
        await using (var tower = await TestTower.StartAsync(settings: ["Tower:Roles=both", $"Audit:AnchorFile={Path.Combine(folder, "anchors")}"]))
        {
            var picture = await tower.Services.GetRequiredService<JobBoard>().ReadAsync(default);
            Assert.Equal(("* * * * *", null), picture.Schedule.Where(job => job.Id == "audit-anchor").Select(job => (job.Cron, job.Trouble)).Single());

            await tower.PersonAsync("Operations");
            await ActivatorUtilities.CreateInstance<AuditAnchorJob>(tower.Services).RunAsync(default);
            Assert.NotEmpty(await File.ReadAllTextAsync(Path.Combine(folder, "anchors")));
        }

        TestFolders.Remove(folder);
    }

    private static async Task NextBeatAsync(TestTower tower)
    {
        var heard = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var listener = tower.Services.GetRequiredService<ChangeListener>();
        listener.Changed += Hear;
        await heard.Task.WaitAsync(TimeSpan.FromSeconds(20));
        listener.Changed -= Hear;

        void Hear(LiveTopics topics)
        {
            // Everything at once is what a listener says when it begins, not a beat.
            if (topics.HasFlag(LiveTopics.Nodes) && topics != LiveTopics.All)
                heard.TrySetResult();
        }
    }
}
