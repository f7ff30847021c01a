using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using ControlTower.Simulator;
using ControlTower.Simulator.Ledger;
using ControlTower.Tests.Support;
using Npgsql;
using Xunit;

namespace ControlTower.Tests.Journeys;

/// <summary>The whole product as its users run it: the estate over real HTTP, the tower as a process of its own with its embedded PostgreSQL. Both ends keep ledgers that the tower cannot touch.</summary>
internal sealed class ShopToErpWorld : IAsyncDisposable
{
    /// <summary>To be run meanwhile, where what is waited for comes by feeds alone: they are read every few seconds, and not every minute or two.</summary>
    public const string FeedsNow = "update feed_cursor set due_at = now() where due_at > now() + interval '3 seconds'";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    private readonly string folder = TestFolders.Create("journey");
    private readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(30) };
    private readonly (string Key, string Value)[] settings;
    private readonly CancellationToken cancel;
    private readonly int port;
    private TowerProcess? tower;

    private ShopToErpWorld(EstateApp estate, int port, (string Key, string Value)[] settings, CancellationToken cancel) =>
        (Estate, this.port, this.settings, this.cancel) = (estate, port, settings, cancel);

    public EstateApp Estate { get; }

    /// <param name="settings">Of the tower, as on its command line.</param>
    public static Task<ShopToErpWorld> StartAsync(CancellationToken cancel, params (string Key, string Value)[] settings) => StartAsync(tills: 0, cancel, settings);

    /// <param name="payments">A processor takes the cards of the European shops.</param>
    /// <param name="tills">Stores with a till beside the shops.</param>
    public static Task<ShopToErpWorld> StartAsync(int tills, CancellationToken cancel, params (string Key, string Value)[] settings) => StartAsync(tills, payments: false, cancel, settings);

    public static async Task<ShopToErpWorld> StartAsync(int tills, bool payments, CancellationToken cancel, params (string Key, string Value)[] settings)
    {
        var port = FreePort();
        var estate = await EstateApp.StartAsync(
            new EstateOptions
            {
                Seed = 11, TrafficRunning = false, AfterthoughtShare = 0, TimeFactor = 20, NotificationGathering = TimeSpan.FromSeconds(10),
                ShipAfterLeast = TimeSpan.FromSeconds(0.5), ShipAfterMost = TimeSpan.FromSeconds(1),
                Tills = tills, Payments = payments, PayoutEvery = TimeSpan.FromSeconds(payments ? 20 : 86_400), TowerUrl = $"http://127.0.0.1:{port}",
            }, cancel);
        var world = new ShopToErpWorld(estate, port, settings, cancel);
        await world.StartTowerAsync();
        await world.UntilAsync("select count(*) from connection where role = 'shop' and subscribed_at is not null", tills > 0 ? 5 : 4);
        return world;
    }

    public async Task StartTowerAsync()
    {
        (tower, _) = await TowerProcess.StartAsync(
            cancel,
            [
                ("urls", $"http://127.0.0.1:{port}"), ("Database:DataDirectory", Path.Combine(folder, "pg")), ("Estate:Url", Estate.BaseUrl),
                // A few hundred known customers order within seconds what others order in a day: now and then one basket twice, and nobody is there to judge.
                ("Tower:PublicUrl", $"http://127.0.0.1:{port}"), ("Flows:DuplicateWithinMinutes", "0"), .. settings,
            ]);
    }

    /// <summary>kill -9: the tower dies at whatever line it is; its database is left an orphan.</summary>
    public async Task KillTowerAsync()
    {
        await tower!.KillAsync();
        await tower.DisposeAsync();
        tower = null;
    }

    /// <summary>kill -9 of every server process of the database; the tower has to bring it back.</summary>
    public void KillDatabase()
    {
        var pid = File.ReadLines(Directory.EnumerateFiles(folder, "postmaster.pid", SearchOption.AllDirectories).First()).First();
        using var kill = Process.Start("kill", ["-9", pid]);
        kill.WaitForExit();
    }

    /// <summary>Stops tower and database and copies the database's folder, as a backup of the machine would.</summary>
    public async Task BackUpAsync()
    {
        await StopAsync();
        await TowerAsync("backup", "--to", Path.Combine(folder, "yesterday.tar.gz"));
    }

    /// <summary>Stops tower and database and puts the copy in the place of the database.</summary>
    public async Task RestoreAsync()
    {
        await StopAsync();
        await RunAsync("rm", "-rf", Path.Combine(folder, "pg"));
        await TowerAsync("restore", "--from", Path.Combine(folder, "yesterday.tar.gz"));
    }

    // As the guide says it: by the product's own script.
    private Task TowerAsync(params string[] words) => RunAsync("env", [$"Database__DataDirectory={Path.Combine(folder, "pg")}", Path.Combine(Repository.Root, "tower"), words[0], "--data", folder, .. words[1..]]);

    public async Task PlaceAsync(string shop, int count) =>
        (await http.PostAsJsonAsync($"{Estate.BaseUrl}/estate/orders", new { shop, count }, cancel)).EnsureSuccessStatusCode();

    public async Task FaultAsync(string system, object fault) =>
        (await http.PostAsJsonAsync($"{Estate.BaseUrl}/estate/faults/{system}", fault, cancel)).EnsureSuccessStatusCode();

    public async Task HealAsync() => (await http.DeleteAsync(new Uri($"{Estate.BaseUrl}/estate/faults/all"), cancel)).EnsureSuccessStatusCode();

    public async Task<List<Effect>> LedgerAsync(string system)
    {
        var answer = await http.GetFromJsonAsync<JsonElement>($"{Estate.BaseUrl}/estate/ledger/{system}", cancel);
        return answer.GetProperty("effects").Deserialize<List<Effect>>(JsonSerializerOptions.Web)!;
    }

    /// <summary>Waits for the truth in the database, not for time; a database that is away is asked again.</summary>
    /// <param name="meanwhile">Said to the database before each look, such as that a feed is due now and not in a minute.</param>
    public async Task UntilAsync(string sql, long expected, string? meanwhile = null)
    {
        var started = TimeProvider.System.GetTimestamp();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200), TimeProvider.System);
        long? last = null;
        while (last != expected)
        {
            if (TimeProvider.System.GetElapsedTime(started) > Patience)
            {
                throw new TimeoutException($"{sql} is {last}, not {expected}.\n{await StateAsync()}\n{tower?.Errors}");
            }

            await timer.WaitForNextTickAsync(cancel);
            if (meanwhile is not null)
            {
                await RunSqlAsync(meanwhile);
            }

            last = await TryLongAsync(sql);
        }
    }

    public async Task RunSqlAsync(string sql)
    {
        await using var connection = await OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>The rows of a statement with one column of text.</summary>
    public async Task<List<string>> TextsAsync(string sql)
    {
        await using var connection = await OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var texts = new List<string>();
        while (await reader.ReadAsync(cancel))
        {
            texts.Add(reader.GetString(0));
        }

        return texts;
    }

    public async Task<long> LongAsync(string sql) => await TryLongAsync(sql) ?? throw new InvalidOperationException($"No answer to {sql}");

    public async Task<string> StateAsync()
    {
        await using var connection = await OpenAsync();
        await using var command = new NpgsqlCommand(
            """
            select string_agg(line, E'\n') from (
                select 'flow ' || stage || ' ' || status || ' ' || count(*) as line from flow group by stage, status
                union all select 'delivery ' || connection_id || ' ' || kind || ' state ' || state || ' ' || count(*) || ' ' || coalesce(max(last_message), '') from delivery group by connection_id, kind, state
                union all select 'case ' || code || ' ' || state || ' ' || count(*) || ' ' || max(message) from exception_case group by code, state
                union all select 'work ' || state || ' ' || count(*) from inbox_work group by state) s
            """, connection);
        return await command.ExecuteScalarAsync(cancel) as string ?? "";
    }

    public async ValueTask DisposeAsync()
    {
        if (tower is not null)
        {
            await tower.StopAsync(CancellationToken.None);
            await tower.DisposeAsync();
        }

        await Estate.DisposeAsync();
        http.Dispose();
        NpgsqlConnection.ClearAllPools();
        TestFolders.Remove(folder);
    }

    private async Task<long?> TryLongAsync(string sql)
    {
        try
        {
            await using var connection = await OpenAsync();
            await using var command = new NpgsqlCommand(sql, connection);
            return (long?)await command.ExecuteScalarAsync(cancel);
        }
        catch (Exception error) when (error is NpgsqlException or IOException or TimeoutException or System.Net.Sockets.SocketException)
        {
            return null;
        }
    }

    /// <summary>Of the tower's own database, for as long as it runs.</summary>
    public Task<string> ConnectionStringAsync() => File.ReadAllTextAsync(Path.Combine(folder, "pg", "connection"), cancel);

    private async Task<NpgsqlConnection> OpenAsync()
    {
        var text = await ConnectionStringAsync();
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(text) { Pooling = false, Timeout = 5, CommandTimeout = 10 }.ConnectionString);
        await connection.OpenAsync(cancel);
        return connection;
    }

    private static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task StopAsync()
    {
        await KillTowerAsync();
        var running = Directory.EnumerateFiles(folder, "postmaster.pid", SearchOption.AllDirectories).First();
        await RunAsync("kill", "-INT", File.ReadLines(running).First());
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        while (File.Exists(running))
        {
            await timer.WaitForNextTickAsync(cancel);
        }
    }

    private async Task RunAsync(string program, params string[] words)
    {
        using var process = Process.Start(program, words);
        await process.WaitForExitAsync(cancel);
        Assert.Equal(0, process.ExitCode);
    }
}
