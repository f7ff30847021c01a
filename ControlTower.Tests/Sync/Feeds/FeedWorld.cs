using System.Text;
using ControlTower.Data.Audit;
using ControlTower.Data.Exports;
using ControlTower.Data.Feeds;
using ControlTower.Sync.Feeds;
using ControlTower.Sync.Pumps;
using ControlTower.Sync.Reconciliation;
using ControlTower.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using Xunit;

namespace ControlTower.Tests.Sync.Feeds;

/// <summary>A tower that feeds, at noon of Thursday 26 November 2026; the test turns calendar and pump. Orders of its shop are lines of money.</summary>
public sealed class FeedWorld : IAsyncDisposable
{
    public static readonly Actor Ida = new(Guid.CreateVersion7(), "Ida Holm", "Operations");
    public static readonly DateTimeOffset Noon = new(2026, 11, 26, 12, 0, 0, TimeSpan.Zero);
    public static readonly DateOnly Day = new(2026, 11, 26);

    private readonly bool owns;

    private FeedWorld(EngineWorld engine, string root, FakeTimeProvider clock, bool owns) => (Engine, Root, Clock, this.owns) = (engine, root, clock, owns);

    public EngineWorld Engine { get; }

    public string Root { get; }

    public FakeTimeProvider Clock { get; }

    public TestDatabase Database => Engine.Database;

    public FeedDesk Desk => Engine.Get<FeedDesk>();

    public FeedStore Store => Engine.Get<FeedStore>();

    /// <param name="other">A world whose database, folder and clock this node shares.</param>
    public static async Task<FeedWorld> CreateAsync(FeedWorld? other = null, Action<IServiceCollection>? configure = null)
    {
        var (root, clock) = (other?.Root ?? TestFolders.Create("feeds"), other?.Clock ?? new FakeTimeProvider(Noon));
        var engine = await EngineWorld.CreateAsync(other?.Engine, configure: services =>
        {
            services.AddSingleton<TimeProvider>(clock);
            services.Configure<FeedOptions>(options =>
            {
                options.Folder = root;
                options.AllowPrivateNetworks = true;
                options.SftpHosts = ["localhost"];
            });
            configure?.Invoke(services);
        });
        var world = new FeedWorld(engine, root, clock, other is null);
        if (other is null)
        {
            // Far ahead: the clock of the node decides, unless a test says otherwise.
            await world.DatabaseAtAsync(Noon.AddYears(70));
        }

        return world;
    }

    public static FeedDraft Draft(string name = "Nightly sales", string what = FeedSources.Sales) => new(
        name, what, ExportFormat.Csv, "", new FeedPlace(FeedPlace.Folder, "finance/daily"), null, new FeedCalendar("Europe/Berlin", "0 4 * * *", FeedCalendar.EveryDay, [], CatchesUp: true, new DateOnly(2026, 1, 1)), WaitsComplete: false, [], 120);

    public async Task<long> FeedAsync(FeedDraft? draft = null) => Assert.IsType<ReconAnswer.Done>(await Desk.SaveAsync(0, 0, draft ?? Draft(), Ida, default)).Id!.Value;

    /// <summary>An order of the shop as its channel states it.</summary>
    public Task SaleAsync(decimal amount, DateOnly? day = null, string currency = "EUR") => Database.ExecuteAsync(string.Create(
        System.Globalization.CultureInfo.InvariantCulture,
        $"""
        insert into ledger_line (connection_id, kind, external_id, amount, currency, tax, store, at, day)
        select 'shop', 'Order', 'o' || count(*), {amount}, '{currency}', 1.5, 'S-' || count(*), timestamptz '{day ?? Day:yyyy-MM-dd} 10:00+00', date '{day ?? Day:yyyy-MM-dd}' from ledger_line
        """));

    /// <summary>The clock of the database, as feeds see it, shows this time.</summary>
    public Task DatabaseAtAsync(DateTimeOffset time) => Database.ExecuteAsync(string.Create(
        System.Globalization.CultureInfo.InvariantCulture, $"create or replace function feed_now() returns timestamptz language sql stable as $$ select timestamptz '{time:yyyy-MM-dd HH:mm:ss}+00' $$"));

    /// <summary>The clock goes on to this time, and the calendar is followed.</summary>
    public Task<int> AtAsync(DateTimeOffset time)
    {
        Clock.Advance(time - Clock.GetUtcNow());
        return Engine.Get<FeedPlanner>().RunAsync(default);
    }

    /// <summary>Half past three in the morning UTC of so many days later, and everything that is due is carried out.</summary>
    public async Task NightAsync(int later = 1)
    {
        await AtAsync(Noon.AddHours(-12).AddDays(later).AddHours(3.5));
        await CarryOutAsync();
    }

    public async Task CarryOutAsync()
    {
        while ((await Engine.Get<FeedPump>().RunOnceAsync(default)).Taken > 0)
        {
        }
    }

    public async Task<FeedRun> RunAsync(long feed, DateOnly? day = null) => (await Store.RunsAsync(feed, day ?? Day, day ?? Day, default))[0];

    /// <summary>Everything below the root, unfinished files too.</summary>
    public string[] Files() => [.. Directory.GetFiles(Root, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(Root, path)).Order(StringComparer.Ordinal)];

    public string[] Lines(string file) => Encoding.UTF8.GetString(File.ReadAllBytes(Path.Combine(Root, file))).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The leases of a node that died have run out.</summary>
    public Task TimePassesAsync() => Database.ExecuteAsync("update feed_run set lease_until = now() - interval '1 second' where lease_until is not null");

    /// <summary>Reading the lines of money takes until what is returned is disposed.</summary>
    public async Task<IAsyncDisposable> SlowAsync()
    {
        var connection = await Database.Sources.Work.OpenConnectionAsync();
        await using var command = new NpgsqlCommand("begin; lock table ledger_line in access exclusive mode", connection);
        await command.ExecuteNonQueryAsync();
        return connection;
    }

    /// <summary>Returns when the statement says true.</summary>
    public Task UntilAsync(string sql, TimeSpan step = default) => UntilAsync(() => Database.ScalarAsync<bool>(sql), step);

    /// <param name="step">So far the clock goes on before each look.</param>
    public async Task UntilAsync(Func<Task<bool>> reached, TimeSpan step = default)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        do
        {
            Clock.Advance(step);
            Assert.True(await timer.WaitForNextTickAsync(limit.Token));
        }
        while (!await reached());
    }

    public async ValueTask DisposeAsync()
    {
        await Engine.DisposeAsync();
        if (owns)
        {
            TestFolders.Remove(Root);
        }
    }
}
