using System.Collections.Concurrent;
using System.Diagnostics;
using ControlTower.Data.Db;
using ControlTower.Sync.Connectors;

namespace ControlTower.Bench;

/// <summary>Whole orders at a steady rate for a long time: does anything grow that should not? Judged by the slope after a third of the time, when pools, caches and tables have filled.</summary>
internal sealed class SoakBench(BenchDatabase database, TextWriter log)
{
    private const double MostGrowth = 0.1;

    // Dead rows come and go with each vacuum; what they would cost for good shows as size.
    private const string NotJudged = "deadRows";

    private static readonly string[] Measures = ["rssMb", "heapMb", "handles", "threads", "connections", "hotTablesMb", "deadRows"];
    private readonly ConcurrentQueue<string> posted = new();
    private int orders;

    public async Task<BenchResult> RunAsync(int minutes, int perSecond)
    {
        await using var engine = await BenchEngine.StartAsync(database.ConnectionString);
        engine.Ledger.Accepted = command =>
        {
            if (command is PostSalesOrder)
            {
                posted.Enqueue(command.Key.Value);
            }
        };
        var time = TimeSpan.FromMinutes(minutes);
        using var over = new CancellationTokenSource(time, TimeProvider.System);
        var goods = ShipAsync(engine, over.Token);
        var samples = SampleAsync(minutes < 12 ? time / 12 : TimeSpan.FromMinutes(1), over.Token);
        await Pace.RunAsync(perSecond, time, () => engine.PushAsync(NoOpVendor.Placed(Interlocked.Increment(ref orders) - 1)));
        var taken = await samples;
        await goods;
        await database.UntilAsync("select count(*) from flow where stage not in ('new', 'captured', 'checked', 'routed', 'reserved', 'posted')", orders);
        await ShipPostedAsync(engine);
        await database.UntilAsync("select count(*) from flow where status = 'done'", orders);
        await engine.StopAsync();
        var doubled = await database.LongAsync("select count(*) from (select 1 from event_log group by flow_id, step having count(*) > 1) d");
        var growth = Measures.Select((name, i) => (Name: name, Growth: Growth(taken, i))).ToList();
        var figures = new
        {
            bench = "soak",
            goal = "memory flat at a steady rate",
            minutes,
            ordersPerSecond = perSecond,
            orders,
            limit = "10 % over the last two thirds of the run",
            measures = Measures,
            samples = taken.Select(s => new { minute = Math.Round(s.Minute, 2), values = s.Values.Select(v => Math.Round(v, 1)) }),
            growth = growth.ToDictionary(g => g.Name, g => Math.Round(g.Growth, 3), StringComparer.Ordinal),
            verdict = growth.Where(g => g.Growth > MostGrowth && g.Name != NotJudged).Select(g => g.Name).ToList() is { Count: > 0 } grown ? $"not flat: {string.Join(", ", grown)}" : "flat",
            doubledSteps = doubled,
            postedTwice = engine.Ledger.Doubled,
        };
        return new BenchResult(figures, Sound: doubled == 0 && engine.Ledger.Doubled == 0);
    }

    private async Task ShipAsync(BenchEngine engine, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await ShipPostedAsync(engine);
        }
    }

    private async Task ShipPostedAsync(BenchEngine engine)
    {
        List<string> keys = [];
        while (posted.TryDequeue(out var key))
        {
            keys.Add(key);
        }

        await engine.StoreAsync(keys.SelectMany(NoOpVendor.ShippedAndInvoiced));
    }

    private async Task<List<Sample>> SampleAsync(TimeSpan every, CancellationToken over)
    {
        var samples = new List<Sample>();
        var began = Stopwatch.GetTimestamp();
        await log.WriteLineAsync($"minute  {string.Join("  ", Measures)}");
        while (!over.IsCancellationRequested)
        {
            await Task.Delay(every, TimeProvider.System, over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            samples.Add(new Sample(Stopwatch.GetElapsedTime(began).TotalMinutes, await ValuesAsync()));
            await log.WriteLineAsync($"{samples[^1].Minute,6:0.0}  {string.Join("  ", Measures.Zip(samples[^1].Values, (name, value) => value.ToString("0.#", System.Globalization.CultureInfo.InvariantCulture).PadLeft(name.Length)))}");
        }

        return samples;
    }

    private async Task<double[]> ValuesAsync()
    {
        var heap = GC.GetTotalMemory(forceFullCollection: true) / 1e6;
        using var process = Process.GetCurrentProcess();
        var tables = await database.Sources.Work.Command(
                """
                select sum(pg_total_relation_size(relid))::float8 / 1e6, sum(n_dead_tup)::float8,
                    (select count(*) from pg_stat_activity where datname = current_database())::float8
                from pg_stat_user_tables where relname in ('inbox_work', 'delivery', 'deadline', 'connection_gate', 'feed_cursor', 'node')
                """)
            .ListAsync(r => (Size: r.GetDouble(0), Dead: r.GetDouble(1), Connections: r.GetDouble(2)), default);
        return [process.WorkingSet64 / 1e6, heap, process.HandleCount, process.Threads.Count, tables[0].Connections, tables[0].Size, tables[0].Dead];
    }

    // Least squares over the last two thirds: what the line gains from its first sample to its last, as a share of the mean.
    private static double Growth(List<Sample> samples, int measure)
    {
        var late = samples.Skip(samples.Count / 3).ToList();
        var (meanX, meanY) = (late.Average(s => s.Minute), late.Average(s => s.Values[measure]));
        var spread = late.Sum(s => (s.Minute - meanX) * (s.Minute - meanX));
        var slope = spread == 0 ? 0 : late.Sum(s => (s.Minute - meanX) * (s.Values[measure] - meanY)) / spread;
        return meanY == 0 ? 0 : slope * (late[^1].Minute - late[0].Minute) / meanY;
    }

    private sealed record Sample(double Minute, double[] Values);
}
