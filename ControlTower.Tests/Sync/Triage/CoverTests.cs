using ControlTower.Data.Canonical;
using ControlTower.Data.Inbox;
using ControlTower.Data.Triage;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Sync.Triage;

/// <summary>A case without an order closes by itself when a newer reading of the same thing went through.</summary>
public sealed class CoverTests
{
    private static readonly HashSet<string> Whole = new(["order", "hint"], StringComparer.Ordinal);
    private static int count;

    [Fact]
    public async Task A_newer_reading_that_went_through_closes_the_older_one_that_could_not_be_read()
    {
        await using var world = await EngineWorld.CreateAsync();
        world.Shop.Whole = Whole;
        await FailAsync(world, "order", "order/1", "order/2");
        await world.ReceiveAsync(EngineWorld.Message(EngineWorld.Order("1", version: 2)));
        await world.WorkInboxAsync();

        Assert.Equal(
            "resolved tower f A newer reading of the same went through., open f",
            await world.Database.ScalarAsync<string>("select string_agg(concat_ws(' ', state, closed_by, proven, resolution), ', ' order by id) from exception_case"));
        Assert.True((await world.Get<CaseQueries>().RowsAsync([1]))[0].WentOn);
    }

    [Fact]
    public async Task What_adds_to_what_was_is_neither_covered_nor_covers()
    {
        await using var world = await EngineWorld.CreateAsync();
        world.Shop.Whole = Whole;
        await FailAsync(world, "event", "order/1");
        await world.ReceiveAsync(EngineWorld.Message(EngineWorld.Order("1", version: 2)));
        await world.WorkInboxAsync();
        await FailAsync(world, "order", "order/1");
        await world.ReceiveAsync(EngineWorld.Message(
            new RefundRecorded("r1", new OrderKey(EngineWorld.ShopId, "1"), 3, "R1", new Money(1m, "EUR"), [], new DateTimeOffset(2026, 11, 24, 10, 0, 0, TimeSpan.Zero)), "order/1"));
        await world.WorkInboxAsync();

        Assert.Equal("open, open", await world.Database.ScalarAsync<string>("select string_agg(state, ', ') from exception_case where lane = 'order/1' and message_id is not null"));
    }

    [Fact]
    public async Task What_failed_later_than_the_reading_stays_and_so_does_what_the_rules_hold_or_a_person_retries()
    {
        await using var world = await EngineWorld.CreateAsync();
        world.Shop.Whole = Whole;
        await FailAsync(world, "order", "order/1", "order/1", "order/1");
        await world.Database.ExecuteAsync("update exception_case set failure = 'ownership' where id = 1; update exception_case set state = 'retrying' where id = 2; update exception_case set lane = 'order/2' where id = 3");
        await world.ReceiveAsync(EngineWorld.Message(EngineWorld.Order("1", version: 2)));
        await world.WorkInboxAsync();
        Assert.Equal("open, retrying, open", await world.Database.ScalarAsync<string>("select string_agg(state, ', ' order by id) from exception_case"));

        // The failure came after the reading that went through.
        await FailAsync(world, "order", "order/1");
        Assert.Equal("open", await world.Database.ScalarAsync<string>("select state from exception_case order by id desc limit 1"));
    }

    [Fact]
    public async Task An_id_that_was_used_twice_waits_for_a_person()
    {
        await using var world = await EngineWorld.CreateAsync();
        world.Shop.Whole = Whole;
        await world.PlaceAsync(1);
        Assert.Equal([Stored.IdReused], await world.ReceiveAsync(EngineWorld.Message(EngineWorld.Order("1", quantity: 2), eventId: "1@1")));
        await world.ReceiveAsync(EngineWorld.Message(EngineWorld.Order("1", version: 2)));
        await world.WorkInboxAsync();
        Assert.Equal("open", await world.Database.ScalarAsync<string>("select state from exception_case where code = 'id-reused'"));
    }

    /// <summary>Messages that cannot be read, one in each of these lanes.</summary>
    private static async Task FailAsync(EngineWorld world, string topic, params string[] lanes)
    {
        await world.ReceiveAsync([.. lanes.Select(lane => new Arrival(EngineWorld.ShopId, topic, $"broken-{Interlocked.Increment(ref count)}", lane, "{}", "{ broken"u8.ToArray(), null))]);
        await world.WorkInboxAsync();
    }
}
