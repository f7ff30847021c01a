using ControlTower.Data.Canonical;
using ControlTower.Data.Inventory;
using Npgsql;
using ControlTower.Verify;
using ControlTower.Verify.Invariants;
using Xunit;
using static ControlTower.Tests.Data.Inventory.StockBench;

namespace ControlTower.Tests.Data.Inventory;

public sealed class ReservationTests
{
    [Fact]
    public async Task One_place_that_has_everything_is_preferred_to_two()
    {
        await using var bench = await CreateAsync();
        await bench.HasAsync(("A", "east", 5), ("A", "west", 5), ("B", "west", 5));
        Assert.Equal("line-1: 2 A at west, line-2: 1 B at west", await bench.ReserveAsync(Wants(1, ("A", 2), ("B", 1))));
        Assert.Equal("5/0", await bench.PositionAsync("A", "east"));
        Assert.Equal("5/2", await bench.PositionAsync("A", "west"));
    }

    [Fact]
    public async Task What_no_place_has_alone_is_split_in_the_stated_order()
    {
        await using var bench = await CreateAsync();
        await bench.HasAsync(("A", "east", 2), ("A", "west", 2), ("A", "store-1", 9));
        var wants = Wants(1, ("A", 3), ("A", 9)) with { Candidates = ["west", "east", "store-1"] };
        Assert.Equal("line-1: 1 A at east, line-1: 2 A at west, line-2: 1 A at east, line-2: 8 A at store-1", await bench.ReserveAsync(wants));
        Assert.Equal(0, await bench.WrongBooksAsync());
    }

    [Fact]
    public async Task Lines_of_the_same_sku_are_summed_before_anything_is_promised()
    {
        await using var bench = await CreateAsync();
        await bench.HasAsync(("A", "east", 3));
        Assert.Equal("short: A 1 of 4", await bench.ReserveAsync(Wants(1, ("A", 2), ("A", 2))));
        Assert.Equal("3/0", await bench.PositionAsync("A", "east"));
    }

    [Fact]
    public async Task One_short_line_leaves_all_lines_unreserved()
    {
        await using var bench = await CreateAsync();
        await bench.HasAsync(("A", "east", 10), ("B", "east", 1));
        Assert.Equal("short: B 1 of 2, NO-SUCH-SKU 3 of 3", await bench.ReserveAsync(Wants(1, ("A", 1), ("B", 2), ("NO-SUCH-SKU", 3))));
        Assert.Equal(0, await bench.Database.ScalarAsync<long>("select count(*) from reservation"));
        Assert.Equal("10/0", await bench.PositionAsync("A", "east"));
    }

    [Fact]
    public async Task Asking_again_gives_the_same_answer_and_takes_nothing_more()
    {
        await using var bench = await CreateAsync();
        await bench.HasAsync(("A", "east", 5));
        var first = await bench.ReserveAsync(Wants(1, ("A", 4)));
        Assert.Equal(first, await bench.ReserveAsync(Wants(1, ("A", 4))));
        Assert.Equal("5/4", await bench.PositionAsync("A", "east"));
    }

    [Fact]
    public async Task A_reservation_ends_exactly_once()
    {
        await using var bench = await CreateAsync();
        await bench.HasAsync(("A", "east", 5));
        await bench.ApplyAsync(Wants(1, ("A", 2)), Wants(2, ("A", 1)));
        await bench.ApplyAsync(new StockRequest.Commit(1));
        await bench.ApplyAsync(new StockRequest.Release(1), new StockRequest.Commit(1), new StockRequest.Release(2));
        await bench.ApplyAsync(new StockRequest.Release(2), new StockRequest.Commit(2));
        Assert.Equal("3/0", await bench.PositionAsync("A", "east"));
        Assert.Equal(0, await bench.WrongBooksAsync());
    }

    [Fact]
    public async Task Of_an_order_that_is_shipped_short_only_what_left_is_taken_off()
    {
        await using var bench = await CreateAsync();
        await bench.HasAsync(("A", "east", 2), ("A", "west", 2), ("B", "west", 3));
        Assert.Equal("line-1: 1 A at west, line-1: 2 A at east, line-2: 2 B at west", await bench.ReserveAsync(Wants(1, ("A", 3), ("B", 2)) with { Candidates = ["east", "west"] }));
        await bench.ApplyAsync(new StockRequest.Commit(1, null, [new("A", 2)]));
        await bench.ApplyAsync(new StockRequest.Commit(1, null, [new("B", 1), new("C", 9)]), new StockRequest.Release(1));
        Assert.Equal(("0/0", "2/0", "2/0"), (await bench.PositionAsync("A", "east"), await bench.PositionAsync("A", "west"), await bench.PositionAsync("B", "west")));
        Assert.Equal("committed 3, released 2", await bench.Database.ScalarAsync<string>("select string_agg(state || ' ' || n, ', ' order by state) from (select state, sum(quantity) as n from reservation group by state) r"));
        Assert.Equal(0, await bench.WrongBooksAsync());
    }

    [Fact]
    public async Task A_parcel_that_is_called_off_is_on_hand_again_and_still_set_aside_for_its_order()
    {
        await using var bench = await CreateAsync();
        await bench.HasAsync(("A", "east", 5));
        await bench.ApplyAsync(Wants(1, ("A", 4)));
        await bench.ApplyAsync(new StockRequest.Commit(1, null, [new("A", 3)]));
        Assert.Equal("2/1", await bench.PositionAsync("A", "east"));
        await bench.ApplyAsync(new StockRequest.CallBack(1, TimeProvider.System.GetUtcNow(), [new("A", 2)]));
        Assert.Equal("4/3", await bench.PositionAsync("A", "east"));
        await bench.ApplyAsync(new StockRequest.Commit(1, null, [new("A", 9)]), new StockRequest.Release(1));
        Assert.Equal("1/0", await bench.PositionAsync("A", "east"));
        Assert.Equal(0, await bench.WrongBooksAsync());
        await using var connection = await bench.Database.Sources.Work.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        foreach (var invariant in StockInvariants.All)
        {
            var found = await Checker.CheckAsync(connection, invariant, CancellationToken.None);
            Assert.True(found is { Count: 0, Error: null }, $"{found.Name}: {found.Error}");
        }
    }

    [Fact]
    public async Task Goods_released_in_a_batch_are_free_for_the_same_batch()
    {
        await using var bench = await CreateAsync();
        await bench.HasAsync(("A", "east", 2));
        await bench.ApplyAsync(Wants(1, ("A", 2)));
        var answers = await bench.ApplyAsync(new StockRequest.Release(1), Wants(1, ("A", 1)), Wants(2, ("A", 1)), Wants(3, ("A", 1)));
        Assert.Equal(["line-1: 1 A at east", "line-1: 1 A at east", "short: A 1 of 1"], answers.OrderBy(a => a.Key).Select(a => Say(a.Value)));
        Assert.Equal("2/2", await bench.PositionAsync("A", "east"));
    }

    [Fact]
    public async Task Click_and_collect_is_served_by_its_own_store_or_not_at_all()
    {
        await using var bench = await CreateAsync();
        await bench.HasAsync(("A", "store-1", 1), ("A", "east", 9));
        var wants = Wants(1, ("A", 1)) with { Mode = FulfilmentMode.ClickAndCollect, Preferred = "store-1" };
        Assert.Equal("line-1: 1 A at store-1", await bench.ReserveAsync(wants));
        Assert.Equal("short: A 1 of 1", await bench.ReserveAsync(wants with { FlowId = 2 }));
        Assert.Equal("short: A 1 of 1", await bench.ReserveAsync(wants with { FlowId = 3, Preferred = "nowhere" }));
    }

    [Fact]
    public async Task Ship_from_store_tries_the_named_place_then_stores_then_warehouses()
    {
        await using var bench = await CreateAsync();
        await bench.HasAsync(("A", "store-1", 1), ("A", "east", 9), ("A", "west", 9));
        var wants = Wants(1, ("A", 1)) with { Mode = FulfilmentMode.ShipFromStore };
        Assert.Equal("line-1: 1 A at store-1", await bench.ReserveAsync(wants));
        Assert.Equal("line-1: 1 A at east", await bench.ReserveAsync(wants with { FlowId = 2 }));
        Assert.Equal("line-1: 1 A at west", await bench.ReserveAsync(wants with { FlowId = 3, Preferred = "west" }));
    }

    [Fact]
    public async Task Safety_stock_is_not_promised()
    {
        await using var bench = await CreateAsync();
        await bench.HasAsync(("A", "east", 5));
        await bench.Database.ExecuteAsync("update stock set safety = 3");
        Assert.Equal("short: A 1 of 3", await bench.ReserveAsync(Wants(1, ("A", 3))));
        Assert.Equal("line-1: 2 A at east", await bench.ReserveAsync(Wants(1, ("A", 2))));
    }

    [Fact]
    public async Task A_count_below_what_is_promised_is_handed_back()
    {
        await using var bench = await CreateAsync();
        await bench.HasAsync(("A", "east", 5), ("B", "east", 5));
        await bench.ApplyAsync(Wants(1, ("A", 4)));
        var conflicts = await StockStore.CountAsync(bench.Database.Sources.Work, [new("A", "east", 3), new("B", "east", 7)], "count/1", CancellationToken.None);
        Assert.Equal([new StockConflict("A", "east", 3, 4)], conflicts);
        Assert.Equal("5/4", await bench.PositionAsync("A", "east"));
        Assert.Equal("7/0", await bench.PositionAsync("B", "east"));
        Assert.Equal(0, await bench.WrongBooksAsync());
    }

    [Theory]
    [InlineData("update stock set reserved = 6 where sku = 'A'")]
    [InlineData("update stock set on_hand = 3 where sku = 'A'")]
    [InlineData("update stock set safety = 2 where sku = 'A'")]
    public async Task The_database_itself_refuses_to_promise_more_than_there_is(string statement)
    {
        await using var bench = await CreateAsync();
        await bench.HasAsync(("A", "east", 5));
        await bench.ApplyAsync(Wants(1, ("A", 4)));
        var refusal = await Assert.ThrowsAsync<PostgresException>(() => bench.Database.ExecuteAsync(statement));
        Assert.Equal("stock_never_oversold", refusal.ConstraintName);
    }
}
