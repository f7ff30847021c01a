using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;
using ControlTower.Tests.Chaos.Wire;
using ControlTower.Tests.Support;
using Npgsql;

namespace ControlTower.Tests.Chaos;

/// <summary>
/// Two webs and two workers as processes on one durable PostgreSQL of their own, the estate as a process with its own ledgers, a proxy with switches on every way between them, and the post.
/// The judge's own ways (to the database's socket, to the estate) pass no proxy.
/// </summary>
internal sealed class ChaosWorld : IAsyncDisposable
{
    /// <summary>After this long without an answer the tower believes that its target has not done it. No late commit of a run takes longer.</summary>
    public const int MaxProcessingSeconds = 12;

    /// <summary>Goods that no shop lists and of which there are few: whoever wants them asks the tower.</summary>
    public const string Scarce = "FIRE-SCARCE";
    public const int ScarcePieces = 25;

    private readonly string folder;
    private readonly TestDatabase database;
    private readonly NpgsqlDataSource direct;
    private readonly bool lax;

    private ChaosWorld(string folder, TestDatabase database, EstateProcess estate, bool lax)
    {
        (this.folder, this.database, Estate, this.lax) = (folder, database, estate, lax);
        // No pool: after each immediate stop of the database it would hand out dead connections.
        direct = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database.ConnectionString) { Timeout = 5, CommandTimeout = 20, Pooling = false, ApplicationName = "judge" }.ConnectionString);
        Acks = new AckFile(Path.Combine(folder, "acks"));
    }

    public EstateProcess Estate { get; }

    public AckFile Acks { get; }

    public Postman Postman { get; private set; } = null!;

    public List<TowerNode> Nodes { get; } = [];

    public IEnumerable<TowerNode> Webs => Nodes.Where(n => n.Role == "web");

    public IEnumerable<TowerNode> Workers => Nodes.Where(n => n.Role == "worker");

    public string ConnectionString => database.ConnectionString;

    /// <summary>For whatever a test wants to keep; gone with the world.</summary>
    public string Folder => folder;

    public string AnchorFile => Path.Combine(folder, "audit-anchors");

    public string SeedFile => Path.Combine(folder, "seed.json");

    public int DatabaseProcess => database.Postgres.Server.ProcessId;

    /// <param name="seed">Of the estate.</param>
    /// <param name="lax">Lets the tower start on a database whose promises were taken away.</param>
    /// <param name="workers">0: nothing polls, nothing is worked; what the webs took is all there is.</param>
    public static async Task<ChaosWorld> StartAsync(int seed, CancellationToken cancel, int workers = 2, bool lax = false)
    {
        var folder = TestFolders.Create("chaos");
        var (database, estate) = (TestDatabase.CreateAsync(durable: true), EstateProcess.StartAsync(Path.Combine(folder, "estate"), seed, cancel));
        var world = new ChaosWorld(folder, await database, await estate, lax);
        try
        {
            await world.Estate.WriteSeedAsync(world.SeedFile, MaxProcessingSeconds);
            world.Postman = await Postman.StartAsync(() => [.. world.Webs.Select(w => w.Address).OfType<Uri>()], world.Acks, seed);
            string[] roles = ["web", "web", .. Enumerable.Repeat("worker", workers)];
            foreach (var role in roles)
            {
                world.Nodes.Add(world.Node(role));
            }

            await Task.WhenAll(world.Nodes.Select(n => n.StartAsync())).WaitAsync(TimeSpan.FromMinutes(5), cancel);
            return world;
        }
        catch
        {
            await world.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until the shops push to the post.</summary>
    public Task UntilSubscribedAsync(CancellationToken cancel) =>
        UntilAsync("select count(*) = 4 from connection where role = 'shop' and subscribed_at is not null", TimeSpan.FromMinutes(4), cancel);

    /// <summary>Asks the database itself, past all proxies; null while it does not answer.</summary>
    public async Task<T?> TryAsync<T>(string sql, params object[] values)
    {
        try
        {
            await using var command = direct.CreateCommand(sql);
            foreach (var value in values)
            {
                command.Parameters.AddWithValue(value);
            }

            return await command.ExecuteScalarAsync() is T answer ? answer : default;
        }
        catch (Exception error) when (error is NpgsqlException or SocketException or IOException or TimeoutException)
        {
            return default;
        }
    }

    public async Task<List<T>> ListAsync<T>(string sql, Func<NpgsqlDataReader, T> read, params object[] values)
    {
        await using var command = direct.CreateCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.AddWithValue(value);
        }

        await using var reader = await command.ExecuteReaderAsync();
        var list = new List<T>();
        while (await reader.ReadAsync())
        {
            list.Add(read(reader));
        }

        return list;
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var command = direct.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <param name="condition">SQL whose first column is a boolean.</param>
    public async Task UntilAsync(string condition, TimeSpan patience, CancellationToken cancel)
    {
        var began = TimeProvider.System.GetTimestamp();
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(250), TimeProvider.System);
        while (!await TryAsync<bool>(condition))
        {
            if (TimeProvider.System.GetElapsedTime(began) > patience)
            {
                throw new TimeoutException($"Not within {patience.TotalSeconds:0} s: {condition}\n{await StateAsync()}");
            }

            await look.WaitForNextTickAsync(cancel);
        }
    }

    /// <summary>What a sender of this shop's webhooks must know.</summary>
    public async Task<(string Domain, string Secret)> ShopAsync(string id)
    {
        await using var file = File.OpenRead(SeedFile);
        using var seed = await JsonDocument.ParseAsync(file);
        var shop = seed.RootElement.GetProperty("connections").EnumerateArray().First(c => c.GetProperty("id").GetString() == id);
        return (shop.GetProperty("settings").GetProperty("shopDomain").GetString()!, shop.GetProperty("secrets").GetProperty("clientSecret").GetString()!);
    }

    /// <summary>The worker that holds the connection's gate now; null between two owners.</summary>
    public async Task<TowerNode?> OwnerOfAsync(string connection)
    {
        var fence = await TryAsync<long>("select fence from connection_gate where connection_id = $1 and owner is not null and lease_until > now()", connection);
        return fence == 0 ? null : Workers.FirstOrDefault(w => w.IsUp && w.Owns(connection, fence));
    }

    /// <summary>pg_ctl -m immediate, by the signal that it sends; the server comes back and recovers from its log.</summary>
    public void StopDatabaseImmediately() => TowerNode.Signal("-QUIT", DatabaseProcess);

    /// <summary>The server and all its sessions stand still.</summary>
    public async Task FreezeDatabaseAsync(TimeSpan time, CancellationToken cancel)
    {
        var all = File.ReadAllText($"/proc/{DatabaseProcess}/task/{DatabaseProcess}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(id => int.Parse(id, CultureInfo.InvariantCulture)).Append(DatabaseProcess).ToList();
        all.ForEach(id => TowerNode.Signal("-STOP", id));
        try
        {
            await Task.Delay(time, TimeProvider.System, cancel);
        }
        finally
        {
            all.ForEach(id => TowerNode.Signal("-CONT", id));
        }
    }

    /// <summary>Heals everything and waits until every node runs.</summary>
    public async Task HealAsync(CancellationToken cancel)
    {
        Estate.Shops.Heal();
        Estate.Erps.Heal();
        Nodes.ForEach(n => n.Database.Heal());
        Postman.Manners = PostManners.Usual;
        await Estate.HealAsync();
        await Task.WhenAll(Nodes.Select(n => n.UntilUpAsync(cancel))).WaitAsync(TimeSpan.FromMinutes(5), cancel);
    }

    /// <summary>Acknowledged events of which the inbox has no row with the same bytes.</summary>
    public async Task<IReadOnlyList<Ack>> LostAsync(IReadOnlyCollection<Ack> acks) =>
        await ListAsync(
            """
            select a.connection, a.event, a.hash from unnest($1::text[], $2::text[], $3::text[]) as a (connection, event, hash)
            where not exists (select from inbox_message m where m.connection_id = a.connection and m.body_hash = decode(a.hash, 'hex') and (a.event = '' or m.event_id = a.event))
            """,
            r => new Ack(r.GetString(0), r.GetString(1), r.GetString(2)),
            acks.Select(a => a.Connection).ToArray(), acks.Select(a => a.EventId ?? "").ToArray(), acks.Select(a => a.Hash).ToArray());

    /// <summary>What is where, for the message of a failure: what waits for somebody first, as long logs are cut.</summary>
    public async Task<string> StateAsync()
    {
        var rows = await TryAsync<string>(
            """
            select string_agg(line, E'\n' order by rank, line) from (
                select 1 as rank, format('case %s %s %s: %s', e.code, e.state, coalesce(f.name, m.event_id, ''), left(e.message, 200)) as line
                    from exception_case e left join inbox_message m on m.id = e.message_id left join flow f on f.id = e.flow_id where e.state in ('open', 'retrying')
                union all select 2, format('delivery %s %s state %s %s %s', connection_id, kind, state, count(*), coalesce(left(max(last_message), 200), '')) from delivery group by connection_id, kind, state
                union all select 3, format('work %s %s %s', state, count(*), coalesce(max(reason), '')) from inbox_work group by state
                union all select 4, format('flow %s %s %s', stage, status, count(*)) from flow group by stage, status
                union all select 5, format('flow %s %s: %s', name, status, state) from flow where status in ('open', 'attention') and state is not null
                union all select 6, format('gate %s %s %s lease %s', connection_id, breaker, coalesce(breaker_reason, ''), coalesce((lease_until - now())::text, '-')) from connection_gate) s
            """);
        return $"{rows}\n{string.Join('\n', Nodes.SelectMany(n => n.LastWords))}";
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(Nodes.Select(n => n.DisposeAsync().AsTask()));
        if (Postman is { } post)
        {
            await post.DisposeAsync();
        }

        await Estate.DisposeAsync();
        await direct.DisposeAsync();
        await database.DisposeAsync();
        Acks.Dispose();
        TestFolders.Remove(folder);
    }

    private TowerNode Node(string role)
    {
        var server = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        var proxy = FaultProxy.BeforePostgres(new UnixDomainSocketEndPoint(Path.Combine(server.Host!, $".s.PGSQL.{server.Port}")));
        var connection = new NpgsqlConnectionStringBuilder(database.ConnectionString) { Host = "127.0.0.1", Port = proxy.Port }.ConnectionString;
        return new TowerNode($"{role}-{Nodes.Count(n => n.Role == role) + 1}", role, proxy, _ =>
        [
            ("Database:ConnectionString", connection), ("Database:AllowUnsafeSettings", lax ? "true" : "false"), ("Tower:Roles", role), ("Tower:KeyFolder", Path.Combine(folder, "keys")),
            ("Tower:PublicUrl", Postman.Url), ("Estate:SeedFile", SeedFile), ("Audit:AnchorFile", AnchorFile), ("Flows:FraudReviewAbove", "100000000"), ("Flows:FraudReviewByCurrency:JPY", "100000000"),
        ]);
    }
}
