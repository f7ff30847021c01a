using ControlTower.Data;
using ControlTower.Data.Db;
using ControlTower.Data.Inbox;
using ControlTower.Sync;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Ingress;
using ControlTower.Sync.Pumps;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ControlTower.Bench;

/// <summary>The whole engine of the product in this process, as a worker that also receives, with vendors that accept at once.</summary>
internal sealed class BenchEngine : IAsyncDisposable
{
    private readonly IHost host;
    private readonly string folder = Directory.CreateTempSubdirectory("ct-bench-engine-").FullName;

    private BenchEngine(string connectionString, bool works, KeyValuePair<string, string?>[] settings)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(
            [new("Database:ConnectionString", connectionString), new("Audit:AnchorFile", Path.Combine(folder, "anchors")), .. settings]);
        builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider();
        builder.Services.AddTowerData(builder.Configuration);
        builder.Services.AddTowerSync(builder.Configuration);
        if (works)
        {
            builder.Services.AddTowerWorker();
        }

        builder.Services.AddSingleton(new ConnectorCatalog([new NoOpShop(Ledger), new NoOpErp(Ledger), Prices]));
        host = builder.Build();
    }

    public IServiceProvider Services => host.Services;

    public NoOpLedger Ledger { get; } = new();

    public PacedPrices Prices { get; } = new();

    /// <param name="settings">As in the environment: <c>Breaker:…</c> and the like.</param>
    /// <param name="works">False: it only receives.</param>
    public static async Task<BenchEngine> StartAsync(string connectionString, bool works = true, params KeyValuePair<string, string?>[] settings)
    {
        var engine = new BenchEngine(connectionString, works, settings);
        await engine.Services.OpenTowerAsync();
        await engine.Services.GetRequiredService<ConnectionSeeder>().ApplyAsync(Seed, default);
        await engine.host.StartAsync();
        return engine;
    }

    /// <summary>A webhook at the product's own desk: returns once its bytes are committed.</summary>
    public async Task PushAsync(Arrival arrival)
    {
        var reception = await Services.GetRequiredService<IngressDesk>().ReceiveAsync(arrival.ConnectionId, NoOpVendor.Pushed(arrival), null, default);
        if (reception is not Reception.Taken)
        {
            throw new InvalidOperationException($"A webhook was not taken: {reception}");
        }
    }

    /// <summary>Stores messages as the door does, many a statement, commits and rings.</summary>
    public async Task StoreAsync(IEnumerable<Arrival> arrivals)
    {
        await using var connection = await Services.GetRequiredService<TowerDataSources>().Ingress.OpenConnectionAsync();
        foreach (var chunk in arrivals.Chunk(250))
        {
            await InboxStore.StoreAsync(connection, chunk, default);
            Services.GetRequiredService<Doorbell>().Ring(Doorbell.Inbox);
        }
    }

    public Task StopAsync() => host.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync();
        if (host is IAsyncDisposable all)
        {
            await all.DisposeAsync();
        }

        Directory.Delete(folder, recursive: true);
    }

    private static ConnectionSeed Seed { get; } = new(
        [
            new SeedConnection("erp", "no-op-erp", "ERP", null, null, "EUR", "UTC", null, [], []),
            new SeedConnection("shop", "no-op-shop", "Shop", "bench", null, "EUR", "UTC", "erp", [], []),
        ],
        [new SeedLocation("WEB", "Web", "warehouse", null, null)],
        [.. Enumerable.Range(0, NoOpVendor.Skus).Select(i => new SeedStock($"SKU-{i}", "WEB", 10_000_000))]);
}
