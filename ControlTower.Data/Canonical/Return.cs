using System.Text.Json.Serialization;

namespace ControlTower.Data.Canonical;

/// <summary>Something that was said about a return. <see cref="Key"/> is the return's own: the connection of the channel and the return's id there, or one that the tower gave.</summary>
public abstract record ReturnEvent(string EventId, OrderKey Key, long Version, DateTimeOffset At) : CanonicalEvent(EventId, null, null, Version, At)
{
    [JsonIgnore]
    public override OrderKey? Return => Key;
}

/// <summary>A return as whoever took it states it. A later statement of a shop may carry another status.</summary>
/// <param name="Of">The order that was bought.</param>
/// <param name="Store">Where it was handed in; null if it comes by post.</param>
/// <param name="By">Who entered it in the tower; null where the channel did.</param>
/// <param name="Receipt">False: the buyer has no proof of the purchase.</param>
/// <param name="Approved">A person with the right to it, or the channel, has agreed to what the policy leaves to a person.</param>
/// <param name="Partial">The channel has more lines of it than are told here.</param>
/// <param name="Exchange">Other goods go out for these: what is paid back is the channel's to know.</param>
/// <param name="AtTill">A till took it back by itself: goods and money have changed hands there, and only the books are still to be told.</param>
/// <param name="ById">The account of who entered it: what needs agreement needs another's.</param>
public sealed record ReturnStated(
    string EventId, OrderKey Key, OrderKey Of, long Version, IReadOnlyList<ReturnedLine> Lines, string? Store, string? By, bool Receipt, bool Approved, DateTimeOffset At, bool Partial = false,
    bool Exchange = false, string? ById = null, bool AtTill = false)
    : ReturnEvent(EventId, Key, Version, At);

/// <param name="Reason">Why it comes back, one of <see cref="ReturnReasons"/>.</param>
/// <param name="Worth">What the channel gave back for the line, tax included, where that is done already; null: its share of what was paid.</param>
public sealed record ReturnedLine(string OrderLineId, int Quantity, string Reason, decimal? Worth = null);

/// <summary>Why goods come back. Who was sent faulty or wrong goods is not bound to the window of those who changed their mind.</summary>
public static class ReturnReasons
{
    public const string Unwanted = "unwanted";
    public const string Size = "size";
    public const string Faulty = "faulty";
    public const string Damaged = "damaged";
    public const string WrongItem = "wrong-item";
    public const string Late = "late";
    public const string Other = "other";

    public static IReadOnlyList<string> All { get; } = [Unwanted, Size, Faulty, Damaged, WrongItem, Late, Other];

    public static bool IsTheSellersFault(string reason) => reason is Faulty or Damaged or WrongItem;
}

/// <summary>A person, or the channel, agreed to what the policy leaves to a person.</summary>
public sealed record ReturnApproved(string EventId, OrderKey Key, string? By, DateTimeOffset At) : ReturnEvent(EventId, Key, 0, At);

public sealed record ReturnRefused(string EventId, OrderKey Key, string? By, string Why, DateTimeOffset At) : ReturnEvent(EventId, Key, 0, At);

public sealed record ReturnCancelled(string EventId, OrderKey Key, string? By, string Why, DateTimeOffset At) : ReturnEvent(EventId, Key, 0, At);

/// <summary>Goods arrived. Several receipts of one return add up.</summary>
/// <param name="Complete">Nothing more is expected.</param>
/// <param name="After">How many receipts whoever says it had seen; it counts only if there are no more by now. Null: it counts whatever was said before.</param>
public sealed record ReturnReceived(
    string EventId, OrderKey Key, string Location, IReadOnlyList<ReceivedLine> Lines, bool Complete, string? By, DateTimeOffset At, int? After = null)
    : ReturnEvent(EventId, Key, 0, At);

public sealed record ReceivedLine(string OrderLineId, int Quantity);

/// <summary>Goods that had arrived were looked at. Several inspections add up.</summary>
/// <param name="After">How many inspections whoever says it had seen; it counts only if there are no more by now. Null: it counts whatever was said before.</param>
public sealed record ReturnInspected(
    string EventId, OrderKey Key, string Location, IReadOnlyList<InspectedLine> Lines, string? By, DateTimeOffset At, int? After = null)
    : ReturnEvent(EventId, Key, 0, At);

public sealed record InspectedLine(string OrderLineId, int Quantity, GoodsCondition Condition);

public enum GoodsCondition
{
    /// <summary>For sale again.</summary>
    Sound,

    /// <summary>Paid back, and kept apart until somebody has seen to it.</summary>
    NeedsWork,

    /// <summary>Paid back, and thrown away.</summary>
    WriteOff,

    /// <summary>Not what was sold, or not as it must come back: goes back to the buyer, and nothing is paid.</summary>
    Rejected,
}

/// <summary>The channel itself paid the return out.</summary>
public sealed record ReturnRefunded(string EventId, OrderKey Key, string RefundId, Money Amount, DateTimeOffset At) : ReturnEvent(EventId, Key, 0, At)
{
    [JsonIgnore]
    public override Money? Worth => Amount;
}

/// <summary>The channel closed the return: nothing has to be told to it any more.</summary>
public sealed record ReturnClosed(string EventId, OrderKey Key, DateTimeOffset At) : ReturnEvent(EventId, Key, 0, At);

/// <summary>A person did by hand what a system cannot do or would not, under this reference.</summary>
public sealed record ReturnSettledByHand(string EventId, OrderKey Key, ReturnStep Step, string Reference, string By, DateTimeOffset At) : ReturnEvent(EventId, Key, 0, At);

public enum ReturnStep { Credit, Refund, Tell }
