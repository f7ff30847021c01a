using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.Shopify;

/// <summary>What Shopify says about an order, free of how it was said: pushed and read orders meet here and go on as one.</summary>
internal sealed record OrderFacts(
    string Id, string Name, DateTimeOffset PlacedAt, DateTimeOffset UpdatedAt, DateTimeOffset? CancelledAt, string? CancelReason, bool Test, bool TaxesIncluded,
    string Currency, string? PaymentStatus, bool Fulfilled, OrderTotals Current, OrderTotals Original, decimal? Outstanding, IReadOnlyList<string> Gateways,
    IReadOnlyDictionary<string, string> Attributes, Buyer Buyer, IReadOnlyList<LineFacts> Lines, IReadOnlyList<ShippingFacts> Shipping,
    IReadOnlyList<RefundFacts> Refunds, IReadOnlyList<FulfillmentFacts> Fulfillments);

/// <param name="Quantity">As ordered.</param>
/// <param name="Left">Less what was edited away, cancelled or refunded.</param>
/// <param name="Discount">For the ordered quantity, like the taxes.</param>
internal sealed record LineFacts(
    string Id, string? Sku, string? Title, int Quantity, int Left, decimal UnitPrice, decimal Discount, IReadOnlyList<TaxLine> Taxes, bool RequiresShipping);

internal sealed record ShippingFacts(string? Code, string? Title, string? Category, decimal Price, decimal Discount, IReadOnlyList<TaxLine> Taxes);

/// <param name="OfReturn">Id of the shop's own return that it pays out.</param>
internal sealed record RefundFacts(
    string Id, DateTimeOffset At, decimal Amount, string Currency, IReadOnlyList<RefundLineFacts> Lines, string? Note = null, string? OfReturn = null);

/// <param name="Delivered">True if the customer has the goods or still gets them; false if they were taken off the order.</param>
internal sealed record RefundLineFacts(string LineId, string? Sku, int Quantity, decimal Amount, bool Delivered);

/// <param name="CalledOff">It was carried out once and cancelled, or never was.</param>
internal sealed record FulfillmentFacts(string Id, bool Done, bool CalledOff, DateTimeOffset UpdatedAt, Tracking? Tracking, IReadOnlyList<ShipmentLine> Lines);

/// <summary>A document that cannot be used, and where.</summary>
internal sealed class UnusableException(string field, string message) : Exception(message)
{
    public string Field { get; } = field;
}
