using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors;

/// <summary>What the tower asks a vendor to do. <see cref="Key"/> is the posting key and the idempotency key, the same on every attempt.</summary>
public abstract record VendorCommand(PostingKey Key);

/// <summary>ERP: create the order (and the customer if missing). Facts of the answer: <c>total</c>.</summary>
public sealed record PostSalesOrder(PostingKey Key, Order Order, IReadOnlyList<Allocation> Allocations) : VendorCommand(Key);

/// <summary>ERP: make the posted order say what the shop now says.</summary>
public sealed record UpdateSalesOrder(PostingKey Key, PostingKey PostedAs, string ErpReference, Order Order, IReadOnlyList<Allocation> Allocations) : VendorCommand(Key);

/// <summary>ERP: cancel or delete the posted order. Found gone is accepted.</summary>
public sealed record CancelSalesOrder(PostingKey Key, PostingKey PostedAs, string ErpReference, string? Reason) : VendorCommand(Key);

/// <summary>ERP: the channel says that the goods left; ship and invoice. Facts: <c>invoiceId</c>, <c>invoiceNumber</c>, <c>total</c>.</summary>
public sealed record ShipSalesOrder(PostingKey Key, PostingKey PostedAs, string ErpReference, Order Order, DateTimeOffset ShippedAt) : VendorCommand(Key);

/// <summary>ERP: book the customer's payment against the invoice.</summary>
public sealed record PostPayment(PostingKey Key, PostingKey PostedAs, string InvoiceId, string InvoiceNumber, Money Amount, string Method, DateTimeOffset PaidAt) : VendorCommand(Key);

/// <summary>Shop: the ERP has the order; leave its number on the shop's order.</summary>
public sealed record AcknowledgeOrder(PostingKey Key, OrderKey Order, string ErpNumber) : VendorCommand(Key);

/// <summary>Shop: the goods left; fulfil and tell the customer.</summary>
public sealed record FulfilOrder(PostingKey Key, OrderKey Order, IReadOnlyList<ShipmentLine> Lines, Tracking? Tracking) : VendorCommand(Key);

/// <summary>How many of a SKU a location gives to an order.</summary>
public sealed record Allocation(string OrderLineId, string Sku, string Location, int Quantity);

/// <summary>Channel: its stock changed elsewhere by so many. Where somebody counted, it is set to the count. A channel that compares before it sets refuses all if one level is not what it was.</summary>
public sealed record ChangeStock(PostingKey Key, IReadOnlyList<StockChange> Changes, DateTimeOffset At) : VendorCommand(Key)
{
    /// <summary>The code with which a client refuses when a level is not <see cref="StockChange.From"/> any more; the field then ends in the number of the change, counted from 0.</summary>
    public const string Stale = "stock-moved";

    /// <summary>The key was used up by an earlier attempt that is known to have failed.</summary>
    public const string KeySpent = "key-spent";
}

/// <param name="Counted">What was counted there; <paramref name="Delta"/> then counts for nothing.</param>
/// <param name="From">What the channel showed when the change was decided.</param>
public sealed record StockChange(string Sku, string Location, int Delta, int? Counted = null, int? From = null);

/// <summary>ERP: credit what came back of an invoiced order. Facts of the answer: <c>total</c>.</summary>
/// <param name="PostedAs">The key of the sales order that is credited.</param>
/// <param name="Total">What the lines are worth, tax included; null where an older release asked for it.</param>
public sealed record PostCreditMemo(PostingKey Key, PostingKey PostedAs, IReadOnlyList<CreditLine> Lines, DateTimeOffset At, Money? Total = null) : VendorCommand(Key);

/// <param name="UnitPrice">As sold.</param>
/// <param name="Net">For these pieces, discounts taken off, in the order's way of stating prices.</param>
/// <param name="Taxes">Of these pieces.</param>
public sealed record CreditLine(string OrderLineId, string Sku, string Title, int Quantity, decimal UnitPrice, decimal Net, IReadOnlyList<TaxLine> Taxes);

/// <summary>Shop: pay back to the payment that was taken, and write on the order what came back. The key stands in the refund's note, so that its echo is known.</summary>
/// <param name="Lines">Pieces by the shop's own line ids; their stock is the tower's to count.</param>
public sealed record RefundPayment(PostingKey Key, OrderKey Order, Money Amount, IReadOnlyList<CreditLine> Lines) : VendorCommand(Key);

/// <summary>Shop: nothing more is expected of this return of its own.</summary>
public sealed record CloseReturn(PostingKey Key, OrderKey Order, string ReturnId) : VendorCommand(Key);

/// <summary>
/// ERP: book this entry of the general ledger. Its lines come to nought in each currency. The key stands in the entry as far as the ERP has room for it (the last 16 characters at least), so that it is found
/// before it is booked a second time, and in the <see cref="MoneyLine.References"/> of the lines that are read back.
/// </summary>
public sealed record PostJournal(PostingKey Key, JournalEntry Entry) : VendorCommand(Key);
