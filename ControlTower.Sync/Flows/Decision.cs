using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Flows;

/// <summary>
/// What a flow decided: its new state and everything that follows, saved in one transaction. Lists keep their order. Nothing here has happened yet, and
/// if the transaction does not commit, nothing of it will.
/// </summary>
public sealed record Decision<TState>
{
    public required TState State { get; init; }

    /// <summary>What became of the event.</summary>
    public required Verdict Verdict { get; init; }

    /// <summary>The audit of the step: one entry per thing that happened; stored in the event log.</summary>
    public IReadOnlyList<Fact> Facts { get; init; } = [];

    public IReadOnlyList<DeliveryIntent> Deliveries { get; init; } = [];

    /// <summary>
    /// Kinds of open deliveries that are no longer wanted, taken back before <see cref="Deliveries"/> are enqueued. Only those that certainly did not happen are: not yet
    /// sent, waiting for their next attempt, or refused and held. Each answers with <see cref="FlowEvent.Withdrawn"/>.
    /// </summary>
    public IReadOnlyList<DeliveryKind> Withdraw { get; init; } = [];

    public IReadOnlyList<DeadlineIntent> Deadlines { get; init; } = [];

    public IReadOnlyList<LocalEffect> Effects { get; init; } = [];

    /// <summary>Ids by which people may look for this flow: shop ids, names, ERP numbers, tracking numbers.</summary>
    public IReadOnlyList<FlowReference> References { get; init; } = [];

    /// <summary>A new statement of the order, kept beside the state and handed to deliveries by its version.</summary>
    public Order? Document { get; init; }

    /// <summary>Problems of the flow itself (not of a delivery), each an exception case.</summary>
    public IReadOnlyList<Problem> Problems { get; init; } = [];

    /// <summary>Codes of open problems of this flow that are over.</summary>
    public IReadOnlyList<string> Solved { get; init; } = [];
}

public enum Verdict
{
    /// <summary>It changed something.</summary>
    Applied,

    /// <summary>Seen before; nothing changed.</summary>
    Duplicate,

    /// <summary>Older than what is known; nothing changed.</summary>
    Stale,

    /// <summary>Too early: something it depends on has not come. It waits and is tried again.</summary>
    Parked,

    /// <summary>Of no consequence to this flow.</summary>
    Ignored,
}

/// <param name="Type">Such as <c>order.captured</c>, <c>order.posted</c>: stable, part of the published events.</param>
/// <param name="System">The connection where it happened; null for the tower itself.</param>
/// <param name="Detail">A few words for the timeline, without personal data.</param>
public sealed record Fact(string Type, string Stage, string? System = null, string? Reference = null, string? Detail = null);

/// <param name="Target">Connection id.</param>
/// <param name="Key">One key is open at most once. A key that was withdrawn may be intended again (its posting is reopened with the new document version): nothing had happened under it.</param>
public sealed record DeliveryIntent(DeliveryKind Kind, string Target, PostingKey Key, long DocumentVersion, Money Value, DeliveryArguments? Arguments = null);

/// <summary>What a delivery needs beyond the order document; null members are not needed by its kind.</summary>
public sealed record DeliveryArguments(
    PostingKey? PostedAs = null,
    string? ErpReference = null,
    string? ErpNumber = null,
    IReadOnlyList<Connectors.Allocation>? Allocations = null,
    IReadOnlyList<ShipmentLine>? Lines = null,
    Tracking? Tracking = null,
    string? InvoiceId = null,
    string? InvoiceNumber = null,
    Money? Amount = null,
    string? Method = null,
    string? Reason = null,
    DateTimeOffset? At = null,
    OrderKey? Order = null,
    IReadOnlyList<Connectors.CreditLine>? Credits = null,
    string? ReturnId = null,
    JournalEntry? Journal = null);

/// <param name="After">Null clears the deadline.</param>
public sealed record DeadlineIntent(string Name, TimeSpan? After);

/// <param name="Kind">Such as <c>shop-order</c>, <c>shop-name</c>, <c>erp-order</c>, <c>erp-invoice</c>, <c>posting-key</c>, <c>tracking</c>.</param>
public sealed record FlowReference(string Kind, string Value);

/// <param name="Code">Stable, such as <c>total-mismatch</c>: one open case per flow and code.</param>
public sealed record Problem(FailureKind Kind, string Code, string Message, string? Field = null, string? Target = null);
