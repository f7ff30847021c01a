using System.Collections.Concurrent;
using ControlTower.Sync.Pumps;
using ControlTower.Sync.Relay;
using ControlTower.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using RabbitMQ.Client;

namespace ControlTower.Tests.Sync.Relay;

/// <summary>Orders with many steps in a database, and relays that pass them on.</summary>
internal sealed class RelayWorld(TestDatabase database, long[] flows) : IAsyncDisposable
{
    public TestDatabase Database => database;

    public static async Task<RelayWorld> CreateAsync(int orders)
    {
        var database = await TestDatabase.CreateAsync();
        var world = await new OrderWorld(database).ConnectAsync();
        var flows = new long[orders];
        for (var i = 0; i < orders; i++)
        {
            flows[i] = await world.OrderAsync($"NL-{i}");
        }

        return new RelayWorld(database, flows);
    }

    /// <summary>Steps <paramref name="from"/> to <paramref name="to"/> of each order, order after order within a step.</summary>
    public Task WriteAsync(int from, int to) => database.ExecuteAsync(
        $"insert into event_log (flow_id, step, type, stage, system, reference, detail) select f.id, s, 'order.noted', 'reserved', 'bc-eu', 'SO-' || s, 'for Ada Person' from generate_series({from}, {to}) s, flow f order by s, f.id");

    public RelayPump Relay(IEventBroker broker, TimeProvider? clock = null) => new(
        database.Sources, broker, NodeIdentity.New("worker"), new PumpMeter(TimeProvider.System), Options.Create(new RelayOptions()), clock ?? TimeProvider.System, NullLogger<RelayPump>.Instance);

    public static RabbitBroker Rabbit(int port, bool requireQueue = true) => new(Options.Create(new RelayOptions
    {
        Url = $"amqp://127.0.0.1:{port}", User = "guest", Password = "guest", RequireQueue = requireQueue,
    }));

    /// <summary>Which steps of which orders were told, each for the first time, in the order of their coming.</summary>
    public static List<(string Flow, int Step)> FirstSeen(IEnumerable<string> ids) =>
        [.. ids.Distinct(StringComparer.Ordinal).Select(id => id.Split('/')).Select(id => (id[0], int.Parse(id[1], System.Globalization.CultureInfo.InvariantCulture)))];

    /// <summary>True if every order has its steps from the first to <paramref name="last"/>, none missing, each first seen after the one before.</summary>
    public bool IsWhole(IEnumerable<string> ids, int last)
    {
        var seen = FirstSeen(ids).ToLookup(s => s.Flow, s => s.Step);
        return flows.All(flow => seen[$"{flow}"].SequenceEqual(Enumerable.Range(1, last)));
    }

    public Task<long> BehindAsync() => database.ScalarAsync<long>(
        "select count(*) from event_log e where (e.txid, e.seq) > (select txid, seq from event_cursor where follower = 'relay' union all select '0'::xid8, 0 limit 1)");

    public Task ExpireTurnAsync() => database.ExecuteAsync("update event_cursor set lease_until = now() - interval '1 second'");

    public ValueTask DisposeAsync() => database.DisposeAsync();
}

/// <summary>A durable queue bound to everything, and what it holds.</summary>
internal static class RelayQueue
{
    public static async Task BindAsync(RabbitNode node)
    {
        await using var connection = await node.ConnectAsync();
        await using var channel = await connection.CreateChannelAsync(cancellationToken: CancellationToken.None);
        await channel.ExchangeDeclareAsync(RabbitNode.Exchange, ExchangeType.Topic, durable: true, cancellationToken: CancellationToken.None);
        await channel.QueueDeclareAsync("all", durable: true, exclusive: false, autoDelete: false, cancellationToken: CancellationToken.None);
        await channel.QueueBindAsync("all", RabbitNode.Exchange, "#", cancellationToken: CancellationToken.None);
    }

    public static async Task<List<BasicGetResult>> DrainAsync(RabbitNode node)
    {
        await using var connection = await node.ConnectAsync();
        await using var channel = await connection.CreateChannelAsync(cancellationToken: CancellationToken.None);
        List<BasicGetResult> all = [];
        while (await channel.BasicGetAsync("all", autoAck: true, CancellationToken.None) is { } message)
        {
            all.Add(message);
        }

        return all;
    }
}

/// <summary>A broker in memory that does as it is told.</summary>
internal sealed class PlayedBroker : IEventBroker
{
    private readonly ConcurrentQueue<CloudEvent> kept = new();

    public IEnumerable<CloudEvent> Kept => kept;

    public bool IsAway { get; set; }

    /// <summary>True: the event is not taken.</summary>
    public Func<CloudEvent, bool> Refuses { get; set; } = _ => false;

    /// <summary>True: the event is taken and its confirm lost.</summary>
    public Func<CloudEvent, bool> LosesConfirm { get; set; } = _ => false;

    /// <summary>Sabotage: says that everything is safe before it is, and drops what is refused.</summary>
    public bool ConfirmsBlindly { get; init; }

    public bool NeverConfirms { get; set; }

    public Func<Task> BeforeTaking { get; set; } = () => Task.CompletedTask;

    public Task OpenAsync(CancellationToken cancel) => IsAway ? throw new EventBrokerException("It is away.") : Task.CompletedTask;

    public async Task PublishAsync(CloudEvent e, CancellationToken cancel)
    {
        await BeforeTaking();
        if (Refuses(e))
        {
            if (ConfirmsBlindly)
            {
                return;
            }

            throw new EventBrokerException("Refused.");
        }

        kept.Enqueue(e);
        if (NeverConfirms)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancel);
        }

        if (LosesConfirm(e))
        {
            throw new EventBrokerException("No confirm.");
        }
    }

    public Task CloseAsync() => Task.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
