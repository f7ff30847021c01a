using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Microsoft.Extensions.Options;

namespace ControlTower.Sync.Relay;

/// <summary>
/// Kafka by its own client. The key of a record is the flow, so that a flow's events share a partition and keep their order there; every replica in sync has an event before it counts. The
/// client repeats within a few seconds what got no answer, under its own numbers, so that the broker stores it once; what it gives up is the relay's to send again.
/// </summary>
public sealed class KafkaBroker(IOptions<RelayOptions> options) : IEventBroker
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    private IProducer<string, byte[]>? producer;

    private string Topic => options.Value.Exchange;

    public async Task OpenAsync(CancellationToken cancel)
    {
        if (producer is not null)
        {
            return;
        }

        var opened = new ProducerBuilder<string, byte[]>(Settings(options.Value)).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
        try
        {
            using var admin = new DependentAdminClientBuilder(opened.Handle).Build();
            // The client has no asynchronous question for what the broker has.
            var there = await Task.Run(() => admin.GetMetadata(Patience), cancel);
            if (!there.Topics.Exists(topic => topic.Topic == Topic))
            {
                await CreateAsync(admin);
            }

            producer = opened;
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            await DropAsync(opened);
            if (cancel.IsCancellationRequested)
            {
                throw;
            }

            throw error as EventBrokerException ?? new EventBrokerException($"The broker cannot be reached ({Reason(error)}).", error);
        }
    }

    public async Task PublishAsync(CloudEvent e, CancellationToken cancel)
    {
        var record = new Message<string, byte[]>
        {
            Key = e.PartitionKey, Value = CloudEventJson.Write(e), Timestamp = new Timestamp(e.Time.ToUniversalTime()),
            Headers = new Headers { { "content-type", System.Text.Encoding.ASCII.GetBytes(CloudEventJson.ContentType) } },
        };
        try
        {
            var open = producer ?? throw new EventBrokerException("The connection to the broker is not open.");
            var stored = await open.ProduceAsync(Topic, record, cancel);
            if (stored.Status != PersistenceStatus.Persisted)
            {
                throw new EventBrokerException($"The broker did not confirm ({stored.Status}).");
            }
        }
        catch (Exception error) when (error is not (EventBrokerException or OutOfMemoryException) && !cancel.IsCancellationRequested)
        {
            throw new EventBrokerException($"The broker did not confirm ({Reason(error)}).", error);
        }
    }

    public async Task CloseAsync()
    {
        var old = producer;
        producer = null;
        if (old is not null)
        {
            await DropAsync(old);
        }
    }

    public async ValueTask DisposeAsync() => await CloseAsync();

    private async Task CreateAsync(IAdminClient admin)
    {
        if (!options.Value.Declare)
        {
            throw new EventBrokerException($"There is no topic {Topic}: make it, or set Relay:Declare to true.");
        }

        try
        {
            // How many partitions and copies is the broker's to say.
            await admin.CreateTopicsAsync([new TopicSpecification { Name = Topic, NumPartitions = -1, ReplicationFactor = -1 }], new CreateTopicsOptions { RequestTimeout = Patience });
        }
        catch (CreateTopicsException error) when (error.Results.TrueForAll(result => result.Error.Code == ErrorCode.TopicAlreadyExists))
        {
            // Somebody was faster.
        }
    }

    // Disposing waits for what is under way and has no token: it is left behind where it hangs.
    private static async Task DropAsync(IProducer<string, byte[]> old)
    {
        try
        {
            await Task.Run(old.Dispose, CancellationToken.None).WaitAsync(Patience, CancellationToken.None);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // It is gone either way.
        }
    }

    private static string Reason(Exception error) => error is KafkaException { Error: { } known } ? known.Code.ToString() : error.GetType().Name;

    private static ProducerConfig Settings(RelayOptions options)
    {
        var broker = options.Broker ?? throw new EventBrokerException("Relay:Url is not set.");
        var (secure, named) = (broker.Scheme == "kafkas", options.User.Length > 0);
        var settings = new ProducerConfig
        {
            BootstrapServers = broker.Authority, ClientId = "controltower-relay", EnableIdempotence = true, Acks = Acks.All, LingerMs = 5, CompressionType = CompressionType.Lz4,
            SocketTimeoutMs = (int)Patience.TotalMilliseconds, MessageTimeoutMs = (int)(2 * Patience.TotalMilliseconds), AllowAutoCreateTopics = false,
            SecurityProtocol = (secure, named) switch
            {
                (true, true) => SecurityProtocol.SaslSsl,
                (true, false) => SecurityProtocol.Ssl,
                (false, true) => SecurityProtocol.SaslPlaintext,
                _ => SecurityProtocol.Plaintext,
            },
        };
        if (named)
        {
            (settings.SaslMechanism, settings.SaslUsername, settings.SaslPassword) = (SaslMechanism.Plain, options.User, options.Password);
        }

        return settings;
    }
}
