using System.Globalization;
using ControlTower.Data.Connections;
using ControlTower.Data.Exports;
using ControlTower.Data.Feeds;
using ControlTower.Data.Reconciliation;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Exports;
using ControlTower.Sync.Feeds;
using ControlTower.Sync.Reconciliation;
using Xunit;

namespace ControlTower.Tests.Sync.Feeds;

/// <summary>A file holds the whole day, and no other: what is waited for, by whose clock, and what is sent once.</summary>
public sealed class FeedTruthTests : IAsyncLifetime
{
    private const string File = "finance/daily/nightly-sales-2026-11-26.csv";

    private FeedWorld world = null!;

    public async ValueTask InitializeAsync() => world = await FeedWorld.CreateAsync();

    public ValueTask DisposeAsync() => world.DisposeAsync();

    [Fact]
    public async Task A_day_that_is_not_over_at_one_of_its_systems_is_waited_for()
    {
        await world.Database.ExecuteAsync("update connection set time_zone = 'America/Los_Angeles' where id = 'shop'");
        await world.DatabaseAtAsync(FeedWorld.Noon.AddHours(15.5));
        var feed = await world.FeedAsync();
        await world.NightAsync();
        Assert.Contains("is still at this day", (await world.RunAsync(feed)).Waits, StringComparison.Ordinal);
        Assert.Empty(world.Files());

        await world.DatabaseAtAsync(FeedWorld.Noon.AddHours(20.5));
        await world.CarryOutAsync();
        Assert.Equal([File], world.Files());
    }

    [Fact]
    public async Task A_feed_that_waits_for_all_waits_for_who_never_told_for_half_told_pages_for_each_feed_and_for_unread_messages()
    {
        var feed = await world.FeedAsync(FeedWorld.Draft() with { WaitsComplete = true });
        await world.NightAsync();
        await WaitsAsync("has never told anything");

        await world.Database.ExecuteAsync("insert into ledger_coverage (connection_id, kind, since, told_at) values ('erp', 'books', '2026-01-01', null)");
        await WaitsAsync("has not told the whole day");

        await world.Database.ExecuteAsync("update ledger_coverage set told_at = '2026-11-28'; insert into feed_cursor (connection_id, feed, since, due_at) values ('erp', 'ledger-credits', '2026-01-01', '2100-01-01')");
        await WaitsAsync("has not told the whole day");

        await world.Database.ExecuteAsync(
            """
            update feed_cursor set heard_at = '2026-11-28';
            insert into inbox_message (connection_id, topic, event_id, lane, body, body_hash, received_at) values ('shop', 'order', 'e1', 'order/1', '', sha256(''), '2026-11-26 20:00+00');
            insert into inbox_work (message_id, connection_id, lane) select id, 'shop', lane from inbox_message
            """);
        await WaitsAsync("has told what is not read yet");

        await world.Database.ExecuteAsync("delete from inbox_work");
        await world.CarryOutAsync();
        Assert.Equal(FeedRunState.Delivered, (await world.RunAsync(feed)).State);

        async Task WaitsAsync(string words)
        {
            await world.CarryOutAsync();
            Assert.Contains(words, (await world.RunAsync(feed)).Waits, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Only_the_last_page_says_that_a_system_told_all_and_an_old_file_says_nothing_of_today()
    {
        var (arrivals, began) = (world.Engine.Get<LedgerArrivals>(), new DateTimeOffset(2024, 11, 25, 6, 0, 0, TimeSpan.Zero));
        var (due, plan) = (new DueFeed("ledger-invoices", null, began.AddDays(-1), began), new FeedPlan("ledger-invoices", TimeSpan.FromMinutes(5), TimeSpan.Zero));
        await arrivals.StoreAsync("erp", SystemRole.Erp, due, plan, new FeedAnswer.Statement([], "1", More: true), default);
        Assert.Equal("none", await ToldAsync());
        await arrivals.StoreAsync("erp", SystemRole.Erp, due, plan, new FeedAnswer.Statement([], "2", More: false), default);
        Assert.Equal("2024-11-25 06:00", await ToldAsync());

        await using var connection = await world.Database.Sources.Work.OpenConnectionAsync();
        await LedgerStore.CoverAsync(connection, "erp", "books", began.AddDays(-9), began.AddDays(-8), default);
        Assert.Equal("2024-11-25 06:00", await ToldAsync());

        Task<string?> ToldAsync() => world.Database.ScalarAsync<string>("select coalesce(to_char(told_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI'), 'none') from ledger_coverage");
    }

    [Fact]
    public async Task A_node_whose_clock_runs_ahead_sends_no_day_that_is_not_over()
    {
        await world.DatabaseAtAsync(FeedWorld.Noon);
        var feed = await world.FeedAsync();
        await world.NightAsync();
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from feed_run"));

        Assert.IsType<ReconAnswer.Done>(await world.Desk.BackfillAsync(feed, FeedWorld.Day, FeedWorld.Day, "By a clock that is wrong.", FeedWorld.Ida, default));
        await world.CarryOutAsync();
        Assert.Equal(FeedRunState.Waiting, (await world.RunAsync(feed)).State);
    }

    [Fact]
    public async Task Another_time_skips_no_day_and_sends_none_twice()
    {
        var feed = await world.FeedAsync();
        await world.AtAsync(FeedWorld.Noon.AddHours(14));
        var draft = FeedWorld.Draft();
        Assert.IsType<ReconAnswer.Done>(await world.Desk.SaveAsync(feed, 1, draft with { Calendar = draft.Calendar with { Cron = "0 2 * * *" } }, FeedWorld.Ida, default));
        await world.AtAsync(FeedWorld.Noon.AddHours(14.1));
        await world.CarryOutAsync();
        Assert.Equal([File], world.Files());

        Assert.IsType<ReconAnswer.Done>(await world.Desk.SaveAsync(feed, 2, draft with { Calendar = draft.Calendar with { Cron = "0 5 * * *" } }, FeedWorld.Ida, default));
        await world.AtAsync(FeedWorld.Noon.AddHours(20));
        await world.CarryOutAsync();
        Assert.Equal([File], world.Files());
    }

    [Fact]
    public async Task A_day_that_the_other_feed_never_has_is_not_waited_for_for_ever()
    {
        var draft = FeedWorld.Draft("First");
        var first = await world.FeedAsync(draft with { Calendar = draft.Calendar with { Cron = "0 4 * * 1" } });
        var second = await world.FeedAsync(FeedWorld.Draft("Second") with { WaitsFor = [first] });
        await world.NightAsync();
        Assert.Equal("First", (await world.RunAsync(second)).Waits);

        await world.NightAsync(2);
        Assert.Equal(FeedRunState.Delivered, (await world.RunAsync(second)).State);
    }

    [Fact]
    public async Task What_is_listed_as_it_stands_now_is_sent_once_and_for_no_earlier_day()
    {
        var feed = await world.FeedAsync(FeedWorld.Draft("Open", "open-items"));
        await world.AtAsync(FeedWorld.Noon.AddDays(4));
        await world.CarryOutAsync();

        Assert.Equal("2026-11-29", await world.Database.ScalarAsync<string>("select string_agg(day::text, ',') from feed_run"));
        Assert.Contains("Difference open now", world.Lines(world.Files().Single())[0], StringComparison.Ordinal);
        var refused = Assert.IsType<ReconAnswer.Refused>(await world.Desk.BackfillAsync(feed, FeedWorld.Day, FeedWorld.Day, "The auditor asks.", FeedWorld.Ida, default));
        Assert.Contains("no list of an earlier day", refused.Problems!.Single().Words, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_day_is_written_the_same_way_under_every_culture()
    {
        await world.SaleAsync(10m);
        await world.FeedAsync();
        var before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo("de-DE");
            Assert.Equal("2026-11-26", FeedReading.Cell(FeedWorld.Day));
            await world.NightAsync();
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }

        Assert.StartsWith("2026-11-26,", world.Lines(File)[1], StringComparison.Ordinal);
    }

    [Fact]
    public void More_rows_than_a_workbook_holds_are_refused_before_one_is_written()
    {
        FeedMaking.MustFit(ExportFormat.Xlsx, XlsxFile.MostRows);
        FeedMaking.MustFit(ExportFormat.Csv, XlsxFile.MostRows + 1L);
        Assert.Contains("CSV", Assert.Throws<FeedRefusedException>(() => FeedMaking.MustFit(ExportFormat.Xlsx, XlsxFile.MostRows + 1L)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("host = '127.0.0.1'")]
    [InlineData("port = 2223")]
    [InlineData("username = 'other'")]
    [InlineData("host_key = repeat('B', 43)")]
    public async Task A_secret_does_not_open_for_another_server_than_it_was_entered_for(string change)
    {
        var feed = await world.FeedAsync(FeedWorld.Draft() with { Place = new FeedPlace(FeedPlace.Sftp, "in", "localhost", 2222, "tower", new string('A', 43)), Secret = "open-sesame" });
        await world.Database.ExecuteAsync($"update feed set {change}");
        await world.NightAsync();

        Assert.Equal(FeedRunState.Failed, (await world.RunAsync(feed)).State);
        Assert.Contains("cannot be opened", (await world.RunAsync(feed)).Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_fails_behind_the_delivery_does_not_undo_it_and_what_was_placed_is_not_placed_again()
    {
        await world.SaleAsync(10m);
        var feed = await world.FeedAsync();
        await world.AtAsync(FeedWorld.Noon.AddHours(16));
        var turn = (await FeedWork.TakeAsync(world.Database.Sources.Work, Guid.NewGuid(), TimeSpan.FromMinutes(1), world.Clock.GetUtcNow(), default))!;
        var drop = new UntidyDrop();
        var making = new FeedMaking(world.Database.Sources, world.Engine.Get<SecretSeal>(), [drop]);
        await making.WriteAsync(turn, default);
        Assert.IsType<IOException>(await making.DeliverAsync(turn, await world.RunAsync(feed), default));
        Assert.Null(await making.DeliverAsync(turn, await world.RunAsync(feed), default));
        Assert.Equal(1, drop.Puts);

        // The node died before it said so, and the receiver has taken the file away.
        await world.TimePassesAsync();
        await world.CarryOutAsync();
        Assert.Equal(FeedRunState.Delivered, (await world.RunAsync(feed)).State);
        Assert.Empty(world.Files());
    }

    [Fact]
    public async Task A_place_that_never_comes_to_its_end_is_left_and_may_be_tried_again()
    {
        var feed = await world.FeedAsync();
        await world.AtAsync(FeedWorld.Noon.AddHours(16));
        var turn = (await FeedWork.TakeAsync(world.Database.Sources.Work, Guid.NewGuid(), TimeSpan.FromMinutes(1), world.Clock.GetUtcNow(), default))!;
        var making = new FeedMaking(world.Database.Sources, world.Engine.Get<SecretSeal>(), [new EndlessDrop()]) { Longest = TimeSpan.FromMilliseconds(50) };
        await making.WriteAsync(turn, default);
        await Assert.ThrowsAsync<IOException>(async () => await making.DeliverAsync(turn, await world.RunAsync(feed), default));
    }

    [Fact]
    public async Task A_link_under_the_unfinished_name_is_not_written_through()
    {
        var victim = Path.Combine(world.Root, "victim");
        await System.IO.File.WriteAllTextAsync(victim, "not a feed's");
        var folder = Directory.CreateDirectory(Path.Combine(world.Root, "finance/daily")).FullName;
        System.IO.File.CreateSymbolicLink(Path.Combine(folder, ".nightly-sales-2026-11-26.csv.1.part"), victim);
        var feed = await world.FeedAsync();
        await world.NightAsync();

        Assert.Equal(FeedRunState.Delivered, (await world.RunAsync(feed)).State);
        Assert.Equal("not a feed's", await System.IO.File.ReadAllTextAsync(victim));
        Assert.Null(new FileInfo(Path.Combine(world.Root, File)).LinkTarget);
    }

    [Fact]
    public async Task Key_figures_of_a_zone_of_half_hours_are_refused_for_they_are_counted_by_whole_ones()
    {
        var draft = FeedWorld.Draft("Figures", FeedSources.KeyFigures);
        var refused = Assert.IsType<ReconAnswer.Refused>(await world.Desk.SaveAsync(0, 0, draft with { Calendar = draft.Calendar with { TimeZone = "Asia/Kolkata" } }, FeedWorld.Ida, default));
        Assert.Equal([FeedRules.Zone], refused.Problems!.Select(p => p.Field));
        Assert.IsType<ReconAnswer.Done>(await world.Desk.SaveAsync(0, 0, draft, FeedWorld.Ida, default));
    }

    /// <summary>Answers, and never to the end.</summary>
    private sealed class EndlessDrop : IFeedDrop
    {
        public bool Takes(FeedPlace place) => true;

        public Task PutAsync(FeedDelivery delivery, CancellationToken cancel) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancel);
    }

    /// <summary>Places a file; then its line breaks.</summary>
    private sealed class UntidyDrop : IFeedDrop
    {
        public int Puts { get; private set; }

        public bool Takes(FeedPlace place) => true;

        public async Task PutAsync(FeedDelivery delivery, CancellationToken cancel)
        {
            Puts++;
            await delivery.SayPlacedAsync(cancel);
            throw new IOException("The line broke.");
        }
    }
}
