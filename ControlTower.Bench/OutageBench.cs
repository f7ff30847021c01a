using System.Collections.Concurrent;
using System.Diagnostics;
using ControlTower.Data.Db;
using ControlTower.Sync.Connectors;

namespace ControlTower.Bench;

/// <summary>
/// Goal G11: orders that queued up while the ERP was away drain as fast as orders go through without any backlog, and new orders do not wait behind them. Both are seen from the ERP: when
/// each order reached it. Steady is measured before, over the whole way of an order, and as the drain of a short queue; the ratio is to the faster of the two.
/// </summary>
internal sealed class OutageBench(BenchDatabase database, TextWriter log)
{
    private const int NewPerSecond = 20;
    private readonly ConcurrentDictionary<string, long> arrived = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> committed = new(StringComparer.Ordinal);
    private int orders;

    public async Task<BenchResult> RunAsync(int waiting)
    {
        await using var engine = await BenchEngine.StartAsync(database.ConnectionString, works: true, new("Breaker:FirstPauseSeconds", "1"), new("Breaker:LongestPauseSeconds", "2"));
        engine.Ledger.Accepted = command =>
        {
            if (command is PostSalesOrder post)
            {
                arrived.TryAdd(post.Order.Key.Id, Stopwatch.GetTimestamp());
            }
        };
        var few = Math.Clamp(waiting / 10, 500, 2_000);
        await StoreAsync(engine, few);
        await AcknowledgedAsync();
        var steady = await SteadyAsync(engine, few);
        await log.WriteLineAsync($"steady: {steady:0} orders/s");
        var without = await NewOrdersAsync(engine, elapsed => elapsed < TimeSpan.FromSeconds(10));
        await log.WriteLineAsync($"new orders without a backlog: {without}");
        var shortQueue = await DrainAsync(engine, few, newOrders: false);
        var drain = await DrainAsync(engine, waiting, newOrders: true);
        await log.WriteLineAsync($"drain of {few}: {shortQueue.PerSecond:0}/s, of {waiting}: {drain.PerSecond:0}/s; new orders meanwhile: {drain.New}");
        await engine.StopAsync();
        var lost = orders - await database.LongAsync("select count(*) from flow where stage = 'acknowledged' and status = 'open'");
        var figures = new
        {
            bench = "outage",
            goal = "G11",
            waiting,
            steadyOrdersPerSecond = Math.Round(steady),
            shortQueue = few,
            shortDrainPerSecond = Math.Round(shortQueue.PerSecond),
            drainPerSecond = Math.Round(drain.PerSecond),
            limit = "the faster of steady and short queue",
            ratio = Math.Round(drain.PerSecond / Math.Max(steady, shortQueue.PerSecond), 2),
            newOrdersPerSecond = NewPerSecond,
            without,
            during = drain.New,
            firstStepRatio = Math.Round(drain.New!.FirstStepP95Ms / without.FirstStepP95Ms, 2),
            atErpRatio = Math.Round(drain.New.AtErpP95Ms / without.AtErpP95Ms, 2),
            orders,
            lost,
            postedTwice = engine.Ledger.Doubled,
        };
        return new BenchResult(figures, Sound: lost == 0 && engine.Ledger.Doubled == 0);
    }

    private async Task<double> SteadyAsync(BenchEngine engine, int count)
    {
        var first = orders;
        var started = Stopwatch.GetTimestamp();
        await StoreAsync(engine, count);
        await AcknowledgedAsync();
        var last = Enumerable.Range(first, count).Max(number => arrived[Id(number)]);
        return count / Stopwatch.GetElapsedTime(started, last).TotalSeconds;
    }

    private async Task<(double PerSecond, NewOrders? New)> DrainAsync(BenchEngine engine, int count, bool newOrders)
    {
        engine.Ledger.Away = true;
        var first = orders;
        await StoreAsync(engine, count);
        await database.UntilAsync("select count(*) from delivery where kind = 'PostSalesOrder'", count);
        await database.UntilAsync("select count(*) from connection_gate where connection_id = 'erp' and breaker <> 'closed'", 1);
        await log.WriteLineAsync($"{count} orders wait for the ERP");
        engine.Ledger.Away = false;
        bool Draining() => Enumerable.Range(first, count).Any(number => !arrived.ContainsKey(Id(number)));
        // The door opens with its next probe; new orders are measured from the first that was let through.
        while (!Enumerable.Range(first, count).Any(number => arrived.ContainsKey(Id(number))))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }

        var meanwhile = newOrders ? await NewOrdersAsync(engine, _ => Draining()) : null;
        await AcknowledgedAsync();
        var times = Enumerable.Range(first, count).Select(number => arrived[Id(number)]).Order().ToArray();
        return ((count - 1) / Stopwatch.GetElapsedTime(times[0], times[^1]).TotalSeconds, meanwhile);
    }

    private async Task<NewOrders> NewOrdersAsync(BenchEngine engine, Func<TimeSpan, bool> goesOn)
    {
        var first = orders;
        await Pace.RunAsync(NewPerSecond, goesOn, async () =>
        {
            var number = orders++;
            await engine.PushAsync(NoOpVendor.Placed(number));
            committed[Id(number)] = Stopwatch.GetTimestamp();
        });
        var numbers = Enumerable.Range(first, orders - first).ToList();
        while (numbers.Any(number => !arrived.ContainsKey(Id(number))))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }

        var atErp = numbers.Select(number => Stopwatch.GetElapsedTime(committed[Id(number)], arrived[Id(number)]).TotalMilliseconds).Order().ToArray();
        var steps = await database.Sources.Work.Command(
                """
                select greatest(extract(epoch from e.at - pg_xact_commit_timestamp(m.xmin))::float8 * 1000, 0) as ms from inbox_message m
                join inbox_outcome o on o.message_id = m.id join event_log e on e.flow_id = o.flow_id and e.step = 1
                where m.event_id = any($1) order by ms
                """,
                Sql.Of(numbers.Select(number => $"placed-{number}").ToArray()))
            .ListAsync(r => r.GetDouble(0), default);
        return new NewOrders(numbers.Count, Rank(steps, 0.5), Rank(steps, 0.95), Rank(atErp, 0.5), Rank(atErp, 0.95));
    }

    private static double Rank(IReadOnlyList<double> sorted, double share) => sorted.Count == 0 ? 0 : Math.Round(sorted[(int)((sorted.Count - 1) * share)], 1);

    private async Task StoreAsync(BenchEngine engine, int count)
    {
        var first = orders;
        orders += count;
        await engine.StoreAsync(Enumerable.Range(first, count).Select(NoOpVendor.Placed));
    }

    private Task AcknowledgedAsync() => database.UntilAsync("select count(*) from flow where stage = 'acknowledged'", orders);

    private static string Id(int number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>From the commit of the webhook, in milliseconds.</summary>
    private sealed record NewOrders(int Count, double FirstStepP50Ms, double FirstStepP95Ms, double AtErpP50Ms, double AtErpP95Ms);
}
