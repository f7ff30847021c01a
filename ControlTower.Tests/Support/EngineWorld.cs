using System.Text.Json;
using ControlTower.Data;
using ControlTower.Data.Canonical;
using ControlTower.Data.Connections;
using ControlTower.Data.Db;
using ControlTower.Data.Inbox;
using ControlTower.Data.Outbox;
using ControlTower.Sync;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Flows;
using ControlTower.Sync.Gateway;
using ControlTower.Sync.Pumps;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace ControlTower.Tests.Support;

/// <summary>The real engine over a real database, with a test shop and a test ERP at its ends. Nothing runs by itself: tests turn the pumps.</summary>
public sealed class EngineWorld : IAsyncDisposable
{
    public const string ShopId = "shop";
    public const string ErpId = "erp";

    private readonly Dictionary<string, (ConnectionGate Gate, long Fence)> gates = [];
    private readonly ServiceProvider services;
    private readonly bool ownsDatabase;
    private bool working;

    private EngineWorld(TestDatabase database, ServiceProvider services, TestShop shop, TestErp erp, bool ownsDatabase) =>
        (Database, this.services, Shop, Erp, this.ownsDatabase) = (database, services, shop, erp, ownsDatabase);

    public TestDatabase Database { get; }

    public TestShop Shop { get; }

    public TestErp Erp { get; }

    public Guid Node { get; private set; }

    public T Get<T>()
        where T : notnull => services.GetRequiredService<T>();

    /// <param name="other">A world whose database and vendors this node shares: a second node of the same tower.</param>
    /// <param name="configure">Runs after the product's registrations, so that a double registered here wins.</param>
    /// <param name="duplicateWithinMinutes">The orders of this world are equal on purpose, so the check is off unless a test is about it.</param>
    public static async Task<EngineWorld> CreateAsync(
        EngineWorld? other = null, double maxProcessingSeconds = 600, bool durable = false, Action<IServiceCollection>? configure = null, int duplicateWithinMinutes = 0,
        TestShop? shop = null)
    {
        var database = other?.Database ?? await TestDatabase.CreateAsync(durable);
        shop ??= other?.Shop ?? new TestShop();
        var erp = other?.Erp ?? new TestErp();
        var services = new ServiceCollection();
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([new("Flows:DuplicateWithinMinutes", duplicateWithinMinutes.ToString(System.Globalization.CultureInfo.InvariantCulture))]).Build();
        services.AddLogging();
        services.AddSingleton<IConfiguration>(configuration);
        // Nodes of one tower share their keys, or one could not open what another has sealed.
        services.AddSingleton(other?.Get<IDataProtectionProvider>() ?? new EphemeralDataProtectionProvider());
        services.AddTowerData(configuration);
        services.AddTowerSync(configuration);
        services.AddTowerWorker();
        services.AddSingleton(database.Sources);
        services.AddSingleton(new ConnectorCatalog([shop, erp]));
        configure?.Invoke(services);
        var world = new EngineWorld(database, services.BuildServiceProvider(), shop, erp, ownsDatabase: other is null);
        world.Node = world.Get<NodeIdentity>().Id;
        if (other is null)
        {
            await world.SetUpAsync(maxProcessingSeconds);
        }

        await world.Get<ConnectionDirectory>().RefreshAsync(default);
        return world;
    }

    /// <summary>A world whose ERP is spoken to in HTTP, tried again quickly when it was away.</summary>
    public static Task<EngineWorld> CreateAsync(HttpErp erp, double maxProcessingSeconds = 600)
    {
        var shop = new TestShop();
        return CreateAsync(
            maxProcessingSeconds: maxProcessingSeconds, shop: shop,
            configure: services =>
            {
                services.AddSingleton(new ConnectorCatalog([shop, erp]));
                services.AddSingleton<IVendorTransport>(erp);
                services.AddSingleton(GatewayOptions.Standard with { Breaker = new BreakerRule(FirstPause: TimeSpan.FromMilliseconds(100), LongestPause: TimeSpan.FromMilliseconds(100)) });
            });
    }

    /// <summary>An order of one line, 119.00 EUR with 19.00 tax inside, paid.</summary>
    public static Order Order(string id, long version = 1, int quantity = 1, string sku = "SKU-1", PaymentState payment = PaymentState.Paid) => new(
        new OrderKey(ShopId, id), $"NL-{id}", "northlane", version, new DateTimeOffset(2026, 11, 23, 10, 0, 0, TimeSpan.Zero), "EUR", TaxesIncluded: true,
        new OrderTotals(119m * quantity, 19m * quantity, 0m, 0m),
        [new OrderLine("1", sku, "Jacket", quantity, 119m, 0m, [new TaxLine("VAT", 0.19m, 19m * quantity)])], [],
        new Buyer("c1", "Test Buyer", "buyer@example.test", null, null, new PostalAddress("Test Buyer", "Street 1", null, "Berlin", null, "10115", "DE")),
        payment, payment == PaymentState.Paid ? [new Tender("t1", "card", 119m * quantity, TenderKind.Sale, new DateTimeOffset(2026, 11, 23, 10, 0, 0, TimeSpan.Zero))] : [],
        FulfilmentMode.Ship);

    /// <summary>Puts messages into the inbox as ingress does.</summary>
    public async Task<IReadOnlyList<Stored>> ReceiveAsync(params Arrival[] arrivals)
    {
        await using var connection = await Database.Sources.Ingress.OpenConnectionAsync();
        return await InboxStore.StoreAsync(connection, arrivals, default);
    }

    public static Arrival Message(Order order, string? eventId = null) => new(
        ShopId, "order", eventId ?? $"{order.Key.Id}@{order.Version}", $"order/{order.Key.Id}", "{}", JsonSerializer.SerializeToUtf8Bytes(order, CanonicalJson.Default.Order), null);

    public static Arrival Message(CanonicalEvent what, string lane, string connection = ShopId) => new(
        connection, "event", what.EventId, lane, "{}", JsonSerializer.SerializeToUtf8Bytes(what, CanonicalJson.Default.CanonicalEvent), null);

    /// <summary>Turns the inbox pump until it has nothing to do.</summary>
    public async Task WorkInboxAsync()
    {
        while ((await Get<InboxPump>().RunOnceAsync(default)).Again)
        {
        }
    }

    /// <summary>Claims what is due at a connection and carries it out, until nothing is due. Returns how many claims there were.</summary>
    public async Task<int> WorkOutboxAsync(string connectionId = ErpId, int limit = 50)
    {
        var total = 0;
        while (await ClaimAsync(connectionId, limit) is { Count: > 0 } claimed)
        {
            foreach (var claim in claimed)
            {
                await Get<DeliveryDesk>().CarryOutAsync(gates[connectionId].Gate, claim, default);
            }

            total += claimed.Count;
        }

        return total;
    }

    /// <summary>Lets the real workers of this node send and run errands until something is so; it is looked at again and again.</summary>
    public async Task RunUntilAsync(Func<Task<bool>> reached)
    {
        working = true;
        var started = TimeProvider.System.GetTimestamp();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        do
        {
            await Get<OutboxPump>().RunOnceAsync(default);
            if (TimeProvider.System.GetElapsedTime(started) > TimeSpan.FromMinutes(3))
            {
                throw new TimeoutException("It never came to be so.");
            }
        }
        while (!await reached() && await timer.WaitForNextTickAsync());
    }

    /// <summary>As <see cref="RunUntilAsync(Func{Task{bool}})"/>, for a statement that counts.</summary>
    public Task RunUntilAsync(string sql, long expected) => RunUntilAsync(async () => await Database.ScalarAsync<long>(sql) == expected);

    /// <summary>Puts orders into the inbox and works them.</summary>
    public async Task PlaceAsync(params IEnumerable<int> orders)
    {
        await ReceiveAsync([.. orders.Select(i => Message(Order(i.ToString(System.Globalization.CultureInfo.InvariantCulture))))]);
        await WorkInboxAsync();
    }

    /// <summary>A gate as its owner opens it, whoever that is.</summary>
    public ConnectionGate OpenGate(string connectionId = ErpId) => Get<Gateway>().Open(Get<ConnectionDirectory>().Get(connectionId)!);

    public async Task<List<ClaimedDelivery>> ClaimAsync(string connectionId = ErpId, int limit = 50, long[]? inFlight = null)
    {
        await HoldAsync(connectionId);
        return await OutboxWork.ClaimAsync(Database.Sources.Work, connectionId, Node, gates[connectionId].Fence, inFlight ?? [], limit, DeliveryLane.Batch, default);
    }

    public ConnectionGate Gate(string connectionId = ErpId) => gates[connectionId].Gate;

    /// <summary>Makes everything that waits for a time due now.</summary>
    public Task HurryAsync() => Database.ExecuteAsync("update delivery set due_at = now(); update inbox_work set due_at = now()");

    /// <summary>Lets this much time pass since deliveries were last sent.</summary>
    public Task AgeSendingsAsync(TimeSpan time) => Database.ExecuteAsync($"update delivery set last_sent_at = last_sent_at - interval '{time.TotalSeconds} seconds', due_at = now()");

    public async Task<string?> StageAsync(string orderId) => await Database.ScalarAsync<string>($"select stage from flow where source_id = '{orderId}'");

    public async ValueTask DisposeAsync()
    {
        if (working)
        {
            await Get<OutboxPump>().StopAsync(default);
        }

        foreach (var (gate, _) in gates.Values)
        {
            gate.Dispose();
        }

        await services.DisposeAsync();
        if (ownsDatabase)
        {
            await Database.DisposeAsync();
        }
    }

    private async Task HoldAsync(string connectionId)
    {
        var leases = await GateStore.HoldAsync(Database.Sources.Work, Node, OutboxPump.Lease, default);
        if (!gates.ContainsKey(connectionId) && leases.Find(l => l.ConnectionId == connectionId) is { } lease)
        {
            gates[connectionId] = (Get<Gateway>().Open(Get<ConnectionDirectory>().Get(connectionId)!), lease.Fence);
        }
    }

    private async Task SetUpAsync(double maxProcessingSeconds)
    {
        var settings = new Dictionary<string, string> { ["maxProcessingSeconds"] = maxProcessingSeconds.ToString(System.Globalization.CultureInfo.InvariantCulture) };
        await Get<ConnectionSeeder>().ApplyAsync(
            new ConnectionSeed(
                [
                    new SeedConnection(ErpId, "test-erp", "Test ERP", null, null, "EUR", "UTC", null, settings, []),
                    new SeedConnection(ShopId, "test-shop", "Test shop", "northlane", "EU", "EUR", "UTC", ErpId, settings, []),
                ],
                [new SeedLocation("WEB", "Web warehouse", "warehouse", null, null)],
                [new SeedStock("SKU-1", "WEB", 100_000), new SeedStock("RARE", "WEB", 1)]),
            default);
    }
}
