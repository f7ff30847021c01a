using ControlTower.Data.Audit;
using ControlTower.Data.Inventory;
using ControlTower.Data.Live;
using ControlTower.Sync.Inventory;
using ControlTower.Tests.Support;
using Xunit;
using static ControlTower.Tests.Data.Inventory.StockBench;

namespace ControlTower.Tests.Data.Inventory;

/// <summary>What people keep back at a place is promised to nobody.</summary>
public sealed class SafetyStockTests
{
    private static readonly Actor Ida = new(Guid.Parse("11111111-1111-1111-1111-111111111111"), "Ida Holm", "operations");

    [Fact]
    public async Task What_is_kept_back_is_promised_to_nobody_and_stands_in_the_audit()
    {
        await using var world = await EngineWorld.CreateAsync();
        await SetUpAsync(world);
        var desk = world.Get<SafetyStockDesk>();

        Assert.True(await desk.SetAsync("A", "east", 4, seen: 0, "Counts are often wrong", Ida, default));
        var position = Assert.Single(await world.Get<StockQueries>().PositionsAsync("A", default));
        Assert.Equal((4, 6), (position.Safety, position.Available));
        Assert.Equal("stock:A/east Counts are often wrong 0 4", await world.Database.ScalarAsync<string>(
            "select subject || ' ' || reason || ' ' || (detail::jsonb ->> 'before') || ' ' || (detail::jsonb ->> 'pieces') from audit where action = 'inventory:safety:write'"));

        // Who saw another figure changes nothing.
        Assert.False(await desk.SetAsync("A", "east", 9, seen: 0, "I saw nothing kept", Ida, default));
        Assert.Equal(4, Assert.Single(await world.Get<StockQueries>().PositionsAsync("A", default)).Safety);
    }

    [Fact]
    public async Task What_is_promised_cannot_be_kept_back_and_the_answer_says_how_much_can()
    {
        await using var world = await EngineWorld.CreateAsync();
        await SetUpAsync(world);
        await world.Database.ExecuteAsync("update stock set reserved = 7 where sku = 'A'");
        var desk = world.Get<SafetyStockDesk>();

        var refused = await Assert.ThrowsAsync<ArgumentException>(() => desk.SetAsync("A", "east", 4, seen: 0, "Too much", Ida, default));
        Assert.StartsWith("Of 10 on hand 7 are promised: at most 3 can be kept back now.", refused.Message, StringComparison.Ordinal);
        Assert.True(await desk.SetAsync("A", "east", 3, seen: 0, "As much as can be", Ida, default));
        await Assert.ThrowsAsync<ArgumentException>(() => desk.SetAsync("NONE", "east", 1, seen: 0, "Lies nowhere", Ida, default));
        await Assert.ThrowsAsync<ArgumentException>(() => desk.SetAsync("A", "east", 1, seen: 3, " ", Ida, default));
    }

    private static async Task SetUpAsync(EngineWorld world)
    {
        await StockStore.AddLocationsAsync(world.Database.Sources.Work, [new("east", "East", "warehouse")], default);
        await StockStore.CountAsync(world.Database.Sources.Work, [new("A", "east", 10)], "test", default);
    }
}
