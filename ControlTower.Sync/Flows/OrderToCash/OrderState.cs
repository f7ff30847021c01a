using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;

namespace ControlTower.Sync.Flows.OrderToCash;

/// <summary>
/// What decisions about one order need, and nothing more: the order document lives beside it, because this is rewritten with every step. All members are facts
/// that were learnt or asked for; the stage is derived from them (<see cref="OrderStages"/>), so facts may come in any order. Members may be added with a default,
/// never renamed. A default stands in the getter: the generated reader overwrites an initializer.
/// </summary>
public sealed record OrderState
{
    public string Name { get => field ?? ""; init; }

    /// <summary>Highest version that the shop stated.</summary>
    public long Version { get; init; }

    /// <summary>Number of the newest stored order document; rises with each change of content, never below the shop's version of that content.</summary>
    public long Document { get; init; }

    /// <summary>Fingerprint of what the ERP must know of that document.</summary>
    public string Digest { get => field ?? ""; init; }

    public decimal Total { get; init; }
    public string Currency { get => field ?? "XXX"; init; }
    public DateTimeOffset PlacedAt { get; init; }
    public FulfilmentMode Mode { get; init; }
    public string? Pickup { get; init; }
    public bool Test { get; init; }

    /// <summary>The lines that need goods.</summary>
    public IReadOnlyList<OrderItem> Items { get => field ?? []; init; }

    public Findings Findings { get => field ?? Findings.Clean; init; }

    public PaymentState Payment { get; init; }
    public decimal Captured { get; init; }
    public string? PaidBy { get; init; }
    public DateTimeOffset? PaidAt { get; init; }

    /// <summary>It is being looked up whether the order repeats an earlier one; nothing is checked before the answer.</summary>
    public bool TwinAwaited { get; init; }

    /// <summary>Name of the earlier order that this one repeats.</summary>
    public string? TwinOf { get; init; }

    public bool Checked { get; init; }

    /// <summary>Codes of the checks that hold the order.</summary>
    public IReadOnlyList<string> Held { get => field ?? []; init; }

    /// <summary>Codes of the checks that a person overruled for this content.</summary>
    public IReadOnlyList<string> Approved { get => field ?? []; init; }

    public ReservationState Reservation { get; init; }
    public bool ShortageReported { get; init; }
    public IReadOnlyList<Allocation> Allocations { get => field ?? []; init; }

    /// <summary>Whether the goods wait for the money.</summary>
    public PaymentWait PaymentWait { get; init; }

    /// <summary>The ERP that got, or is getting, the order; fixed when the posting is first asked for.</summary>
    public string? Erp { get; init; }

    public ErrandState Post { get; init; }
    public ErrandState Update { get; init; }

    /// <summary>What the newest posting or update carried.</summary>
    public long AskedDocument { get; init; }
    public string? AskedDigest { get; init; }
    public decimal AskedTotal { get; init; }

    /// <summary>Fingerprint of the content that the ERP has confirmed.</summary>
    public string? ErpDigest { get; init; }
    public string? ErpReference { get; init; }
    public string? ErpNumber { get; init; }
    public decimal? ErpTotal { get; init; }

    public ErrandState Acknowledge { get; init; }

    public IReadOnlyList<Shipment> Shipments { get => field ?? []; init; }

    /// <summary>The side that ships this order: the one heard of first. What the other side says is the echo of what we told it.</summary>
    public ShippingSide? ShippedBy { get; init; }

    /// <summary>The shipping side said "complete" and nothing more came: what was not shipped will not be.</summary>
    public bool ShipmentsClosed { get; init; }
    public bool ShipmentsAwaited { get; init; }

    /// <summary>Parcels that were called off, known or not.</summary>
    public IReadOnlyList<string> CalledOff { get => field ?? []; init; }

    /// <summary>The shop's shipment, told to the ERP.</summary>
    public ErrandState Ship { get; init; }
    public bool FullyInvoiced { get; init; }

    public IReadOnlyList<Invoice> Invoices { get => field ?? []; init; }
    public IReadOnlyList<Refund> Refunds { get => field ?? []; init; }

    public bool CancelRequested { get; init; }
    public string? CancelReason { get; init; }
    public ErrandState Cancel { get; init; }
    public bool Cancelled { get; init; }

    /// <summary>Fingerprint of an edit that came too late; kept so that it is reported once.</summary>
    public string? LateDigest { get; init; }

    /// <summary>Codes of reported contradictions that no check can take back.</summary>
    public IReadOnlyList<string> Reported { get => field ?? []; init; }

    public bool Completed { get; init; }
}

public sealed record OrderItem(string Id, string Sku, int Quantity);

public enum ReservationState { None, Asked, Held, Short, Committed }

public enum PaymentWait
{
    None,

    /// <summary>The goods are set aside while nothing is paid or authorised; the time runs.</summary>
    Running,

    /// <summary>The time was up, or the payment is void: nothing is set aside until the shop states a payment.</summary>
    Over,
}

/// <summary>Something asked of another system.</summary>
public enum ErrandState
{
    /// <summary>Not asked for, or taken back before it happened.</summary>
    None,
    Open,

    /// <summary>Refused; it waits for a person and may still be carried out.</summary>
    Refused,
    Done,
}

public enum ShippingSide { Erp, Shop }

/// <param name="Told">The other side's confirmation, for shipments of the ERP.</param>
/// <param name="OffStock">Its goods were taken off the stock.</param>
public sealed record Shipment(string Id, DateTimeOffset At, bool Complete, IReadOnlyList<ShipmentLine> Lines, ErrandState Told = ErrandState.None, bool OffStock = false);

/// <param name="Remaining">What the ERP still expects from the customer; null if it does not say.</param>
/// <param name="Booked">The payment that we asked the ERP to book.</param>
public sealed record Invoice(string Id, string Number, decimal Total, decimal? Remaining, long Version, ErrandState Payment = ErrandState.None, decimal Booked = 0m);

public sealed record Refund(string Id, decimal Amount, DateTimeOffset At);
