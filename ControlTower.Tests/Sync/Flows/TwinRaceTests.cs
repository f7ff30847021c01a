using System.Collections.Concurrent;
using ControlTower.Data.Canonical;
using ControlTower.Data.Flows;
using ControlTower.Data.Inbox;
using ControlTower.Sync.Flows;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Sync.Flows;

/// <summary>Orders placed twice, on a real database: of any number that come at once, exactly one goes on.</summary>
public sealed class TwinRaceTests
{
    private const string Held = "select count(*) from exception_case where code = 'duplicate-order' and state = 'open'";
    private const string Going = "select count(*) from posting where kind = 'PostSalesOrder'";

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(32)]
    public async Task Of_thirty_two_twins_that_come_at_once_exactly_one_goes_on(int perTransaction)
    {
        await using var world = await EngineWorld.CreateAsync(duplicateWithinMinutes: 5);
        await world.ReceiveAsync([.. Enumerable.Range(1, 32).Select(n => EngineWorld.Message(EngineWorld.Order($"{n}")))]);
        var claimed = await InboxWork.ClaimAsync(world.Database.Sources.Work, world.Node, TimeSpan.FromMinutes(10), 32, default);
        Assert.Equal(32, claimed.Count);
        var runner = world.Get<FlowRunner>();
        using var start = new Barrier(32 / perTransaction);
        var answers = new ConcurrentBag<FlowAnswer>();
        await Task.WhenAll(claimed.Chunk(perTransaction).Select(batch => Task.Factory.StartNew(
            async () =>
            {
                start.SignalAndWait();
                foreach (var answer in await runner.ApplyAsync([.. batch.Select(Told)], default))
                {
                    answers.Add(answer);
                }
            }, default, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap()));

        Assert.Equal(32, answers.Count(a => a is FlowAnswer.Applied { Verdict: Verdict.Applied }));
        Assert.Equal(1, await world.Database.ScalarAsync<long>(Going));
        Assert.Equal(31, await world.Database.ScalarAsync<long>(Held));
        Assert.Equal(1, await world.Database.ScalarAsync<int>("select reserved from stock where sku = 'SKU-1'"));
        Assert.Equal(31, await world.Database.ScalarAsync<long>("select count(*) from flow where stage = 'captured' and status = 'attention'"));
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(distinct message) from exception_case where code = 'duplicate-order'"));
    }

    [Fact]
    public async Task Every_case_names_the_one_that_went_on()
    {
        await using var world = await EngineWorld.CreateAsync(duplicateWithinMinutes: 5);
        await world.ReceiveAsync([.. Enumerable.Range(1, 4).Select(n => EngineWorld.Message(EngineWorld.Order($"{n}")))]);
        await world.WorkInboxAsync();
        await world.ReceiveAsync(EngineWorld.Message(EngineWorld.Order("5")));
        await world.WorkInboxAsync();
        Assert.Equal("NL-1", await world.Database.ScalarAsync<string>("select name from flow where status = 'open'"));
        Assert.Equal(4, await world.Database.ScalarAsync<long>(
            "select count(*) from exception_case where failure = 'duplicate' and title = 'Duplicate order, Test shop' and message like '%as order NL-1 a short%'"));
    }

    [Fact]
    public async Task After_a_cancellation_the_same_basket_is_a_new_order()
    {
        await using var world = await EngineWorld.CreateAsync(duplicateWithinMinutes: 5);
        await PlaceAsync(world, EngineWorld.Order("1"));
        await world.ReceiveAsync(EngineWorld.Message(new OrderCancelled("c1", new OrderKey(EngineWorld.ShopId, "1"), 2, "customer", DateTimeOffset.UnixEpoch), "order/1"));
        await world.WorkInboxAsync();
        Assert.Equal("cancelled", await world.StageAsync("1"));
        await PlaceAsync(world, EngineWorld.Order("2"));
        Assert.Equal(0, await world.Database.ScalarAsync<long>(Held));
        Assert.Equal("reserved", await world.StageAsync("2"));

        await PlaceAsync(world, EngineWorld.Order("3"));
        Assert.Equal(1, await world.Database.ScalarAsync<long>(Held + " and message like '%order NL-2 %'"));
    }

    [Fact]
    public async Task Minutes_are_counted_between_the_times_of_placing_whichever_is_heard_of_first()
    {
        await using var world = await EngineWorld.CreateAsync(duplicateWithinMinutes: 5);
        await PlaceAsync(world, At("1", 0));
        await PlaceAsync(world, At("2", 301));
        await PlaceAsync(world, At("3", 900));
        await PlaceAsync(world, At("4", 600));
        Assert.Equal(1, await world.Database.ScalarAsync<long>(Held));
        Assert.Equal(1, await world.Database.ScalarAsync<long>(Held + " and message like '%order NL-3 %'"));
        Assert.Equal("captured", await world.StageAsync("4"));
    }

    [Fact]
    public async Task A_chain_of_repetitions_is_judged_link_by_link()
    {
        await using var world = await EngineWorld.CreateAsync(duplicateWithinMinutes: 5);
        foreach (var (id, second) in new[] { ("1", 0), ("2", 240), ("3", 480), ("4", 781) })
        {
            await PlaceAsync(world, At(id, second));
        }

        Assert.Equal(["reserved", "captured", "captured", "reserved"], [await world.StageAsync("1"), await world.StageAsync("2"), await world.StageAsync("3"), await world.StageAsync("4")]);
    }

    [Fact]
    public async Task Other_goods_another_buyer_or_the_switch_off_let_it_pass()
    {
        await using var world = await EngineWorld.CreateAsync(duplicateWithinMinutes: 5);
        await PlaceAsync(world, EngineWorld.Order("1"));
        await PlaceAsync(world, EngineWorld.Order("2", quantity: 2));
        await PlaceAsync(world, EngineWorld.Order("3") with { Buyer = EngineWorld.Order("3").Buyer with { Email = "other@example.test" } });
        Assert.Equal(3, await world.Database.ScalarAsync<long>(Going));

        await using var off = await EngineWorld.CreateAsync();
        await PlaceAsync(off, EngineWorld.Order("1"));
        await PlaceAsync(off, EngineWorld.Order("2"));
        Assert.Equal(2, await off.Database.ScalarAsync<long>(Going));
        Assert.Equal(0, await off.Database.ScalarAsync<long>("select count(*) from order_likeness"));
    }

    [Fact]
    public async Task A_persons_retry_posts_the_repetition()
    {
        await using var world = await EngineWorld.CreateAsync(duplicateWithinMinutes: 5);
        await PlaceAsync(world, EngineWorld.Order("1"));
        await PlaceAsync(world, EngineWorld.Order("2"));
        var flow = await world.Database.ScalarAsync<long>("select id from flow where source_id = '2'");
        await world.Get<FlowRunner>().ApplyAsync([new FlowInput.Retried(flow, "olga")], default);
        Assert.Equal("reserved", await world.StageAsync("2"));
        Assert.Equal(0, await world.Database.ScalarAsync<long>(Held));
        Assert.Equal(2, await world.Database.ScalarAsync<long>(Going));
    }

    [Fact]
    public async Task Asking_again_gives_the_same_answer_and_far_orders_are_forgotten()
    {
        await using var world = await EngineWorld.CreateAsync();
        await world.ReceiveAsync([.. Enumerable.Range(1, 3).Select(n => EngineWorld.Message(EngineWorld.Order($"{n}")))]);
        await world.WorkInboxAsync();
        TwinQuestion Asks(long flow, int minute) => new(flow, EngineWorld.ShopId, "0123456789abcdef", DateTimeOffset.UnixEpoch.AddMinutes(minute), $"N{flow}");
        async Task<string> SeekAsync(params TwinQuestion[] asked)
        {
            await using var connection = await world.Database.Sources.Work.OpenConnectionAsync();
            return string.Join(", ", (await OrderTwins.SeekAsync(connection, asked, TimeSpan.FromMinutes(5), default)).Select(f => $"{f.Key} repeats {f.Value}").Order(StringComparer.Ordinal));
        }

        Assert.Equal("2 repeats NL-1", await SeekAsync(Asks(2, 1), Asks(1, 0)));
        Assert.Equal("", await SeekAsync(Asks(1, 0)));
        Assert.Equal("2 repeats NL-1", await SeekAsync(Asks(2, 1)));
        Assert.Equal("", await SeekAsync(Asks(3, 100)));
        Assert.Equal(1, await world.Database.ScalarAsync<int>("select cardinality(flows) from order_likeness"));
    }

    private static FlowInput Told(ClaimedMessage claim) => new FlowInput.Message(
        claim, [new OrderStated(claim.EventId, System.Text.Json.JsonSerializer.Deserialize(claim.Body, CanonicalJson.Default.Order)!, claim.ReceivedAt)]);

    private static Order At(string id, int second) => EngineWorld.Order(id) is var order ? order with { PlacedAt = order.PlacedAt.AddSeconds(second) } : null!;

    private static async Task PlaceAsync(EngineWorld world, Order order)
    {
        await world.ReceiveAsync(EngineWorld.Message(order));
        await world.WorkInboxAsync();
    }
}
