namespace ControlTower.Sync.Connectors.Shopify;

// The members of the pushed, REST-shaped documents that the tower reads. Unknown members are passed over.
internal sealed record WebhookOrder(
    long? Id, string? Name, DateTimeOffset? CreatedAt, DateTimeOffset? ProcessedAt, DateTimeOffset? UpdatedAt, DateTimeOffset? CancelledAt, string? CancelReason,
    bool? Test, bool? TaxesIncluded, string? Currency, string? FinancialStatus, string? FulfillmentStatus, string? Email, string? Phone,
    decimal? CurrentTotalPrice, decimal? CurrentTotalTax, decimal? CurrentTotalDiscounts, WebhookMoneySet? CurrentShippingPriceSet,
    decimal? TotalPrice, decimal? TotalTax, decimal? TotalDiscounts, WebhookMoneySet? TotalShippingPriceSet, decimal? TotalOutstanding,
    IReadOnlyList<string?>? PaymentGatewayNames, IReadOnlyList<WebhookAttribute?>? NoteAttributes, WebhookCustomer? Customer,
    WebhookAddress? BillingAddress, WebhookAddress? ShippingAddress,
    IReadOnlyList<WebhookLine?>? LineItems, IReadOnlyList<WebhookShipping?>? ShippingLines,
    IReadOnlyList<WebhookRefund?>? Refunds, IReadOnlyList<WebhookFulfillment?>? Fulfillments);

internal sealed record WebhookMoneySet(WebhookMoney? ShopMoney);

internal sealed record WebhookMoney(decimal? Amount, string? CurrencyCode);

internal sealed record WebhookAttribute(string? Name, System.Text.Json.JsonElement? Value);

internal sealed record WebhookCustomer(long? Id, string? FirstName, string? LastName, string? Email, string? Phone);

internal sealed record WebhookAddress(
    string? Name, string? FirstName, string? LastName, string? Address1, string? Address2, string? City, string? ProvinceCode, string? Zip, string? CountryCode);

internal sealed record WebhookLine(
    long? Id, string? Sku, string? Title, int? Quantity, int? CurrentQuantity, decimal? Price, WebhookMoneySet? PriceSet, bool? RequiresShipping,
    IReadOnlyList<WebhookTax?>? TaxLines, IReadOnlyList<WebhookAllocation?>? DiscountAllocations);

internal sealed record WebhookTax(string? Title, decimal? Rate, decimal? Price, WebhookMoneySet? PriceSet);

internal sealed record WebhookAllocation(decimal? Amount, WebhookMoneySet? AmountSet);

internal sealed record WebhookShipping(
    string? Code, string? Title, string? Source, string? DeliveryCategory, bool? IsRemoved, decimal? Price, WebhookMoneySet? PriceSet,
    IReadOnlyList<WebhookTax?>? TaxLines, IReadOnlyList<WebhookAllocation?>? DiscountAllocations);

internal sealed record WebhookRefund(
    long? Id, long? OrderId, DateTimeOffset? CreatedAt, DateTimeOffset? ProcessedAt,
    IReadOnlyList<WebhookRefundLine?>? RefundLineItems, IReadOnlyList<WebhookTransaction?>? Transactions, string? Note, WebhookReturn? Return);

internal sealed record WebhookReturn(long? Id, string? AdminGraphqlApiId);

internal sealed record WebhookRefundLine(long? LineItemId, int? Quantity, string? RestockType, decimal? Subtotal, WebhookMoneySet? SubtotalSet, WebhookLine? LineItem);

internal sealed record WebhookTransaction(string? Kind, string? Status, decimal? Amount, string? Currency);

internal sealed record WebhookFulfillment(
    long? Id, long? OrderId, string? Status, DateTimeOffset? CreatedAt, DateTimeOffset? UpdatedAt,
    string? TrackingCompany, string? TrackingNumber, string? TrackingUrl, IReadOnlyList<WebhookLine?>? LineItems);

internal sealed record WebhookOrderEdited(WebhookOrderEdit? OrderEdit);

internal sealed record WebhookOrderEdit(long? Id, long? OrderId);
