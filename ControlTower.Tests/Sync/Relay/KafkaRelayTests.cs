using System.Diagnostics;
using System.Text.Json;
using Confluent.Kafka;
using ControlTower.Sync.Relay;
using Microsoft.Extensions.Options;
using Xunit;

namespace ControlTower.Tests.Sync.Relay;

/// <summary>The relay against the three brokers that the client library plays on loopback: its own protocol, no Java.</summary>
public sealed class KafkaRelayTests
{
    private const string Topic = "controltower.events";

    [Fact]
    public async Task Every_event_is_in_its_flows_partition_in_order_and_a_second_relay_goes_on_where_the_first_one_stopped()
    {
        using var brokers = new PlayedKafka();
        await using var world = await RelayWorld.CreateAsync(orders: 12);
        await world.WriteAsync(1, 5);
        await RelayAsync(world, brokers);
        await world.WriteAsync(6, 8);
        await RelayAsync(world, brokers);

        var records = brokers.Read(12 * 8);

        Assert.Equal(0, await world.BehindAsync());
        Assert.True(world.IsWhole(records.Select(record => record.Id), 8));
        Assert.Equal(12 * 8, records.Count);
        Assert.All(records.GroupBy(record => record.Key), flow => Assert.Single(flow.Select(record => record.Partition).Distinct()));
        Assert.All(records, record => Assert.Equal(CloudEventJson.ContentType, record.ContentType));
    }

    [Fact]
    public async Task Brokers_that_are_away_are_told_as_such_and_nothing_counts_as_sent()
    {
        await using var broker = new KafkaBroker(Options.Create(new RelayOptions { Url = "kafka://127.0.0.1:1" }));
        var refusal = await Assert.ThrowsAsync<EventBrokerException>(() => broker.OpenAsync(TestContext.Current.CancellationToken));
        Assert.Contains("cannot be reached", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("127.0.0.1", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("kafka://broker.example:9092", "", "", null)]
    [InlineData("kafkas://broker.example:9093", "tower", "secret", null)]
    [InlineData("kafkas://broker.example:9093", "tower", "", "Relay:User and Relay:Password")]
    [InlineData("kafka://broker.example", "", "", "Relay:Url")]
    [InlineData("kafka://broker.example:9092/path", "", "", "Relay:Url")]
    [InlineData("kafka://me:secret@broker.example:9092", "", "", "Relay:Url")]
    [InlineData("amqp://broker.example", "", "", "Relay:User and Relay:Password")]
    public void A_wrong_address_or_half_a_sign_in_is_named(string url, string user, string password, string? wrong)
    {
        var result = new RelayOptionsValidator().Validate(null, new RelayOptions { Url = url, User = user, Password = password });
        Assert.Equal(wrong is null, result.Succeeded);
        Assert.Contains(wrong ?? "", result.FailureMessage ?? "", StringComparison.Ordinal);
    }

    private static async Task RelayAsync(RelayWorld world, PlayedKafka brokers)
    {
        await using var broker = new KafkaBroker(Options.Create(new RelayOptions { Url = $"kafka://{brokers.Address}", Declare = false }));
        var relay = world.Relay(broker);
        // Brokers that have just begun to play answer when they can.
        for (var began = Stopwatch.GetTimestamp(); await world.BehindAsync() > 0 && Stopwatch.GetElapsedTime(began) < TimeSpan.FromMinutes(1);)
        {
            await relay.RunOnceAsync(TestContext.Current.CancellationToken);
        }

        await relay.StopAsync(CancellationToken.None);
    }

    private sealed record Found(string Key, int Partition, string Id, string ContentType);

    private sealed class PlayedKafka : IDisposable
    {
        private readonly IProducer<string, byte[]> host = new ProducerBuilder<string, byte[]>(
            new ProducerConfig(new Dictionary<string, string> { ["test.mock.num.brokers"] = "3" }) { BootstrapServers = "mock" }).SetLogHandler((_, _) => { }).Build();

        public PlayedKafka()
        {
            using var admin = new DependentAdminClientBuilder(host.Handle).Build();
            // Asking for a topic makes it.
            admin.GetMetadata(Topic, TimeSpan.FromSeconds(10));
            var broker = admin.GetMetadata(TimeSpan.FromSeconds(10)).Brokers[0];
            Address = $"{broker.Host}:{broker.Port}";
        }

        public string Address { get; }

        public List<Found> Read(int count)
        {
            using var consumer = new ConsumerBuilder<string, byte[]>(new ConsumerConfig { BootstrapServers = Address, GroupId = "test", AutoOffsetReset = AutoOffsetReset.Earliest, EnableAutoCommit = false })
                .SetLogHandler((_, _) => { }).Build();
            var partitions = host.Handle is { } handle ? Partitions(handle) : 0;
            consumer.Assign(Enumerable.Range(0, partitions).Select(partition => new TopicPartitionOffset(Topic, partition, Offset.Beginning)));
            List<Found> found = [];
            while (found.Count < count && consumer.Consume(TimeSpan.FromSeconds(10)) is { } result)
            {
                using var body = JsonDocument.Parse(result.Message.Value);
                found.Add(new Found(
                    result.Message.Key, result.Partition.Value, body.RootElement.GetProperty("id").GetString()!,
                    System.Text.Encoding.ASCII.GetString(result.Message.Headers.GetLastBytes("content-type"))));
            }

            // Of one partition they come in order; between partitions there is none.
            return [.. found.OrderBy(record => record.Partition)];
        }

        public void Dispose() => host.Dispose();

        private static int Partitions(Handle handle)
        {
            using var admin = new DependentAdminClientBuilder(handle).Build();
            return admin.GetMetadata(Topic, TimeSpan.FromSeconds(10)).Topics[0].Partitions.Count;
        }
    }
}
