namespace ControlTower.Sync.Connectors.Shopify;

// An order as the GraphQL documents of this folder ask for it.
internal sealed record GraphOrder(
    string? Id, string? Name, DateTimeOffset? CreatedAt, DateTimeOffset? ProcessedAt, DateTimeOffset? UpdatedAt, DateTimeOffset? CancelledAt, string? CancelReason,
    bool? Test, bool? TaxesIncluded, string? CurrencyCode, string? DisplayFinancialStatus, string? DisplayFulfillmentStatus, string? Email, string? Phone,
    GraphMoneySet? CurrentTotalPriceSet, GraphMoneySet? CurrentTotalTaxSet, GraphMoneySet? CurrentTotalDiscountsSet, GraphMoneySet? CurrentShippingPriceSet,
    GraphMoneySet? TotalPriceSet, GraphMoneySet? TotalTaxSet, GraphMoneySet? TotalDiscountsSet, GraphMoneySet? TotalShippingPriceSet, GraphMoneySet? TotalOutstandingSet,
    IReadOnlyList<string?>? PaymentGatewayNames, IReadOnlyList<GraphAttribute?>? CustomAttributes, GraphCustomer? Customer,
    GraphAddress? BillingAddress, GraphAddress? ShippingAddress,
    GraphPage<GraphLine>? LineItems, GraphPage<GraphShipping>? ShippingLines,
    IReadOnlyList<GraphRefund?>? Refunds, IReadOnlyList<GraphFulfillment?>? Fulfillments);

internal sealed record GraphPage<T>(IReadOnlyList<T?>? Nodes)
    where T : class;

internal sealed record GraphMoneySet(GraphMoney? ShopMoney);

internal sealed record GraphMoney(decimal? Amount, string? CurrencyCode);

internal sealed record GraphAttribute(string? Key, string? Value);

internal sealed record GraphCustomer(string? Id, string? FirstName, string? LastName);

internal sealed record GraphAddress(
    string? Name, string? FirstName, string? LastName, string? Address1, string? Address2, string? City, string? ProvinceCode, string? Zip, string? CountryCodeV2);

internal sealed record GraphLine(
    string? Id, string? Sku, string? Title, int? Quantity, int? CurrentQuantity, bool? RequiresShipping, GraphMoneySet? OriginalUnitPriceSet,
    IReadOnlyList<GraphTax?>? TaxLines, IReadOnlyList<GraphAllocation?>? DiscountAllocations);

internal sealed record GraphTax(string? Title, decimal? Rate, GraphMoneySet? PriceSet);

internal sealed record GraphAllocation(GraphMoneySet? AllocatedAmountSet);

internal sealed record GraphShipping(
    string? Code, string? Title, string? Source, string? DeliveryCategory, bool? IsRemoved, GraphMoneySet? OriginalPriceSet,
    IReadOnlyList<GraphTax?>? TaxLines, IReadOnlyList<GraphAllocation?>? DiscountAllocations);

internal sealed record GraphRefund(
    string? Id, DateTimeOffset? CreatedAt, DateTimeOffset? ProcessedAt, GraphMoneySet? TotalRefundedSet, GraphPage<GraphRefundLine>? RefundLineItems,
    string? Note, GraphReference? Return);

internal sealed record GraphReference(string? Id);

internal sealed record GraphRefundLine(int? Quantity, string? RestockType, GraphMoneySet? SubtotalSet, GraphLineReference? LineItem);

internal sealed record GraphLineReference(string? Id, string? Sku);

internal sealed record GraphFulfillment(
    string? Id, string? Status, DateTimeOffset? CreatedAt, DateTimeOffset? UpdatedAt, IReadOnlyList<GraphTracking?>? TrackingInfo, GraphPage<GraphFulfillmentLine>? FulfillmentLineItems);

internal sealed record GraphTracking(string? Company, string? Number, string? Url);

internal sealed record GraphFulfillmentLine(int? Quantity, GraphLineReference? LineItem);
