using System.Diagnostics;

namespace ControlTower.Data.Outbox;

public enum DeliveryLane : short { Live = 0, Deferred = 1, Replay = 2, Batch = 3 }

public enum DeliveryState : short
{
    Ready = 0,

    /// <summary>An attempt is open. If its lease ends without a word, the outcome is unknown.</summary>
    Sent = 1,

    /// <summary>Perhaps done: looked up before anything is sent again.</summary>
    Unknown = 2,

    /// <summary>Refused or out of attempts: waits for a person.</summary>
    Held = 3,
}

/// <summary>The intent to do something in another system, with the flow that wants it.</summary>
public sealed record NewDelivery(
    string Key, string ConnectionId, long FlowId, string Kind, long DocumentVersion, string? Arguments, decimal Value, string Currency, ActivityContext? Trace);

/// <summary>A delivery in the hands of the connection's owner until its lease ends.</summary>
/// <param name="Before">The state it was in when it was claimed: decides between sending and looking up.</param>
/// <param name="Document">The order as of the delivery's document version, canonical JSON: the newest revision that people made of it, else as the shop stated it.</param>
/// <param name="Trace">Of the message that it follows from.</param>
public sealed record ClaimedDelivery(
    long Id, long Fence, string Key, string ConnectionId, long FlowId, string Kind, DeliveryLane Lane, DeliveryState Before, long DocumentVersion, string? Arguments,
    int Attempts, int LookUps, DateTimeOffset? LastSentAt, DateTimeOffset CreatedAt, string Source, string SourceId, string Brand, string Name, string? Document, ActivityContext? Trace,
    DateTimeOffset DatabaseNow)
{
    /// <summary>What the connection calls things that this delivery names, as a JSON object of <c>kind/from</c> to the target's word; null if nothing is mapped.</summary>
    public string? Mappings { get; init; }
}

/// <summary>A posting as recorded.</summary>
public sealed record PostingRow(string Key, long FlowId, string Kind, string State, string? Reference, string? Number, string? Facts);

public sealed record SettledPosting(long DeliveryId, long Fence, string Key, string Reference, string? Number, string? Facts);
