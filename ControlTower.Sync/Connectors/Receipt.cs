namespace ControlTower.Sync.Connectors;

/// <summary>A pushed request as it came in: headers by case-insensitive name, body untouched.</summary>
public sealed record RawRequest(string Topic, IReadOnlyDictionary<string, string> Headers, IReadOnlyDictionary<string, string> Query, ReadOnlyMemory<byte> Body);

/// <summary>What a connector says about a pushed request.</summary>
public abstract record Receipt
{
    /// <summary>Genuine. Stored under (connection, topic, event id) before it is answered.</summary>
    /// <param name="EventId">The vendor's id of the event, the same on each redelivery; at most 200 characters.</param>
    /// <param name="Lane">What it is about, such as <c>order/1234</c>: one lane is worked in order, one message at a time.</param>
    public sealed record Authentic(string Topic, string EventId, string Lane) : Receipt;

    /// <summary>Not from the vendor, or replayed outside the window: 401, nothing stored.</summary>
    public sealed record Forged(string Reason) : Receipt;

    /// <summary>The vendor only checks that we are here: answer this text, store nothing.</summary>
    public sealed record Handshake(string Answer) : Receipt;
}

/// <summary>A message as stored, whether pushed or polled.</summary>
public sealed record StoredMessage(long Id, string Topic, string EventId, DateTimeOffset ReceivedAt, ReadOnlyMemory<byte> Body);
