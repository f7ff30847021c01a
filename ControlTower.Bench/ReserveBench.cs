using System.Diagnostics;
using ControlTower.Data.Canonical;
using ControlTower.Data.Db;
using ControlTower.Data.Inventory;

namespace ControlTower.Bench;

/// <summary>
/// Goal G4: durable holds on one SKU that everybody wants, each with its own row, against a lock on the SKU's row for each (one update, one insert, one commit, from 16 connections); and against
/// the same holds spread over a thousand SKUs.
/// </summary>
internal sealed class ReserveBench(BenchDatabase database, TextWriter log)
{
    private const int NaiveConnections = 16;
    private const int Skus = 1_000;

    public async Task<BenchResult> RunAsync(int rounds, int seconds)
    {
        var time = TimeSpan.FromSeconds(seconds);
        await PrepareAsync();
        await using var reserver = new StockReserver(new StockHoldStore(database.Sources));
        await CombinedAsync(reserver, 256, Hot, TimeSpan.FromSeconds(1));
        await CombinedAsync(reserver, 256, Spread, TimeSpan.FromSeconds(1));
        await NaiveAsync(TimeSpan.FromSeconds(1));

        var results = new List<Round>();
        for (var i = 1; i <= rounds; i++)
        {
            var before = await database.CountAsync();
            var many = await CombinedAsync(reserver, 256, Hot, time);
            var after = await database.CountAsync();
            var naive = await NaiveAsync(time);
            var few = await CombinedAsync(reserver, 16, Hot, time);
            var spread = await CombinedAsync(reserver, 256, Spread, time);
            results.Add(new Round(many, few, spread, naive, after - before));
            await log.WriteLineAsync($"round {i}: 256 callers {many.PerSecond:0}/s, 16 callers {few.PerSecond:0}/s, {Skus} SKUs {spread.PerSecond:0}/s, a row lock each {naive.PerSecond:0}/s");
        }

        var wrong = await database.LongAsync("""
            select (select count(*) from stock s where s.reserved <> (select coalesce(sum(quantity), 0) from reservation r where (r.sku, r.location) = (s.sku, s.location) and r.state = 'active')
                       or s.reserved > s.on_hand)
                 + abs((select count(*) from stock_hold) - (select count(*) from reservation))
            """);
        var stored = await database.LongAsync("select count(*) from stock_hold");
        var figures = new
        {
            bench = "reserve",
            goal = "G4",
            rounds,
            secondsPerRound = seconds,
            holdsPerSecond256 = Benches.Median(results.Select(r => r.Many.PerSecond)),
            holdsPerSecond16 = Benches.Median(results.Select(r => r.Few.PerSecond)),
            holdsPerSecondSpread = Benches.Median(results.Select(r => r.Spread.PerSecond)),
            peer = "update of the row and one insert per hold, 16 connections",
            peerPerSecond = Benches.Median(results.Select(r => r.Naive.PerSecond)),
            ratio256 = Math.Round(Benches.Median(results.Select(r => r.Many.PerSecond / r.Naive.PerSecond)), 1),
            ratios256 = results.Select(r => Math.Round(r.Many.PerSecond / r.Naive.PerSecond, 1)),
            ratio16 = Math.Round(Benches.Median(results.Select(r => r.Few.PerSecond / r.Naive.PerSecond)), 1),
            hotToSpread = Math.Round(Benches.Median(results.Select(r => r.Many.PerSecond / r.Spread.PerSecond)), 2),
            p99Ms256 = Benches.Median(results.Select(r => r.Many.P99)),
            peerP99Ms = Benches.Median(results.Select(r => r.Naive.P99)),
            commitsPerHold = Math.Round(Benches.Median(results.Select(r => (double)r.Counters.Commits / r.Many.Taken)), 4),
            walBytesPerHold = Math.Round(Benches.Median(results.Select(r => (double)r.Counters.WalBytes / r.Many.Taken))),
            granted,
            stored,
            wrong,
        };
        return new BenchResult(figures, Sound: wrong == 0 && stored == granted);
    }

    private long granted;

    private static string Hot(int caller, int turn) => "HOT";

    private static string Spread(int caller, int turn) => $"SKU-{((caller * 7919) + turn) % Skus}";

    private async Task PrepareAsync()
    {
        await StockStore.AddLocationsAsync(database.Sources.Work, [new StockLocation("east", "East", "warehouse")], default);
        await StockStore.CountAsync(
            database.Sources.Work, [new StockCount("HOT", "east", 1_000_000_000), .. Enumerable.Range(0, Skus).Select(i => new StockCount($"SKU-{i}", "east", 1_000_000))], "bench", default);
        await database.Sources.Work.Command("""
            create table bench_stock (sku text primary key, on_hand integer not null, reserved integer not null, check (reserved <= on_hand));
            create table bench_hold (id uuid primary key, sku text not null, quantity integer not null, expires_at timestamptz not null);
            insert into bench_stock values ('HOT', 1000000000, 0);
            """).ExecuteAsync(default);
    }

    private async Task<Load> CombinedAsync(StockReserver reserver, int callers, Func<int, int, string> sku, TimeSpan time)
    {
        var load = await LoadAsync(callers, time, async (caller, turn) =>
        {
            var wish = new HoldRequest(
                Guid.NewGuid(), HoldKind.Cart, null, FulfilmentMode.Ship, null, true, "cart", "bench", TimeSpan.FromHours(1), [new StockLine("1", sku(caller, turn), 1)]);
            return reserver.TryHold(wish, out var answer) && await answer is HoldAnswer.Held;
        });
        granted += load.Taken;
        return load;
    }

    private Task<Load> NaiveAsync(TimeSpan time) => LoadAsync(NaiveConnections, time, async (_, _) =>
    {
        await using var connection = await database.Sources.Work.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        if (await connection.Command("update bench_stock set reserved = reserved + 1 where sku = 'HOT' and on_hand - reserved >= 1").ExecuteAsync(default) == 0)
        {
            return false;
        }

        await connection.Command("insert into bench_hold values ($1, 'HOT', 1, now() + interval '1 hour')", Sql.Of(Guid.NewGuid())).ExecuteAsync(default);
        await transaction.CommitAsync();
        return true;
    });

    private static async Task<Load> LoadAsync(int callers, TimeSpan time, Func<int, int, Task<bool>> take)
    {
        var times = new List<double>[callers];
        using var stop = new CancellationTokenSource(time, TimeProvider.System);
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            times[caller] = [];
            for (var turn = 0; !stop.IsCancellationRequested; turn++)
            {
                var asked = Stopwatch.GetTimestamp();
                if (await take(caller, turn))
                {
                    times[caller].Add(Stopwatch.GetElapsedTime(asked).TotalMilliseconds);
                }
            }
        }, CancellationToken.None)));
        var elapsed = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var all = times.SelectMany(t => t).Order().ToArray();
        return new Load(all.Length, all.Length / elapsed, all.Length == 0 ? 0 : all[(int)(all.Length * 0.99)]);
    }

    private sealed record Load(long Taken, double PerSecond, double P99);

    private sealed record Round(Load Many, Load Few, Load Spread, Load Naive, Counters Counters);
}
