namespace ControlTower.Data.Canonical;

/// <summary>
/// An order as its channel states it. Amounts are in <see cref="Currency"/>, major units. <see cref="TaxesIncluded"/> tells whether unit prices, discounts and
/// shipping contain tax. <see cref="Version"/> orders statements about the same order (from the source's own change time or counter); a higher one replaces a lower.
/// </summary>
public sealed record Order(
    OrderKey Key,
    string Name,
    string Brand,
    long Version,
    DateTimeOffset PlacedAt,
    string Currency,
    bool TaxesIncluded,
    OrderTotals Totals,
    IReadOnlyList<OrderLine> Lines,
    IReadOnlyList<ShippingLine> Shipping,
    Buyer Buyer,
    PaymentState Payment,
    IReadOnlyList<Tender> Tenders,
    FulfilmentMode Fulfilment,
    string? PickupLocation = null,
    DateTimeOffset? CancelledAt = null,
    string? CancelReason = null,
    bool Test = false)
{
    public Money Total => new(Totals.Total, Currency);
}

/// <param name="Total">What the customer owes, tax and shipping included, discounts taken off.</param>
/// <param name="Tax">All tax, shipping's included.</param>
/// <param name="Discount">All discounts, order level and line level, as the channel states them.</param>
public sealed record OrderTotals(decimal Total, decimal Tax, decimal Discount, decimal Shipping);

/// <param name="UnitPrice">Before discounts.</param>
/// <param name="Discount">This line's own discounts and its share of order discounts, for the whole quantity.</param>
public sealed record OrderLine(
    string Id, string Sku, string Title, int Quantity, decimal UnitPrice, decimal Discount, IReadOnlyList<TaxLine> Taxes, bool RequiresShipping = true)
{
    public decimal Net => (UnitPrice * Quantity) - Discount;

    public decimal Tax => Taxes.Sum(t => t.Amount);
}

public sealed record ShippingLine(string Code, string Title, decimal Price, decimal Discount, IReadOnlyList<TaxLine> Taxes)
{
    public decimal Net => Price - Discount;

    public decimal Tax => Taxes.Sum(t => t.Amount);
}

/// <param name="Rate">As a fraction: 0.19 for 19 %.</param>
/// <param name="Code">What the target calls this tax, put there by a repair or a mapping; shops state none, and the connection's settings then decide by the rate.</param>
public sealed record TaxLine(string Title, decimal Rate, decimal Amount, string? Code = null);

/// <param name="Number">The target's own number of this customer, put there by a mapping; shops state none, and the connection's settings then decide.</param>
public sealed record Buyer(string? Id, string? Name, string? Email, string? Phone, PostalAddress? BillTo, PostalAddress? ShipTo, string? Number = null);

public sealed record PostalAddress(string? Name, string? Line1, string? Line2, string? City, string? Province, string? PostalCode, string? CountryCode);

public sealed record Tender(string Id, string Method, decimal Amount, TenderKind Kind, DateTimeOffset At);

public enum TenderKind { Authorization, Capture, Sale, Refund, Void }

public enum PaymentState { Pending, Authorized, PartiallyPaid, Paid, PartiallyRefunded, Refunded, Voided }

/// <summary>How the goods reach the buyer. <see cref="HandedOver"/>: sold at a till, the goods left with the buyer; the store is <see cref="Order.PickupLocation"/>.</summary>
public enum FulfilmentMode { Ship, ShipFromStore, ClickAndCollect, HandedOver }
