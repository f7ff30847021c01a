using System.Text.Json;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;

namespace ControlTower.Sync.Returns;

/// <summary>
/// What people of the tower say about returns, as messages of the inbox: they wait, are applied once, and survive like those of vendors. A message is an array of events without their time,
/// which is that of its arrival, so that the same act said twice is the same bytes.
/// </summary>
public static class ReturnMessages
{
    /// <summary>No sender from outside may use a topic that begins so.</summary>
    public const string Reserved = "tower/";

    public const string Topic = Reserved + "return";

    public static byte[] Write(IReadOnlyList<CanonicalEvent> events) => JsonSerializer.SerializeToUtf8Bytes([.. events], CanonicalJson.Default.CanonicalEventArray);

    public static Translation Read(StoredMessage message) => Read(message.Body.Span) is { Count: > 0 } events
        ? new Translation.Events([.. events.Select(e => e with { At = message.ReceivedAt })])
        : new Translation.Unreadable(FailureKind.Parse, "unreadable", "The message cannot be read.");

    /// <summary>The events of a message, without their time; none if it cannot be read.</summary>
    public static IReadOnlyList<CanonicalEvent> Read(ReadOnlySpan<byte> body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, CanonicalJson.Default.CanonicalEventArray) ?? [];
        }
        catch (JsonException)
        {
            return [];
        }
    }
}
