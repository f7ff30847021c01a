using System.Text.Json.Serialization;

namespace ControlTower.Data.Canonical;

/// <summary>
/// Something a system told us, in the tower's words. <see cref="EventId"/> is unique per source and stable over redelivery. Exactly one of
/// <see cref="Order"/> and <see cref="Posting"/> addresses the flow: shops know their order, ERPs know the key under which we posted to them.
/// </summary>
[JsonDerivedType(typeof(OrderStated), "order-stated")]
[JsonDerivedType(typeof(OrderCancelled), "order-cancelled")]
[JsonDerivedType(typeof(RefundRecorded), "refund-recorded")]
[JsonDerivedType(typeof(ShipmentConfirmed), "shipment-confirmed")]
[JsonDerivedType(typeof(InvoicePosted), "invoice-posted")]
public abstract record CanonicalEvent(string EventId, OrderKey? Order, PostingKey? Posting, long Version, DateTimeOffset At);

/// <summary>A full statement of an order: placed, edited, paid, or read again by a poll. The flow compares versions and contents.</summary>
public sealed record OrderStated(string EventId, Order Statement, DateTimeOffset At) : CanonicalEvent(EventId, Statement.Key, null, Statement.Version, At);

public sealed record OrderCancelled(string EventId, OrderKey Key, long Version, string? Reason, DateTimeOffset At)
    : CanonicalEvent(EventId, Key, null, Version, At);

public sealed record RefundRecorded(string EventId, OrderKey Key, long Version, string RefundId, Money Amount, IReadOnlyList<RefundLine> Lines, DateTimeOffset At)
    : CanonicalEvent(EventId, Key, null, Version, At);

public sealed record RefundLine(string OrderLineId, string? Sku, int Quantity, decimal Amount);

/// <summary>Goods left. From a shop it carries <see cref="CanonicalEvent.Order"/>, from an ERP <see cref="CanonicalEvent.Posting"/>.</summary>
public sealed record ShipmentConfirmed(
    string EventId, OrderKey? Key, PostingKey? PostedAs, long Version, string ShipmentId, IReadOnlyList<ShipmentLine> Lines, Tracking? Tracking, bool Complete, DateTimeOffset At)
    : CanonicalEvent(EventId, Key, PostedAs, Version, At);

public sealed record ShipmentLine(string Sku, int Quantity);

public sealed record Tracking(string? Carrier, string? Number, string? Url);

public sealed record InvoicePosted(
    string EventId, PostingKey PostedAs, long Version, string InvoiceId, string InvoiceNumber, Money Total, Money? Remaining, DateTimeOffset At)
    : CanonicalEvent(EventId, null, PostedAs, Version, At);
