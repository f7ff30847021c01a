using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Flows;

/// <summary>What a return must know of the order that was bought, as it stands while the order's limits are locked.</summary>
/// <param name="DeliveredAt">When the first goods left, or were handed over; null while nothing did.</param>
/// <param name="MoneyLeft">Of what was captured: neither refunded nor promised to another return.</param>
/// <param name="PostedAs">The key of its sales order in the ERP; null while the ERP has none.</param>
/// <param name="Returns">Returns of this order that claimed before.</param>
public sealed record SoldOrder(
    long FlowId, OrderKey Key, string Name, string Currency, bool TaxesIncluded, bool Cancelled, DateTimeOffset? DeliveredAt, decimal Captured, decimal MoneyLeft, string? Erp,
    PostingKey? PostedAs, bool Invoiced, int Returns, IReadOnlyList<SoldLine> Lines);

/// <param name="Left">Pieces that are neither back nor claimed by another return.</param>
/// <param name="Net">For the pieces sold, discounts taken off, in the order's way of stating prices.</param>
/// <param name="ClaimedAmount">What returns claimed of the line's worth already.</param>
/// <param name="Gone">Pieces that left for the buyer and are neither back nor claimed: no others can come back.</param>
public sealed record SoldLine(
    string Id, string Sku, string Title, int Sold, int Left, decimal UnitPrice, decimal Net, IReadOnlyList<TaxLine> Taxes, decimal ClaimedAmount = 0m,
    int Gone = int.MaxValue);

/// <summary>A line of a return as it is claimed.</summary>
/// <param name="Worth">Paid for all pieces sold.</param>
public sealed record ClaimLine(string OrderLineId, string Sku, int Sold, decimal Worth, int Quantity, decimal Amount);

/// <summary>So much of a line that a return claimed.</summary>
public sealed record ClaimPart(string OrderLineId, int Quantity, decimal Amount);

/// <summary>Goods of a line, by what becomes of them.</summary>
public sealed record PutBackLine(string OrderLineId, string Sku, int Sound, int Damaged);

/// <param name="Worth">Paid for all pieces sold.</param>
public sealed record CountedLine(string OrderLineId, int Sold, decimal Worth, int Quantity);
