using ControlTower.Data.Audit;
using ControlTower.Data.Live;
using ControlTower.Data.PosImports;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.PosLog;
using ControlTower.Sync.PosImports;
using ControlTower.Sync.Pumps;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace ControlTower.Tests.Support;

/// <summary>An engine with a connection of tills beside its shop. The test is the worker.</summary>
public sealed class PosWorld : IAsyncDisposable
{
    public const string Tills = "tills";

    public static readonly Actor Ida = new(Guid.CreateVersion7(), "Ida Holm", "Operations");

    private PosWorld(EngineWorld engine) => Engine = engine;

    public EngineWorld Engine { get; }

    public TestDatabase Database => Engine.Database;

    public PosFileStore Files => Engine.Get<PosFileStore>();

    public PosImportDesk Desk => Engine.Get<PosImportDesk>();

    public static async Task<PosWorld> CreateAsync(Action<PosImportOptions>? options = null)
    {
        var (shop, erp) = (new TestShop(), new TestErp());
        var engine = await EngineWorld.CreateAsync(shop: shop, configure: services =>
        {
            services.AddSingleton(new ConnectorCatalog([shop, erp, new PosLogConnector()]));
            services.Configure<PosImportOptions>(o => options?.Invoke(o));
        });
        await AddTillsAsync(engine.Database);
        await engine.Get<ConnectionDirectory>().RefreshAsync(default);
        return new PosWorld(engine);
    }

    /// <summary>A connection of tills that posts to no ERP.</summary>
    public static Task AddTillsAsync(TestDatabase database) => database.ExecuteAsync(
        $"""
        insert into connection (id, kind, role, name, brand, currency, time_zone) values ('{Tills}', 'poslog', 'shop', 'Tills of Northlane', 'northlane', 'EUR', 'UTC');
        insert into connection_gate (connection_id) values ('{Tills}')
        """);

    public async Task<PosReceipt> UploadAsync(byte[] file, string name = "day.xml")
    {
        using var bytes = new MemoryStream(file);
        return await Desk.TakeAsync(Tills, name, "upload", bytes, Ida, default);
    }

    public async Task<PosFile> ImportAsync(byte[] file, string name = "day.xml")
    {
        var receipt = await UploadAsync(file, name);
        await ReadAsync();
        return (await Files.FindAsync(receipt.Id!.Value))!;
    }

    /// <summary>Reads until nothing is left to read.</summary>
    public async Task ReadAsync()
    {
        while ((await Engine.Get<PosImportPump>().RunOnceAsync(default)).Again)
        {
        }
    }

    /// <summary>A pump of another node of the same tower.</summary>
    public PosImportPump OtherPump() => new(
        Database.Sources, Engine.Get<ConnectionDirectory>(), NodeIdentity.New("other"), Engine.Get<ChangeNotifier>(), Engine.Get<Doorbell>(), NullLogger<PosImportPump>.Instance);

    public async Task<IReadOnlyList<string>> CodesAsync(long file) => [.. (await Files.FindingsAsync(file, 0, 1_000)).Select(f => f.Code)];

    public Task<long> CountAsync(string what) => Database.ScalarAsync<long>($"select count(*) from {what}");

    /// <summary>What the inbox holds of the tills, each once.</summary>
    public Task<long> ReceivedAsync() => CountAsync($"inbox_message where connection_id = '{Tills}'");

    public async ValueTask DisposeAsync() => await Engine.DisposeAsync();
}
