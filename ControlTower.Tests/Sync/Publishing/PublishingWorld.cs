using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Data.Inventory;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Gateway;
using ControlTower.Sync.Publishing;
using ControlTower.Tests.Support;

namespace ControlTower.Tests.Sync.Publishing;

/// <summary>A shop that shows twenty jackets of the web warehouse, as the tower expects. The test is who holds its gate.</summary>
internal sealed class PublishingWorld : IAsyncDisposable
{
    public const string Sku = "SKU-1";
    public const string Place = "WEB";

    public static readonly Actor Ida = new(Guid.CreateVersion7(), "Ida Holm", "Operations");

    private readonly ConnectionGate gate;

    private PublishingWorld(EngineWorld engine, ConnectionGate gate) => (Engine, this.gate) = (engine, gate);

    public EngineWorld Engine { get; }

    public TestDatabase Database => Engine.Database;

    public TestStock Shop => Engine.Shop.Client.Stock;

    public int Level
    {
        get => Shop.Levels[(Sku, Place)];
        set => Shop.Levels[(Sku, Place)] = value;
    }

    public static async Task<PublishingWorld> CreateAsync(string publish = "changes", bool compares = true, params string[] others)
    {
        var engine = await EngineWorld.CreateAsync(shop: new TestShop { StockBatch = 50 });
        engine.Shop.Client.Stock.Compares = compares;
        engine.Shop.Client.Stock.Levels[("RARE", Place)] = 1;
        foreach (var sku in others)
        {
            await CountAsync(engine.Database, sku, 20);
        }

        await CountAsync(engine.Database, Sku, 20);
        await engine.Database.ExecuteAsync($$"""update connection set settings = settings || '{"publishStock":"{{publish}}","location:1":"WEB"}', version = version + 1 where id = 'shop'""");
        await engine.Get<ConnectionDirectory>().RefreshAsync(default);
        var world = new PublishingWorld(engine, engine.OpenGate(EngineWorld.ShopId)) { Level = 20 };
        others.ToList().ForEach(sku => world.Shop.Levels[(sku, Place)] = 20);
        await world.PublishAsync();
        return world;
    }

    /// <summary>What lies there is counted: the tower expects so many, if nothing is held.</summary>
    public Task CountAsync(int pieces, string sku = Sku) => CountAsync(Database, sku, pieces);

    /// <summary>A turn of who holds the gate, and another where the first left something due.</summary>
    public async Task PublishAsync()
    {
        for (var turn = 0; turn < 30 && !await Engine.Get<StockPublisher>().RunAsync(gate, default); turn++)
        {
        }
    }

    /// <summary>Everything that the channel did is heard; what waited for it is due.</summary>
    public Task HearAsync() => Database.ExecuteAsync(
        "update stock_publication set moved_at = moved_at - interval '1 hour', due_at = case when due_at is not null then now() end; update publication_batch set due_at = now()");

    /// <summary>The turn of who holds the gate, orders included.</summary>
    public Task<bool> ErrandAsync() => Engine.Get<ControlTower.Sync.Pumps.ConnectionErrands>().RunAsync(gate, default);

    /// <summary>A single round.</summary>
    public Task<bool> RoundAsync() => Engine.Get<StockPublisher>().RunAsync(gate, default);

    /// <summary>Everything is compared.</summary>
    public async Task CheckAsync()
    {
        await Engine.Get<DriftDesk>().CheckAsync(EngineWorld.ShopId, Ida, default);
        await PublishAsync();
        await HearAsync();
        await PublishAsync();
    }

    public async Task<DriftCell> CellAsync(string sku = Sku) => (await Engine.Get<DriftQueries>().OfSkuAsync(sku, default)).Single();

    public async ValueTask DisposeAsync()
    {
        gate.Dispose();
        await Engine.DisposeAsync();
    }

    private static async Task CountAsync(TestDatabase database, string sku, int pieces) =>
        await StockStore.CountAsync(database.Sources.Work, [new StockCount(sku, Place, pieces)], "test", default);
}
