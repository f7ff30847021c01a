using ControlTower.Data.Canonical;
using ControlTower.Data.Outbox;

namespace ControlTower.Data.Flows;

/// <summary>One order as a list shows it, with what holds it up now.</summary>
/// <param name="SourceName">What people call the channel.</param>
/// <param name="Case">The open case of the order, if there is one.</param>
/// <param name="Delivery">The open delivery that is longest under way, if there is one.</param>
public sealed record OrderRow(
    long Id, string Name, string Source, string SourceName, string SourceKind, string Brand, string Stage, string Status, Money Value,
    DateTimeOffset PlacedAt, DateTimeOffset StageSince, OrderRow.OpenCase? Case, OrderRow.OpenDelivery? Delivery)
{
    /// <summary>Its id at its channel.</summary>
    public string SourceId { get; init; } = "";

    public DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Rises with each change.</summary>
    public int Version { get; init; }

    public bool IsUnderWay => Status is "open" or "attention";

    public sealed record OpenCase(long Id, string State, int Attempts, string Title);

    /// <param name="Paused">True if a person paused the target.</param>
    /// <param name="TargetOpen">True if the target's breaker is open.</param>
    public sealed record OpenDelivery(
        string Kind, string Target, string TargetName, DeliveryState State, DeliveryLane Lane, int Attempts, DateTimeOffset DueAt, string? LastFailure, bool Paused, bool TargetOpen);
}

/// <summary>Where a list goes on: the sort value of the last row shown, and its id.</summary>
public sealed record OrderCursor(OrderSort Sort, string Value, long Id);

/// <summary>Ids in the order of the list. <paramref name="Next"/> is null at the end.</summary>
public sealed record OrderKeys(IReadOnlyList<long> Ids, OrderCursor? Next);

/// <summary>All orders of a filter: how many, what they are worth per currency, and how long the oldest has been in its stage.</summary>
public sealed record OrderTotal(long Count, IReadOnlyList<Money> Value, DateTimeOffset? OldestSince);

/// <summary>What can be chosen in the filters.</summary>
public sealed record OrderFacets(IReadOnlyList<string> Brands, IReadOnlyList<(string Id, string Name)> Sources);
