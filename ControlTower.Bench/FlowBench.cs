using System.Diagnostics;
using ControlTower.Data.Db;

namespace ControlTower.Bench;

/// <summary>
/// Goals G2 and G3: orders through the whole engine (inbox, flow, outbox, gateway, outcomes) with vendors that accept at once, against Hangfire running each step as a job that enqueues
/// the next, in turns on the same server. A step is one entry of the event log: a durable, audited fact of one order.
/// </summary>
internal sealed class FlowBench(BenchDatabase database, TextWriter log)
{
    private const int Batch = 1_000;
    private int orders;

    public async Task<BenchResult> RunAsync(int rounds, int seconds)
    {
        await using var engine = await BenchEngine.StartAsync(database.ConnectionString);
        await OrdersAsync(engine, 300);
        var results = new List<(double StepsPerSecond, double PeerPerSecond, Counters Cost, long Steps)>();
        for (var i = 1; i <= rounds; i++)
        {
            await database.StatementsAsync(1);
            var before = await database.CountAsync();
            var (steps, elapsed) = await OrdersAsync(engine, Batch);
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
            var cost = await database.CountAsync() - before;
            foreach (var line in await database.StatementsAsync(steps))
            {
                await log.WriteLineAsync(line);
            }

            var jobs = await PeerAsync(seconds);
            results.Add((steps / elapsed, jobs, cost, steps));
            await log.WriteLineAsync($"round {i}: {steps / elapsed:0} steps/s, Hangfire {jobs:0} steps/s");
        }

        var doubled = await database.LongAsync("select count(*) from (select 1 from event_log group by flow_id, step having count(*) > 1) d");
        var unfinished = await database.LongAsync("select count(*) from flow where status <> 'done'");
        await engine.StopAsync();
        var figures = new
        {
            bench = "flow",
            goal = "G2, G3",
            rounds,
            ordersPerRound = Batch,
            stepsPerSecond = Math.Round(Benches.Median(results.Select(r => r.StepsPerSecond))),
            peer = "Hangfire 1.8 on PostgreSQL, 20 workers, each step a job that enqueues the next",
            peerStepsPerSecond = Math.Round(Benches.Median(results.Select(r => r.PeerPerSecond))),
            ratio = Math.Round(Benches.Median(results.Select(r => r.StepsPerSecond / r.PeerPerSecond)), 1),
            ratios = results.Select(r => Math.Round(r.StepsPerSecond / r.PeerPerSecond, 1)),
            commitsPerStep = Math.Round(Benches.Median(results.Select(r => (double)r.Cost.Commits / r.Steps)), 4),
            walBytesPerStep = Math.Round(Benches.Median(results.Select(r => (double)r.Cost.WalBytes / r.Steps))),
            buffersPerStep = Math.Round(Benches.Median(results.Select(r => (double)r.Cost.Buffers / r.Steps)), 1),
            doubledSteps = doubled,
            unfinishedOrders = unfinished,
            postedTwice = engine.Ledger.Doubled,
        };
        return new BenchResult(figures, Sound: doubled == 0 && unfinished == 0 && engine.Ledger.Doubled == 0);
    }

    /// <summary>So many orders from their placing to their end.</summary>
    public async Task<(long Steps, double Seconds)> OrdersAsync(BenchEngine engine, int count)
    {
        var first = orders;
        orders += count;
        var before = await database.LongAsync("select count(*) from event_log");
        var started = Stopwatch.GetTimestamp();
        await engine.StoreAsync(Enumerable.Range(first, count).Select(NoOpVendor.Placed));
        await UntilAsync($"select count(*) from flow where stage <> 'acknowledged' or status <> 'open'", first);
        var keys = await NoOpVendor.AcknowledgedAsync(database.Sources);
        await engine.StoreAsync(keys.SelectMany(NoOpVendor.ShippedAndInvoiced));
        await UntilAsync("select count(*) from flow where status = 'done'", first + count);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        return (await database.LongAsync("select count(*) from event_log") - before, seconds);
    }

    private async Task UntilAsync(string sql, long expected)
    {
        // All orders first: a count taken while some are still to come may be right by chance.
        for (var waited = 0; await database.LongAsync("select count(*) from flow") != orders || await database.LongAsync(sql) != expected; waited++)
        {
            if (waited > 1_200)
            {
                throw new TimeoutException($"Orders do not move on: {await database.LongAsync(sql)} instead of {expected}.\n{await StateAsync()}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }
    }

    // Gone while our own steps are counted: its workers ask the database all the time.
    private async Task<double> PeerAsync(int seconds)
    {
        await using var peer = new HangfirePeer(database.ConnectionString);
        return await peer.RunAsync(TimeSpan.FromSeconds(seconds));
    }

    private async Task<string> StateAsync() => string.Join(
        '\n',
        await database.Sources.Work.Command(
            """
            select 'flow ' || stage || ' ' || status || ' ' || count(*) from flow group by stage, status
            union all select 'delivery ' || connection_id || ' ' || kind || ' state ' || state || ' ' || count(*) || ' ' || coalesce(max(last_message), '') from delivery group by connection_id, kind, state
            union all select 'case ' || code || ' ' || state || ' ' || count(*) || ' ' || max(message) from exception_case group by code, state
            union all select 'work ' || state || ' ' || count(*) || ' ' || coalesce(max(reason), '') from inbox_work group by state
            union all select 'gate ' || connection_id || ' ' || breaker || ' ' || coalesce(breaker_reason, '') from connection_gate
            """).ListAsync(r => r.GetString(0), default));
}
