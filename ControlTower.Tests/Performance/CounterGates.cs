using System.Globalization;
using ControlTower.Bench;
using Xunit;

namespace ControlTower.Tests.Performance;

/// <summary>Alone in this process while it runs: what is allocated is counted for the whole of it.</summary>
[CollectionDefinition(nameof(CounterGates), DisableParallelization = true)]
public sealed class CountedAlone;

/// <summary>
/// What a unit of work costs, in counters and never in times: through the real engine, on a durable PostgreSQL of its own. The limits lie a little above what was measured when they were
/// last set, on two busy cores, by this very test; where batches form from concurrency alone, transactions have more room, because a slow machine makes them smaller. Whoever makes a unit
/// cheaper lowers its limit.
/// </summary>
[Collection(nameof(CounterGates))]
public sealed class CounterGates(ITestOutputHelper output)
{
    private const int Webhooks = 600;
    private const int Orders = 200;

    [Fact]
    public async Task A_webhook_costs_a_share_of_a_transaction_and_hardly_more_than_its_bytes()
    {
        await using var database = await BenchDatabase.StartAsync(TextWriter.Null, statements: true);
        await using var engine = await BenchEngine.StartAsync(database.ConnectionString, works: false);
        await PushAsync(engine, 0, Webhooks / 2);

        var before = await CountAsync(database);
        await PushAsync(engine, Webhooks, Webhooks);
        var cost = await CountAsync(database) - before;

        Assert.Equal(Webhooks * 3 / 2, await database.LongAsync("select count(*) from inbox_message"));
        var limit = new Limit(Transactions: 0.1, WalBytes: 2_000, Buffers: 32, AllocatedBytes: 7_000);
        Hold("a webhook", cost, Webhooks, limit);

        // The gate sees it when they come one by one, and so each in a transaction of its own.
        var one = await CountAsync(database);
        await PushAsync(engine, Webhooks * 2, 30, atOnce: 1);
        Assert.True((await CountAsync(database) - one).Transactions / 30d > limit.Transactions);
    }

    [Fact]
    public async Task A_step_of_an_order_costs_a_share_of_a_transaction()
    {
        await using var database = await BenchDatabase.StartAsync(TextWriter.Null, statements: true);
        await using var engine = await BenchEngine.StartAsync(database.ConnectionString);
        await RunAsync(database, engine, 0, Orders);

        var (before, stepsBefore) = (await CountAsync(database), await StepsAsync(database));
        await RunAsync(database, engine, Orders, Orders);
        var (cost, steps) = (await CountAsync(database) - before, await StepsAsync(database) - stepsBefore);

        Assert.Equal(Orders * 2, await database.LongAsync("select count(*) from flow where status = 'done'"));
        Assert.Equal(0, engine.Ledger.Doubled);
        Hold("a step", cost, steps, new Limit(Transactions: 0.12, WalBytes: 4_500, Buffers: 175, AllocatedBytes: 27_000));
    }

    private static Task PushAsync(BenchEngine engine, int first, int count, int atOnce = 256) => Parallel.ForAsync(
        first, first + count, new ParallelOptions { MaxDegreeOfParallelism = atOnce }, async (number, _) => await engine.PushAsync(NoOpVendor.Placed(number)));

    private static async Task RunAsync(BenchDatabase database, BenchEngine engine, int first, int count)
    {
        await engine.StoreAsync(Enumerable.Range(first, count).Select(NoOpVendor.Placed));
        await database.UntilAsync("select count(*) from flow where stage = 'acknowledged' and status = 'open'", count);
        var keys = await NoOpVendor.AcknowledgedAsync(database.Sources);
        await engine.StoreAsync(keys.SelectMany(NoOpVendor.ShippedAndInvoiced));
        await database.UntilAsync("select count(*) from flow where status = 'done'", first + count);
        // What follows the log writes, too: of these steps all of it counts, and nothing of those before.
        await database.UntilAsync(
            """
            select (select count(*) from event_log e, event_cursor c where c.follower in ('kpis', 'reconciliation') and (e.txid, e.seq) > (c.txid, c.seq)) + (select count(*) from kpi_touched) + (select count(*) from recon_dirty)
            """,
            0);
    }

    private static Task<long> StepsAsync(BenchDatabase database) => database.LongAsync("select count(*) from event_log");

    private static async Task<Cost> CountAsync(BenchDatabase database) => new(
        await database.NextWriteAsync(), (double)(await database.CountAsync()).WalBytes, (await database.CallsAsync()).Sum(s => s.Buffers), GC.GetTotalAllocatedBytes(precise: true));

    private void Hold(string unit, Cost cost, long units, Limit limit)
    {
        (string What, double Measured, double Most)[] counters =
        [
            ("transactions", cost.Transactions / (double)units, limit.Transactions), ("WAL bytes", cost.WalBytes / units, limit.WalBytes),
            ("buffers", cost.Buffers / (double)units, limit.Buffers), ("allocated bytes", cost.AllocatedBytes / (double)units, limit.AllocatedBytes),
        ];
        var lines = counters.Select(c => string.Create(CultureInfo.InvariantCulture, $"{unit}: {c.Measured:0.###} {c.What}, at most {c.Most:0.###}")).ToList();
        lines.ForEach(output.WriteLine);
        Assert.True(Array.TrueForAll(counters, c => c.Measured <= c.Most), string.Join('\n', lines));
    }

    private sealed record Limit(double Transactions, double WalBytes, double Buffers, double AllocatedBytes);

    private sealed record Cost(long Transactions, double WalBytes, long Buffers, long AllocatedBytes)
    {
        public static Cost operator -(Cost after, Cost before) => new(
            after.Transactions - before.Transactions, after.WalBytes - before.WalBytes, after.Buffers - before.Buffers, after.AllocatedBytes - before.AllocatedBytes);
    }
}
