using System.Diagnostics;
using System.Globalization;
using ControlTower.Data.Db;
using ControlTower.Data.Ownership;
using ControlTower.Sync.Ownership;
using Microsoft.Extensions.DependencyInjection;

namespace ControlTower.Bench;

/// <summary>
/// What ownership costs. The guard: its statements' share of the time that the database works for orders through the whole engine, which is the scarce part, and its judgements' share of the wall clock. The trial of a
/// change on many logged writes: against one bare count over the same rows.
/// </summary>
internal sealed class OwnershipBench(BenchDatabase database, TextWriter log)
{
    private const int Orders = 1_000;
    private const int Days = 14;

    public async Task<BenchResult> RunAsync(int writes, int rounds)
    {
        await using var engine = await BenchEngine.StartAsync(database.ConnectionString);
        var flow = new FlowBench(database, log);
        await flow.OrdersAsync(engine, 300);
        var shares = new List<(double Database, double Judging)>();
        for (var i = 1; i <= rounds; i++)
        {
            await database.ResetStatementsAsync();
            var (_, seconds) = await flow.OrdersAsync(engine, Orders);
            var calls = await database.CallsAsync();
            var own = calls.Where(c => c.Text.Contains("ownership_", StringComparison.Ordinal)).Sum(c => c.Ms);
            shares.Add((own / calls.Sum(c => c.Ms), JudgeSeconds(await engine.Services.GetRequiredService<OwnershipBook>().CurrentAsync(default), Orders * 3) / seconds));
            await log.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"round {i}: {shares[^1].Database:P2} of the database's time, {shares[^1].Judging:P3} of the clock"));
        }

        var logged = await database.LongAsync("select count(*) from ownership_write where verdict = 'owned'");
        await engine.StopAsync();
        var (trial, limit, expected) = await TrialAsync(engine.Services, writes, rounds);
        var found = await database.LongAsync("select (tried ->> 'harder')::bigint from ownership_change where number = 2");
        var share = Benches.Median(shares.Select(s => s.Database + s.Judging));
        var figures = new
        {
            bench = "ownership", goal = "guard <= 0.05 of a flow; 1,000,000 writes tried in <= 60 s", rounds, ordersPerRound = Orders, loggedWrites = logged,
            guardShareOfDatabaseTime = Math.Round(Benches.Median(shares.Select(s => s.Database)), 4), guardShareOfClock = Math.Round(Benches.Median(shares.Select(s => s.Judging)), 5), guardShare = Math.Round(share, 4),
            triedWrites = writes, trialSeconds = Math.Round(Benches.Median(trial), 2), limit = "count(*) over the same rows", limitSeconds = Math.Round(Benches.Median(limit), 2),
            ratio = Math.Round(Benches.Median(trial.Zip(limit, (t, l) => t / l)), 1), wouldNotBeTaken = found,
        };
        return new BenchResult(figures, Sound: logged >= Orders * rounds && found == expected);
    }

    // One look-up each, as the inbox asks it.
    private static double JudgeSeconds(RuleBook book, int times)
    {
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < times; i++)
        {
            book.Judge(new OwnershipContext(OwnershipDomains.Order, "contents", "bench", "", "bench-shop", "", "bench-shop"));
        }

        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private async Task<(List<double> Trial, List<double> Limit, long Expected)> TrialAsync(IServiceProvider services, int writes, int rounds)
    {
        await log.WriteLineAsync($"{writes} writes are put down ...");
        await database.Sources.Work.Command("truncate ownership_write").ExecuteAsync(default);
        var load = database.Sources.Work.Command(
            """
            insert into ownership_write (at, source, domain, field, subject, brand, channel, old, new, owner_value, verdict, set_number)
            select now() - (i % 1209000) * interval '1 second', 'shop-' || i % 40, case i % 3 when 0 then 'product' else 'price' end, case i % 3 when 0 then 'title' when 1 then 'price' else 'compare-at' end,
                'SKU-' || i % 50000, 'brand-' || i % 3, 'shop-' || i % 40, '10 EUR', '11 EUR', case when i % 2 = 0 then '10 EUR' end, case when i % 5 = 0 then 'owned' else 'let-through' end, 1
            from generate_series(1, $1) i
            """,
            Sql.Of(writes));
        load.CommandTimeout = 600;
        await load.ExecuteAsync(default);
        await database.Sources.Work.Command("analyze ownership_write").ExecuteAsync(default);
        await database.Sources.Work.Command(
            """
            insert into ownership_change (number, title, why, state, rules, author_name) values (2, 'Brand 1 owns its price', 'bench', 'draft', '[{"domain":"price","brand":"brand-1","mode":"enforce","owners":["@erp"]}]', 'bench')
            """).ExecuteAsync(default);
        var (trial, limit) = (new List<double>(), new List<double>());
        for (var i = 0; i < rounds; i++)
        {
            var started = Stopwatch.GetTimestamp();
            await services.GetRequiredService<OwnershipTrials>().RunAsync(2, Days, null, default);
            trial.Add(Stopwatch.GetElapsedTime(started).TotalSeconds);
            started = Stopwatch.GetTimestamp();
            await database.LongAsync("select count(*) from ownership_write where at >= now() - interval '14 days' and subject <> ''");
            limit.Add(Stopwatch.GetElapsedTime(started).TotalSeconds);
            await log.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"round {i + 1}: tried in {trial[^1]:0.00} s, counted in {limit[^1]:0.00} s"));
        }

        return (trial, limit, await database.LongAsync("select count(*) from ownership_write where domain = 'price' and brand = 'brand-1' and at >= now() - interval '14 days'"));
    }
}
