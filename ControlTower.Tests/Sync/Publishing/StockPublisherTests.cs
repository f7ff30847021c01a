using ControlTower.Data.Inbox;
using ControlTower.Data.Inventory;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Publishing;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Sync.Publishing;

/// <summary>A channel is told what it may sell: the newest figure, once, and never over what it sold itself.</summary>
public sealed class StockPublisherTests
{
    [Fact]
    public async Task A_thousand_changes_of_one_SKU_are_one_write_and_the_last_figure_is_shown()
    {
        await using var world = await PublishingWorld.CreateAsync();
        for (var pieces = 1_000; pieces > 0; pieces--)
        {
            await world.CountAsync(pieces + 6);
        }

        await world.PublishAsync();
        Assert.InRange(world.Shop.Effects.Count, 1, 2);
        Assert.Equal(7, world.Level);
        Assert.Equal((7, 7, 7), await FiguresAsync(world));
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from stock_moved"));
    }

    [Fact]
    public async Task What_agrees_already_is_not_written()
    {
        await using var world = await PublishingWorld.CreateAsync();
        world.Level = 18; // Two were sold there, and the tower has heard of it.
        await world.CountAsync(18);
        await world.PublishAsync();
        Assert.Empty(world.Shop.Effects);
        Assert.Equal((18, 18, 18), await FiguresAsync(world));
    }

    [Fact]
    public async Task A_level_that_moved_between_look_and_write_is_not_overwritten_but_looked_at_again()
    {
        await using var world = await PublishingWorld.CreateAsync();
        var sold = false;
        world.Shop.Meanwhile = _ =>
        {
            world.Level -= sold ? 0 : 3;
            sold = true;
        };
        await world.CountAsync(12);
        await world.PublishAsync();
        await world.HearAsync();
        await world.PublishAsync();
        Assert.Equal((2, 1), (world.Shop.Sent.Count, world.Shop.Effects.Count));
        Assert.Equal(17, world.Shop.Sent[1].Changes[0].From);
        Assert.Equal(12, world.Level);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_the_channel_sold_and_the_tower_has_not_heard_is_never_raised_away(bool compares)
    {
        await using var world = await PublishingWorld.CreateAsync("all", compares);
        world.Level = 15; // Five were sold there; the order is on its way.
        await world.CountAsync(22); // Two came in meanwhile.
        await world.PublishAsync();
        Assert.Equal(15, world.Level);
        Assert.Equal(0, (await world.CellAsync()).Drift);

        await world.CountAsync(17); // The order is heard.
        await world.HearAsync();
        await world.PublishAsync();
        Assert.Equal(17, world.Level);
    }

    [Fact]
    public async Task A_sale_elsewhere_lowers_the_level_although_the_channel_moved_by_itself()
    {
        await using var world = await PublishingWorld.CreateAsync();
        world.Level = 18;
        await world.CountAsync(11);
        await world.PublishAsync();
        Assert.Equal(11, world.Level);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_lost_answer_is_asked_for_again_under_the_same_key_and_counts_once(bool compares)
    {
        await using var world = await PublishingWorld.CreateAsync(compares: compares);
        var lost = 0;
        world.Shop.Instead = _ => lost++ == 0 ? new Outcome.Unknown("lost") : null;
        await world.CountAsync(13);
        await world.PublishAsync();
        await world.CountAsync(9); // Meanwhile it moved on.
        await world.HearAsync();
        await world.PublishAsync();
        Assert.Equal(world.Shop.Sent[0].Key, world.Shop.Sent[1].Key);
        Assert.Equal([13 - 20, 9 - 13], world.Shop.Effects.Select(e => e.Changes.Single().Delta));
        Assert.Equal(9, world.Level);
    }

    [Fact]
    public async Task What_a_channel_might_do_twice_is_asked_for_and_not_sent_again()
    {
        await using var world = await PublishingWorld.CreateAsync();
        world.Shop.IsRepeatable = false;
        world.Shop.Instead = _ => new Outcome.Unknown("lost");
        await world.CountAsync(13);
        await world.PublishAsync();
        await world.HearAsync();
        await world.PublishAsync();
        Assert.Single(world.Engine.Shop.Client.LookUps);
        Assert.Single(world.Shop.Sent);
        Assert.Equal(13, world.Level);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_process_that_dies_between_sending_and_storing_leaves_what_its_successor_ends_without_a_double(bool compares)
    {
        await using var world = await PublishingWorld.CreateAsync(compares: compares);
        var dead = false;
        world.Shop.Instead = _ => dead || !(dead = true) ? null : throw new OperationCanceledException("killed");
        await world.CountAsync(14);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            using var killed = new CancellationTokenSource();
            world.Shop.Meanwhile = _ => killed.Cancel();
            using var gate = world.Engine.OpenGate(EngineWorld.ShopId);
            await world.Engine.Get<StockPublisher>().RunAsync(gate, killed.Token);
        });
        world.Shop.Meanwhile = _ => { };
        await world.HearAsync();
        await world.PublishAsync();
        Assert.Equal(2, world.Shop.Sent.Count);
        Assert.Single(world.Shop.Effects);
        Assert.Equal(14, world.Level);
        Assert.Equal((14, 14, 14), await FiguresAsync(world));
    }

    [Fact]
    [Promise(9)]
    public async Task A_figure_that_hung_in_the_network_never_comes_to_stand_over_a_newer_one()
    {
        await using var world = await PublishingWorld.CreateAsync();
        await HangAsync(world);
        await world.HearAsync();
        await PassAsync(world);
        world.Shop.Arrive(world.Shop.Sent[0]);
        Assert.Equal(20, world.Level);
    }

    [Fact]
    [Sabotage(9)]
    public async Task P9_sabotage_a_batch_without_an_answer_is_forgotten_and_overwrites_what_came_later()
    {
        await using var world = await PublishingWorld.CreateAsync();
        await HangAsync(world);
        await world.Database.ExecuteAsync("delete from publication_batch; update stock_publication set batch_key = null, due_at = now()");
        await PassAsync(world);
        world.Shop.Arrive(world.Shop.Sent[0]);
        Assert.Equal(15, world.Level);
    }

    [Fact]
    public async Task Two_batches_of_one_channel_are_never_open_at_once()
    {
        await using var world = await PublishingWorld.CreateAsync();
        await HangAsync(world);
        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => world.Database.ExecuteAsync("insert into publication_batch (key, connection_id, changes) values ('ANOTHER-ONE', 'shop', '[]')"));
    }

    [Fact]
    public async Task An_echo_opens_nothing_and_a_level_that_is_none_of_ours_is_looked_at()
    {
        await using var world = await PublishingWorld.CreateAsync();
        await world.CountAsync(16);
        await world.PublishAsync();
        var reads = world.Shop.Reads;
        await world.Engine.ReceiveAsync(Told(16, "echo"));
        await world.Engine.WorkInboxAsync();
        await world.PublishAsync();
        Assert.Equal(reads, world.Shop.Reads);

        world.Level = 12;
        await world.Engine.ReceiveAsync(Told(12, "sale"));
        await world.Engine.WorkInboxAsync();
        await world.PublishAsync();
        Assert.Equal(reads + 1, world.Shop.Reads);
        Assert.Equal((16, 16, 12), await FiguresAsync(world));
        Assert.Equal(0, (await world.CellAsync()).Drift);
    }

    [Fact]
    public async Task A_cell_that_the_channel_refuses_waits_for_a_person_and_the_others_go_out()
    {
        await using var world = await PublishingWorld.CreateAsync(others: "OTHER");
        world.Shop.Refuses.Add("OTHER");
        await world.CountAsync(5);
        await world.CountAsync(5, "OTHER");
        await world.PublishAsync();
        Assert.Equal(5, world.Level);
        var failed = await world.CellAsync("OTHER");
        Assert.Equal(("missing", "unknown-item: No such item."), (failed.Failure, failed.Message));
        var (listed, count) = await world.Engine.Get<DriftQueries>().CellsAsync(new DriftFilter(DriftView.Failed), 10, default);
        Assert.Equal((1, "OTHER"), (count, Assert.Single(listed).Sku));

        world.Shop.Refuses.Clear();
        var desk = world.Engine.Get<DriftDesk>();
        var preview = await desk.PreviewAsync(new DriftFilter(DriftView.Failed), default);
        Assert.Equal(1, await desk.RepairAsync(preview.Cells, PublishingWorld.Ida, default));
        await world.PublishAsync();
        Assert.Equal(5, world.Shop.Levels[("OTHER", PublishingWorld.Place)]);
        Assert.Null((await world.CellAsync("OTHER")).Failure);
    }

    [Fact]
    public async Task A_refusal_that_names_no_cell_is_found_out_by_telling_each_alone()
    {
        await using var world = await PublishingWorld.CreateAsync(others: ["OTHER", "THIRD"]);
        (world.Shop.IsTerse, _) = (true, world.Shop.Refuses.Add("OTHER"));
        await world.CountAsync(5);
        await world.CountAsync(5, "OTHER");
        await world.CountAsync(5, "THIRD");
        await world.PublishAsync();
        Assert.Equal((5, 20, 5), (world.Level, world.Shop.Levels[("OTHER", PublishingWorld.Place)], world.Shop.Levels[("THIRD", PublishingWorld.Place)]));
        Assert.NotNull((await world.CellAsync("OTHER")).Failure);
        Assert.Null((await world.CellAsync("THIRD")).Failure);
    }

    [Fact]
    public async Task A_rule_for_a_channel_changes_what_it_shows_and_its_end_changes_it_back()
    {
        await using var world = await PublishingWorld.CreateAsync();
        await world.Database.ExecuteAsync("insert into channel_rule (connection_id, buffer, changed_by) values ('shop', 3, 'test')");
        await world.PublishAsync();
        Assert.Equal(17, world.Level);
        await world.Database.ExecuteAsync("delete from channel_rule");
        await world.PublishAsync();
        Assert.Equal(20, world.Level);
    }

    [Fact]
    public async Task What_a_channel_never_listed_is_left_out_and_what_it_lists_no_more_waits_for_a_person()
    {
        await using var world = await PublishingWorld.CreateAsync();
        await world.CountAsync(7, "NEW");
        await world.CheckAsync();
        var never = await world.CellAsync("NEW");
        Assert.Equal((null, null), (never.Failure, never.Seen));
        Assert.Equal(2, await world.Database.ScalarAsync<long>("select sum(checked) from drift_day"));
        world.Shop.Levels.Remove((PublishingWorld.Sku, PublishingWorld.Place));
        await world.CountAsync(9);
        await world.PublishAsync();
        Assert.Equal("missing", (await world.CellAsync()).Failure);
    }

    [Fact]
    public async Task A_channel_that_keeps_failing_for_reasons_of_its_own_ends_in_the_reprocess_list_after_the_last_attempt()
    {
        await using var world = await PublishingWorld.CreateAsync();
        world.Shop.Instead = _ => new Outcome.NotDone(ControlTower.Data.Canonical.FailureKind.Intermittent, "Not now.");
        world.Shop.Compares = true;
        world.Shop.Meanwhile = _ => world.Level++; // Nothing of it is ever done.
        await world.CountAsync(3);
        for (var attempt = 0; attempt < PublicationStore.MaxAttempts; attempt++)
        {
            Assert.Null((await world.CellAsync()).Failure);
            await world.PublishAsync();
            await world.HearAsync();
        }

        Assert.Equal("intermittent", (await world.CellAsync()).Failure);
        var sent = world.Shop.Sent.Count;
        await world.PublishAsync();
        Assert.Equal(sent, world.Shop.Sent.Count);
    }

    [Fact]
    public async Task Who_does_not_publish_is_marked_nothing_and_a_place_that_is_shown_no_more_leaves_nothing_behind()
    {
        await using var world = await PublishingWorld.CreateAsync();
        await world.Database.ExecuteAsync("""update connection set settings = settings || '{"publishStock":"no"}' where id = 'shop'""");
        await world.CountAsync(4);
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from stock_moved"));
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from stock_publication"));
    }

    private static Arrival Told(int level, string id) => new(EngineWorld.ShopId, "level", id, $"level/{id}", "{}", System.Text.Encoding.UTF8.GetBytes($"item-{PublishingWorld.Sku} {PublishingWorld.Place} {level}"), null);

    // Fifteen are to be shown; the request is under way and nobody knows more.
    private static async Task HangAsync(PublishingWorld world)
    {
        world.Shop.Holds = _ => true;
        await world.CountAsync(15);
        await world.PublishAsync();
        Assert.Single(world.Shop.Sent);
        Assert.Equal(20, world.Level);
        world.Shop.Holds = _ => false;
    }

    // One more is sold elsewhere, then six come back: the same figure as before, so that the old request would find what it compares with.
    private static async Task PassAsync(PublishingWorld world)
    {
        await world.CountAsync(14);
        await world.PublishAsync();
        Assert.Equal(14, world.Level);
        await world.CountAsync(20);
        await world.PublishAsync();
        Assert.Equal(20, world.Level);
    }

    private static async Task<(int, int?, int?)> FiguresAsync(PublishingWorld world)
    {
        var cell = await world.CellAsync();
        return (cell.Expected, cell.Published, cell.Seen);
    }
}
