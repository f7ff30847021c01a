using System.Diagnostics;
using ControlTower.Data.Db;

namespace ControlTower.Bench;

/// <summary>
/// Part of goal G6: from the commit of a webhook to the start of its order's first step, and to the commit of the fifth (the shop knows the ERP's number), at half of what the same engine
/// carries; by the database's own commit times. Beside it, in turns, what one single-row insert and its commit take on the same server.
/// </summary>
internal sealed class LatencyBench(BenchDatabase database, TextWriter log)
{
    private const int Probes = 200;
    private int orders;

    public async Task<BenchResult> RunAsync(int rounds, int seconds)
    {
        await using var engine = await BenchEngine.StartAsync(database.ConnectionString);
        var limit = new SingleInserts(database.Sources.Work);
        await limit.PrepareAsync();
        await FullAsync(engine, 500);
        var full = await FullAsync(engine, 2_000);
        await log.WriteLineAsync($"at full load {full:0} orders/s");
        var results = new List<Round>();
        for (var i = 1; i <= rounds; i++)
        {
            var commit = await limit.CommitMsAsync(Probes);
            var round = await HalfAsync(engine, full / 2, TimeSpan.FromSeconds(seconds));
            results.Add(round with { CommitMs = (commit + await limit.CommitMsAsync(Probes)) / 2 });
            await log.WriteLineAsync($"round {i}: first step p50 {round.StartP50:0.0} ms, p95 {round.StartP95:0.0} ms; acknowledged p50 {round.WholeP50:0.0} ms; a commit {results[^1].CommitMs:0.00} ms");
        }

        await engine.StopAsync();
        var lost = orders - await database.LongAsync("select count(*) from flow where stage = 'acknowledged'");
        var figures = new
        {
            bench = "latency",
            goal = "G6 (part: the peer is measured outside)",
            rounds,
            secondsPerRound = seconds,
            fullOrdersPerSecond = Math.Round(full),
            halfOrdersPerSecond = Math.Round(Benches.Median(results.Select(r => r.PerSecond))),
            startP50Ms = Milliseconds(results, r => r.StartP50),
            startP95Ms = Milliseconds(results, r => r.StartP95),
            acknowledgedP50Ms = Milliseconds(results, r => r.WholeP50),
            acknowledgedP95Ms = Milliseconds(results, r => r.WholeP95),
            stepsUntilAcknowledged = results[^1].Steps,
            limit = "insert of one row and its commit, one client",
            commitP50Ms = Milliseconds(results, r => r.CommitMs),
            acknowledgedInCommits = Math.Round(Benches.Median(results.Select(r => r.WholeP50 / r.CommitMs)), 1),
            allInCommits = results.Select(r => Math.Round(r.WholeP50 / r.CommitMs, 1)),
            orders,
            lost,
            postedTwice = engine.Ledger.Doubled,
        };
        return new BenchResult(figures, Sound: lost == 0 && engine.Ledger.Doubled == 0);
    }

    private static double Milliseconds(IEnumerable<Round> rounds, Func<Round, double> value) => Math.Round(Benches.Median(rounds.Select(value)), 2);

    /// <returns>Orders a second from the first webhook to the last acknowledgement, everything pushed at once.</returns>
    private async Task<double> FullAsync(BenchEngine engine, int count)
    {
        var first = orders;
        orders += count;
        var started = Stopwatch.GetTimestamp();
        await Parallel.ForAsync(first, orders, new ParallelOptions { MaxDegreeOfParallelism = 256 }, async (number, _) => await engine.PushAsync(NoOpVendor.Placed(number)));
        await AcknowledgedAsync();
        return count / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private async Task<Round> HalfAsync(BenchEngine engine, double perSecond, TimeSpan time)
    {
        var last = await database.LongAsync("select max(id) from inbox_message");
        var first = orders;
        await Pace.RunAsync(perSecond, time, () => engine.PushAsync(NoOpVendor.Placed(orders++)));
        await AcknowledgedAsync();
        var rows = await database.Sources.Work.Command(
                """
                select percentile_disc(array[0.5, 0.95]) within group (order by extract(epoch from f.at - pg_xact_commit_timestamp(m.xmin))::float8 * 1000),
                    percentile_disc(array[0.5, 0.95]) within group (order by extract(epoch from pg_xact_commit_timestamp(a.xmin) - pg_xact_commit_timestamp(m.xmin))::float8 * 1000),
                    max(a.step)
                from inbox_message m join inbox_outcome o on o.message_id = m.id join event_log f on f.flow_id = o.flow_id and f.step = 1
                join event_log a on a.flow_id = o.flow_id and a.type = 'order.acknowledged' where m.id > $1
                """,
                Sql.Of(last))
            .ListAsync(r => (Start: r.GetFieldValue<double[]>(0), Whole: r.GetFieldValue<double[]>(1), Steps: r.GetInt32(2)), default);
        return new Round(rows[0].Start[0], rows[0].Start[1], rows[0].Whole[0], rows[0].Whole[1], rows[0].Steps, (orders - first) / time.TotalSeconds, 0);
    }

    private Task AcknowledgedAsync() => database.UntilAsync("select count(*) from flow where stage = 'acknowledged'", orders);

    private sealed record Round(double StartP50, double StartP95, double WholeP50, double WholeP95, int Steps, double PerSecond, double CommitMs);
}
