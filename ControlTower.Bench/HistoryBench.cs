using System.Diagnostics;
using ControlTower.Data.Db;
using ControlTower.Data.Flows;
using ControlTower.Data.Overview;
using ControlTower.Data.Timeline;

namespace ControlTower.Bench;

/// <summary>
/// Goal G10: what a unit of work and a look at a screen cost above growing history. Some orders go through the product; then their rows are repeated into the past, day by day, as often as
/// the history is to be long. What is done and looked at above it is always the same, so whatever costs more there is the history's doing. Counted in buffers, which hardly move with noise.
/// </summary>
internal sealed class HistoryBench(BenchDatabase database, TextWriter log)
{
    private const string Template = "bench_history";
    private const int Done = 100;
    private const int Open = 100;
    private const int Fresh = 1_000;
    private const int Looks = 40;
    private const double Most = 1.1;

    // What the bench itself asks while the engine works.
    private static readonly string[] Own = ["select count(*) from flow where status", "select max(seq) from event_log"];

    public async Task<BenchResult> RunAsync(int orders, int scale)
    {
        await MakeTemplateAsync();
        int[] scales = scale > 10 ? [1, 10, scale] : scale > 1 ? [1, scale] : [1];
        var rounds = new List<(int Scale, IReadOnlyDictionary<string, Cost> Costs)>();
        foreach (var times in scales)
        {
            rounds.Add((times, await MeasureAsync(orders, times)));
        }

        var first = rounds[0].Costs;
        var units = first.Keys.Select(unit => new
        {
            unit,
            buffers = rounds.Select(r => Math.Round(r.Costs[unit].Buffers, 1)),
            ms = rounds.Select(r => Math.Round(r.Costs[unit].Ms, 3)),
            bufferRatios = rounds.Select(r => Math.Round(r.Costs[unit].Buffers / first[unit].Buffers, 2)),
            timeRatios = rounds.Select(r => Math.Round(r.Costs[unit].Ms / first[unit].Ms, 2)),
        }).ToList();
        var ten = rounds.Find(r => r.Scale == 10).Costs;
        var figures = new
        {
            bench = "history",
            goal = "G10",
            ordersOfHistory = scales.Select(s => (long)s * orders),
            limit = "the same above a tenth of the history",
            units,
            grown = ten is null ? [] : first.Keys.Where(unit => ten[unit].Buffers > first[unit].Buffers * Most),
        };
        return new BenchResult(figures, Sound: true);
    }

    private async Task MakeTemplateAsync()
    {
        await log.WriteLineAsync($"{Done} orders go through the product, {Open} stay open ...");
        await using var copy = await database.CreateAsync(Template, from: null);
        await copy.Sources.Work.Command(HistorySql.RoomBelow).ExecuteAsync(default);
        await using (var engine = await BenchEngine.StartAsync(copy.ConnectionString))
        {
            await engine.StoreAsync(Enumerable.Range(0, Done + Open).Select(NoOpVendor.Placed));
            await copy.UntilAsync("select count(*) from flow where stage = 'acknowledged'", Done + Open);
            var keys = await copy.Sources.Work.Command("select p.key from posting p join flow f on f.id = p.flow_id where p.kind = 'PostSalesOrder' order by f.source_id::int limit $1", Sql.Of(Done))
                .ListAsync(r => r.GetString(0), default);
            await engine.StoreAsync(keys.SelectMany(NoOpVendor.ShippedAndInvoiced));
            await copy.UntilAsync("select count(*) from flow where status = 'done'", Done);
        }

        await copy.Sources.Work.Command(HistorySql.AsOfToday).ExecuteAsync(default);
    }

    private async Task<IReadOnlyDictionary<string, Cost>> MeasureAsync(int orders, int times)
    {
        var name = $"{Template}_{times}";
        await using var copy = await database.CreateAsync(name, Template);
        var started = Stopwatch.GetTimestamp();
        await HistorySql.RepeatAsync(copy, Math.Max(1, (int)((long)orders * times / Done)));
        await log.WriteLineAsync(
            $"{times}x: {await copy.LongAsync("select count(*) from flow")} orders, {await copy.LongAsync("select count(*) from event_log")} steps made in {Stopwatch.GetElapsedTime(started).TotalSeconds:0} s");
        var costs = new Dictionary<string, Cost>(StringComparer.Ordinal);
        await WorkAsync(copy, costs);
        await LookAsync(copy, costs);
        foreach (var (unit, cost) in costs)
        {
            await log.WriteLineAsync($"{times}x {unit}: {cost.Buffers:0.0} buffers, {cost.Ms:0.000} ms");
        }

        await database.DropAsync(name);
        return costs;
    }

    /// <summary>Fresh orders through the engine: what the door, the claims and a step cost.</summary>
    private async Task WorkAsync(BenchDatabase copy, Dictionary<string, Cost> costs)
    {
        // The check of all data reads all of it, at its own times: that is its task, and no part of a step.
        await using var engine = await BenchEngine.StartAsync(copy.ConnectionString, works: true, new KeyValuePair<string, string?>("Integrity:EveryMinutes", "0"));
        await engine.StoreAsync(Enumerable.Range(10_000, 100).Select(NoOpVendor.Placed));
        await copy.UntilAsync("select count(*) from flow where stage = 'acknowledged'", Open + 100);
        await copy.ResetStatementsAsync();
        var steps = await copy.LongAsync("select max(seq) from event_log");
        await engine.StoreAsync(Enumerable.Range(20_000, Fresh).Select(NoOpVendor.Placed));
        await copy.UntilAsync("select count(*) from flow where status = 'open' and stage = 'acknowledged'", Open + 100 + Fresh);
        steps = await copy.LongAsync("select max(seq) from event_log") - steps;
        // Whole runs of the pumps: a claim that found nothing is part of what claiming costs.
        var all = (await copy.CallsAsync()).Where(s => !Own.Any(own => s.Text.StartsWith(own, StringComparison.Ordinal))).ToList();
        foreach (var s in all.OrderByDescending(s => s.Buffers).Take(14))
        {
            await log.WriteLineAsync($"  {s.Buffers / (double)Fresh:0.0} buffers an order in {s.Calls} calls: {s.Text}");
        }

        Add("webhook stored", Fresh, s => s.Text.StartsWith("with incoming as", StringComparison.Ordinal));
        Add("message claimed", Fresh, s => s.Text.StartsWith("with heads as", StringComparison.Ordinal));
        Add("delivery claimed", Fresh * 2, s => s.Text.StartsWith("with picked as", StringComparison.Ordinal));
        Add("step of a flow, all in all", steps, s => !s.Text.StartsWith("with incoming as", StringComparison.Ordinal) && !s.Text.Contains("hangfire", StringComparison.Ordinal));

        void Add(string unit, long units, Func<CountedStatement, bool> which) =>
            costs[unit] = new Cost(all.Where(which).Sum(s => s.Buffers) / (double)units, all.Where(which).Sum(s => s.Ms) / units);
    }

    /// <summary>Screens, with the engine stopped.</summary>
    private static async Task LookAsync(BenchDatabase copy, Dictionary<string, Cost> costs)
    {
        var orders = new OrderQueries(copy.Sources);
        var stories = new OrderStoryQueries(copy.Sources);
        var overview = new OverviewQueries(copy.Sources);
        var ids = await copy.Sources.Work.Command("select id from flow where status = 'done' order by id desc limit $1", Sql.Of(Looks)).ListAsync(r => r.GetInt64(0), default);
        var now = TimeProvider.System.GetUtcNow();
        var midnight = new DateTimeOffset(now.Date, TimeSpan.Zero);
        await MeasureAsync("order found by its name", i => orders.FindAsync(OrderSearchText.Parse($"B-{i}"), 8));
        await MeasureAsync("order's timeline", i => stories.LoadAsync(ids[i % ids.Count]));
        await MeasureAsync("newest orders, first page", async _ => await orders.RowsAsync((await orders.KeysAsync(new OrderFilter(), count: 50)).Ids));
        await MeasureAsync("open orders, first page and total", async _ =>
        {
            var open = new OrderFilter { Statuses = ["open", "attention"] };
            await orders.RowsAsync((await orders.KeysAsync(open, count: 50)).Ids);
            await orders.TotalAsync(open);
        });
        await MeasureAsync("overview: stages", _ => overview.StagesAsync(new StageLimits()));
        await MeasureAsync("overview: figures", _ => overview.FiguresAsync(midnight, midnight.AddDays(-7)));
        await MeasureAsync("overview: pulses", _ => overview.PulsesAsync([.. Enumerable.Range(0, 5).Select(week => now.AddDays(-7 * week))]));
        await MeasureAsync("overview: minutes", _ => overview.MinutesAsync(now.AddHours(-1)));

        async Task MeasureAsync(string unit, Func<int, Task> look)
        {
            // Sessions and plans are warm from the first look on; catalogs read then are no part of it.
            for (var i = 0; i < 8; i++)
            {
                await look(i);
            }

            await copy.ResetStatementsAsync();
            for (var i = 0; i < Looks; i++)
            {
                await look(i);
            }

            var all = await copy.CallsAsync();
            costs[unit] = new Cost(all.Sum(s => s.Buffers) / (double)Looks, all.Sum(s => s.Ms) / Looks);
        }
    }

    private sealed record Cost(double Buffers, double Ms);
}
