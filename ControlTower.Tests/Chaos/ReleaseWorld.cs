using System.Net.Sockets;
using ControlTower.Tests.Chaos.Wire;
using ControlTower.Tests.Support;
using Npgsql;

namespace ControlTower.Tests.Chaos;

/// <summary>A tower and the estate as processes of their own, both killed at will, for releases of promotions.</summary>
internal sealed class ReleaseWorld : IAsyncDisposable
{
    private readonly string folder = TestFolders.Create("releases");

    public TestDatabase Database { get; private set; } = null!;

    public EstateProcess Estate { get; private set; } = null!;

    public Shelves Shelves { get; private set; } = null!;

    public TowerNode Tower { get; private set; } = null!;

    public static async Task<ReleaseWorld> StartAsync(CancellationToken cancel)
    {
        var world = new ReleaseWorld();
        try
        {
            var (database, estate) = (TestDatabase.CreateAsync(), EstateProcess.StartAsync(Path.Combine(world.folder, "estate"), 1, cancel, "--tills", "3", "--tower-url", "http://127.0.0.1:9", "--till-rate", "0"));
            (world.Database, world.Estate) = (await database, await estate);
            var seed = Path.Combine(world.folder, "seed.json");
            await world.Estate.WriteSeedAsync(seed, ChaosWorld.MaxProcessingSeconds);
            world.Shelves = await Shelves.OfAsync(world.Estate, cancel);
            var server = new NpgsqlConnectionStringBuilder(world.Database.ConnectionString);
            var proxy = FaultProxy.BeforePostgres(new UnixDomainSocketEndPoint(Path.Combine(server.Host!, $".s.PGSQL.{server.Port}")));
            var way = new NpgsqlConnectionStringBuilder(world.Database.ConnectionString) { Host = "127.0.0.1", Port = proxy.Port }.ConnectionString;
            world.Tower = new TowerNode("tower", "both", proxy, _ =>
            [
                ("Database:ConnectionString", way), ("Database:AllowUnsafeSettings", "true"), ("Tower:Roles", "both"), ("Tower:KeyFolder", Path.Combine(world.folder, "keys")), ("Estate:SeedFile", seed),
                ("Audit:AnchorFile", Path.Combine(world.folder, "audit-anchors")),
            ]);
            await world.Tower.StartAsync().WaitAsync(TimeSpan.FromMinutes(3), cancel);
            await world.UntilAsync(
                "select (select count(distinct connection_id) from catalog_item where connection_id in ('bc-eu', 'shopify-eu', 'square-eu')) = 3 and not exists (select from feed_cursor where feed = 'price-lists' and connection_id = 'shopify-eu' and (heard_at is null or cursor <> '')) and exists (select from price_list)",
                cancel);
            return world;
        }
        catch
        {
            await world.DisposeAsync();
            throw;
        }
    }

    /// <param name="condition">SQL whose first column is a boolean.</param>
    public async Task UntilAsync(string condition, CancellationToken cancel, double seconds = 240)
    {
        var began = TimeProvider.System.GetTimestamp();
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(250), TimeProvider.System);
        while (!await Database.ScalarAsync<bool>(condition))
        {
            if (TimeProvider.System.GetElapsedTime(began).TotalSeconds > seconds)
            {
                throw new TimeoutException($"Not within {seconds:0} s: {condition}\n{await StateAsync()}\n{Tower.Output[^Math.Min(4000, Tower.Output.Length)..]}");
            }

            await look.WaitForNextTickAsync(cancel);
        }
    }

    /// <summary>Waits for a condition, but not for ever.</summary>
    public async Task<bool> IsSoonAsync(string condition, double seconds, CancellationToken cancel)
    {
        try
        {
            await UntilAsync(condition, cancel, seconds);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    public async Task<string> StateAsync() => (await Database.ScalarAsync<string>(
        """
        select coalesce(string_agg(line, E'\n' order by line), 'nothing') from (
            select format('R-%s %s %s', id, state, coalesce(question, held_why, '')) as line from promotion where state not in ('ended', 'rolled-back')
            union all select format('  %s %s@%s %s due %s, %s: %s %s', c.connection_id, c.sku, c.place, c.phase, c.due_at - now(), c.attempts, c.failure, c.failure_message) from promotion_cell c where c.phase not in ('reverted', 'never', 'proven')
            union all select format('batch %s %s sent %s', key, connection_id, sent) from promotion_batch where settled_at is null
            union all select format('gate %s %s %s', connection_id, breaker, coalesce(breaker_reason, '')) from connection_gate where breaker <> 'closed'
            union all select format('case %s %s', code, left(message, 200)) from exception_case where state in ('open', 'retrying')) x
        """))!;

    public async ValueTask DisposeAsync()
    {
        if (Tower is { } tower)
        {
            await tower.DisposeAsync();
        }

        if (Estate is { } estate)
        {
            await estate.DisposeAsync();
        }

        if (Database is { } database)
        {
            await database.DisposeAsync();
        }

        Shelves?.Dispose();
        TestFolders.Remove(folder);
    }
}
