using ControlTower.Data.Feeds;
using ControlTower.Sync.Feeds;
using ControlTower.Sync.Reconciliation;
using Xunit;

namespace ControlTower.Tests.Sync.Feeds;

/// <summary>Feeds as people set them up: every problem beside its field, no way out of the root, no secret that comes back.</summary>
public sealed class FeedDeskTests : IAsyncLifetime
{
    private static readonly FeedPlace Server = new(FeedPlace.Sftp, "in", "localhost", 2222, "tower", new string('A', 43));

    private FeedWorld world = null!;

    public async ValueTask InitializeAsync() => world = await FeedWorld.CreateAsync();

    public ValueTask DisposeAsync() => world.DisposeAsync();

    [Theory]
    [InlineData("../elsewhere")]
    [InlineData("/etc")]
    [InlineData("finance/../../etc")]
    [InlineData("finance/.ssh")]
    [InlineData("finance\\..\\x")]
    [InlineData("finance//daily")]
    [InlineData("finance/\n")]
    public async Task No_path_leads_out_of_the_root_by_the_desk_or_by_the_database(string path)
    {
        Assert.Equal([FeedRules.Path], await WrongAsync(FeedWorld.Draft() with { Place = new FeedPlace(FeedPlace.Folder, path) }));
        await world.FeedAsync();
        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => world.Database.ExecuteAsync($"update feed set path = E'{path.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}'"));
    }

    [Fact]
    public async Task Every_problem_stands_beside_its_field()
    {
        var draft = FeedWorld.Draft("..", "everything") with
        {
            Place = Server with { Host = "169.254.169.254", HostKey = "short", User = "", Port = 0 },
            LateMinutes = 1,
            WaitsFor = [99],
            Calendar = new FeedCalendar("Mars/Olympus", "0 4 31 2 *", 0, [], CatchesUp: true, default),
        };

        Assert.Equal(
            new[] { FeedRules.Name, FeedRules.What, FeedRules.Host, FeedRules.Port, FeedRules.User, FeedRules.HostKey, FeedRules.Secret, FeedRules.Zone, FeedRules.Cron, FeedRules.Weekdays, FeedRules.Since, FeedRules.Waits, FeedRules.Late },
            await WrongAsync(draft));
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from feed"));
    }

    [Fact]
    public async Task Feeds_that_would_wait_for_each_other_are_refused_and_so_are_two_names_of_one_file()
    {
        var first = await world.FeedAsync(FeedWorld.Draft("First"));
        var second = await world.FeedAsync(FeedWorld.Draft("Second") with { WaitsFor = [first] });
        var third = await world.FeedAsync(FeedWorld.Draft("Third") with { WaitsFor = [second] });

        Assert.Equal([FeedRules.Waits], await WrongAsync(FeedWorld.Draft("First") with { WaitsFor = [third] }, first));
        Assert.Equal([FeedRules.Name], await WrongAsync(FeedWorld.Draft("FIRST")));
    }

    [Fact]
    public async Task The_second_of_two_who_change_a_feed_changes_nothing()
    {
        var feed = await world.FeedAsync();
        Assert.IsType<ReconAnswer.Done>(await world.Desk.SaveAsync(feed, 1, FeedWorld.Draft() with { LateMinutes = 60 }, FeedWorld.Ida, default));
        Assert.Equal("moved", Assert.IsType<ReconAnswer.Refused>(await world.Desk.SaveAsync(feed, 1, FeedWorld.Draft() with { LateMinutes = 30 }, FeedWorld.Ida, default)).Rule);
        Assert.Equal(60, (await world.Store.FindAsync(feed, default))!.LateMinutes);
    }

    [Fact]
    public async Task A_secret_is_sealed_told_to_nobody_and_not_kept_for_another_server()
    {
        var draft = FeedWorld.Draft() with { Place = Server, Secret = "open-sesame-42" };
        var feed = await world.FeedAsync(draft);

        Assert.True((await world.Store.FindAsync(feed, default))!.HasSecret);
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from feed where position('open-sesame'::bytea in secrets) > 0"));
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from audit where detail like '%sesame%'"));
        Assert.IsType<ReconAnswer.Done>(await world.Desk.SaveAsync(feed, 1, draft with { Secret = null, LateMinutes = 60 }, FeedWorld.Ida, default));
        Assert.Equal([FeedRules.Secret], await WrongAsync(draft with { Secret = null, Place = Server with { HostKey = new string('B', 43) } }, feed, 2));
        Assert.Equal([FeedRules.Secret], await WrongAsync(draft with { Secret = null, Place = Server with { Port = 2223 } }, feed, 2));

        Assert.IsType<ReconAnswer.Done>(await world.Desk.SaveAsync(feed, 2, FeedWorld.Draft(), FeedWorld.Ida, default));
        Assert.False((await world.Store.FindAsync(feed, default))!.HasSecret);
    }

    [Fact]
    public async Task A_feed_to_a_server_goes_on_only_with_its_secret()
    {
        var draft = FeedWorld.Draft() with { Place = Server, Secret = "open-sesame-42" };
        var feed = await world.FeedAsync(draft);
        await world.Desk.PauseAsync(feed, 1, "The bank moves.", FeedWorld.Ida, default);
        await world.Database.ExecuteAsync("update feed set secrets = null");

        Assert.Equal("state", Assert.IsType<ReconAnswer.Refused>(await world.Desk.ResumeAsync(feed, 2, FeedWorld.Ida, default)).Rule);
        Assert.IsType<ReconAnswer.Done>(await world.Desk.SaveAsync(feed, 2, draft, FeedWorld.Ida, default));
        Assert.IsType<ReconAnswer.Done>(await world.Desk.ResumeAsync(feed, 3, FeedWorld.Ida, default));
    }

    [Fact]
    public async Task What_failed_and_what_is_late_is_told_once()
    {
        await world.Database.ExecuteAsync("insert into notification_channel (id, name, kind, settings, events, gather_minutes) values (gen_random_uuid(), 'Finance', 'webhook', '{\"host\": \"x\"}', array['feed'], 0)");
        var first = await world.FeedAsync(FeedWorld.Draft("First"));
        await world.FeedAsync(FeedWorld.Draft("Second") with { WaitsFor = [first] });
        Directory.CreateDirectory(Path.Combine(world.Root, "finance"));
        await File.WriteAllTextAsync(Path.Combine(world.Root, "finance/daily"), "a file where the folder should be");
        await world.NightAsync();
        await world.AtAsync(FeedWorld.Noon.AddDays(1));
        await world.AtAsync(FeedWorld.Noon.AddDays(1).AddMinutes(1));

        var told = await world.Database.ScalarAsync<string[]>("select array_agg(about ->> 'found' order by id) from notification");
        Assert.Equal(2, told!.Length);
        Assert.StartsWith("First of 2026-11-26 failed: daily in the folder", told[0], StringComparison.Ordinal);
        Assert.Equal("Second of 2026-11-26 is late. It waits for: First, which failed", told[1]);
    }

    private async Task<string[]> WrongAsync(FeedDraft draft, long id = 0, int version = 1) =>
        [.. Assert.IsType<ReconAnswer.Refused>(await world.Desk.SaveAsync(id, version, draft, FeedWorld.Ida, default)).Problems!.Select(p => p.Field)];
}
