using ControlTower.Data.Inventory;
using Npgsql;
using Xunit;
using static ControlTower.Tests.Data.Inventory.StockBench;

namespace ControlTower.Tests.Data.Inventory;

public sealed class TillSaleTests
{
    private static StockRequest.Take Sells(long flow, params (string Sku, int Quantity)[] lines) =>
        new(flow, [.. lines.Select((l, i) => new StockLine($"line-{i + 1}", l.Sku, l.Quantity))], "store-1");

    private static async Task<string> SellAsync(StockBench bench, StockRequest.Take take) => Say((await bench.ApplyAsync(take))[take.FlowId]);

    [Fact]
    public async Task A_till_sale_is_gone_at_once_and_once()
    {
        await using var bench = await CreateAsync();
        await bench.HasAsync(("A", "store-1", 5));
        var first = await SellAsync(bench, Sells(1, ("A", 2), ("A", 1)));
        Assert.Equal("line-1: 2 A at store-1, line-2: 1 A at store-1", first);
        Assert.Equal(first, await SellAsync(bench, Sells(1, ("A", 2), ("A", 1))));
        Assert.Equal("2/0", await bench.PositionAsync("A", "store-1"));
        Assert.Equal(0, await bench.WrongBooksAsync());
    }

    [Fact]
    public async Task A_line_that_is_mended_later_is_taken_behind_the_others_and_nothing_twice()
    {
        await using var bench = await CreateAsync();
        await bench.HasAsync(("A", "store-1", 5), ("B", "store-1", 5));
        await SellAsync(bench, Sells(1, ("A", 2)));
        Assert.Equal("line-1: 2 A at store-1, line-2: 1 B at store-1", await SellAsync(bench, Sells(1, ("A", 2), ("B", 1))));
        Assert.Equal(("3/0", "4/0"), (await bench.PositionAsync("A", "store-1"), await bench.PositionAsync("B", "store-1")));
        Assert.Equal(0, await bench.WrongBooksAsync());
    }

    [Fact]
    public async Task A_count_after_an_oversell_is_believed_unless_it_leaves_more_promises_uncovered()
    {
        await using var bench = await CreateAsync();
        await bench.HasAsync(("A", "store-1", 2));
        await bench.ApplyAsync(Wants(1, ("A", 2)) with { Preferred = "store-1" });
        await SellAsync(bench, Sells(2, ("A", 1)));
        Assert.Equal(1, await bench.Database.ScalarAsync<int>("select oversold from stock where sku = 'A' and location = 'store-1'"));
        var conflict = Assert.Single(await StockStore.CountAsync(bench.Database.Sources.Work, [new StockCount("A", "store-1", 0)], "test", CancellationToken.None));
        Assert.Equal((0, 2), (conflict.Counted, conflict.Reserved));
        await bench.HasAsync(("A", "store-1", 1));
        Assert.Equal("1/2", await bench.PositionAsync("A", "store-1"));
        await bench.HasAsync(("A", "store-1", 2));
        Assert.Equal(0, await bench.Database.ScalarAsync<int>("select oversold from stock where sku = 'A' and location = 'store-1'"));
        Assert.Equal(0, await bench.WrongBooksAsync());
    }

    [Fact]
    public async Task A_till_that_sells_what_was_promised_is_believed_and_nobody_else_may_promise_more()
    {
        await using var bench = await CreateAsync();
        await bench.HasAsync(("A", "store-1", 5));
        await bench.ApplyAsync(Wants(1, ("A", 4)) with { Preferred = "store-1" });
        Assert.EndsWith("oversold A 2 of 3", await SellAsync(bench, Sells(2, ("A", 3))), StringComparison.Ordinal);
        Assert.Equal("2/4", await bench.PositionAsync("A", "store-1"));
        Assert.Equal("short: A 1 of 1", await bench.ReserveAsync(Wants(3, ("A", 1))));
        var refusal = await Assert.ThrowsAsync<PostgresException>(() => bench.Database.ExecuteAsync("update stock set reserved = reserved + 1 where sku = 'A'"));
        Assert.Equal("stock_never_oversold", refusal.ConstraintName);
        Assert.Equal(0, await bench.WrongBooksAsync());
    }

    [Fact]
    public async Task What_was_oversold_ends_with_the_promise_so_that_the_guard_is_whole_again()
    {
        await using var bench = await CreateAsync();
        await bench.HasAsync(("A", "store-1", 5));
        await bench.ApplyAsync(Wants(1, ("A", 4)) with { Preferred = "store-1" });
        await SellAsync(bench, Sells(2, ("A", 3)));
        await bench.ApplyAsync(new StockRequest.Release(1));
        Assert.Equal(0, await bench.Database.ScalarAsync<int>("select oversold from stock where sku = 'A'"));
        await Assert.ThrowsAsync<PostgresException>(() => bench.Database.ExecuteAsync("update stock set reserved = 3 where sku = 'A'"));
        Assert.Equal("2/0", await bench.PositionAsync("A", "store-1"));
    }

    [Fact]
    public async Task A_till_sells_what_was_never_counted_and_the_next_count_is_right_again()
    {
        await using var bench = await CreateAsync();
        Assert.Equal("line-1: 2 NEW at store-1, oversold NEW 2 of 2", await SellAsync(bench, Sells(1, ("NEW", 2))));
        Assert.Equal("-2/0", await bench.PositionAsync("NEW", "store-1"));
        await bench.HasAsync(("NEW", "store-1", 7));
        Assert.Equal("7/0", await bench.PositionAsync("NEW", "store-1"));
        Assert.Equal(0, await bench.WrongBooksAsync());
    }

    [Fact]
    public async Task Goods_sold_in_a_batch_are_not_promised_in_the_same_batch()
    {
        await using var bench = await CreateAsync();
        await bench.HasAsync(("A", "store-1", 1));
        var answers = await bench.ApplyAsync(Wants(1, ("A", 1)), Sells(2, ("A", 1)));
        Assert.Equal("short: A 1 of 1", Say(answers[1]));
        Assert.Equal("line-1: 1 A at store-1", Say(answers[2]));
    }

    [Fact]
    public async Task A_place_that_is_not_known_keeps_no_stock()
    {
        await using var bench = await CreateAsync();
        Assert.Equal("", await SellAsync(bench, Sells(1, ("A", 1)) with { Location = "nowhere" }));
        Assert.Equal(0, await bench.Database.ScalarAsync<long>("select count(*) from stock_ledger"));
    }
}
