using System.Collections.Concurrent;
using ControlTower.Data.Db;
using ControlTower.Data.Inventory;
using Npgsql;
using ControlTower.Tests.Support;
using Xunit;
using static ControlTower.Tests.Data.Inventory.StockBench;

namespace ControlTower.Tests.Data.Inventory;

/// <summary>Many at once, on the real database: nothing sold twice, nothing refused that was there.</summary>
public sealed class OversellRaceTests
{
    private const int Connections = 16;
    private const int Flows = 1_600;
    private const int Skus = 12;

    [Promise(7)]
    [Fact]
    public async Task Sixteen_at_once_sell_exactly_what_there_is_without_a_deadlock()
    {
        await using var bench = await CreateAsync(Flows);
        await bench.HasAsync([.. Enumerable.Range(0, Skus).SelectMany(s => new[] { ($"SKU-{s}", "east", 40), ($"SKU-{s}", "west", 25) })]);
        var errors = new ConcurrentBag<string>();
        await RaceAsync(async flows =>
        {
            try
            {
                // One piece each of two SKUs, in an order of their own, so that unsorted locks would meet head on.
                await bench.ApplyAsync([.. flows.Select(f => Wants(f, ($"SKU-{f * 7 % Skus}", 1), ($"SKU-{f * 5 % Skus}", 1)))]);
                await bench.ApplyAsync([.. flows.Where(f => f % 5 == 0).Select(f => new StockRequest.Release(f)), .. flows.Where(f => f % 5 == 1).Select(f => new StockRequest.Commit(f))]);
            }
            catch (PostgresException e)
            {
                errors.Add(e.SqlState);
            }
        });

        Assert.Empty(errors);
        Assert.Equal(0, await bench.WrongBooksAsync());
        Assert.Equal(0, await bench.Database.ScalarAsync<long>("select count(*) from stock where reserved > on_hand or on_hand < 0"));
        Assert.Equal(0, await bench.Database.ScalarAsync<long>("select count(*) from (select flow_id from reservation group by flow_id having sum(quantity) <> 2) half"));
    }

    [Promise(7)]
    [Fact]
    public async Task What_is_sold_is_the_smaller_of_demand_and_supply()
    {
        await using var bench = await CreateAsync(Flows);
        await bench.HasAsync(("SCARCE", "east", 333), ("SCARCE", "west", 222), ("PLENTY", "east", Flows * 2));
        await RaceAsync(flows => bench.ApplyAsync([.. flows.Select(f => f % 2 == 0 ? Wants(f, ("SCARCE", 1)) : Wants(f, ("PLENTY", 2)))]));
        Assert.Equal(555, await bench.Database.ScalarAsync<long>("select sum(reserved) from stock where sku = 'SCARCE'"));
        Assert.Equal(Flows, await bench.Database.ScalarAsync<long>("select sum(reserved) from stock where sku = 'PLENTY'"));
        Assert.Equal(0, await bench.WrongBooksAsync());
    }

    [Fact]
    public async Task The_same_flow_asked_for_by_sixteen_at_once_holds_its_goods_once()
    {
        await using var bench = await CreateAsync();
        await bench.HasAsync(("A", "east", 1_000));
        await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => bench.ApplyAsync(Wants(1, ("A", 3)))));
        Assert.Equal("1000/3", await bench.PositionAsync("A", "east"));
        await Task.WhenAll(Enumerable.Range(0, Connections).Select(n => bench.ApplyAsync(n % 2 == 0 ? new StockRequest.Release(1) : new StockRequest.Commit(1))));
        Assert.Equal(1, await bench.Database.ScalarAsync<long>("select count(*) from reservation where state <> 'active'"));
        Assert.Equal(0, await bench.WrongBooksAsync());
    }

    [Sabotage(7)]
    [Fact]
    public async Task Sabotage_without_the_check_and_with_look_then_take_this_race_oversells()
    {
        await using var bench = await CreateAsync(Flows);
        await bench.HasAsync(("SCARCE", "east", 100));
        await bench.Database.ExecuteAsync("alter table stock drop constraint stock_never_oversold");
        await RaceAsync(async flows =>
        {
            foreach (var _ in flows)
            {
                await using var connection = await bench.Database.Sources.Work.OpenConnectionAsync();
                var free = await connection.Command("select on_hand - reserved from stock where sku = 'SCARCE'").ScalarAsync<int>(CancellationToken.None);
                if (free >= 1)
                {
                    await connection.Command("update stock set reserved = reserved + 1 where sku = 'SCARCE'").ExecuteAsync(CancellationToken.None);
                }
            }
        });
        Assert.True(await bench.Database.ScalarAsync<int>("select reserved from stock") > 100, "The race must be sharp enough to oversell when nothing guards.");
    }

    [Sabotage(7)]
    [Fact]
    public async Task Sabotage_without_one_order_of_locks_the_race_deadlocks()
    {
        await using var bench = await CreateAsync(Flows);
        await bench.HasAsync([.. Enumerable.Range(0, Skus).Select(s => ($"SKU-{s}", "east", 4_000))]);
        var source = await bench.Database.ScalarAsync<string>("select pg_get_functiondef('stock_carry_out'::regproc)");
        const string Sorted = "order by s.sku collate \"C\", s.location collate \"C\"";
        Assert.Contains(Sorted, source, StringComparison.Ordinal);
        await bench.Database.ExecuteAsync(source!.Replace(Sorted, "order by random()", StringComparison.Ordinal));
        var deadlocks = 0;
        await RaceAsync(async flows =>
        {
            if (Volatile.Read(ref deadlocks) > 0)
            {
                return;
            }

            try
            {
                await bench.ApplyAsync([.. flows.Select(f => Wants(f, ($"SKU-{f * 7 % Skus}", 1), ($"SKU-{f * 5 % Skus}", 1)))]);
            }
            catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.LockNotAvailable)
            {
                Interlocked.Increment(ref deadlocks);
            }
        });
        Assert.True(deadlocks > 0, "The race must be sharp enough to deadlock when locks are taken in any order.");
    }

    /// <summary>All flows, in batches, from sixteen connections that start together.</summary>
    private static async Task RaceAsync(Func<long[], Task> work)
    {
        var batches = new ConcurrentQueue<long[]>(Enumerable.Range(1, Flows).Select(n => (long)n).Chunk(4));
        await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => Task.Run(async () =>
        {
            while (batches.TryDequeue(out var flows))
            {
                await work(flows);
            }
        })));
    }
}
