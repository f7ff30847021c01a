using ControlTower.Data.Inventory;
using Xunit;
using static ControlTower.Tests.Data.Inventory.StockBench;

namespace ControlTower.Tests.Data.Inventory;

public sealed class StockQueriesTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Skus_come_page_by_page_by_how_they_begin_and_by_view()
    {
        await using var bench = await CreateAsync();
        await bench.HasAsync(("a_1", "east", 5), ("a_1", "west", 1), ("AX1", "east", 1), ("B%", "west", 2));
        await bench.ApplyAsync(Wants(1, ("AX1", 1)));
        await bench.Database.ExecuteAsync("update stock set oversold = 1 where sku = 'B%'");
        var queries = new StockQueries(bench.Database.Sources);

        Assert.Equal(["a_1"], await SkusAsync(begins: "A_"));
        Assert.Equal(["B%"], await SkusAsync(begins: "b%"));
        Assert.Empty(await SkusAsync(begins: @"a\"));
        Assert.Equal(["AX1"], await SkusAsync(StockView.SoldOut));
        Assert.Equal(["B%"], await SkusAsync(StockView.Oversold));
        var all = await SkusAsync();
        Assert.Equal(3, all.Count);
        Assert.Equal(all.Skip(1).Take(1), await SkusAsync(after: all[0], limit: 1));
        var split = Assert.Single(await queries.ItemsAsync(StockView.All, "a_1", "", 9, Cancel));
        Assert.Equal((6L, 0L, 6L, 2, 0), (split.OnHand, split.Reserved, split.Available, split.Places, split.Empty));

        async Task<List<string>> SkusAsync(StockView view = StockView.All, string? begins = null, string after = "", int limit = 9) =>
            [.. (await queries.ItemsAsync(view, begins, after, limit, Cancel)).Select(item => item.Sku)];
    }

    [Fact]
    public async Task A_sku_tells_its_places_what_its_ledger_adds_up_to_who_holds_it_and_what_moved_it()
    {
        await using var bench = await CreateAsync();
        await bench.HasAsync(("A", "east", 5), ("A", "west", 1));
        await bench.ApplyAsync(Wants(1, ("A", 2)));
        var queries = new StockQueries(bench.Database.Sources);

        var east = (await queries.PositionsAsync("A", Cancel)).Single(place => place.Location == "east");
        Assert.Equal((5, 2, 3, 5L), (east.OnHand, east.Reserved, east.Available, east.Ledger));
        var hold = Assert.Single(await queries.SetAsideAsync("A", 9, Cancel));
        Assert.Equal((1L, "east", 2), (hold.FlowId, hold.Location, hold.Quantity));
        var newest = (await queries.LedgerAsync("A", "east", null, Cancel))[0];
        Assert.Equal(("reserve", 0, 2, 1L), (newest.Reason, newest.OnHand, newest.Reserved, newest.FlowId!.Value));
        Assert.DoesNotContain(newest.Id, (await queries.LedgerAsync("A", null, newest.Id, Cancel)).Select(movement => movement.Id));

        // What somebody writes past the functions is seen.
        await bench.Database.ExecuteAsync("update stock set on_hand = 7 where sku = 'A' and location = 'east'");
        east = (await queries.PositionsAsync("A", Cancel)).Single(place => place.Location == "east");
        Assert.NotEqual(east.OnHand, east.Ledger);
        Assert.Empty(await queries.PositionsAsync("nothing", Cancel));
    }
}
