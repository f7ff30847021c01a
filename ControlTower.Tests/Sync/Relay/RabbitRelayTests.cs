using System.Text;
using System.Text.Json;
using ControlTower.Sync.Pumps;
using ControlTower.Sync.Relay;
using ControlTower.Tests.Chaos.Wire;
using ControlTower.Tests.Support;
using RabbitMQ.Client;
using Xunit;

namespace ControlTower.Tests.Sync.Relay;

/// <summary>One private RabbitMQ for all of them: its start is most of their time.</summary>
public sealed class RabbitRelayTests : IAsyncDisposable
{
    private readonly List<string> taken = [];
    private RabbitNode node = null!;
    private RelayWorld world = null!;
    private BasicGetResult last = null!;

    public async ValueTask DisposeAsync()
    {
        if (world is not null)
        {
            await world.DisposeAsync();
        }

        if (node is not null)
        {
            await node.DisposeAsync();
        }
    }

    [Fact]
    public async Task Every_event_reaches_a_real_broker_in_order_through_lost_confirms_a_killed_node_and_a_killed_broker()
    {
        node = await RabbitNode.StartAsync();
        world = await RelayWorld.CreateAsync(orders: 25);
        await using var proxy = FaultProxy.Before(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, node.Port));
        await using var broker = RelayWorld.Rabbit(proxy.Port);
        var relay = world.Relay(broker);
        await world.WriteAsync(1, 8);

        // Nobody listens yet: nothing is dropped, and it is said why.
        await UntilAsync(async () => (await relay.RunOnceAsync(default)).Trouble?.Contains("No queue takes order-to-cash.shopify-eu.order.noted", StringComparison.Ordinal) == true);
        Assert.Equal(200, await world.BehindAsync());
        await RelayQueue.BindAsync(node);
        await CatchUpAsync(relay);
        Assert.True(world.IsWhole(await TakeAsync(), 8));

        await ConfirmsAreLostAsync(proxy, relay);
        var successor = await NodeDiesAsync(relay);
        await BrokerDiesAsync(successor);

        Assert.True(world.IsWhole(taken, 32));
        Assert.InRange(taken.Count, 801, int.MaxValue); // Repeats there were, or nothing was lost on the way.
        AssertShape(last);
    }

    private async Task ConfirmsAreLostAsync(FaultProxy proxy, RelayPump relay)
    {
        await world.WriteAsync(9, 16);
        proxy.Set(new WireFault(WireFaultKind.LoseAnswer, Times: 1));
        await CatchUpAsync(relay);
        Assert.Equal(1, proxy.Hits);
        Assert.True(world.IsWhole(await TakeAsync(), 16));
    }

    // Its last breath: a batch is sent and confirmed, and the place does not move any more.
    private async Task<RelayPump> NodeDiesAsync(RelayPump relay)
    {
        await world.WriteAsync(17, 24);
        await world.Database.ExecuteAsync(
            "create function die() returns trigger language plpgsql as $$ begin raise 'died'; end $$; create trigger die before update of txid on event_cursor for each row when (old.seq <> new.seq) execute function die()");
        await UntilAsync(async () =>
        {
            try
            {
                await relay.RunOnceAsync(default);
                return false;
            }
            catch (Npgsql.PostgresException error) when (error.MessageText == "died")
            {
                return true;
            }
        });
        await world.Database.ExecuteAsync("drop function die() cascade");
        await world.ExpireTurnAsync();
        var successor = world.Relay(RelayWorld.Rabbit(node.Port));
        await CatchUpAsync(successor);
        Assert.True(world.IsWhole(await TakeAsync(), 24));
        return successor;
    }

    private async Task BrokerDiesAsync(RelayPump relay)
    {
        await world.WriteAsync(25, 28);
        var relaying = relay.RunOnceAsync(default);
        await node.KillAsync();
        await relaying;
        await world.WriteAsync(29, 32);
        await UntilAsync(async () => (await relay.RunOnceAsync(default)).Trouble is not null);
        await node.RunAsync();
        await CatchUpAsync(relay);
        await relay.StopAsync(default);
        await TakeAsync();
    }

    private static void AssertShape(BasicGetResult message)
    {
        Assert.Equal((CloudEventJson.ContentType, DeliveryModes.Persistent), (message.BasicProperties.ContentType, message.BasicProperties.DeliveryMode));
        Assert.Equal("order-to-cash.shopify-eu.order.noted", message.RoutingKey);
        using var json = JsonDocument.Parse(message.Body);
        Assert.Equal(message.BasicProperties.MessageId, json.RootElement.GetProperty("id").GetString());
        Assert.DoesNotContain("Ada", Encoding.UTF8.GetString(message.Body.Span), StringComparison.Ordinal);
    }

    private async Task<List<string>> TakeAsync()
    {
        foreach (var message in await RelayQueue.DrainAsync(node))
        {
            taken.Add(message.BasicProperties.MessageId!);
            last = message;
        }

        return taken;
    }

    // More patient than elsewhere: an Erlang node on a busy machine takes its time.
    private static async Task UntilAsync(Func<Task<bool>> happened)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        while (!await happened())
        {
            Assert.True(await timer.WaitForNextTickAsync(limit.Token));
        }
    }

    private Task CatchUpAsync(RelayPump relay) => UntilAsync(async () =>
    {
        await relay.RunOnceAsync(default);
        return await world.BehindAsync() == 0;
    });
}
