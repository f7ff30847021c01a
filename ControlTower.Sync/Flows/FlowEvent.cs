using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;

namespace ControlTower.Sync.Flows;

/// <summary>What a flow may be told.</summary>
public abstract record FlowEvent
{
    /// <summary>A system said something about the flow's subject.</summary>
    public sealed record Told(CanonicalEvent What) : FlowEvent;

    /// <summary>A delivery of this flow was carried out.</summary>
    public sealed record Delivered(DeliveryKind Kind, PostingKey Key, Outcome.Accepted As) : FlowEvent;

    /// <summary>A delivery was refused and now waits in the exceptions; the flow only takes note.</summary>
    public sealed record Refused(DeliveryKind Kind, PostingKey Key, Outcome.Refused Why) : FlowEvent;

    /// <summary>Answer to <see cref="Decision{TState}.Withdraw"/>, at once and one per delivery taken back: it was never sent or had been refused, so nothing happened
    /// out there. A delivery that is under way or of unknown outcome gives no answer here; its <see cref="Delivered"/> or <see cref="Refused"/> follows.</summary>
    public sealed record Withdrawn(DeliveryKind Kind, PostingKey Key) : FlowEvent;

    /// <summary>Answer to <see cref="LocalEffect.Reserve"/>: everything is reserved.</summary>
    public sealed record Reserved(IReadOnlyList<Allocation> Allocations) : FlowEvent;

    /// <summary>Answer to <see cref="LocalEffect.Reserve"/>: nothing is reserved.</summary>
    public sealed record NotReserved(IReadOnlyList<Shortage> Shortages) : FlowEvent;

    /// <summary>Answer to <see cref="LocalEffect.Take"/>: the goods left the stock; nothing did where the place keeps none.</summary>
    /// <param name="Oversold">What was not free there and was sold all the same.</param>
    public sealed record Taken(IReadOnlyList<Allocation> Allocations, IReadOnlyList<Shortage> Oversold) : FlowEvent;

    /// <summary>Answer to <see cref="LocalEffect.SeeCover"/>.</summary>
    /// <param name="Missing">Of what this flow holds, what is not there; empty if all is.</param>
    public sealed record CoverSeen(IReadOnlyList<Uncovered> Missing) : FlowEvent;

    /// <summary>Answer to <see cref="LocalEffect.SeekTwin"/>: the name of the earlier order that this one repeats, null if there is none.</summary>
    public sealed record TwinSought(string? Earlier) : FlowEvent;

    /// <summary>Answer to <see cref="LocalEffect.SeeOrder"/>; null if the tower has not heard of this order.</summary>
    public sealed record OrderSeen(SoldOrder? Order) : FlowEvent;

    /// <summary>Answer to <see cref="LocalEffect.Claim"/>: null if everything is claimed, else the name of the rule that refused it, and nothing is.</summary>
    public sealed record Claimed(string? Broken) : FlowEvent;

    /// <summary>A deadline that the flow set has come.</summary>
    public sealed record Due(string Deadline) : FlowEvent;

    /// <summary>An operator decided to try the flow's own check again (after a repair), such as an order held by the fraud screen or short of stock.</summary>
    public sealed record Retried(string By) : FlowEvent;
}

/// <summary>What can be asked of another system, in the order in which an order, and then its return, usually meets them.</summary>
public enum DeliveryKind
{
    PostSalesOrder, UpdateSalesOrder, CancelSalesOrder, AcknowledgeOrder, ShipSalesOrder, FulfilOrder, PostPayment,
    PostCreditMemo, RefundPayment, CloseReturn,
    PostJournal,
}

/// <param name="Missing">How many more would be needed.</param>
public sealed record Shortage(string Sku, int Wanted, int Missing);

/// <param name="Missing">How many of the pieces that are set aside at this place are not there.</param>
public sealed record Uncovered(string Sku, string Location, int Wanted, int Missing);

/// <summary>Work inside our own database, done in the same transaction as the flow's own change; the answer comes back as an event at once.</summary>
public abstract record LocalEffect
{
    /// <summary>All lines or none; the database refuses oversell. Locations are tried in the order given; ship-from-store and click-and-collect name theirs first.</summary>
    public sealed record Reserve(IReadOnlyList<ReserveLine> Lines, FulfilmentMode Mode, string? PreferredLocation) : LocalEffect;

    /// <summary>Gives back what this flow holds. No answer.</summary>
    public sealed record Release : LocalEffect;

    /// <summary>A parcel left: its goods leave the stock, as far as this flow holds them. No answer.</summary>
    /// <param name="Goods">Null: all that this flow still holds.</param>
    public sealed record Commit(IReadOnlyList<ShipmentLine>? Goods, DateTimeOffset? At) : LocalEffect;

    /// <summary>A parcel was called off: its goods are there again, set aside for this flow. No answer.</summary>
    public sealed record CallBack(IReadOnlyList<ShipmentLine> Goods, DateTimeOffset At) : LocalEffect;

    /// <summary>Are the goods there that this flow holds? A till may have sold them, or a count may not have found them.</summary>
    public sealed record SeeCover : LocalEffect;

    /// <summary>Sold at a till: the goods are gone from this place, and nobody is asked whether they were free.</summary>
    public sealed record Take(IReadOnlyList<ReserveLine> Lines, string Location, DateTimeOffset At) : LocalEffect;

    /// <summary>Was an equal order placed at the same source within this time? Of any number that ask at once, one alone is told that it is the first.</summary>
    public sealed record SeekTwin(string Likeness, string Name, DateTimeOffset PlacedAt, TimeSpan Within) : LocalEffect;

    /// <summary>A refund that the shop gave; what the tower's own returns paid out is not counted twice. No answer.</summary>
    public sealed record CountRefund(
        string RefundId, Money Amount, decimal Captured, PostingKey? Echo, string? OfReturn, IReadOnlyList<CountedLine> Lines) : LocalEffect;

    /// <summary>What is left of an order to come back; nobody else can claim of it until the transaction ends.</summary>
    public sealed record SeeOrder(OrderKey Order) : LocalEffect;

    /// <summary>All lines or none; the database refuses more than was sold and more than was captured.</summary>
    public sealed record Claim(SoldOrder Order, IReadOnlyList<ClaimLine> Lines) : LocalEffect;

    /// <summary>Gives back what this return claimed and was not paid out. No answer.</summary>
    /// <param name="Parts">Null: everything.</param>
    public sealed record ReleaseClaim(IReadOnlyList<ClaimPart>? Parts) : LocalEffect;

    /// <summary>What this return claimed was paid out; said again for each further refund of it, which counts as the shop's own. No answer.</summary>
    /// <param name="RefundId">The shop's id of the refund, by which its echo is known, or a person's reference; null if there is none.</param>
    /// <param name="ByHand">The reference is a person's.</param>
    public sealed record SettleClaim(string? RefundId, decimal Amount, bool ByHand = false) : LocalEffect;

    /// <summary>Goods are back at this place; each inspection of a line once. No answer.</summary>
    public sealed record PutBack(string Inspection, string Location, IReadOnlyList<PutBackLine> Lines) : LocalEffect;
}

public sealed record ReserveLine(string OrderLineId, string Sku, int Quantity);
