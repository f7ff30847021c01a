using ControlTower.Data.Exports;
using ControlTower.Data.Feeds;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Feeds;
using ControlTower.Sync.Pumps;
using ControlTower.Sync.Reconciliation;
using Npgsql;
using Xunit;

namespace ControlTower.Tests.Sync.Feeds;

/// <summary>Business days as files: counted on both sides, whole or not at all, once.</summary>
public sealed class FeedTests : IAsyncLifetime
{
    private const string File = "finance/daily/nightly-sales-2026-11-26.csv";

    private FeedWorld world = null!;

    public async ValueTask InitializeAsync() => world = await FeedWorld.CreateAsync();

    public ValueTask DisposeAsync() => world.DisposeAsync();

    [Theory]
    [InlineData(ExportFormat.Csv)]
    [InlineData(ExportFormat.Xlsx)]
    public async Task A_business_day_lies_whole_in_its_folder_in_the_morning_and_both_sides_count_the_same(ExportFormat format)
    {
        await world.SaleAsync(119.00m);
        await world.SaleAsync(-20.25m);
        await world.SaleAsync(7m, currency: "SEK");
        await world.SaleAsync(55m, FeedWorld.Day.AddDays(-1));
        var feed = await world.FeedAsync(FeedWorld.Draft() with { Format = format });
        await world.NightAsync();
        await world.NightAsync();

        Assert.Equal([Path.ChangeExtension(File, format.Word())], world.Files());
        var run = await world.RunAsync(feed);
        Assert.Equal((FeedRunState.Delivered, 1, 1), (run.State, run.Revision, run.Attempt));
        Assert.True(run.Read!.Agrees(run.Written!));
        Assert.Equal((3L, 98.75m, 7m), (run.Written!.Rows, run.Written.Totals["Channel EUR"], run.Written.Totals["Channel SEK"]));
        Assert.Equal(new FileInfo(Path.Combine(world.Root, world.Files()[0])).Length, run.Bytes);
        Assert.Equal("add, delivered", await world.Database.ScalarAsync<string>($"select string_agg(detail::jsonb ->> 'act', ', ' order by seq) from audit where action = '{FeedDesk.Manage}'"));
    }

    [Fact]
    public async Task Every_list_can_be_sent_and_agrees_with_its_source()
    {
        await world.SaleAsync(10m);
        foreach (var source in FeedSources.All)
        {
            await world.FeedAsync(FeedWorld.Draft(source.Title, source.Id));
        }

        await world.NightAsync();

        Assert.Equal("delivered", await world.Database.ScalarAsync<string>("select string_agg(distinct state || coalesce(why, ''), ',') from feed_run"));
        Assert.Equal(FeedSources.All.Count, world.Files().Length);
    }

    [Fact]
    public async Task A_file_that_does_not_hold_what_its_source_counts_goes_nowhere_and_the_database_refuses_it_too()
    {
        await world.SaleAsync(10m);
        await world.SaleAsync(11m);
        var feed = await world.FeedAsync();
        // Storage that loses the last row.
        await world.Database.ExecuteAsync(
            """
            create function test_loses() returns trigger language plpgsql as $$ begin new.bytes := convert_to(regexp_replace(convert_from(new.bytes, 'UTF8'), E'[^\r\n]+\r\n$', ''), 'UTF8'); return new; end $$;
            create trigger test_loses before insert on feed_part for each row execute function test_loses()
            """);
        await world.NightAsync();

        var run = await world.RunAsync(feed);
        Assert.Equal((FeedRunState.Failed, 2L, 1L), (run.State, run.Read!.Rows, run.Written!.Rows));
        Assert.Contains("1 row fewer", run.Why, StringComparison.Ordinal);
        Assert.Empty(world.Files());
        var refused = await Assert.ThrowsAsync<PostgresException>(() => world.Database.ExecuteAsync("update feed_run set state = 'delivered'"));
        Assert.Equal("feed_run_agrees", refused.ConstraintName);

        await world.Database.ExecuteAsync("drop trigger test_loses on feed_part");
        Assert.IsType<ReconAnswer.Done>(await world.Desk.AgainAsync(run.Id, "Storage was mended.", FeedWorld.Ida, default));
        await world.CarryOutAsync();
        Assert.Equal((FeedRunState.Delivered, 1), ((await world.RunAsync(feed)).State, (await world.RunAsync(feed)).Revision));
        Assert.Equal([File], world.Files());
    }

    [Fact]
    public async Task A_death_between_writing_and_renaming_leaves_no_half_file_and_the_next_node_delivers_the_same_one()
    {
        await world.SaleAsync(10m);
        var feed = await world.FeedAsync();
        await world.AtAsync(FeedWorld.Noon.AddHours(16));
        var turn = (await FeedWork.TakeAsync(world.Database.Sources.Work, Guid.NewGuid(), TimeSpan.FromMinutes(1), world.Clock.GetUtcNow(), default))!;
        var making = new FeedMaking(world.Database.Sources, world.Engine.Get<SecretSeal>(), [new DyingDrop(world.Root)]);
        await making.WriteAsync(turn, default);
        await Assert.ThrowsAsync<OperationCanceledException>(async () => await making.DeliverAsync(turn, await world.RunAsync(feed), default));

        Assert.Equal([".nightly-sales-2026-11-26.csv.1.part"], world.Files().Select(Path.GetFileName));
        await world.CarryOutAsync();
        Assert.Equal(FeedRunState.Written, (await world.RunAsync(feed)).State);
        await world.TimePassesAsync();
        await world.SaleAsync(99m);
        await world.CarryOutAsync();

        // What was told meanwhile is not in it: the file was frozen.
        Assert.Equal([File], world.Files());
        Assert.Equal((FeedRunState.Delivered, 1L), ((await world.RunAsync(feed)).State, (await world.RunAsync(feed)).Written!.Rows));
    }

    [Fact]
    public async Task A_death_while_writing_begins_anew_and_one_after_renaming_delivers_nothing_twice()
    {
        await world.SaleAsync(10m);
        var feed = await world.FeedAsync();
        await world.AtAsync(FeedWorld.Noon.AddHours(16));
        var turn = (await FeedWork.TakeAsync(world.Database.Sources.Work, Guid.NewGuid(), TimeSpan.FromMinutes(1), world.Clock.GetUtcNow(), default))!;
        Assert.True(await FeedWork.PutAsync(world.Database.Sources.Work, turn, FeedMaking.Lease, 0, "half"u8.ToArray(), default));
        await world.TimePassesAsync();
        await world.CarryOutAsync();
        Assert.False(await FeedWork.PutAsync(world.Database.Sources.Work, turn, FeedMaking.Lease, 1, "late"u8.ToArray(), default));
        Assert.Equal(FeedRunState.Delivered, (await world.RunAsync(feed)).State);

        await world.Database.ExecuteAsync("update feed_run set state = 'written', finished_at = null");
        var before = System.IO.File.GetLastWriteTimeUtc(Path.Combine(world.Root, File));
        await world.CarryOutAsync();
        Assert.Equal((FeedRunState.Delivered, before), ((await world.RunAsync(feed)).State, System.IO.File.GetLastWriteTimeUtc(Path.Combine(world.Root, File))));
        Assert.Equal([File], world.Files());
    }

    [Fact]
    public async Task A_count_that_takes_longer_than_a_lease_stays_with_its_node()
    {
        await world.SaleAsync(10m);
        var feed = await world.FeedAsync();
        await using var second = await FeedWorld.CreateAsync(world);
        await world.AtAsync(FeedWorld.Noon.AddHours(16));
        Task counting;
        await using (await world.SlowAsync())
        {
            counting = world.CarryOutAsync();
            await world.UntilAsync("select exists (select from feed_run where state = 'running')");
            await world.TimePassesAsync();
            await world.UntilAsync("select exists (select from feed_run where lease_until > now())", FeedMaking.Lease / 3);
            Assert.Equal(0, (await second.Engine.Get<FeedPump>().RunOnceAsync(default)).Taken);
        }

        await counting;
        Assert.Equal((FeedRunState.Delivered, 1), ((await world.RunAsync(feed)).State, (await world.RunAsync(feed)).Attempt));
    }

    [Fact]
    public async Task A_node_that_lost_its_run_stops_in_the_middle_of_the_count()
    {
        var feed = await world.FeedAsync();
        await world.AtAsync(FeedWorld.Noon.AddHours(16));
        await using (await world.SlowAsync())
        {
            var counting = world.Engine.Get<FeedPump>().RunOnceAsync(default);
            await world.UntilAsync("select exists (select from feed_run where state = 'running')");
            await world.Database.ExecuteAsync("update feed_run set fence = fence + 1");
            await world.UntilAsync(() => Task.FromResult(counting.IsCompleted), FeedMaking.Lease / 3);
            Assert.Equal(0, (await counting).Failed);
        }

        Assert.Equal(FeedRunState.Running, (await world.RunAsync(feed)).State);
        Assert.Empty(world.Files());
    }

    [Fact]
    public async Task Two_nodes_carry_out_each_day_once()
    {
        await world.SaleAsync(10m);
        var feed = await world.FeedAsync();
        await using var second = await FeedWorld.CreateAsync(world);
        await world.AtAsync(FeedWorld.Noon.AddDays(5));
        await Task.WhenAll(world.Engine.Get<FeedPlanner>().RunAsync(default), second.Engine.Get<FeedPlanner>().RunAsync(default));
        await Task.WhenAll(world.CarryOutAsync(), second.CarryOutAsync());

        Assert.Equal("5 5 1", await world.Database.ScalarAsync<string>($"select count(*) || ' ' || count(distinct day) || ' ' || max(attempt) from feed_run where feed_id = {feed} and state = 'delivered'"));
        Assert.Equal(5, world.Files().Length);
    }

    [Fact]
    public async Task A_feed_waits_for_another_of_the_same_day_says_so_and_goes_on_when_that_has_gone()
    {
        Directory.CreateDirectory(Path.Combine(world.Root, "elsewhere"));
        Directory.CreateSymbolicLink(Path.Combine(world.Root, "out"), Path.Combine(world.Root, "elsewhere"));
        var first = await world.FeedAsync(FeedWorld.Draft("First") with { Place = new FeedPlace(FeedPlace.Folder, "out") });
        var second = await world.FeedAsync(FeedWorld.Draft("Second") with { WaitsFor = [first] });
        await world.NightAsync();

        Assert.Contains("link", (await world.RunAsync(first)).Why, StringComparison.Ordinal);
        Assert.Equal((FeedRunState.Waiting, "First, which failed"), ((await world.RunAsync(second)).State, (await world.RunAsync(second)).Waits));
        Assert.Empty(world.Files());
        await world.AtAsync(FeedWorld.Noon.AddDays(1));
        Assert.True((await world.RunAsync(second)).LateTold);

        Directory.Delete(Path.Combine(world.Root, "out"));
        await world.Desk.AgainAsync((await world.RunAsync(first)).Id, "It is a folder now.", FeedWorld.Ida, default);
        await world.CarryOutAsync();
        Assert.Equal((FeedRunState.Delivered, FeedRunState.Delivered), ((await world.RunAsync(first)).State, (await world.RunAsync(second)).State));
    }

    [Fact]
    public async Task A_feed_waits_until_every_system_has_told_its_whole_day()
    {
        await world.Database.ExecuteAsync("insert into ledger_coverage (connection_id, kind, since, told_at) values ('erp', 'books', '2026-01-01', '2026-11-26 20:00+00')");
        var feed = await world.FeedAsync(FeedWorld.Draft() with { WaitsComplete = true });
        await world.NightAsync();
        Assert.Contains("has not told the whole day", (await world.RunAsync(feed)).Waits, StringComparison.Ordinal);

        await world.Database.ExecuteAsync("update ledger_coverage set told_at = '2026-11-27 00:00+00'");
        await world.CarryOutAsync();
        Assert.Equal(FeedRunState.Delivered, (await world.RunAsync(feed)).State);
    }

    [Fact]
    public async Task A_day_again_is_a_revision_beside_the_first_and_says_what_differs()
    {
        await world.SaleAsync(10m);
        var feed = await world.FeedAsync();
        await world.NightAsync();
        var first = world.Lines(File);
        await world.SaleAsync(3.20m);
        Assert.IsType<ReconAnswer.Done>(await world.Desk.AgainAsync((await world.RunAsync(feed)).Id, "A store told late.", FeedWorld.Ida, default));
        var twice = Assert.IsType<ReconAnswer.Refused>(await world.Desk.AgainAsync((await world.RunAsync(feed)).Id, "Once more.", FeedWorld.Ida, default));
        await world.CarryOutAsync();

        Assert.Equal("state", twice.Rule);
        var run = await world.RunAsync(feed);
        Assert.Equal((2, FeedRunState.Delivered, "Ida Holm", "A store told late."), (run.Revision, run.State, run.AskedBy, run.Reason));
        Assert.StartsWith("1 row more, Channel EUR +3.20", run.Differs, StringComparison.Ordinal);
        Assert.Equal("delivered superseded", await world.Database.ScalarAsync<string>("select string_agg(state, ' ' order by state) from feed_run"));
        Assert.Equal([File.Replace(".csv", "-r2.csv", StringComparison.Ordinal), File], world.Files());
        Assert.Equal(first, world.Lines(File));
    }

    [Fact]
    public async Task Days_of_long_ago_go_behind_those_of_the_calendar_without_the_days_that_it_leaves_out()
    {
        var draft = FeedWorld.Draft();
        var feed = await world.FeedAsync(draft with { Calendar = draft.Calendar with { Weekdays = 0b0011111 } });
        var done = Assert.IsType<ReconAnswer.Done>(await world.Desk.BackfillAsync(feed, new DateOnly(2026, 10, 1), new DateOnly(2026, 10, 31), "The new ledger wants October.", FeedWorld.Ida, default));
        Assert.Equal(22, done.Count);
        await world.AtAsync(FeedWorld.Noon.AddHours(16));
        await world.Engine.Get<FeedPump>().RunOnceAsync(default);
        await world.Engine.Get<FeedPump>().RunOnceAsync(default);

        Assert.Equal(FeedRunState.Delivered, (await world.RunAsync(feed)).State);
        Assert.Equal((1, 22), ((await world.Store.LinesAsync(default))[0].BackfillDone, (await world.Store.LinesAsync(default))[0].BackfillTotal));
        await world.CarryOutAsync();
        Assert.Equal(23, world.Files().Length);
        Assert.IsType<ReconAnswer.Refused>(await world.Desk.BackfillAsync(feed, new DateOnly(2026, 10, 1), new DateOnly(2026, 10, 31), "Again.", FeedWorld.Ida, default));
        Assert.IsType<ReconAnswer.Refused>(await world.Desk.BackfillAsync(feed, FeedWorld.Day, new DateOnly(2026, 12, 1), "The future.", FeedWorld.Ida, default));
    }

    [Fact]
    public async Task Days_that_were_missed_while_it_was_held_are_sent_when_it_goes_on()
    {
        var feed = await world.FeedAsync();
        Assert.IsType<ReconAnswer.Done>(await world.Desk.PauseAsync(feed, 1, "The ledger moves.", FeedWorld.Ida, default));
        await world.NightAsync(3);
        Assert.Empty(world.Files());
        Assert.IsType<ReconAnswer.Refused>(await world.Desk.ResumeAsync(feed, 1, FeedWorld.Ida, default));
        Assert.IsType<ReconAnswer.Done>(await world.Desk.ResumeAsync(feed, 2, FeedWorld.Ida, default));
        await world.NightAsync(3);

        Assert.Equal(3, world.Files().Length);
    }

    [Fact]
    public async Task A_place_that_cannot_be_reached_is_tried_again_later_and_left_to_people_at_last()
    {
        var feed = await world.FeedAsync();
        Directory.Delete(world.Root);
        for (var hours = 16; hours < 16 + FeedPump.MostAttempts; hours++)
        {
            await world.AtAsync(FeedWorld.Noon.AddHours(hours));
            await world.CarryOutAsync();
        }

        var run = await world.RunAsync(feed);
        Assert.Equal((FeedRunState.Failed, FeedPump.MostAttempts), (run.State, run.Attempt));
        Assert.Contains("is not there", run.Why, StringComparison.Ordinal);
        Directory.CreateDirectory(world.Root);
        await world.Desk.AgainAsync(run.Id, "The disk is back.", FeedWorld.Ida, default);
        await world.CarryOutAsync();
        Assert.Equal([File], world.Files());
    }

    [Fact]
    public async Task Another_file_of_the_name_is_never_replaced()
    {
        var feed = await world.FeedAsync();
        Directory.CreateDirectory(Path.Combine(world.Root, "finance/daily"));
        await System.IO.File.WriteAllTextAsync(Path.Combine(world.Root, File), "somebody's own");
        await world.NightAsync();

        Assert.Equal(FeedRunState.Failed, (await world.RunAsync(feed)).State);
        Assert.Equal("somebody's own", await System.IO.File.ReadAllTextAsync(Path.Combine(world.Root, File)));
    }

    [Fact]
    public async Task A_file_that_is_past_its_time_goes_its_run_stays_so_that_its_name_is_not_given_twice_and_so_does_the_newest_day()
    {
        await world.FeedAsync();
        await world.NightAsync(2);
        await world.Database.ExecuteAsync("update feed_run set finished_at = now() - interval '500 days'");
        await FeedWork.ForgetAsync(world.Database.Sources.Work, TimeSpan.FromDays(400), default);

        Assert.Equal(2, await world.Database.ScalarAsync<long>("select count(*) from feed_run"));
        Assert.Equal("2026-11-27", await world.Database.ScalarAsync<string>("select string_agg(distinct r.day::text, ',') from feed_part p join feed_run r on r.id = p.run_id"));
        Assert.IsType<ReconAnswer.Refused>(await world.Desk.BackfillAsync(await world.Database.ScalarAsync<long>("select id from feed"), FeedWorld.Day, FeedWorld.Day, "Once more.", FeedWorld.Ida, default));
    }

    /// <summary>Writes the unfinished file; then its node dies.</summary>
    private sealed class DyingDrop(string root) : IFeedDrop
    {
        public bool Takes(FeedPlace place) => true;

        public async Task PutAsync(FeedDelivery delivery, CancellationToken cancel)
        {
            var folder = Directory.CreateDirectory(Path.Combine(root, delivery.Place.Path)).FullName;
            await using (var file = System.IO.File.Create(Path.Combine(folder, delivery.Unfinished)))
            {
                await delivery.WriteAsync(file, cancel);
            }

            throw new OperationCanceledException();
        }
    }
}
