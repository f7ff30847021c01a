using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using ControlTower.Data.Db;
using ControlTower.Data.Inbox;
using ControlTower.Data.Live;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Pumps;
using ControlTower.Sync.Returns;
using Npgsql;

namespace ControlTower.Sync.Ingress;

/// <summary>How a pushed request was received.</summary>
public abstract record Reception
{
    /// <summary>Its bytes are committed. Also the answer to every repeat.</summary>
    public sealed record Taken : Reception;

    public sealed record Handshake(string Answer) : Reception;

    /// <summary>Not from the vendor: nothing was stored.</summary>
    public sealed record Forged(string Reason) : Reception;

    public sealed record NoSuchConnection : Reception;

    /// <summary>Nothing is known to be stored; the sender should send again.</summary>
    public sealed record Later(string Reason) : Reception;
}

/// <summary>
/// Receives what vendors push: verify, find lane and key, store raw bytes; nothing else. Waiting requests share one statement and one commit, and each is answered only after its own
/// row is on disk. Whatever state the database is in, the answer comes within <see cref="Patience"/>.
/// </summary>
public sealed class IngressDesk : IAsyncDisposable
{
    /// <summary>Senders give us 5 s (Shopify). The driver's own limits may be longer; they are not waited for.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private const int Room = 2_000;

    private readonly TowerDataSources data;
    private readonly ConnectionDirectory connections;
    private readonly Doorbell doorbell;
    private readonly ChangeNotifier changes;
    private readonly TimeProvider clock;
    private readonly Coalescer<Arrival, Stored> queue;

    public IngressDesk(TowerDataSources data, ConnectionDirectory connections, Doorbell doorbell, ChangeNotifier changes, TimeProvider clock)
    {
        (this.data, this.connections, this.doorbell, this.changes, this.clock) = (data, connections, doorbell, changes, clock);
        queue = new Coalescer<Arrival, Stored>(StoreAsync, Room, maxBatch: 256, writers: 2);
    }

    public async Task<Reception> ReceiveAsync(string connectionId, RawRequest request, ActivityContext? trace, CancellationToken cancel)
    {
        var began = clock.GetTimestamp();
        try
        {
            var connection = await connections.GetFreshAsync(connectionId, cancel).AsTask().WaitAsync(Patience, clock, cancel);
            return connection?.Connector is null ? new Reception.NoSuchConnection()
                : connection.Unusable is { } why ? new Reception.Later($"The connection is not usable now: {why}")
                : await VerifyAsync(connection, request, trace, began, cancel);
        }
        catch (Exception error) when (error is TimeoutException or NpgsqlException)
        {
            return new Reception.Later("The database did not answer in time.");
        }
        catch (Exception error) when (error is ObjectDisposedException or OperationCanceledException && !cancel.IsCancellationRequested)
        {
            // The sender is still there; it is the tower that stops. What was on its way to the disk may be there or not.
            return new Reception.Later("The tower stops.");
        }
    }

    public ValueTask DisposeAsync() => queue.DisposeAsync();

    private async Task<Reception> VerifyAsync(LiveConnection connection, RawRequest request, ActivityContext? trace, long began, CancellationToken cancel) =>
        connection.Connector!.Receive(request, connection.Profile, clock.GetUtcNow()) switch
        {
            // A topic may stand in a header that no signature covers; those of the tower itself are nobody else's.
            Receipt.Authentic genuine when genuine.Topic.StartsWith(ReturnMessages.Reserved, StringComparison.Ordinal) => new Reception.Forged("a topic of the tower's own"),
            Receipt.Authentic genuine => await KeepAsync(connection.Profile.Id, genuine, request, trace, began, cancel),
            Receipt.Handshake handshake => new Reception.Handshake(handshake.Answer),
            Receipt.Forged forged => new Reception.Forged(forged.Reason),
            _ => new Reception.Forged("unknown receipt"),
        };

    private async Task<Reception> KeepAsync(string connectionId, Receipt.Authentic genuine, RawRequest request, ActivityContext? trace, long began, CancellationToken cancel)
    {
        var arrival = new Arrival(
            connectionId, VendorText.Stored(genuine.Topic, 120), VendorText.Stored(genuine.EventId, 200), VendorText.Stored(genuine.Lane, 200),
            JsonSerializer.Serialize(request.Headers.Where(h => Kept(h.Key)).ToDictionary(h => h.Key.ToLowerInvariant(), h => VendorText.Stored(h.Value, 500), StringComparer.Ordinal)),
            Whole(request.Body), trace);
        if (!queue.TrySubmit(arrival, out var stored))
        {
            return new Reception.Later("Too many requests are waiting.");
        }

        // What the look-up of the connection took is no longer there to wait.
        var left = Patience - clock.GetElapsedTime(began);
        await stored.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, clock, cancel);
        doorbell.Ring(Doorbell.Inbox);
        changes.Announce(LiveTopics.Arrivals);
        return new Reception.Taken();
    }

    private async Task<IReadOnlyList<Stored>> StoreAsync(IReadOnlyList<Arrival> batch, CancellationToken cancel)
    {
        try
        {
            return await StoreOnceAsync(batch, cancel);
        }
        catch (NpgsqlException error) when (IsWorthAnother(error))
        {
            // What was stored all the same is found, what was not is stored. Once: a restart of the server costs each of its sessions one batch, and no sender a refusal.
            return await StoreOnceAsync(batch, cancel);
        }
    }

    private async Task<IReadOnlyList<Stored>> StoreOnceAsync(IReadOnlyList<Arrival> batch, CancellationToken cancel)
    {
        await using var connection = await data.Ingress.OpenConnectionAsync(cancel);
        return await InboxStore.StoreAsync(connection, batch, cancel);
    }

    // Two batches that held the same events in another order, one of which has won; a session that was cut, with or without a word. Not a server that does not answer: the time is gone.
    private static bool IsWorthAnother(NpgsqlException error) => error is PostgresException answer
        ? answer.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown
        : error.InnerException is IOException;

    // The vendor's own headers explain a message later; credentials and signatures are of no use once verified.
    private static bool Kept(string header) =>
        (header.StartsWith("x-", StringComparison.OrdinalIgnoreCase) || header.StartsWith("shopify-", StringComparison.OrdinalIgnoreCase)
            || header.Equals("content-type", StringComparison.OrdinalIgnoreCase))
        && !header.Contains("hmac", StringComparison.OrdinalIgnoreCase) && !header.Contains("signature", StringComparison.OrdinalIgnoreCase)
        && !header.Contains("token", StringComparison.OrdinalIgnoreCase) && !header.Contains("forwarded", StringComparison.OrdinalIgnoreCase);

    // The door hands over an array of its own: copied once more, each body would be held twice.
    private static byte[] Whole(ReadOnlyMemory<byte> body) =>
        MemoryMarshal.TryGetArray(body, out var part) && part.Array is { } array && part.Offset == 0 && part.Count == array.Length ? array : body.ToArray();
}
