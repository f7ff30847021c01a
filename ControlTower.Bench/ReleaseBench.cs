using System.Diagnostics;
using System.Globalization;
using ControlTower.Data.Audit;
using ControlTower.Data.Canonical;
using ControlTower.Data.Catalog;
using ControlTower.Data.Db;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Promotions;
using Microsoft.Extensions.DependencyInjection;

namespace ControlTower.Bench;

/// <summary>
/// A promotion of many prices over four channels through the whole engine: how long its check takes, and its way out (read, write, read back) and back against the time that the channels' own limits leave
/// no choice about: calls of the busiest channel by its calls a second.
/// </summary>
internal sealed class ReleaseBench(BenchDatabase database, TextWriter log)
{
    /// <summary>Of the time that the channels' budgets take.</summary>
    private const double MostOverhead = 0.05;

    private static readonly TimeSpan MostCheck = TimeSpan.FromSeconds(60);
    private static readonly string[] Channels = ["one", "two", "three", "four"];
    private static readonly Actor Author = new(Guid.CreateVersion7(), "Author", "Merchandiser");
    private static readonly Actor Other = new(Guid.CreateVersion7(), "Other", "Merchandiser");

    public async Task<BenchResult> RunAsync(int cells, int calls)
    {
        await using var engine = await BenchEngine.StartAsync(database.ConnectionString);
        var skus = cells / Channels.Length;
        await ListAsync(engine, skus);
        var plans = engine.Services.GetRequiredService<PlanDesk>();
        var today = await database.Sources.Work.Command("select (now() at time zone 'UTC')::date::timestamp").ScalarAsync<DateTime>(default);
        var plan = new PromotionPlan(
            "Bench", new PromotionOffer(OfferKind.Percent, 30), new PromotionProducts([], new ProductRule(SkuBegins: "P-")), Channels, [], today, today.AddDays(30), [new PromotionStage("All", [], [])],
            new PromotionRules(StartWithin: 7 * 24 * 60));
        var id = Done(await plans.CreateAsync(Guid.CreateVersion7(), plan, Author, default)).Id;

        var started = Stopwatch.GetTimestamp();
        Done(await plans.CheckAsync(id, await VersionAsync(id), Author, default));
        await database.UntilAsync("select count(*) from promotion_revision where checked_at is not null", 1);
        var check = Stopwatch.GetElapsedTime(started);
        await log.WriteLineAsync($"checked {cells} prices in {check.TotalSeconds:0.0} s");
        await database.Sources.Work.Command("update promotion_finding set acknowledged_by = 'bench', acknowledged_why = 'bench' where tone = 'warning'").ExecuteAsync(default);
        Done(await plans.SendAsync(id, await VersionAsync(id), null, Author, default));
        started = Stopwatch.GetTimestamp();
        Done(await plans.ApproveAsync(id, await VersionAsync(id), null, Other, default));
        var approve = Stopwatch.GetElapsedTime(started);

        engine.Prices.PerSecond = calls;
        var way = await WayAsync(engine, calls, cells, "written", "proven", "live");
        Done(await engine.Services.GetRequiredService<ReleaseDesk>().RollBackAsync(id, "bench", ends: false, Author, default));
        var back = await WayAsync(engine, calls, cells, "returned", "reverted", "rolled-back");
        var wrong = engine.Prices.Clients.Values.Sum(c => c.Shown.Count(p => p != 100m));
        foreach (var line in await database.StatementsAsync(cells))
        {
            await log.WriteLineAsync(line);
        }

        await engine.StopAsync();
        var (outShare, backShare) = ((way.Seconds / way.Bound) - 1, (back.Seconds / back.Bound) - 1);
        var figures = new
        {
            bench = "release",
            goal = "preflight in less than a minute; overhead under 5 % of the time that the channels' budgets take",
            cells,
            channels = Channels.Length,
            callsPerSecondAndChannel = calls,
            checkSeconds = Math.Round(check.TotalSeconds, 1),
            approveSeconds = Math.Round(approve.TotalSeconds, 1),
            outSeconds = Math.Round(way.Seconds, 1),
            outBudgetSeconds = Math.Round(way.Bound, 1),
            outOverheadPercent = Math.Round(100 * outShare, 1),
            backSeconds = Math.Round(back.Seconds, 1),
            backBudgetSeconds = Math.Round(back.Bound, 1),
            backOverheadPercent = Math.Round(100 * backShare, 1),
            wrongAtTheEnd = wrong,
            kept = wrong == 0 && outShare < MostOverhead && backShare < MostOverhead && check < MostCheck,
        };
        return new BenchResult(figures, Sound: figures.kept);
    }

    private async Task<(double Seconds, double Bound)> WayAsync(BenchEngine engine, int calls, int cells, string half, string whole, string state)
    {
        var before = engine.Prices.Clients.ToDictionary(c => c.Key, c => c.Value.Calls);
        var started = Stopwatch.GetTimestamp();
        await database.UntilAsync($"select coalesce(sum(case phase when '{half}' then 1 when '{whole}' then 2 else 0 end), 0) from promotion_cell", 2 * cells);
        await database.UntilAsync($"select count(*) from promotion where state = '{state}'", 1);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var most = engine.Prices.Clients.Max(c => c.Value.Calls - before.GetValueOrDefault(c.Key));
        await log.WriteLineAsync($"{state} after {seconds:0.0} s, {most} calls of the busiest channel");
        return (seconds, (double)most / calls);
    }

    private async Task ListAsync(BenchEngine engine, int skus)
    {
        await engine.Services.GetRequiredService<ConnectionSeeder>().ApplyAsync(
            new ConnectionSeed([.. Channels.Select(c => new SeedConnection(c, "paced-prices", c, "bench", null, "EUR", "UTC", null, [], []))], [], []), default);
        await engine.Services.GetRequiredService<ConnectionDirectory>().RefreshAsync(default);
        foreach (var channel in Channels)
        {
            var client = (PacedPriceClient)engine.Prices.Connect(engine.Services.GetRequiredService<ConnectionDirectory>().Get(channel)!.Profile, new HttpClient(), TimeProvider.System);
            await using var connection = await database.Sources.Work.OpenConnectionAsync();
            foreach (var slice in Enumerable.Range(0, skus).Chunk(5_000))
            {
                await CatalogStore.StoreAsync(connection, channel, [.. slice.Select(i => Item(i))], [], default);
                Array.ForEach(slice, i => client.List(Name(i), 100m));
            }
        }
    }

    private static CatalogVariant Item(int number) => new(Name(number), null, $"Title {number}", Name(number), null, true, [new CatalogPrice("EUR", 100m)], DateTimeOffset.UnixEpoch);

    private static string Name(int number) => string.Create(CultureInfo.InvariantCulture, $"P-{number}");

    private Task<int> VersionAsync(long id) => database.Sources.Work.Command("select version from promotion where id = $1", Sql.Of(id)).ScalarAsync<int>(default);

    private static PromotionAnswer.Done Done(PromotionAnswer answer) => answer as PromotionAnswer.Done ?? throw new InvalidOperationException(((PromotionAnswer.Refused)answer).Words);
}
