namespace ControlTower.Sync.Relay;

/// <summary>
/// The port to a broker: RabbitMQ, or Kafka with the partition key as the record's key. One relay at a time uses it, with many publications under way at once. It
/// retries nothing by itself: the relay does, and in order.
/// </summary>
public interface IEventBroker : IAsyncDisposable
{
    /// <summary>Connects, if it is not connected, and makes sure that the destination is there.</summary>
    /// <exception cref="EventBrokerException">It is away or refuses; to be tried again later.</exception>
    Task OpenAsync(CancellationToken cancel);

    /// <summary>Completes when the broker has said that the event is safe with it. Until then, nothing may be taken for done: the event may be there, or not, and is sent again.</summary>
    /// <exception cref="EventBrokerException">It did not say so. Close and open before the next try.</exception>
    Task PublishAsync(CloudEvent e, CancellationToken cancel);

    /// <summary>Lets go of the connection, also of one that hangs, within seconds. Never throws.</summary>
    Task CloseAsync();
}

/// <summary>The broker did not do what it was asked to. Holds no address and no secret.</summary>
public sealed class EventBrokerException : Exception
{
    public EventBrokerException()
    {
    }

    public EventBrokerException(string message)
        : base(message)
    {
    }

    public EventBrokerException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
