using Microsoft.Extensions.Options;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace ControlTower.Sync.Relay;

/// <summary>
/// RabbitMQ by its own client, with publisher confirms. The client's own recovery is off: it would reopen a channel in the middle of a batch, behind the back of the relay, which alone
/// knows what was confirmed. Routing key: <c>kind.source.type</c>, such as <c>order-to-cash.shopify-eu.order.posted</c>.
/// </summary>
public sealed class RabbitBroker(IOptions<RelayOptions> options) : IEventBroker
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    private IConnection? connection;
    private IChannel? channel;

    public async Task OpenAsync(CancellationToken cancel)
    {
        if (channel is { IsOpen: true })
        {
            return;
        }

        await CloseAsync();
        try
        {
            connection = await Factory(options.Value).CreateConnectionAsync(cancel);
            channel = await connection.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), cancel);
            await (options.Value.Declare
                ? channel.ExchangeDeclareAsync(options.Value.Exchange, ExchangeType.Topic, durable: true, autoDelete: false, cancellationToken: cancel)
                : channel.ExchangeDeclarePassiveAsync(options.Value.Exchange, cancel));
        }
        catch (Exception error) when (error is not OutOfMemoryException && !cancel.IsCancellationRequested)
        {
            await CloseAsync();
            throw new EventBrokerException(Refused(error), error);
        }
    }

    public async Task PublishAsync(CloudEvent e, CancellationToken cancel)
    {
        var properties = new BasicProperties
        {
            ContentType = CloudEventJson.ContentType, DeliveryMode = DeliveryModes.Persistent, MessageId = e.Id, Type = e.Type, AppId = "controltower",
            Timestamp = new AmqpTimestamp(e.Time.ToUnixTimeSeconds()),
        };
        try
        {
            var open = channel ?? throw new EventBrokerException("The channel to the broker is not open.");
            await open.BasicPublishAsync(options.Value.Exchange, RoutingKey(e), options.Value.RequireQueue, properties, CloudEventJson.Write(e), cancel);
        }
        catch (PublishException error) when (error.IsReturn)
        {
            throw new EventBrokerException($"No queue takes {RoutingKey(e)}: bind one to {options.Value.Exchange}, or set Relay:RequireQueue to false.", error);
        }
        catch (Exception error) when (error is not (EventBrokerException or OutOfMemoryException) && !cancel.IsCancellationRequested)
        {
            throw new EventBrokerException($"The broker did not confirm ({error.GetType().Name}).", error);
        }
    }

    public async Task CloseAsync()
    {
        var (oldChannel, oldConnection) = (channel, connection);
        (channel, connection) = (null, null);
        try
        {
            if (oldConnection is not null)
            {
                await oldConnection.AbortAsync(TimeSpan.FromSeconds(1)).WaitAsync(Patience, CancellationToken.None);
                await oldConnection.DisposeAsync().AsTask().WaitAsync(Patience, CancellationToken.None);
            }

            if (oldChannel is not null)
            {
                await oldChannel.DisposeAsync().AsTask().WaitAsync(Patience, CancellationToken.None);
            }
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // It is gone either way.
        }
    }

    public async ValueTask DisposeAsync() => await CloseAsync();

    private static string RoutingKey(CloudEvent e) => $"{e.Data.Kind}.{e.Data.Source}.{e.Type["controltower.".Length..^".v1".Length]}";

    private static string Refused(Exception error) => error switch
    {
        BrokerUnreachableException { InnerException: AuthenticationFailureException } => "The broker refuses user and password.",
        OperationInterruptedException { ShutdownReason: { } reason } => $"The broker refuses: {reason.ReplyCode} {reason.ReplyText}",
        _ => $"The broker cannot be reached ({(error.InnerException ?? error).GetType().Name}).",
    };

    private static ConnectionFactory Factory(RelayOptions options) => new()
    {
        Uri = options.Broker ?? throw new EventBrokerException("Relay:Url is not set."),
        UserName = options.User, Password = options.Password, ClientProvidedName = "controltower relay",
        AutomaticRecoveryEnabled = false, TopologyRecoveryEnabled = false, RequestedHeartbeat = TimeSpan.FromSeconds(10),
        RequestedConnectionTimeout = Patience, HandshakeContinuationTimeout = Patience, ContinuationTimeout = Patience,
        SocketReadTimeout = TimeSpan.FromSeconds(15), SocketWriteTimeout = TimeSpan.FromSeconds(15),
    };
}
