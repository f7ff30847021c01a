using System.Collections.Concurrent;
using ControlTower.Data.Canonical;
using ControlTower.Data.Inventory;
using ControlTower.Tests.Support;
using Xunit;
using static ControlTower.Tests.Data.Inventory.StockBench;

namespace ControlTower.Tests.Data.Inventory;

/// <summary>Everybody at once, on the real database: two nodes that combine wishes, orders beside them, and the end of time.</summary>
public sealed class HoldRaceTests
{
    private static readonly Random Dice = new(20261127);

    [Promise(7)]
    [Fact]
    public async Task Holds_of_two_nodes_and_orders_beside_them_sell_exactly_what_there_is()
    {
        await using var bench = await CreateAsync(800);
        await bench.HasAsync(("HOT", "east", 300), ("HOT", "west", 157), ("B", "east", 400), ("B", "store-1", 200));
        await using var one = new StockReserver(new StockHoldStore(bench.Database.Sources));
        await using var two = new StockReserver(new StockHoldStore(bench.Database.Sources));
        var wishes = Enumerable.Range(0, 1_600).Select(n => n % 4 == 0 ? Wish(("HOT", 1), ("B", 1)) : Wish(("HOT", 1))).ToList();
        var holding = wishes.Select((w, n) => Task.Run(async () =>
        {
            Assert.True((n % 2 == 0 ? one : two).TryHold(w, out var answer));
            return await answer;
        })).ToList();
        var ordering = Enumerable.Range(0, 8).Select(lane => Task.Run(async () =>
        {
            for (var flow = lane + 1; flow <= 800; flow += 8)
            {
                await bench.ApplyAsync(Wants(flow, ("HOT", 1), ("B", 1)));
            }
        })).ToList();
        var answers = await Task.WhenAll(holding);
        await Task.WhenAll(ordering);

        Assert.Equal(457, await bench.Database.ScalarAsync<long>("select sum(reserved) from stock where sku = 'HOT'"));
        Assert.Equal(answers.Count(a => a is HoldAnswer.Held), await bench.Database.ScalarAsync<long>("select count(*) from stock_hold"));
        Assert.Equal(0, await bench.Database.ScalarAsync<long>("select count(*) from stock where reserved > on_hand"));
        Assert.Equal(0, await bench.WrongBooksAsync());
    }

    /// <summary>It was sold out when the locks were taken, then given back, then taken by an order: who holds is told that it is short, and nobody gets an error.</summary>
    [Fact]
    public async Task A_hold_that_meets_goods_given_back_and_taken_again_meanwhile_is_short_and_no_error()
    {
        await using var bench = await CreateAsync();
        await bench.HasAsync(("A", "east", 5), ("B", "east", 1));
        await bench.ApplyAsync(Wants(1, ("B", 1)));
        await using var first = await bench.Database.Sources.Work.OpenConnectionAsync();
        await using var holding = await first.BeginTransactionAsync();
        await StockStore.ApplyAsync(first, holding, [Wants(2, ("A", 1))], default);
        var hold = new StockHoldStore(bench.Database.Sources).HoldAsync([Wish(("A", 1), ("B", 1))], default);
        await bench.UntilItWaitsAsync("stock_hold_many", hold);

        await bench.ApplyAsync(new StockRequest.Release(1));
        await using var second = await bench.Database.Sources.Work.OpenConnectionAsync();
        await using var ordering = await second.BeginTransactionAsync();
        await StockStore.ApplyAsync(second, ordering, [Wants(3, ("B", 1))], default);
        await holding.CommitAsync();
        // Behind the order now, or before it: the order holds the only piece and is not there yet for others to see.
        while (!hold.IsCompleted && !await bench.Database.ScalarAsync<bool>(
            $"select exists (select from pg_stat_activity where datname = current_database() and query like '%stock_hold_many%' and {second.ProcessID} = any (pg_blocking_pids(pid)))"))
        {
        }

        await ordering.CommitAsync();
        Assert.Equal("B", Assert.Single(Assert.IsType<HoldAnswer.Short>(Assert.Single(await hold)).Shortages).Sku);
        Assert.Equal(("5/1", "1/1"), (await bench.PositionAsync("A", "east"), await bench.PositionAsync("B", "east")));
        Assert.Equal(0, await bench.WrongBooksAsync());
    }

    [Promise(8)]
    [Fact]
    public async Task At_the_end_of_its_time_a_hold_is_committed_given_back_or_expired_and_only_one_of_them()
    {
        await using var bench = await CreateAsync();
        Assert.Equal(0, await RaceAtTheEndAsync(bench, wishes: 400));
    }

    /// <summary>Seen by the clock of another machine, a hold whose time is up is still good: it is committed after it was given back.</summary>
    [Sabotage(8)]
    [Fact]
    public async Task Sabotage_without_the_look_behind_the_lock_a_hold_ends_twice()
    {
        await using var bench = await CreateAsync();
        var source = await bench.Database.ScalarAsync<string>("select pg_get_functiondef('stock_hold_end'::regproc)");
        const string Guard = "where id = any (p_holds) and state = 'active' returning id";
        Assert.Contains(Guard, source, StringComparison.Ordinal);
        const string Part = "where r.hold_id = e.id and r.state = 'active' returning";
        Assert.Contains(Part, source, StringComparison.Ordinal);
        await bench.Database.ExecuteAsync(source!
            .Replace(Guard, "where id = any (p_holds) returning id", StringComparison.Ordinal).Replace(Part, "where r.hold_id = e.id returning", StringComparison.Ordinal));
        var harm = 0L;
        try
        {
            harm = await RaceAtTheEndAsync(bench, wishes: 400);
        }
        catch (Npgsql.PostgresException refused) when (refused.SqlState is Npgsql.PostgresErrorCodes.CheckViolation)
        {
            harm = 1; // The stock would have gone below nothing reserved.
        }

        Assert.True(harm > 0, "The race must be sharp enough to end a hold twice when nothing guards.");
    }

    /// <returns>Wrong books, holds that did not end, and holds of which the caller was told another end than the books know.</returns>
    private static async Task<long> RaceAtTheEndAsync(StockBench bench, int wishes)
    {
        await bench.HasAsync(("A", "east", wishes));
        var holds = new StockHoldStore(bench.Database.Sources);
        var all = Enumerable.Range(0, wishes).Select(_ => Wish(("A", 1)) with { Lasts = TimeSpan.FromSeconds(1) }).ToList();
        await holds.HoldAsync(all, default);
        // Around this moment, by the database's clock, commits, releases and the sweep meet.
        await bench.Database.ExecuteAsync("update stock_hold set expires_at = clock_timestamp() + make_interval(secs => random() * 0.4)");
        var told = new ConcurrentBag<(Guid Hold, HoldState State)>();
        // Each hold is committed by one, given back by another and swept by both, at about the same moment.
        await Task.WhenAll(Enumerable.Range(0, 8).Select(lane => Task.Run(async () =>
        {
            foreach (var wish in all.Where((_, n) => n % 4 == lane / 2))
            {
                await holds.ExpireAsync(5, default);
                told.Add((wish.Id, (lane % 2 == 0 ? await holds.CommitAsync(wish.Id, wish.Client, default) : await holds.ReleaseAsync(wish.Id, wish.Client, default))!.State));
            }
        })));
        while (await holds.ExpireAsync(100, default) > 0)
        {
        }

        var wrong = await bench.WrongBooksAsync() + await bench.Database.ScalarAsync<long>("select count(*) from stock_hold where state = 'active'");
        foreach (var (id, state) in told)
        {
            wrong += state != HoldState.Active && (await holds.FindAsync(id, "test", default))!.State != state ? 1 : 0;
        }

        return wrong;
    }

    private static HoldRequest Wish(params (string Sku, int Quantity)[] lines)
    {
        lock (Dice)
        {
            var id = new byte[16];
            Dice.NextBytes(id);
            return new HoldRequest(
                new Guid(id), HoldKind.Cart, null, FulfilmentMode.Ship, null, true, "cart", "test", TimeSpan.FromHours(1), [.. lines.Select((l, i) => new StockLine($"{i + 1}", l.Sku, l.Quantity))]);
        }
    }
}
