namespace ControlTower.Simulator.Ledger;

/// <summary>One line of a business effect; amounts in the effect's currency.</summary>
public sealed record EffectLine(string? Sku, decimal Quantity, decimal UnitPrice, decimal Amount, decimal Tax);

/// <summary>
/// One thing that truly happened in a system, as a checker needs it. Written once, never changed.
/// <see cref="Kind"/> is one of order-placed, order-edited, order-cancelled, order-refunded, order-fulfilled (shops),
/// order-posted, order-deleted, order-shipped, order-invoiced, invoice-posted, payment-posted, journal-posted, credit-memo-posted (ERP).
/// </summary>
public sealed record Effect
{
    public long Seq { get; init; }
    public required string System { get; init; }
    public DateTimeOffset At { get; init; }
    public required string Kind { get; init; }

    /// <summary>The system's own id of the document.</summary>
    public required string Id { get; init; }

    /// <summary>The number people read: order name, document number.</summary>
    public string? Number { get; init; }

    public string? ExternalDocumentNumber { get; init; }

    /// <summary>The number of the document this one follows from (the order of a shipment, the invoice of a payment).</summary>
    public string? Follows { get; init; }

    public string? Customer { get; init; }
    public string? Currency { get; init; }

    /// <summary>Total including tax.</summary>
    public decimal Amount { get; init; }

    public decimal Tax { get; init; }
    public IReadOnlyList<EffectLine> Lines { get; init; } = [];
}
