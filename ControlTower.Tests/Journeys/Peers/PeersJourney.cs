using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Journeys.Peers;

/// <summary>
/// A real Vendure shop, the tower, a real Tryton ERP. The shop's own traffic script places, ships, cancels and refunds orders; the tower carries them over, killed and with
/// the ERP away in between if asked. A till sells, and a share of what was delivered is taken back through the tower, by post and at the store. At the end both sides say the same, to the cent. Run by <c>./tower peers</c>; skipped elsewhere, because it installs servers.
/// </summary>
public sealed class PeersJourney
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    /// <summary>How long both sides must agree: twice what a look-up waits, because what is sent a second time arrives after the first agreement.</summary>
    private static readonly TimeSpan LateDouble = TimeSpan.FromSeconds(60);

    private readonly Stopwatch watch = Stopwatch.StartNew();

    [Fact]
    public async Task Every_order_of_the_shop_stands_in_the_books_once_and_to_the_cent()
    {
        var peersFolder = Environment.GetEnvironmentVariable("PEERS");
        Assert.SkipWhen(string.IsNullOrEmpty(peersFolder), "Run by ./tower peers.");
        var (orders, kills, outage) = (Number("PEERS_ORDERS", 100), Number("PEERS_KILL", 0), Number("PEERS_ERP_OUTAGE", 0));
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(60));
        var cancel = limit.Token;
        var port = FreePort();
        var scripts = new PeerScripts(peersFolder!, Environment.GetEnvironmentVariable("PEER_HOME")!, port);
        var data = TestFolders.Create("peers");
        try
        {
            Say("installing, starting and seeding Vendure and Tryton");
            await scripts.PrepareAsync(cancel);
            await RunAsync(scripts, data, port, orders, kills, outage, cancel);
        }
        finally
        {
            await scripts.StopAsync();
            TestFolders.Remove(data);
        }
    }

    private async Task RunAsync(PeerScripts scripts, string data, int port, int orders, int kills, int outage, CancellationToken cancel)
    {
        var peers = PeerSystems.Find()!;
        var seed = await SeedFileAsync(peers, data);
        var tower = await StartAsync(data, seed, port, cancel);
        try
        {
            Say($"the tower listens on http://127.0.0.1:{port}; the shop's traffic begins: {orders} orders");
            Say("to watch: " + await FirstRunAsync(tower, cancel));
            var began = watch.Elapsed;
            var traffic = scripts.TrafficAsync(orders, rate: 2, cancel);
            var away = AwayAsync(scripts, outage, cancel);
            for (var kill = 1; kill <= kills; kill++)
            {
                await Task.Delay(TimeSpan.FromSeconds(9), TimeProvider.System, cancel);
                await tower.KillAsync();
                await tower.DisposeAsync();
                Say($"killed the tower with -9 ({kill} of {kills})");
                tower = await StartAsync(data, seed, port, cancel);
            }

            var tally = await traffic;
            Say($"the shop's traffic has ended: {tally.Trim()}");
            var till = await scripts.TillAsync(Math.Max(5, orders / 10), cancel);
            Say($"the till's day has ended: {till.Trim()[^60..]}");
            await away;
            using var http = new HttpClient();
            var ledgers = new PeerLedgers(peers, http);
            var comparison = await SettleAsync(ledgers, data, [], TimeSpan.Zero, cancel);
            var returns = await PeerReturns.TakeAsync(await ConnectionAsync(data, cancel), [.. comparison.Shop.Where(o => o is { HasLeft: true, Refunds.Count: 0 })], cancel);
            Say($"{returns.Count} returns were handed in");
            if (kills > 0)
            {
                await tower.KillAsync();
                await tower.DisposeAsync();
                Say("killed the tower with -9 while it pays back");
                tower = await StartAsync(data, seed, port, cancel);
            }

            comparison = await SettleAsync(ledgers, data, returns, LateDouble, cancel);
            Say($"settled {(watch.Elapsed - began).TotalSeconds:0} s after the first order");
            Say(Environment.NewLine + comparison.Figures);
            foreach (var difference in comparison.Differences.Take(30))
            {
                Say(difference);
            }

            using var placed = JsonDocument.Parse(tally);
            using var receipts = JsonDocument.Parse(till);
            Assert.Equal(placed.RootElement.GetProperty("placed").GetInt32() + receipts.RootElement.GetProperty("receipts").GetArrayLength(), comparison.Shop.Count);
            Assert.NotEmpty(returns);
            Assert.Equal(0, comparison.Lost);
            Assert.Equal(0, comparison.Doubled);
            Assert.Empty(comparison.Differences);
            await KeepAsync(Number("PEERS_KEEP", 0), cancel);
        }
        finally
        {
            await tower.StopAsync(CancellationToken.None);
            await File.WriteAllTextAsync(Path.Combine(scripts.Home, "log", "tower.log"), tower.Output + tower.Errors, CancellationToken.None);
            await tower.DisposeAsync();
        }
    }

    // The link that makes the first administrator is told a moment after the tower listens.
    private static async Task<string> FirstRunAsync(TowerProcess tower, CancellationToken cancel)
    {
        while (true)
        {
            if (tower.Output.Split('\n').FirstOrDefault(line => line.StartsWith("First run: ", StringComparison.Ordinal)) is { } told)
            {
                return told;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, cancel);
        }
    }

    private async Task KeepAsync(int minutes, CancellationToken cancel)
    {
        if (minutes > 0)
        {
            Say($"the tower, the shop and the ERP stay up for {minutes} minutes");
            await Task.Delay(TimeSpan.FromMinutes(minutes), TimeProvider.System, cancel);
        }
    }

    private async Task AwayAsync(PeerScripts scripts, int seconds, CancellationToken cancel)
    {
        if (seconds == 0)
        {
            return;
        }

        await Task.Delay(TimeSpan.FromSeconds(15), TimeProvider.System, cancel);
        await scripts.StopTrytonAsync(cancel);
        Say($"stopped Tryton for {seconds} s");
        await Task.Delay(TimeSpan.FromSeconds(seconds), TimeProvider.System, cancel);
        await scripts.StartTrytonAsync(cancel);
        Say("Tryton is back");
    }

    private static async Task<string> ConnectionAsync(string data, CancellationToken cancel) => (await File.ReadAllTextAsync(Path.Combine(data, "postgres", "connection"), cancel)).Trim();

    /// <param name="calm">How long both sides must agree.</param>
    private async Task<PeerComparison> SettleAsync(PeerLedgers ledgers, string data, IReadOnlyList<PeerReturn> returns, TimeSpan calm, CancellationToken cancel)
    {
        var connection = await ConnectionAsync(data, cancel);
        var deadline = watch.Elapsed + Patience;
        TimeSpan? agreed = null;
        while (true)
        {
            var (sales, books) = await ledgers.ErpAsync(cancel);
            var comparison = new PeerComparison(await ledgers.ShopAsync(cancel), sales, books, await PeerLedgers.TowerAsync(connection, cancel), returns);
            if (watch.Elapsed > deadline || watch.Elapsed - agreed > calm)
            {
                return comparison;
            }

            agreed = comparison.Differences.Count == 0 ? agreed ?? watch.Elapsed : null;
            Say(agreed is null ? $"waiting: {comparison.Differences.Count} to go; {comparison.Tower.Open}" : $"both sides agree since {(watch.Elapsed - agreed.Value).TotalSeconds:0} s");
            await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System, cancel);
        }
    }

    private static async Task<TowerProcess> StartAsync(string data, string seed, int port, CancellationToken cancel)
        => (await TowerProcess.StartAsync(
            cancel, ("Database:DataDirectory", Path.Combine(data, "postgres")), ("Tower:KeyFolder", Path.Combine(data, "keys")), ("Estate:SeedFile", seed),
            // Thirty customers place a hundred orders in minutes: now and then one basket twice, and nobody is there to judge.
            ("Flows:DuplicateWithinMinutes", "0"), ("urls", $"http://127.0.0.1:{port}"))).Tower;

    private static async Task<string> SeedFileAsync(PeerSystems peers, string data)
    {
        // Short: after this long without an answer the two count as idle, and a look-up's "absent" is believed.
        var patience = new Dictionary<string, string> { ["maxProcessingSeconds"] = "30" };
        var seed = new
        {
            connections = new[] { peers.Tryton, peers.Vendure }.Select(p => new
            {
                id = p.Id, kind = p.Kind, name = p.Name, brand = p.Brand, region = p.Region, currency = p.Currency, timeZone = p.TimeZone, postsTo = p.PostsTo,
                settings = p.Settings.Concat(patience).ToDictionary(), secrets = p.Secrets,
            }),
            locations = new[]
            {
                new { id = "WEB", name = "Web warehouse", kind = "warehouse", brand = "Peer", region = "EU" }, new { id = PeerReturns.Store, name = "Store one", kind = "store", brand = "Peer", region = "EU" },
            },
            stock = Enumerable.Range(1, 200).Select(n => new { sku = string.Create(CultureInfo.InvariantCulture, $"RH-{n:00000}"), location = "WEB", onHand = 100_000 }),
        };
        var file = Path.Combine(data, "connections.json");
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(seed));
        return file;
    }

    private static int Number(string name, int otherwise)
        => int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : otherwise;

    private static int FreePort()
    {
        using var socket = new TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        return ((IPEndPoint)socket.LocalEndpoint).Port;
    }

    private void Say(string words) => Console.WriteLine($"[{watch.Elapsed:mm\\:ss}] {words}");
}
