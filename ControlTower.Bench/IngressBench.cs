using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using ControlTower.Data.Db;
using ControlTower.Sync.Connections;
using ControlTower.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ControlTower.Bench;

/// <summary>Goal G1: signed webhooks over HTTP, each answered after its bytes are committed, against single-row inserts of the same size by 16 clients.</summary>
internal sealed class IngressBench(BenchDatabase database, TextWriter log)
{
    private const int Connections = 256;
    private const string Secret = "bench-secret-bench-secret";
    private long next;

    public async Task<BenchResult> RunAsync(int rounds, int seconds)
    {
        var time = TimeSpan.FromSeconds(seconds);
        var body = Body();
        await using var tower = await StartAsync();
        var url = new Uri(tower.Urls.First());
        var limit = new SingleInserts(database.Sources.Work);
        await limit.PrepareAsync();
        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = Connections, UseProxy = false });
        await LoadAsync(http, url, body, TimeSpan.FromSeconds(2));
        await limit.RunAsync(Encoding.UTF8.GetString(body), TimeSpan.FromSeconds(1));

        var results = new List<Round>();
        for (var i = 1; i <= rounds; i++)
        {
            var before = await database.CountAsync();
            var ingress = await LoadAsync(http, url, body, time);
            var between = await database.CountAsync();
            var single = await limit.RunAsync(Encoding.UTF8.GetString(body), time);
            var after = await database.CountAsync();
            results.Add(new Round(ingress, single.Rows / single.Seconds, between - before, after - between, single.Rows));
            await log.WriteLineAsync($"round {i}: ingress {ingress.PerSecond:0}/s, single inserts {single.Rows / single.Seconds:0}/s");
        }

        var stored = await database.LongAsync("select count(*) from inbox_message");
        var lost = Math.Max(0, next - refusedTotal - stored);
        var figures = new
        {
            bench = "ingress",
            goal = "G1",
            connections = Connections,
            bodyBytes = body.Length,
            rounds,
            secondsPerRound = seconds,
            ingressPerSecond = Benches.Median(results.Select(r => r.Ingress.PerSecond)),
            limit = "single-row insert, 16 clients",
            limitPerSecond = Benches.Median(results.Select(r => r.LimitPerSecond)),
            ratio = Math.Round(Benches.Median(results.Select(r => r.Ingress.PerSecond / r.LimitPerSecond)), 2),
            ratios = results.Select(r => Math.Round(r.Ingress.PerSecond / r.LimitPerSecond, 2)),
            p50Ms = Benches.Median(results.Select(r => r.Ingress.P50)),
            p99Ms = Benches.Median(results.Select(r => r.Ingress.P99)),
            commitsPerMessage = Math.Round(Benches.Median(results.Select(r => (double)r.IngressCounters.Commits / r.Ingress.Taken)), 4),
            walBytesPerMessage = Math.Round(Benches.Median(results.Select(r => (double)r.IngressCounters.WalBytes / r.Ingress.Taken))),
            limitWalBytesPerRow = Math.Round(Benches.Median(results.Select(r => (double)r.LimitCounters.WalBytes / r.LimitRows))),
            refused = results.Sum(r => r.Ingress.Refused),
            acknowledged = next - refusedTotal,
            stored,
            lost,
        };
        return new BenchResult(figures, Sound: lost == 0);
    }

    private long refusedTotal;

    private async Task<WebApplication> StartAsync()
    {
        var keys = Directory.CreateTempSubdirectory("ct-bench-keys-").FullName;
        var tower = TowerApp.Build(
            ["--urls", "http://127.0.0.1:0", "--Tower:Roles", "web", "--Tower:AllowPlainKeys", "true", "--Tower:KeyFolder", keys, "--Database:ConnectionString", database.ConnectionString],
            builder => builder.Logging.ClearProviders());
        await tower.Services.OpenTowerAsync(CancellationToken.None);
        await tower.Services.GetRequiredService<ConnectionSeeder>().ApplyAsync(
            new ConnectionSeed(
                [
                    new SeedConnection("shop", "shopify", "Bench shop", "bench", null, "EUR", "UTC", null,
                        new() { ["baseUrl"] = "http://127.0.0.1:9", ["apiVersion"] = "2026-07", ["shopDomain"] = "bench.myshopify.com" },
                        new() { ["accessToken"] = "bench-token-bench-token", ["clientSecret"] = Secret }),
                ],
                [], []),
            default);
        await tower.StartAsync(CancellationToken.None);
        return tower;
    }

    private async Task<Load> LoadAsync(HttpClient http, Uri url, byte[] body, TimeSpan time)
    {
        var target = new Uri(url, "/ingress/shop/orders-create");
        var seal = Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), body));
        var times = new List<double>[Connections];
        long refused = 0;
        using var stop = new CancellationTokenSource(time, TimeProvider.System);
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Connections).Select(i => Task.Run(async () =>
        {
            times[i] = [];
            while (!stop.IsCancellationRequested)
            {
                var sent = Stopwatch.GetTimestamp();
                using var answer = await http.SendAsync(Request(target, body, seal), CancellationToken.None);
                if (answer.StatusCode == HttpStatusCode.Accepted)
                {
                    times[i].Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
                }
                else
                {
                    Interlocked.Increment(ref refused);
                }
            }
        }, CancellationToken.None)));
        refusedTotal += refused;
        var elapsed = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var all = times.SelectMany(t => t).Order().ToArray();
        return new Load(all.Length, refused, all.Length / elapsed, all.Length == 0 ? 0 : all[all.Length / 2], all.Length == 0 ? 0 : all[(int)(all.Length * 0.99)]);
    }

    private HttpRequestMessage Request(Uri target, byte[] body, string seal)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, target) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add("X-Shopify-Topic", "orders/create");
        request.Headers.Add("X-Shopify-Shop-Domain", "bench.myshopify.com");
        request.Headers.Add("X-Shopify-Hmac-Sha256", seal);
        request.Headers.Add("X-Shopify-Event-Id", $"event-{Interlocked.Increment(ref next)}");
        request.Headers.Add("X-Shopify-Webhook-Id", Guid.NewGuid().ToString());
        return request;
    }

    // 1.5 KB of JSON that does not compress to nothing.
    private static byte[] Body()
    {
        var random = new Random(42);
        var filler = string.Concat(Enumerable.Range(0, 1330).Select(_ => (char)random.Next('a', 'z' + 1)));
        return Encoding.UTF8.GetBytes($$"""{"id":5400000000001,"admin_graphql_api_id":"gid://shopify/Order/5400000000001","updated_at":"2026-11-23T10:00:00Z","note":"{{filler}}"}""");
    }

    private sealed record Load(long Taken, long Refused, double PerSecond, double P50, double P99);

    private sealed record Round(Load Ingress, double LimitPerSecond, Counters IngressCounters, Counters LimitCounters, long LimitRows);
}
