using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using ControlTower.Data.Accounts;
using ControlTower.Data.Audit;
using ControlTower.Web.Auth;
using Microsoft.Extensions.DependencyInjection;

namespace ControlTower.Bench;

/// <summary>
/// Goals G7 and G8: what somebody costs who looks at the overview, and how soon they see a change. The product's web runs in a process of its own, and the framework's smallest live page in another;
/// viewers speak the circuits' protocol and paint nothing, orders go through the whole engine in this process. All look with one person's session. A batch is at the viewer when its bytes are.
/// </summary>
internal sealed partial class DashboardsBench(BenchDatabase database, TextWriter log)
{
    private const int UnderWay = 1_000;
    private const int Few = 2, Many = 20; // Orders a second.
    private const int Changes = 20;
    private const string Email = "viewer@bench.example", Password = "a quiet brown harbour";
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(5), Longest = TimeSpan.FromSeconds(15);
    private readonly Random pauses = new(42);
    private int orders;

    public async Task<BenchResult> RunAsync(int viewers, int rounds, int seconds)
    {
        var keys = Directory.CreateTempSubdirectory("ct-bench-keys-").FullName;
        try
        {
            return await RunAsync(keys, viewers, rounds, seconds);
        }
        finally
        {
            Directory.Delete(keys, recursive: true);
        }
    }

    private async Task<BenchResult> RunAsync(string keys, int viewers, int rounds, int seconds)
    {
        var time = TimeSpan.FromSeconds(seconds);
        // The check of all data works at its own times: no viewer's doing.
        await using var engine = await BenchEngine.StartAsync(database.ConnectionString, works: true, new KeyValuePair<string, string?>("Integrity:EveryMinutes", "0"));
        await PlaceAsync(engine, UnderWay);
        await AppliedAsync();
        await using var tower = await TowerAsync(engine, keys);
        await using var smallest = await SmallestAsync();
        var nobody = await RatesAsync(engine, tower, rounds, time, Few);
        var levels = new List<Level>();
        foreach (var count in new[] { 1, 50, viewers }.Where(count => count <= viewers).Distinct())
        {
            levels.Add(await LevelAsync(engine, tower, smallest, count, rounds, time));
        }

        var many = await RatesAsync(engine, tower, rounds, time, Many);
        var (latencies, unseen) = await ChangesAsync(engine, tower);
        var (first, all) = (levels[0], levels[^1]);
        var failed = tower.Failed + smallest.Failed;
        var figures = new
        {
            bench = "dashboards", goal = "G7: change to screen, 10 x events <= 1.2 x render CPU; G8: >= 0.8 x the circuits of the smallest page; statements independent of viewers",
            page = "overview", rounds, secondsPerRound = seconds, ordersPerSecond = Few, peer = "a page of the framework that holds one heading",
            levels = levels.Select(level => level.Said(first)),
            circuitsAgainstSmallest = Math.Round(all.SmallestPer(first, s => s.HeapMb) / all.TowerPer(first, s => s.HeapMb), 3),
            statementsPerSecond = new { without = nobody.Statements, withOne = first.Few.Statements, withAll = all.Few.Statements },
            statementsRatio = Math.Round((all.Few.Statements - nobody.Statements) / (first.Few.Statements - nobody.Statements), 2),
            tenTimesTheEvents = new { cpuCoresAtFew = Math.Round(all.Few.Window.Cores, 3), cpuCoresAtMany = Math.Round(many.Window.Cores, 3), ratio = Math.Round(many.Window.Cores / all.Few.Window.Cores, 2) },
            changes = Changes, changeToBatchMsP50 = At(latencies, 0.5), changeToBatchMsP95 = At(latencies, 0.95), changeToBatchMsMost = At(latencies, 1), unseen, failedCircuits = failed,
            notMeasured = "painting in a browser; sessions of many people; ingress beside viewers",
        };
        return new BenchResult(figures, Sound: failed == 0 && unseen == 0 && await database.LongAsync("select count(*) from flow") == orders);
    }

    private async Task<Level> LevelAsync(BenchEngine engine, DashboardCrowd tower, DashboardCrowd smallest, int count, int rounds, TimeSpan time)
    {
        await tower.GrowAsync(count);
        await smallest.GrowAsync(count);
        await Task.Delay(Settled, TimeProvider.System);
        var (towerMemory, smallestMemory) = (await tower.MemoryAsync(), await smallest.MemoryAsync());
        var idle = await tower.WatchAsync(() => Task.Delay(time, TimeProvider.System));
        var smallestIdle = await smallest.WatchAsync(() => Task.Delay(time, TimeProvider.System));
        var few = await RatesAsync(engine, tower, rounds, time, Few);
        await log.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture, $"{count} viewers: heap {towerMemory.HeapMb:0.0} MB, the smallest page's {smallestMemory.HeapMb:0.0} MB; {few.Window.Cores:0.00} of a core, {few.Statements:0.0} statements/s"));
        return new Level(count, towerMemory, smallestMemory, idle, smallestIdle, few);
    }

    /// <summary>Orders at a steady rate, as often as there are rounds; medians.</summary>
    private async Task<Rates> RatesAsync(BenchEngine engine, DashboardCrowd tower, int rounds, TimeSpan time, int perSecond)
    {
        var taken = new List<Rates>();
        for (var i = 0; i < rounds; i++)
        {
            await database.ResetStatementsAsync();
            var started = Stopwatch.GetTimestamp();
            var window = await tower.WatchAsync(() => Pace.RunAsync(perSecond, time, () => PlaceAsync(engine, 1)));
            var calls = await database.CallsAsync();
            taken.Add(new Rates(window, Math.Round(calls.Sum(c => c.Calls) / Stopwatch.GetElapsedTime(started).TotalSeconds, 1)));
            if (i == 0)
            {
                await log.WriteLineAsync($"{tower.Viewers.Count} viewers, {perSecond} orders/s, asked most: {string.Join("\n  ", calls.Take(5).Select(c => $"{c.Calls} x {c.Text}").Prepend(""))}");
            }
        }

        double Of(Func<Rates, double> value) => Benches.Median(taken.Select(value));
        return new Rates(new DashboardWindow(Of(r => r.Window.Cores), Of(r => r.Window.Batches), Of(r => r.Window.Bytes)), Of(r => r.Statements));
    }

    /// <summary>One order at a time, at any moment of the screens' own beat: how long each viewer waited for the batch that counts it.</summary>
    private async Task<(List<double> Ms, int Unseen)> ChangesAsync(BenchEngine engine, DashboardCrowd tower)
    {
        await AppliedAsync();
        await Task.Delay(Settled, TimeProvider.System);
        var (waited, unseen) = (new List<double>(), 0);
        for (var i = 0; i < Changes; i++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(pauses.Next(1_500, 3_500)), TimeProvider.System);
            var sights = tower.Viewers.Select(viewer => viewer.SeesAsync((orders + 1).ToString("N0", CultureInfo.InvariantCulture))).ToList();
            await PlaceAsync(engine, 1);
            var committed = Stopwatch.GetTimestamp();
            await Task.WhenAny(Task.WhenAll(sights), Task.Delay(Longest, TimeProvider.System));
            foreach (var sight in sights)
            {
                if (sight.IsCompletedSuccessfully)
                {
                    waited.Add(Stopwatch.GetElapsedTime(committed, await sight).TotalMilliseconds);
                }
                else
                {
                    unseen++;
                }
            }
        }

        waited.Sort();
        return (waited, unseen);
    }

    private async Task PlaceAsync(BenchEngine engine, int count)
    {
        var first = Interlocked.Add(ref orders, count) - count;
        await engine.StoreAsync(Enumerable.Range(first, count).Select(NoOpVendor.Placed));
    }

    private Task AppliedAsync() => database.UntilAsync("select count(*) from flow where stage = 'acknowledged'", orders);

    private async Task<DashboardCrowd> TowerAsync(BenchEngine engine, string keys)
    {
        var host = BenchChild.Start(
            DashboardHost.Tower, [], new("Database__ConnectionString", database.ConnectionString), new("Tower__KeyFolder", keys), new("Audit__AnchorFile", Path.Combine(keys, "anchors")));
        var page = new Uri(await host.ReadAsync<string>());
        var cookies = new CookieContainer();
        var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, CookieContainer = cookies, UseProxy = false });
        await SignInAsync(engine.Services, http, new Uri(page, "/sign-in"));
        return new DashboardCrowd(host, http, () => CircuitViewer.OpenAsync(http, cookies, page));
    }

    private static async Task<DashboardCrowd> SmallestAsync()
    {
        var host = BenchChild.Start(DashboardHost.Smallest, []);
        var page = new Uri(await host.ReadAsync<string>());
        var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        return new DashboardCrowd(host, http, () => CircuitViewer.OpenAsync(http, new CookieContainer(), page));
    }

    private static async Task SignInAsync(IServiceProvider services, HttpClient http, Uri door)
    {
        var by = Actor.Tower("bench");
        var (account, _) = await services.GetRequiredService<AccountStore>().AddAsync(new NewAccount(Email, "Bench Viewer", Roles.Operations, Finance: true), by);
        var links = services.GetRequiredService<LinkStore>();
        await links.SetPasswordAsync(await links.IssueAsync(account!.Id, TimeSpan.FromMinutes(5), by), account.Id, new Passwords().Hash(Password), null);
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["_handler"] = "sign-in", ["__RequestVerificationToken"] = FormToken().Match(await http.GetStringAsync(door)).Groups["token"].Value, ["Form.Email"] = Email, ["Form.Password"] = Password,
        });
        using var answer = await http.PostAsync(door, form);
        if (answer.StatusCode != HttpStatusCode.Redirect)
        {
            throw new InvalidOperationException($"The sign-in answered {answer.StatusCode}.");
        }
    }

    private static double At(List<double> sorted, double share) => sorted.Count == 0 ? 0 : Math.Round(sorted[Math.Min(sorted.Count - 1, (int)(sorted.Count * share))]);

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"(?<token>[^\"]+)\"", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex FormToken();

    private sealed record Rates(DashboardWindow Window, double Statements);

    private sealed record Level(int Viewers, HostState Tower, HostState Smallest, DashboardWindow Idle, DashboardWindow SmallestIdle, Rates Few)
    {
        /// <summary>What each viewer beyond the first level's took.</summary>
        public double TowerPer(Level first, Func<HostState, double> what) => Viewers == first.Viewers ? 0 : (what(Tower) - what(first.Tower)) / (Viewers - first.Viewers);

        public double SmallestPer(Level first, Func<HostState, double> what) => Viewers == first.Viewers ? 0 : (what(Smallest) - what(first.Smallest)) / (Viewers - first.Viewers);

        public object Said(Level first) => new
        {
            viewers = Viewers, heapMb = Math.Round(Tower.HeapMb, 1), rssMb = Math.Round(Tower.RssMb),
            heapMbPerViewer = Math.Round(TowerPer(first, s => s.HeapMb), 2), rssMbPerViewer = Math.Round(TowerPer(first, s => s.RssMb), 2),
            smallestHeapMbPerViewer = Math.Round(SmallestPer(first, s => s.HeapMb), 3), smallestRssMbPerViewer = Math.Round(SmallestPer(first, s => s.RssMb), 3),
            idleCores = Math.Round(Idle.Cores, 3), smallestIdleCores = Math.Round(SmallestIdle.Cores, 3), cores = Math.Round(Few.Window.Cores, 3), coresPerViewer = Math.Round(Few.Window.Cores / Viewers, 5),
            batchesPerSecondAndViewer = Math.Round(Few.Window.Batches / Viewers, 2), bytesPerBatch = Few.Window.Batches == 0 ? 0 : Math.Round(Few.Window.Bytes / Few.Window.Batches), statementsPerSecond = Few.Statements,
        };
    }
}
