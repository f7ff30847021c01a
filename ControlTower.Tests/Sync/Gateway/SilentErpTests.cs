using ControlTower.Data.Canonical;
using ControlTower.Data.Db;
using ControlTower.Data.Flows;
using ControlTower.Data.Inbox;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Gateway;
using ControlTower.Sync.Ingress;
using ControlTower.Sync.Pumps;
using ControlTower.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Xunit;

namespace ControlTower.Tests.Sync.Gateway;

/// <summary>
/// An ERP takes every call that its limits allow and answers none: more of them at once than the pools have connections. Whatever shares a place with a call that hangs would stand still
/// with it; nothing here is measured.
/// </summary>
public sealed class SilentErpTests : IAsyncLifetime
{
    private const string OtherShop = "other-shop";
    private const int Hanging = 40;

    private readonly TaskCompletionSource silence = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly HttpErp silent = new() { Stated = new VendorLimits(Concurrency: Hanging) };
    private readonly HttpErp well = new() { Kind = "well-erp", Host = "well.test", Stated = new VendorLimits(Concurrency: 2) };

    // Outlives the calls that wait for it: a semaphore that is disposed lets nobody through any more.
    private readonly SemaphoreSlim queue = new(1);
    private Func<HttpMessageHandler, HttpMessageHandler> above = wire => wire;
    private EngineWorld world = null!;

    public async ValueTask InitializeAsync()
    {
        silent.Works = () => silence.Task;
        var shop = new TestShop();
        world = await EngineWorld.CreateAsync(shop: shop, configure: services =>
        {
            services.AddSingleton(new ConnectorCatalog([shop, silent, well]));
            services.AddSingleton<IVendorTransport>(new Network(this));
        });
        await world.Get<ConnectionSeeder>().ApplyAsync(
            new ConnectionSeed(
                [
                    new SeedConnection("well", "well-erp", "The other ERP", null, null, "EUR", "UTC", null, [], []),
                    new SeedConnection(OtherShop, "test-shop", "The other shop", "southlane", "EU", "EUR", "UTC", "well", [], []),
                ],
                [], []),
            default);
        await world.Get<ConnectionDirectory>().RefreshAsync(default);
        await world.PlaceAsync(Enumerable.Range(1, Hanging));
    }

    public async ValueTask DisposeAsync()
    {
        silence.TrySetResult();
        await world.DisposeAsync();
        queue.Dispose();
    }

    [Promise(14)]
    [Fact]
    public async Task While_an_ERP_is_silent_the_door_the_stock_the_screens_and_the_other_ERP_go_on()
    {
        await world.RunUntilAsync(() => Task.FromResult(silent.Present == Hanging));

        Assert.IsType<Reception.Taken>(await PushAsync());
        await world.ReceiveAsync(OfOtherShop("100"));
        await world.WorkInboxAsync();
        await world.RunUntilAsync("select count(*) from posting where connection_id = 'well' and kind = 'PostSalesOrder' and state = 'confirmed'", 1);

        Assert.Equal(Hanging + 1, await world.Database.ScalarAsync<int>("select reserved from stock where sku = 'SKU-1'"));
        Assert.Equal(Hanging + 1, (await new OrderQueries(world.Database.Sources).TotalAsync(new OrderFilter())).Count);
        Assert.Equal(Hanging, silent.Present);
        Assert.Empty(silent.Ledger);
    }

    [Sabotage(14)]
    [Fact]
    public async Task P14_sabotage_calls_that_hold_a_connection_of_the_pool_bring_the_reservations_and_the_other_ERP_to_a_stop()
    {
        var work = world.Database.Sources.Work;
        above = wire => new Holding(work) { InnerHandler = wire };
        // Where the pool is used up, the pump itself may be what finds out.
        await Record.ExceptionAsync(() => world.RunUntilAsync(() => Task.FromResult(silent.Present >= new NpgsqlConnectionStringBuilder(work.ConnectionString).MaxPoolSize)));

        await world.ReceiveAsync(OfOtherShop("100"));
        await Assert.ThrowsAnyAsync<NpgsqlException>(world.WorkInboxAsync);
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => world.Get<OutboxPump>().RunOnceAsync(default));
        silence.TrySetResult();
    }

    [Sabotage(14)]
    [Fact]
    public async Task P14_sabotage_one_queue_before_all_vendors_lets_the_silent_one_keep_the_others_waiting()
    {
        above = wire => new Queue(queue) { InnerHandler = wire };
        await world.RunUntilAsync(() => Task.FromResult(silent.Present == 1));
        await world.ReceiveAsync(OfOtherShop("100"));
        await world.WorkInboxAsync();
        await world.RunUntilAsync("select count(*) from delivery where connection_id = 'well' and state = 1", 1);

        Assert.DoesNotContain(well.Seen, seen => seen.Method.Equals(HttpMethod.Post));
        silence.TrySetResult();
        await world.RunUntilAsync(() => Task.FromResult(well.Seen.Any(seen => seen.Method.Equals(HttpMethod.Post))));
    }

    private Task<Reception> PushAsync() => world.Get<IngressDesk>().ReceiveAsync(
        EngineWorld.ShopId,
        new RawRequest("none", new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { ["x-test-signature"] = "genuine", ["x-test-id"] = "pushed" }, new Dictionary<string, string>(), "{}"u8.ToArray()),
        null, default);

    private static Arrival OfOtherShop(string id) =>
        EngineWorld.Message(EngineWorld.Order(id) with { Key = new OrderKey(OtherShop, id) }) with { ConnectionId = OtherShop };

    private sealed class Network(SilentErpTests test) : IVendorTransport
    {
        public HttpMessageHandler Create() => test.above(new Exchange(new HttpMessageInvoker(test.silent.Create()), new HttpMessageInvoker(test.well.Create()), test.well.Host));
    }

    private sealed class Exchange(HttpMessageInvoker silent, HttpMessageInvoker well, string wellHost) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            (request.RequestUri!.Host == wellHost ? well : silent).SendAsync(request, cancellationToken);

        protected override void Dispose(bool disposing)
        {
            silent.Dispose();
            well.Dispose();
            base.Dispose(disposing);
        }
    }

    /// <summary>A call inside an open connection, as one is tempted to write it: the row stays locked until the answer is there.</summary>
    private sealed class Holding(NpgsqlDataSource pool) : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            await using var connection = await pool.OpenConnectionAsync(cancellationToken);
            return await base.SendAsync(request, cancellationToken);
        }
    }

    private sealed class Queue(SemaphoreSlim turn) : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            await turn.WaitAsync(cancellationToken);
            try
            {
                return await base.SendAsync(request, cancellationToken);
            }
            finally
            {
                turn.Release();
            }
        }
    }
}
