using ControlTower.Sync.Triage;
using ControlTower.Data.Audit;
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

    [Fact]
    public async Task A_message_under_a_used_id_carries_what_its_order_is_worth_and_is_worked_under_an_id_of_its_own_when_a_person_says_so()
    {
        await using var world = await EngineWorld.CreateAsync();
        await world.PlaceAsync(1);
        await world.ReceiveAsync(EngineWorld.Message(EngineWorld.Order("1", version: 2, quantity: 2), eventId: "1@1"));
        Assert.Equal(await world.Database.ScalarAsync<decimal>("select value from flow"), await world.Database.ScalarAsync<decimal>("select value from exception_case where code = 'id-reused'"));

        var (desk, ida) = (world.Get<CaseDesk>(), new Actor(null, "Ida Holm", "Operations"));
        var seen = new CaseSeen(await world.Database.ScalarAsync<long>("select id from exception_case"), await world.Database.ScalarAsync<int>("select version from exception_case"));
        Assert.Empty((await world.Get<RetryDesk>().RetryAsync([seen.Id], ida, default)).Frozen);
        var receipt = await desk.CloseAsync([seen], CaseEnding.Reissued, "the second one is right", ida, default);
        Assert.Empty((await desk.CloseAsync([seen], CaseEnding.Reissued, "the second one is right", ida, default)).Moved);
        await world.WorkInboxAsync();
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from inbox_work"));

        // Taken back in time nothing was worked, and it can be said again.
        Assert.Single(await desk.UndoAsync(receipt.Moved, TimeProvider.System.GetUtcNow(), ida, default));
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from inbox_message where event_id like '%~again-%' and body is null"));
        Assert.Equal("open 0", await world.Database.ScalarAsync<string>("select state || ' ' || (select count(*) from inbox_work) from exception_case"));
        receipt = await desk.CloseAsync([seen with { Version = await world.Database.ScalarAsync<int>("select version from exception_case") }], CaseEnding.Reissued, "it is right after all", ida, default);
        await world.HurryAsync();
        await world.WorkInboxAsync();
        Assert.Equal(2, await world.Database.ScalarAsync<long>("select max(version) from order_document"));
        Assert.Equal("resolved Ida Holm it is right after all", await world.Database.ScalarAsync<string>("select state || ' ' || closed_by || ' ' || resolution from exception_case where code = 'id-reused'"));
        Assert.Equal("excepted, ignored, processed, processed", await world.Database.ScalarAsync<string>("select string_agg(outcome, ', ' order by outcome) from inbox_outcome"));

        // What was worked stays worked.
        Assert.Empty(await desk.UndoAsync(receipt.Moved, TimeProvider.System.GetUtcNow(), ida, default));
    }

    [Fact]
    public async Task A_message_that_was_worked_anew_is_neither_taken_back_behind_a_case_that_changed_since_nor_left_behind_by_an_erasure()
    {
        await using var world = await EngineWorld.CreateAsync();
        await world.PlaceAsync(1);
        await world.ReceiveAsync(EngineWorld.Message(EngineWorld.Order("1", version: 2, quantity: 2), eventId: "1@1"));
        var (desk, ida) = (world.Get<CaseDesk>(), new Actor(null, "Ida Holm", "Operations"));
        var seen = new CaseSeen(await world.Database.ScalarAsync<long>("select id from exception_case"), await world.Database.ScalarAsync<int>("select version from exception_case"));
        var receipt = await desk.CloseAsync([seen], CaseEnding.Reissued, "it is right", ida, default);

        await world.Database.ExecuteAsync("update exception_case set version = version + 1");
        Assert.Empty(await desk.UndoAsync(receipt.Moved, TimeProvider.System.GetUtcNow(), ida, default));
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from inbox_work"));

        await using var connection = await world.Database.Sources.Work.OpenConnectionAsync();
        Assert.True((await ControlTower.Data.Flows.ErasureStore.LockMessageAsync(connection, seen.Id, default))!.IsOpen);
        await world.HurryAsync();
        await world.WorkInboxAsync();
        await ControlTower.Data.Flows.ErasureStore.EraseMessageAsync(connection, await world.Database.ScalarAsync<long>("select message_id from exception_case"), default);
        Assert.Equal(2, await world.Database.ScalarAsync<long>("select count(*) from inbox_message where body is null and event_id like '%~%'"));
    }

    [Fact]
    public async Task What_cannot_be_read_carries_what_the_order_in_whose_lane_it_came_is_worth()
    {
        await using var world = await EngineWorld.CreateAsync();
        await world.PlaceAsync(1);
        await FailAsync(world, "order", "order/1", "order/unknown");
        Assert.Equal("119.00 EUR, 0.00 none", await world.Database.ScalarAsync<string>("select string_agg(round(value, 2) || ' ' || coalesce(currency, 'none'), ', ' order by id) from exception_case"));
    }

    /// <summary>Messages that cannot be read, one in each of these lanes.</summary>
    private static async Task FailAsync(EngineWorld world, string topic, params string[] lanes)
    {
        await world.ReceiveAsync([.. lanes.Select(lane => new Arrival(EngineWorld.ShopId, topic, $"broken-{Interlocked.Increment(ref count)}", lane, "{}", "{ broken"u8.ToArray(), null))]);
        await world.WorkInboxAsync();
    }
}
