using ControlTower.Data.Canonical;
using ControlTower.Data.Outbox;

namespace ControlTower.Data.Timeline;

/// <summary>Everything the tower knows of one order, as read in one moment. No payloads and no personal data: those are read apart, by permission.</summary>
public sealed record OrderStory(
    OrderHead Head,
    IReadOnlyList<StorySystem> Systems,
    IReadOnlyList<StoryStep> Steps,
    IReadOnlyList<StoryMessage> Messages,
    IReadOnlyList<StoryCall> Calls,
    IReadOnlyList<StoryPosting> Postings,
    IReadOnlyList<StoryDelivery> Deliveries,
    IReadOnlyList<StoryReference> References,
    IReadOnlyList<StoryCase> Cases,
    IReadOnlyList<StoryDeadline> Deadlines,
    IReadOnlyList<StoryAct> Acts,
    bool IsCut);

/// <param name="Lines">Order lines of the newest statement; null if no statement is kept.</param>
/// <param name="Reserved">Lines that hold stock now.</param>
/// <param name="Fulfilment">Such as <c>ShipFromStore</c>; null if unknown.</param>
public sealed record OrderHead(
    long Id, string Name, string Kind, string Source, string SourceId, string Brand, string? Erp, string Stage, string Status, Money Value,
    DateTimeOffset? PlacedAt, DateTimeOffset StageSince, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, int? Lines, int Reserved, string? Fulfilment, string? TraceId)
{
    /// <summary>Somebody asked for the buyer's data to be erased, or it is old enough.</summary>
    public bool IsToBeErased { get; init; }

    /// <summary>When the buyer's data was erased; null while it is there.</summary>
    public DateTimeOffset? ErasedAt { get; init; }
}

/// <param name="Breaker"><c>closed</c>, <c>open</c> or <c>half-open</c>.</param>
public sealed record StorySystem(string Id, string Name, string Kind, string Role, string TimeZone, DateTimeOffset? PausedAt, string? PausedBy, string Breaker, DateTimeOffset? NextProbeAt);

/// <summary>An entry of the event log.</summary>
public sealed record StoryStep(int Step, string Type, string Stage, string? System, string? Reference, string? Detail, DateTimeOffset At, string? TraceId);

/// <param name="Outcome">Null while it waits.</param>
/// <param name="Detail">Of one that waits: <c>parked</c> until what it depends on has come, <c>thin</c> until the vendor was read, null until it is its turn.</param>
/// <param name="Size">Of the stored body, in bytes; 0 after retention erased it.</param>
public sealed record StoryMessage(long Id, string System, string Topic, string EventId, string? Outcome, string? Detail, DateTimeOffset ReceivedAt, int Size);

/// <summary>One request that left the house. Its bodies are read apart.</summary>
/// <param name="Status">HTTP status; null without an answer.</param>
public sealed record StoryCall(
    long Id, string System, string? PostingKey, string Purpose, int Attempt, string Verb, string Path, int? Status, string Outcome, string? Failure, DateTimeOffset StartedAt, int TookMs);

public sealed record StoryPosting(string Key, string System, string Kind, string State, string? Reference, string? Number, Money Value, DateTimeOffset IntendedAt, DateTimeOffset? SettledAt);

public sealed record StoryDelivery(
    long Id, string PostingKey, string System, string Kind, DeliveryState State, DeliveryLane Lane, int Attempts, int LookUps, DateTimeOffset DueAt,
    DateTimeOffset? FirstSentAt, DateTimeOffset? LastSentAt, string? LastFailure, string? LastMessage, DateTimeOffset CreatedAt);

public sealed record StoryReference(string Kind, string Value);

public sealed record StoryCase(long Id, string State, string Failure, string Title, string? System, DateTimeOffset OpenedAt, DateTimeOffset? ClosedAt, int Attempts);

public sealed record StoryDeadline(string Name, DateTimeOffset DueAt);

/// <summary>What a person did, from the audit trail.</summary>
public sealed record StoryAct(DateTimeOffset At, string Who, string Action, string Outcome, string? Reason, string? Result = null);

/// <summary>What was sent and what came back, masked when it was stored. Null after retention erased it.</summary>
public sealed record CallBody(string? Request, string? Response)
{
    /// <summary>Both sides' headers of a call that did not go well, without secrets: <c>&gt;</c> before what was sent, <c>&lt;</c> before what came.</summary>
    public string? Headers { get; init; }
}
