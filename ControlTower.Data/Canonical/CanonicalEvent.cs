using System.Text.Json.Serialization;

namespace ControlTower.Data.Canonical;

/// <summary>
/// Something a system told us, in the tower's words. <see cref="EventId"/> is unique per source and stable over redelivery. Exactly one of
/// <see cref="Order"/>, <see cref="Posting"/> and <see cref="Return"/> addresses the flow: shops know their order, ERPs know the key under which we posted to them.
/// </summary>
[JsonDerivedType(typeof(OrderStated), "order-stated")]
[JsonDerivedType(typeof(OrderCancelled), "order-cancelled")]
[JsonDerivedType(typeof(RefundRecorded), "refund-recorded")]
[JsonDerivedType(typeof(ShipmentConfirmed), "shipment-confirmed")]
[JsonDerivedType(typeof(ShipmentCancelled), "shipment-cancelled")]
[JsonDerivedType(typeof(InvoicePosted), "invoice-posted")]
[JsonDerivedType(typeof(ReturnStated), "return-stated")]
[JsonDerivedType(typeof(ReturnApproved), "return-approved")]
[JsonDerivedType(typeof(ReturnRefused), "return-refused")]
[JsonDerivedType(typeof(ReturnCancelled), "return-cancelled")]
[JsonDerivedType(typeof(ReturnReceived), "return-received")]
[JsonDerivedType(typeof(ReturnInspected), "return-inspected")]
[JsonDerivedType(typeof(ReturnRefunded), "return-refunded")]
[JsonDerivedType(typeof(ReturnClosed), "return-closed")]
[JsonDerivedType(typeof(ReturnSettledByHand), "return-settled-by-hand")]
[JsonDerivedType(typeof(JournalAsked), "journal-asked")]
public abstract record CanonicalEvent(string EventId, OrderKey? Order, PostingKey? Posting, long Version, DateTimeOffset At)
{
    /// <summary>The return that it is about.</summary>
    [JsonIgnore]
    public virtual OrderKey? Return => null;

    /// <summary>What hangs on it in money: the whole of an order, what was paid back; null where it says nothing of money.</summary>
    [JsonIgnore]
    public virtual Money? Worth => null;
}

/// <summary>A full statement of an order: placed, edited, paid, or read again by a poll. The flow compares versions and contents.</summary>
public sealed record OrderStated(string EventId, Order Statement, DateTimeOffset At) : CanonicalEvent(EventId, Statement.Key, null, Statement.Version, At)
{
    [JsonIgnore]
    public override Money? Worth => Statement.Total;
}

public sealed record OrderCancelled(string EventId, OrderKey Key, long Version, string? Reason, DateTimeOffset At)
    : CanonicalEvent(EventId, Key, null, Version, At);

/// <param name="Echo">The key under which we asked for this refund, if we did.</param>
/// <param name="OfReturn">The channel's id of the return that it pays out, if the channel says so.</param>
public sealed record RefundRecorded(
    string EventId, OrderKey Key, long Version, string RefundId, Money Amount, IReadOnlyList<RefundLine> Lines, DateTimeOffset At, PostingKey? Echo = null, string? OfReturn = null)
    : CanonicalEvent(EventId, Key, null, Version, At)
{
    [JsonIgnore]
    public override Money? Worth => Amount;
}

/// <param name="TakenOff">True: these goods were taken off the order before they were sold, so they did not come back.</param>
public sealed record RefundLine(string OrderLineId, string? Sku, int Quantity, decimal Amount, bool TakenOff = false);

/// <summary>Goods left. From a shop it carries <see cref="CanonicalEvent.Order"/>, from an ERP <see cref="CanonicalEvent.Posting"/>.</summary>
public sealed record ShipmentConfirmed(
    string EventId, OrderKey? Key, PostingKey? PostedAs, long Version, string ShipmentId, IReadOnlyList<ShipmentLine> Lines, Tracking? Tracking, bool Complete, DateTimeOffset At)
    : CanonicalEvent(EventId, Key, PostedAs, Version, At);

/// <summary>A parcel was called off: its goods are still there. It may be heard of before the parcel is.</summary>
public sealed record ShipmentCancelled(string EventId, OrderKey Key, long Version, string ShipmentId, DateTimeOffset At) : CanonicalEvent(EventId, Key, null, Version, At);

public sealed record ShipmentLine(string Sku, int Quantity);

public sealed record Tracking(string? Carrier, string? Number, string? Url);

public sealed record InvoicePosted(
    string EventId, PostingKey PostedAs, long Version, string InvoiceId, string InvoiceNumber, Money Total, Money? Remaining, DateTimeOffset At)
    : CanonicalEvent(EventId, null, PostedAs, Version, At)
{
    [JsonIgnore]
    public override Money? Worth => Total;
}
