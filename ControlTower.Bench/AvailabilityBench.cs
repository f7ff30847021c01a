using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using ControlTower.Data.ApiClients;
using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Data.Inventory;
using ControlTower.Web;
using ControlTower.Web.Auth;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ControlTower.Bench;

/// <summary>
/// What may be sold, asked over HTTP by many programs at once, against the same question put to the database directly by 16 connections: with SKUs that few look at, each question reaches the database;
/// with SKUs that everybody looks at, one a second does.
/// </summary>
internal sealed class AvailabilityBench(BenchDatabase database, TextWriter log)
{
    private const int Callers = 32; // As many as one client may have under way.
    private const int DirectConnections = 16;
    private const int Skus = 20_000;
    private const int Hot = 100;
    private const int PerQuestion = 10;

    private string key = "";

    public async Task<BenchResult> RunAsync(int rounds, int seconds)
    {
        var time = TimeSpan.FromSeconds(seconds);
        await PrepareAsync();
        await using var tower = await StartAsync();
        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = Callers, UseProxy = false }) { BaseAddress = new Uri(tower.Urls.First()) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        var queries = new AvailabilityQueries(database.Sources);
        await AskAsync(http, Hot, TimeSpan.FromSeconds(1));
        await DirectAsync(queries, TimeSpan.FromSeconds(1));

        var results = new List<(Load Hot, Load Wide, Load Direct)>();
        for (var i = 1; i <= rounds; i++)
        {
            var hot = await AskAsync(http, Hot, time);
            var direct = await DirectAsync(queries, time);
            var wide = await AskAsync(http, Skus, time);
            results.Add((hot, wide, direct));
            await log.WriteLineAsync($"round {i}: hot SKUs {hot.PerSecond:0}/s, all SKUs {wide.PerSecond:0}/s, directly {direct.PerSecond:0}/s");
        }

        var figures = new
        {
            bench = "availability",
            skusPerQuestion = PerQuestion,
            places = 3,
            rounds,
            secondsPerRound = seconds,
            hotPerSecond = Benches.Median(results.Select(r => r.Hot.PerSecond)),
            allPerSecond = Benches.Median(results.Select(r => r.Wide.PerSecond)),
            limit = $"the same question to the database, {DirectConnections} connections",
            limitPerSecond = Benches.Median(results.Select(r => r.Direct.PerSecond)),
            ratioHot = Math.Round(Benches.Median(results.Select(r => r.Hot.PerSecond / r.Direct.PerSecond)), 2),
            ratioAll = Math.Round(Benches.Median(results.Select(r => r.Wide.PerSecond / r.Direct.PerSecond)), 2),
            p99MsHot = Benches.Median(results.Select(r => r.Hot.P99)),
            p99MsAll = Benches.Median(results.Select(r => r.Wide.P99)),
            wrong = results.Sum(r => r.Hot.Wrong + r.Wide.Wrong),
        };
        return new BenchResult(figures, Sound: figures.wrong == 0);
    }

    private async Task PrepareAsync()
    {
        await StockStore.AddLocationsAsync(database.Sources.Work, [new("east", "East", "warehouse"), new("west", "West", "warehouse"), new("store-1", "Store", "store")], default);
        await database.Sources.Work.Command($"""
            insert into connection (id, kind, role, name) values ('web', 'shopify', 'shop', 'Web');
            insert into stock (sku, location, on_hand) select 'SKU-' || n, l, 40 from generate_series(0, {Skus - 1}) n, unnest(array['east', 'west', 'store-1']) l;
            insert into channel_rule (connection_id, buffer, changed_by) values ('web', 2, 'bench');
            insert into channel_rule (sku, connection_id, buffer_percent, changed_by) select 'SKU-' || n * 20, 'web', 10, 'bench' from generate_series(0, {(Skus / 20) - 1}) n;
            analyze;
            """).ExecuteAsync(default);
    }

    private async Task<WebApplication> StartAsync()
    {
        var keys = Directory.CreateTempSubdirectory("ct-bench-keys-").FullName;
        var tower = TowerApp.Build(
            ["--urls", "http://127.0.0.1:0", "--Tower:Roles", "web", "--Tower:AllowPlainKeys", "true", "--Tower:KeyFolder", keys, "--Database:ConnectionString", database.ConnectionString],
            builder => builder.Logging.ClearProviders());
        await tower.Services.OpenTowerAsync(CancellationToken.None);
        await tower.StartAsync(CancellationToken.None);
        var client = Guid.NewGuid();
        key = (await tower.Services.GetRequiredService<ApiClientStore>().AddAsync(
            client, "bench", [Scopes.AvailabilityRead], [], TimeSpan.FromDays(1), Actor.Tower("bench"), default)).Key!;
        // What is measured is the answer, not the limit.
        await tower.Services.GetRequiredService<ApiLimitStore>().SetAsync(client, new ApiLimits("", 10_000, 100_000, 1_000, null), Actor.Tower("bench"), default);
        return tower;
    }

    private static string[] Question(int caller, int turn, int among) => [.. Enumerable.Range(0, PerQuestion).Select(i => $"SKU-{((caller * 7919) + (turn * 31) + (i * 97)) % among}").Distinct(StringComparer.Ordinal)];

    private static Task<Load> AskAsync(HttpClient http, int among, TimeSpan time) => LoadAsync(Callers, time, async (caller, turn) =>
    {
        using var answer = await http.GetAsync($"/api/v1/availability?channel=web&{string.Join('&', Question(caller, turn, among).Select(sku => $"sku={sku}"))}");
        var text = await answer.Content.ReadAsStringAsync();
        // 40 on hand, less 2 or less a tenth.
        return answer.StatusCode is HttpStatusCode.OK && (text.Contains("\"available\":38", StringComparison.Ordinal) || text.Contains("\"available\":36", StringComparison.Ordinal));
    });

    private static Task<Load> DirectAsync(AvailabilityQueries queries, TimeSpan time) => LoadAsync(DirectConnections, time, async (caller, turn) =>
        (await queries.OfAsync("web", Question(caller, turn, Skus), null, new DateOnly(2030, 1, 1), default)).Count > 0);

    private static async Task<Load> LoadAsync(int callers, TimeSpan time, Func<int, int, Task<bool>> ask)
    {
        var times = new List<double>[callers];
        long wrong = 0;
        using var stop = new CancellationTokenSource(time, TimeProvider.System);
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            times[caller] = [];
            for (var turn = 0; !stop.IsCancellationRequested; turn++)
            {
                var asked = Stopwatch.GetTimestamp();
                if (!await ask(caller, turn))
                {
                    Interlocked.Increment(ref wrong);
                }

                times[caller].Add(Stopwatch.GetElapsedTime(asked).TotalMilliseconds);
            }
        }, CancellationToken.None)));
        var elapsed = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var all = times.SelectMany(t => t).Order().ToArray();
        return new Load(all.Length / elapsed, all.Length == 0 ? 0 : all[(int)(all.Length * 0.99)], wrong);
    }

    private sealed record Load(double PerSecond, double P99, long Wrong);
}
