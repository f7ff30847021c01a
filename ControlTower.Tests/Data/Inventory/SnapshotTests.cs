using ControlTower.Data.Inventory;
using ControlTower.Tests.Support;
using Xunit;
using static ControlTower.Tests.Data.Inventory.StockBench;

namespace ControlTower.Tests.Data.Inventory;

/// <summary>What another system counted is true for its moment; what moved since stays moved.</summary>
public sealed class SnapshotTests
{
    [Fact]
    public async Task A_sale_made_since_the_snapshot_was_read_is_not_taken_back_by_it()
    {
        await using var bench = await CreateAsync();
        await bench.HasAsync(("A", "east", 10));
        await bench.ApplyAsync(Wants(1, ("A", 3)));
        var asOf = await NowAsync(bench);
        await bench.ApplyAsync(new StockRequest.Commit(1));
        // The ERP read ten pieces before three of them left; one that it lost shows, too.
        Assert.Empty(await SnapshotAsync(bench, asOf, ("A", 9)));
        Assert.Equal("6/0", await bench.PositionAsync("A", "east"));
        Assert.Equal(0, await bench.WrongBooksAsync());
    }

    [Fact]
    public async Task An_older_snapshot_and_the_same_one_again_change_nothing()
    {
        await using var bench = await CreateAsync();
        await bench.HasAsync(("A", "east", 10));
        var (older, newer) = (await NowAsync(bench), await NowAsync(bench));
        Assert.Empty(await SnapshotAsync(bench, newer, ("A", 7)));
        Assert.Equal("older", await SnapshotAsync(bench, older, ("A", 12)));
        Assert.Equal("older", await SnapshotAsync(bench, newer, ("A", 12)));
        Assert.Equal("7/0", await bench.PositionAsync("A", "east"));
    }

    [Fact]
    public async Task A_till_sale_that_a_count_had_seen_already_is_not_taken_off_twice()
    {
        await using var bench = await CreateAsync();
        await bench.HasAsync(("A", "store-1", 5));
        var sold = await NowAsync(bench);
        var counted = await NowAsync(bench);
        Assert.Empty(await SnapshotAsync(bench, counted, "store-1", ("A", 4)));
        // The offline till comes back and tells its sale of before the count.
        var answers = await bench.ApplyAsync(new StockRequest.Take(1, [new("1", "A", 1)], "store-1", sold));
        Assert.Empty(Assert.IsType<StockAnswer.Taken>(answers[1]).Oversold);
        Assert.Equal("4/0", await bench.PositionAsync("A", "store-1"));
        await bench.ApplyAsync(new StockRequest.Take(2, [new("1", "A", 1)], "store-1", await NowAsync(bench)));
        Assert.Equal("3/0", await bench.PositionAsync("A", "store-1"));
        Assert.Equal(0, await bench.WrongBooksAsync());
    }

    [Fact]
    public async Task A_sale_that_commits_while_a_snapshot_waits_for_it_is_not_taken_back()
    {
        await using var bench = await CreateAsync();
        await bench.HasAsync(("A", "store-1", 10));
        var asOf = await NowAsync(bench);
        await using var till = await bench.Database.Sources.Work.OpenConnectionAsync();
        await using var sale = await till.BeginTransactionAsync();
        await StockStore.ApplyAsync(till, sale, [new StockRequest.Take(1, [new("1", "A", 2)], "store-1", await NowAsync(bench))], default);
        var snapshot = SnapshotAsync(bench, asOf, "store-1", ("A", 10));
        await bench.UntilItWaitsAsync("stock_snapshot", snapshot);
        await sale.CommitAsync();
        Assert.Empty(await snapshot);
        Assert.Equal("8/0", await bench.PositionAsync("A", "store-1"));
        Assert.Equal(0, await bench.WrongBooksAsync());
    }

    [Fact]
    public async Task Of_an_order_that_leaves_in_two_parcels_around_a_count_each_piece_is_taken_off_once()
    {
        await using var bench = await CreateAsync();
        await bench.HasAsync(("A", "east", 30));
        await bench.ApplyAsync(Wants(1, ("A", 10)));
        await bench.ApplyAsync(new StockRequest.Commit(1, await NowAsync(bench), [new("A", 5)]));
        Assert.Equal("25/5", await bench.PositionAsync("A", "east"));
        Assert.Empty(await SnapshotAsync(bench, await NowAsync(bench), ("A", 25)));
        await bench.ApplyAsync(new StockRequest.Commit(1, await NowAsync(bench), [new("A", 5)]));
        Assert.Equal("20/0", await bench.PositionAsync("A", "east"));
        Assert.Equal(0, await bench.WrongBooksAsync());
    }

    [Fact]
    public async Task Both_parcels_heard_of_after_the_count_that_saw_one_of_them_gone_are_taken_off_once()
    {
        await using var bench = await CreateAsync();
        await bench.HasAsync(("A", "east", 30));
        await bench.ApplyAsync(Wants(1, ("A", 10)));
        var first = await NowAsync(bench);
        Assert.Empty(await SnapshotAsync(bench, await NowAsync(bench), ("A", 25)));
        await bench.ApplyAsync(new StockRequest.Commit(1, first, [new("A", 5)]), new StockRequest.Commit(1, await NowAsync(bench), [new("A", 5)]));
        Assert.Equal("20/0", await bench.PositionAsync("A", "east"));
        Assert.Equal(0, await bench.WrongBooksAsync());
    }

    [Fact]
    public async Task A_snapshot_below_what_is_promised_stops_further_promises_and_is_taken_over_once_it_fits()
    {
        await using var bench = await CreateAsync();
        await bench.HasAsync(("A", "east", 10), ("B", "east", 2));
        await bench.ApplyAsync(Wants(1, ("A", 3)), Wants(2, ("A", 3)));
        Assert.Equal("promised", await SnapshotAsync(bench, await NowAsync(bench), ("A", 4), ("B", 3)));
        // Six are promised, four are there: nobody gets a seventh.
        Assert.Equal("6/6", await bench.PositionAsync("A", "east"));
        Assert.Equal("short: A 1 of 1", await bench.ReserveAsync(Wants(3, ("A", 1))));
        Assert.Equal("3/0", await bench.PositionAsync("B", "east"));
        var stock = new StockQueries(bench.Database.Sources);
        Assert.Equal(("east", 4, 6), Assert.Single(await stock.CountsWaitingAsync("A", default)) is var w ? (w.Location, w.Counted, w.Reserved) : default);
        Assert.Equal("A", Assert.Single(await stock.ItemsAsync(StockView.CountedShort, null, "", 10, default)).Sku);
        var holds = new StockHoldStore(bench.Database.Sources);
        Assert.Equal(0, await holds.CountAgainAsync(10, default));

        // One order leaves, the other is given back: what moved since counts.
        await bench.ApplyAsync(new StockRequest.Commit(1, await NowAsync(bench)));
        Assert.Equal(0, await holds.CountAgainAsync(10, default));
        await bench.ApplyAsync(new StockRequest.Release(2));
        Assert.Equal(1, await holds.CountAgainAsync(10, default));
        Assert.Equal("1/0", await bench.PositionAsync("A", "east"));
        Assert.Empty(await stock.CountsWaitingAsync("A", default));
        Assert.Equal(0, await bench.WrongBooksAsync());
    }

    [Fact]
    public async Task A_newer_count_that_fits_ends_the_one_that_waits()
    {
        await using var bench = await CreateAsync();
        await bench.HasAsync(("A", "east", 10));
        await bench.ApplyAsync(Wants(1, ("A", 6)));
        Assert.Equal("promised", await SnapshotAsync(bench, await NowAsync(bench), ("A", 5)));
        Assert.Empty(await SnapshotAsync(bench, await NowAsync(bench), ("A", 9)));
        Assert.Empty(await new StockQueries(bench.Database.Sources).CountsWaitingAsync("A", default));
        Assert.Equal("9/6", await bench.PositionAsync("A", "east"));
    }

    [Theory]
    [InlineData("update stock_ledger set on_hand_delta = 99")]
    [InlineData("delete from stock_ledger")]
    [InlineData("truncate stock_ledger")]
    public async Task The_ledger_is_only_ever_added_to(string change)
    {
        await using var bench = await CreateAsync();
        await bench.HasAsync(("A", "east", 10));
        Assert.Equal("23001", (await Assert.ThrowsAsync<Npgsql.PostgresException>(() => bench.Database.ExecuteAsync(change))).SqlState);
    }

    private static Task<DateTimeOffset> NowAsync(StockBench bench) => bench.Database.ScalarAsync<DateTime>("select clock_timestamp()").ContinueWith(
        t => new DateTimeOffset(t.Result, TimeSpan.Zero), TaskScheduler.Default);

    [Fact]
    public async Task A_parcel_that_a_count_had_seen_gone_is_not_taken_off_twice_when_its_shipment_is_heard_of()
    {
        await using var bench = await CreateAsync();
        await bench.HasAsync(("A", "east", 15));
        await bench.ApplyAsync(Wants(1, ("A", 5)));
        var left = await NowAsync(bench);
        Assert.Empty(await SnapshotAsync(bench, await NowAsync(bench), ("A", 10)));
        await bench.ApplyAsync(new StockRequest.Commit(1, left));
        Assert.Equal("10/0", await bench.PositionAsync("A", "east"));
        // And the other way round: the shipment was heard of before the snapshot that had seen it.
        await bench.ApplyAsync(Wants(2, ("A", 4)));
        var second = await NowAsync(bench);
        var counted = await NowAsync(bench);
        await bench.ApplyAsync(new StockRequest.Commit(2, second));
        Assert.Empty(await SnapshotAsync(bench, counted, ("A", 6)));
        Assert.Equal("6/0", await bench.PositionAsync("A", "east"));
        Assert.Equal(0, await bench.WrongBooksAsync());
    }

    [Fact]
    public async Task A_clock_that_is_ahead_does_not_make_the_next_sales_look_counted()
    {
        await using var bench = await CreateAsync();
        await bench.HasAsync(("A", "store-1", 5));
        Assert.Empty(await SnapshotAsync(bench, (await NowAsync(bench)).AddSeconds(50), "store-1", ("A", 5)));
        await bench.ApplyAsync(new StockRequest.Take(1, [new("1", "A", 2)], "store-1", await NowAsync(bench)));
        Assert.Equal("3/0", await bench.PositionAsync("A", "store-1"));
    }

    private static Task<string> SnapshotAsync(StockBench bench, DateTimeOffset asOf, params (string Sku, int OnHand)[] counts) => SnapshotAsync(bench, asOf, "east", counts);

    private static async Task<string> SnapshotAsync(StockBench bench, DateTimeOffset asOf, string place, params (string Sku, int OnHand)[] counts)
    {
        await using var connection = await bench.Database.Sources.Work.OpenConnectionAsync();
        var left = await StockStore.SnapshotAsync(connection, [.. counts.Select(c => new StockCount(c.Sku, place, c.OnHand))], asOf, "count/erp", default);
        return string.Join(", ", left.Select(l => l.Older ? "older" : "promised"));
    }
}
