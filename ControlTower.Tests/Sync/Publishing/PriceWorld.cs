using ControlTower.Data.Audit;
using ControlTower.Data.Canonical;
using ControlTower.Data.Catalog;
using ControlTower.Sync.Catalog;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Gateway;
using ControlTower.Sync.Publishing;
using ControlTower.Tests.Support;

namespace ControlTower.Tests.Sync.Publishing;

/// <summary>A shop and its ERP whose catalogues have been read whole. The test is who holds the shop's gate.</summary>
internal sealed class PriceWorld : IAsyncDisposable
{
    public static readonly Actor Ida = new(Guid.CreateVersion7(), "Ida Holm", "Operations");

    public static readonly DateTimeOffset At = new(2026, 11, 20, 9, 0, 0, TimeSpan.Zero);

    private readonly ConnectionGate gate;
    private int told;

    private PriceWorld(EngineWorld engine, ConnectionGate gate) => (Engine, this.gate) = (engine, gate);

    public EngineWorld Engine { get; }

    public TestDatabase Database => Engine.Database;

    public TestCatalogue Shop => Engine.Shop.Client.Catalogue;

    public CatalogDesk Desk => Engine.Get<CatalogDesk>();

    public static async Task<PriceWorld> CreateAsync(string publish = "changes", ListingParts parts = ListingParts.Price | ListingParts.Barcode)
    {
        var engine = await EngineWorld.CreateAsync(shop: new TestShop { Listings = parts, ListingBatch = 50 });
        await engine.Database.ExecuteAsync(
            $$"""
            update connection set settings = settings || '{"publishPrices":"{{publish}}"}', posts_to = 'erp', version = version + 1 where id = 'shop';
            insert into feed_cursor (connection_id, feed, since, heard_at, due_at) select c, 'products-all', now(), now(), now() + interval '1 day' from unnest(array['shop', 'erp']) c;
            """);
        await engine.Get<ConnectionDirectory>().RefreshAsync(default);
        return new PriceWorld(engine, engine.OpenGate(EngineWorld.ShopId));
    }

    public static CatalogVariant Item(string id, string? sku, decimal price, string? barcode = null, bool active = true, string currency = "EUR", bool? taxed = true) =>
        new(id, null, $"Title of {id}", sku, barcode, active, [new CatalogPrice(currency, price, TaxIncluded: taxed)], At);

    /// <summary>The ERP lists these now.</summary>
    public Task ErpAsync(params CatalogVariant[] items) => StoreAsync(EngineWorld.ErpId, items);

    /// <summary>The shop shows these, and a feed has read it.</summary>
    public Task ShopAsync(params CatalogVariant[] items)
    {
        foreach (var item in items)
        {
            Shop.Items[item.Id] = item;
        }

        return StoreAsync(EngineWorld.ShopId, items);
    }

    /// <summary>A feed reads the shop as it is now.</summary>
    public Task HearShopAsync() => StoreAsync(EngineWorld.ShopId, [.. Shop.Items.Values], later: false);

    /// <summary>Turns of who holds the gate until nothing is left to do at once.</summary>
    public async Task PublishAsync()
    {
        for (var turn = 0; turn < 30 && !await Engine.Get<PricePublisher>().RunAsync(gate, default); turn++)
        {
        }

        await Engine.Get<PricePublisher>().RunAsync(gate, default);
    }

    /// <summary>What waits for a pause is due.</summary>
    public Task DueAsync() => Database.ExecuteAsync("update catalog_batch set due_at = now(); update catalog_publication set due_at = now() where due_at is not null");

    public Task<List<Difference>> DifferencesAsync(DifferenceKind? kind = null) => Engine.Get<CatalogQueries>().ListAsync(new DifferenceFilter(kind, null, null, false), 500, default);

    public async ValueTask DisposeAsync()
    {
        gate.Dispose();
        await Engine.DisposeAsync();
    }

    private async Task StoreAsync(string connectionId, CatalogVariant[] items, bool later = true)
    {
        told += later ? 1 : 0;
        await using var connection = await Database.Sources.Work.OpenConnectionAsync();
        await CatalogStore.StoreAsync(connection, connectionId, [.. items.Select(i => i with { ChangedAt = i.ChangedAt.AddSeconds(told) })], [], default);
    }
}
