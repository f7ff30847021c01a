using ControlTower.Data.Canonical;
using ControlTower.Data.Connections;
using ControlTower.Data.Inventory;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Publishing;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Sync.Publishing;

/// <summary>What channels do to those who tell them their stock: they sell unheard, fall silent, shut the door, choke on one cell. The others go out, and nothing that was asked for is lost.</summary>
public sealed class PublishingTroubleTests
{
    private const string Other = "OTHER";

    [Fact]
    public async Task Thousands_of_movements_are_reckoned_in_seconds_and_in_parts()
    {
        await using var world = await PublishingWorld.CreateAsync();
        await world.Database.ExecuteAsync(
            """
            insert into connection (id, kind, role, name, settings)
            select 'shop-' || i, 'test-shop', 'shop', 'Shop ' || i, '{"publishStock":"changes","location:1":"WEB"}' from generate_series(1, 10) i;
            insert into channel_rule (sku, buffer, changed_by) select 'RULED-' || i, 1, 'test' from generate_series(1, 5000) i;
            insert into stock (sku, location, on_hand) select 'MANY-' || i, 'WEB', 9 from generate_series(1, 2500) i;
            """);
        var began = TimeProvider.System.GetTimestamp();
        Assert.Equal(1_000, await PublicationStore.MarkAsync(world.Database.Sources.Work, default));
        while (await PublicationStore.MarkAsync(world.Database.Sources.Work, default) > 0)
        {
        }

        Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(15));
        Assert.Equal(2_500 * 11, await world.Database.ScalarAsync<long>("select count(*) from stock_publication where sku like 'MANY-%' and expected = 9"));
    }

    [Fact]
    public async Task A_page_of_a_run_that_goes_on_does_not_say_that_all_was_heard()
    {
        await using var world = await PublishingWorld.CreateAsync();
        world.Engine.Shop.Plans = [new FeedPlan("orders", TimeSpan.Zero, TimeSpan.Zero)];
        var more = true;
        world.Engine.Shop.Client.Reads = _ => new FeedAnswer.Page([], "next", more);
        await world.ErrandAsync();
        var began = await world.Database.ScalarAsync<DateTime>("select run_at from feed_cursor");
        Assert.Equal(DateTimeOffset.MinValue, await HeardAsync(world));
        await world.ErrandAsync();
        Assert.Equal(DateTimeOffset.MinValue, await HeardAsync(world));
        more = false;
        await world.ErrandAsync();
        Assert.Equal(new DateTimeOffset(began), await HeardAsync(world));
        Assert.True(await world.Database.ScalarAsync<bool>("select run_at is null and heard_at < read_at from feed_cursor"));
    }

    [Fact]
    public async Task What_moved_and_is_not_reckoned_yet_is_not_looked_at()
    {
        await using var world = await PublishingWorld.CreateAsync(others: Other);
        await world.Database.ExecuteAsync("update stock_publication set due_at = now()");
        await world.CountAsync(17);
        var claim = await ClaimAsync(world);
        Assert.DoesNotContain(claim.Cells, c => c.Sku == PublishingWorld.Sku);
        Assert.Contains(claim.Cells, c => c.Sku == Other);
    }

    [Fact]
    public async Task Who_does_not_know_the_newest_settings_looks_at_nothing()
    {
        await using var world = await PublishingWorld.CreateAsync(others: Other);
        await world.Database.ExecuteAsync($"update stock_publication set due_at = now(); update connection set version = version + 1 where id = '{EngineWorld.ShopId}'");
        Assert.Empty((await ClaimAsync(world, behind: 1)).Cells);
        Assert.NotEmpty((await ClaimAsync(world)).Cells);
    }

    [Fact]
    public async Task Goods_of_an_order_that_holds_none_are_not_put_back_on_sale()
    {
        await using var world = await PublishingWorld.CreateAsync("all");
        world.Level = 15; // Sold there and heard of, but the order waits for a person and reserves nothing.
        await world.CheckAsync();
        Assert.Equal(15, world.Level);
        Assert.Equal(-5, (await world.CellAsync()).Drift);
    }

    [Fact]
    public async Task A_batch_that_never_gets_an_answer_is_asked_for_once_and_gives_way_to_its_cells_one_by_one()
    {
        await using var world = await PublishingWorld.CreateAsync(others: Other);
        world.Shop.Holds = _ => true;
        await world.CountAsync(5);
        await world.CountAsync(5, Other);
        await world.PublishAsync();
        await world.Database.ExecuteAsync("update publication_batch set sent = 10, due_at = now() where settled_at is null");
        await world.RoundAsync();
        var sent = world.Shop.Sent.Count;
        Assert.Single(world.Engine.Shop.Client.LookUps);
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from publication_batch where outcome = 'dropped'"));
        Assert.Equal(2, await world.Database.ScalarAsync<long>("select count(*) from stock_publication where alone and attempts = 1"));

        world.Shop.Holds = change => change.Changes.Any(c => c.Sku == Other);
        for (var turn = 0; turn < 4; turn++)
        {
            await world.HearAsync();
            await world.Database.ExecuteAsync("update publication_batch set sent = 10 where settled_at is null");
            await world.RoundAsync();
        }

        Assert.Equal(5, world.Level);
        Assert.All(world.Shop.Sent.Skip(sent), change => Assert.Single(change.Changes));
    }

    [Fact]
    public async Task A_batch_without_an_answer_that_the_channel_carried_out_is_done()
    {
        await using var world = await PublishingWorld.CreateAsync();
        world.Shop.Instead = _ => new Outcome.Unknown("lost");
        world.Engine.Shop.Client.Finds = command => new LookUp.Found(new Outcome.Accepted(command.Key.Value));
        await world.CountAsync(5);
        await world.PublishAsync();
        await world.Database.ExecuteAsync("update publication_batch set sent = 10, due_at = now() where settled_at is null");
        await world.PublishAsync();
        Assert.Equal(("done", 5), (await world.Database.ScalarAsync<string>("select outcome from publication_batch order by opened_at desc limit 1"), (await world.CellAsync()).Published));
    }

    [Fact]
    public async Task One_cell_that_cannot_be_read_leaves_the_others_alone()
    {
        await using var world = await PublishingWorld.CreateAsync(others: Other);
        world.Shop.Unread = cells => cells.Any(c => c.Sku == Other) ? new Outcome.Refused(FailureKind.Value, "bad-sku", "No.") : null;
        await world.CountAsync(5);
        await world.CountAsync(5, Other);
        for (var turn = 0; turn < 12; turn++)
        {
            await world.HearAsync();
            await world.RoundAsync();
        }

        Assert.Equal(5, world.Level);
        Assert.Null((await world.CellAsync()).Failure);
        Assert.Equal("value", (await world.CellAsync(Other)).Failure);
    }

    [Fact]
    public async Task Failures_of_the_channel_on_reads_of_many_count_nothing_and_those_of_one_make_it_wait_longer()
    {
        await using var world = await PublishingWorld.CreateAsync(others: Other);
        world.Shop.Unread = _ => new Outcome.NotDone(FailureKind.Intermittent, "Not now.");
        await world.CountAsync(5);
        await world.CountAsync(5, Other);
        await world.RoundAsync();
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from stock_publication where attempts > 0 or alone or failure is not null"));
        await world.Database.ExecuteAsync("update stock_publication set attempts = 5, due_at = case when sku = 'SKU-1' then now() end");
        await world.RoundAsync();
        Assert.True(await world.Database.ScalarAsync<bool>("select attempts = 6 and due_at > now() + interval '20 seconds' from stock_publication where sku = 'SKU-1'"));
    }

    [Fact]
    public async Task A_right_that_was_taken_away_fails_no_cell()
    {
        await using var world = await PublishingWorld.CreateAsync(others: Other);
        world.Shop.Instead = _ => new Outcome.Refused(FailureKind.Connection, "403", "Not allowed.");
        world.Shop.Holds = _ => false;
        world.Shop.Meanwhile = _ => world.Level++; // Nothing of it is done.
        await world.CountAsync(5);
        await world.CountAsync(5, Other);
        await world.PublishAsync();
        Assert.Single(world.Shop.Sent);
        Assert.Equal(2, await world.Database.ScalarAsync<long>(
            "select count(*) from stock_publication where sku in ('SKU-1', 'OTHER') and failure is null and attempts = 0 and not alone and due_at > now() + interval '50 seconds'"));
    }

    [Fact]
    public async Task What_is_asked_while_a_look_is_under_way_is_not_lost()
    {
        await using var world = await PublishingWorld.CreateAsync();
        await world.Database.ExecuteAsync("update stock_publication set due_at = now() where sku = 'SKU-1'");
        var claim = await ClaimAsync(world);
        await world.Engine.Get<DriftDesk>().CheckAsync(EngineWorld.ShopId, PublishingWorld.Ida, default);
        await PublicationStore.SawAsync(
            world.Database.Sources.Work, EngineWorld.ShopId, "STOCK-OF-THE-TEST",
            [.. claim.Cells.Select(c => StockPublisher.Looked(c, new StockLevel(c.Sku, c.Location, 20, "item"), claim, heals: false))], TimeSpan.FromSeconds(5), default);
        Assert.True(await world.Database.ScalarAsync<bool>("select checking and due_at <= now() from stock_publication where sku = 'SKU-1'"));
    }

    [Fact]
    public async Task A_check_that_nobody_has_due_any_more_has_its_turn_again()
    {
        await using var world = await PublishingWorld.CreateAsync();
        await world.Database.ExecuteAsync("update stock_publication set checking = true, due_at = null, checked_at = case when sku <> 'SKU-1' then now() end");
        await DriftStore.SampleAsync(world.Database.Sources.Work, default);
        await world.PublishAsync();
        Assert.False(await world.Database.ScalarAsync<bool>("select checking from stock_publication where sku = 'SKU-1'"));
    }

    [Fact]
    public async Task A_repair_that_failed_can_be_asked_for_again()
    {
        await using var world = await PublishingWorld.CreateAsync();
        world.Level = 26;
        await world.CheckAsync();
        var desk = world.Engine.Get<DriftDesk>();
        world.Shop.Refuses.Add(PublishingWorld.Sku);
        Assert.Equal(1, await desk.RepairAsync((await desk.PreviewAsync(new DriftFilter(DriftView.Adrift), default)).Cells, PublishingWorld.Ida, default));
        await world.PublishAsync();
        Assert.NotNull((await world.CellAsync()).Failure);
        world.Shop.Refuses.Clear();
        Assert.Equal(1, await desk.RepairAsync((await desk.PreviewAsync(new DriftFilter(DriftView.Failed), default)).Cells, PublishingWorld.Ida, default));
        await world.PublishAsync();
        Assert.Equal(20, world.Level);
    }

    [Fact]
    public async Task Orders_are_read_before_anything_is_told()
    {
        await using var world = await PublishingWorld.CreateAsync();
        world.Engine.Shop.Plans = [new FeedPlan("orders", TimeSpan.FromMinutes(1), TimeSpan.Zero)];
        var more = true;
        world.Engine.Shop.Client.Reads = _ => new FeedAnswer.Page([], "next", more);
        await world.CountAsync(5);
        var reads = world.Shop.Reads;
        Assert.False(await world.ErrandAsync());
        Assert.Equal(reads, world.Shop.Reads);
        more = false;
        await world.ErrandAsync();
        Assert.Equal(5, world.Level);
    }

    [Fact]
    public async Task A_place_shown_as_another_of_the_channels_is_known_anew_and_one_shown_no_more_keeps_nothing_back()
    {
        await using var world = await PublishingWorld.CreateAsync();
        await world.Database.ExecuteAsync("""update connection set settings = settings - 'location:1' || '{"location:2":"WEB"}' where id = 'shop'""");
        Assert.Equal(2, await world.Database.ScalarAsync<long>("select count(*) from stock_publication where published is null and seen is null and item is null and due_at <= now()"));
        await world.Database.ExecuteAsync("insert into drift_buffer (connection_id, sku, location, units) values ('shop', 'SKU-1', 'WEB', 2)");
        await world.Database.ExecuteAsync("""update connection set settings = settings || '{"publishStock":"no"}' where id = 'shop'""");
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from drift_buffer"));
    }

    [Fact]
    public async Task A_place_that_changes_its_brand_and_a_cell_that_is_missing_are_reckoned()
    {
        await using var world = await PublishingWorld.CreateAsync();
        await world.Database.ExecuteAsync("update location set brand = 'another' where id = 'WEB'");
        await world.PublishAsync();
        Assert.Equal(0, world.Level);
        await world.Database.ExecuteAsync("delete from stock_publication where sku = 'SKU-1'");
        await DriftStore.FillAsync(world.Database.Sources.Work, default);
        await PublicationStore.MarkAsync(world.Database.Sources.Work, default);
        Assert.Equal(0, (await world.CellAsync()).Expected);
    }

    private static async Task<DateTimeOffset> HeardAsync(PublishingWorld world)
    {
        await world.Database.ExecuteAsync("update stock_publication set due_at = now()");
        return (await ClaimAsync(world)).Heard;
    }

    private static async Task<PublicationClaim> ClaimAsync(PublishingWorld world, int behind = 0)
    {
        var version = await world.Database.ScalarAsync<int>($"select version from connection where id = '{EngineWorld.ShopId}'");
        return await PublicationStore.ClaimAsync(world.Database.Sources.Work, EngineWorld.ShopId, version - behind, 50, alone: false, default);
    }
}
