using ControlTower.Data.Audit;
using ControlTower.Data.Inventory;
using ControlTower.Data.Notifications;
using ControlTower.Sync.Inventory;
using ControlTower.Tests.Data.Inventory;
using ControlTower.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace ControlTower.Tests.Sync.Notifications;

/// <summary>Levels that people hear of: each fall and each rise once, whoever moved the stock and however many nodes look.</summary>
public sealed class StockWatchTests : IAsyncLifetime
{
    private static readonly string[] Places = ["east", "west"];

    private NotificationWorld world = null!;
    private StockWatchDesk desk = null!;

    public async ValueTask InitializeAsync()
    {
        world = await NotificationWorld.CreateAsync();
        desk = new StockWatchDesk(
            world.Database.Sources, new AuditLog(world.Database.Sources, TimeProvider.System), new(world.Database.Sources, TimeProvider.System, NullLogger<ControlTower.Data.Live.ChangeNotifier>.Instance));
        await StockStore.AddLocationsAsync(world.Database.Sources.Work, [new("east", "East", "warehouse"), new("west", "West", "warehouse")], default);
        await CountAsync(("A", "east", 6), ("A", "west", 6), ("B", "east", 6));
    }

    public ValueTask DisposeAsync() => world.DisposeAsync();

    [Fact]
    public async Task A_fall_and_a_rise_are_each_told_once_and_what_lies_between_the_levels_is_neither()
    {
        await world.ChannelAsync(world.HookDraft(events: [NoticeKind.Stock]));
        Assert.True(await desk.PutAsync("A", "east", below: 5, again: 8, seen: 0, NotificationWorld.Boss, default));
        await CountAsync(("A", "east", 5));
        await LookAsync();
        Assert.Empty(await ToldAsync());

        await CountAsync(("A", "east", 4));
        await LookAsync();
        await CountAsync(("A", "east", 3));
        await LookAsync();
        await CountAsync(("A", "east", 7)); // Not low any more, and not yet enough to be told.
        await LookAsync();
        await CountAsync(("A", "east", 8), ("B", "east", 0));
        await LookAsync();
        Assert.Equal(["A at East: 4 free, below 5", "A at East: 8 free, again 8 or more"], await ToldAsync());

        await NotificationWorld.TurnAsync(world.Node());
        Assert.Equal("stock sent, stock sent", await world.StatesAsync());
        Assert.Contains("2 levels of stock", System.Text.Encoding.UTF8.GetString(Assert.Single(world.Hook.Received).Body), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pieces_that_orders_hold_at_several_places_count_together()
    {
        await world.ChannelAsync(world.HookDraft(events: [NoticeKind.Stock]));
        Assert.True(await desk.PutAsync("A", null, below: 11, again: 11, seen: 0, NotificationWorld.Boss, default));
        // Two take a piece each at different places at once, and neither sees the other's.
        await Task.WhenAll(Places.Select(async place =>
        {
            var order = await world.Orders.OrderAsync($"NL-{place}");
            await using var connection = await world.Database.Sources.Work.OpenConnectionAsync();
            await using var transaction = await connection.BeginTransactionAsync();
            await StockStore.ApplyAsync(connection, transaction, [new StockRequest.Reserve(order, [new StockLine("1", "A", 1)], Candidates: [place])], default);
            await transaction.CommitAsync();
        }));
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => LookAsync()));
        Assert.Equal(["A over all places: 10 free, below 11"], await ToldAsync());
    }

    [Fact]
    public async Task A_level_that_is_low_when_it_is_set_is_told_at_once_and_a_changed_one_is_judged_anew()
    {
        await world.ChannelAsync(world.HookDraft(events: [NoticeKind.Stock]));
        Assert.True(await desk.PutAsync("A", "east", 10, 10, 0, NotificationWorld.Boss, default));
        Assert.False(await desk.PutAsync("A", "east", 5, 5, 0, NotificationWorld.Boss, default));
        Assert.False(await desk.PutAsync("A", "east", 5, 5, 2, NotificationWorld.Boss, default));
        Assert.True(await desk.PutAsync("A", "east", 5, 5, 1, NotificationWorld.Boss, default));
        Assert.Equal(["A at East: 6 free, below 10", "A at East: 6 free, again 5 or more"], await ToldAsync());
        var watch = Assert.Single(await desk.ListAsync("a", lowOnly: false, 10, default));
        Assert.Equal((6, false, 2), (watch.Free, watch.IsLow, watch.Revision));
        Assert.False(await desk.RemoveAsync(watch with { Revision = 1 }, NotificationWorld.Boss, default));
        Assert.True(await desk.RemoveAsync(watch, NotificationWorld.Boss, default));
        Assert.Equal(3, await world.Database.ScalarAsync<long>("select count(*) from audit where subject = 'stock-watch:A/east'"));
    }

    [Theory]
    [InlineData("", 5, 5, "Give the SKU")]
    [InlineData("А", 5, 5, "lies nowhere")] // A Cyrillic one.
    [InlineData("A", 0, 5, "whole numbers")]
    [InlineData("A", -1, 5, "whole numbers")]
    [InlineData("A", 5, 1_000_001, "whole numbers")]
    [InlineData("A", 5, 4, "risen again at 5")]
    public async Task A_level_that_cannot_be_meant_is_refused(string sku, int below, int again, string says)
    {
        var refused = await Assert.ThrowsAsync<ArgumentException>(() => desk.PutAsync(sku, null, below, again, 0, NotificationWorld.Boss, default));
        Assert.Contains(says, refused.Message, StringComparison.Ordinal);
        Assert.Empty(await desk.ListAsync(null, lowOnly: false, 10, default));
    }

    private Task<List<StockConflict>> CountAsync(params (string Sku, string Location, int Quantity)[] counts) =>
        StockStore.CountAsync(world.Database.Sources.Work, [.. counts.Select(c => new StockCount(c.Sku, c.Location, c.Quantity))], "test", default);

    private Task<int> LookAsync() => StockWatchStore.LookAsync(world.Database.Sources.Work, 100, default);

    private async Task<string[]> ToldAsync() => (await world.Database.ScalarAsync<string[]>("select coalesce(array_agg(about ->> 'found' order by id), '{}') from notification"))!;
}
