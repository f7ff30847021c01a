using ControlTower.Data.Canonical;
using ControlTower.Data.Inventory;
using ControlTower.Sync.Pumps;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Sync.Flows;

/// <summary>A till sells the pair that waits for its buyer: the pick-up is told of at once, not at the counter.</summary>
public sealed class GoodsGoneTests
{
    [Fact]
    public async Task A_till_that_sells_what_is_reserved_for_a_pick_up_opens_a_case_on_that_order_which_closes_when_the_goods_are_there()
    {
        await using var world = await EngineWorld.CreateAsync();
        await StockStore.AddLocationsAsync(world.Database.Sources.Work, [new("store-1", "Store", "store")], default);
        await CountAsync(world, 2);
        await world.ReceiveAsync([.. Enumerable.Range(1, 2).Select(n => EngineWorld.Message(EngineWorld.Order($"pickup-{n}") with { Fulfilment = FulfilmentMode.ClickAndCollect, PickupLocation = "store-1" }))]);
        await world.WorkInboxAsync();
        await world.ReceiveAsync(EngineWorld.Message(EngineWorld.Order("till-1") with { Fulfilment = FulfilmentMode.HandedOver, PickupLocation = "store-1" }));
        await world.WorkInboxAsync();
        await world.Get<DeadlinePump>().RunOnceAsync(default);

        // Whoever came first has the one that is left.
        Assert.Equal("pickup-2 goods-gone open", await CasesAsync(world));
        await CountAsync(world, 2);
        await world.Get<DeadlinePump>().RunOnceAsync(default);
        Assert.Equal("pickup-2 goods-gone resolved", await CasesAsync(world));
    }

    private static async Task CountAsync(EngineWorld world, int pieces) => await StockStore.CountAsync(world.Database.Sources.Work, [new("SKU-1", "store-1", pieces)], "test", default);

    private static Task<string?> CasesAsync(EngineWorld world) => world.Database.ScalarAsync<string>(
        "select string_agg(f.source_id || ' ' || c.code || ' ' || c.state, ', ' order by c.id) from exception_case c join flow f on f.id = c.flow_id");
}
