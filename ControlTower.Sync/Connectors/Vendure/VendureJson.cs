using System.Text.Json;
using System.Text.Json.Serialization;

namespace ControlTower.Sync.Connectors.Vendure;

/// <summary>
/// An order as <see cref="VendureQueries.Order"/> asks for it. Amounts are in minor units; Vendure states most of them as integers, some (a net shipping price
/// whose gross was entered) with a fraction.
/// </summary>
internal sealed record VendureOrder
{
    public required string Id { get; init; }
    public required string Code { get; init; }
    public required string State { get; init; }
    public required bool Active { get; init; }
    public DateTimeOffset? OrderPlacedAt { get; init; }
    public DateTimeOffset? UpdatedAt { get; init; }
    public required string CurrencyCode { get; init; }
    public required decimal Total { get; init; }
    public required decimal TotalWithTax { get; init; }
    public required IReadOnlyList<VendureTaxSum> TaxSummary { get; init; }
    public VendureCustomer? Customer { get; init; }
    public VendureAddress? ShippingAddress { get; init; }
    public VendureAddress? BillingAddress { get; init; }
    public required IReadOnlyList<VendureLine> Lines { get; init; }
    public required IReadOnlyList<VendureShipping> ShippingLines { get; init; }
    public required IReadOnlyList<VendureSurcharge> Surcharges { get; init; }
    public IReadOnlyList<VendurePayment>? Payments { get; init; }
    public IReadOnlyList<VendureFulfillment>? Fulfillments { get; init; }
    public required IReadOnlyList<VendureNode> Modifications { get; init; }
    public required VendureHistory History { get; init; }

    /// <summary>Cancelled before anything left. Vendure also calls an order cancelled when all that was shipped came back: that is a return, and it stays sold.</summary>
    [JsonIgnore]
    public bool IsCalledOff => State == VendureStates.Cancelled && !(Fulfillments ?? []).Any(f => VendureStates.HasLeft(f.State));
}

internal sealed record VendureTaxSum(decimal TaxRate);

internal sealed record VendureNode(string Id);

internal sealed record VendureHistory(int TotalItems);

internal sealed record VendureCustomer(string Id, string? FirstName, string? LastName, string? EmailAddress, string? PhoneNumber);

internal sealed record VendureAddress(
    string? FullName, string? Company, string? StreetLine1, string? StreetLine2, string? City, string? Province, string? PostalCode, string? CountryCode,
    string? PhoneNumber);

internal sealed record VendureLine
{
    public required string Id { get; init; }
    public required int Quantity { get; init; }
    public required int OrderPlacedQuantity { get; init; }
    public required decimal UnitPrice { get; init; }
    public required decimal UnitPriceWithTax { get; init; }
    public required decimal ProratedUnitPrice { get; init; }
    public required decimal ProratedUnitPriceWithTax { get; init; }
    public required decimal ProratedLinePrice { get; init; }
    public required decimal ProratedLinePriceWithTax { get; init; }
    public required IReadOnlyList<VendureTax> TaxLines { get; init; }
    public required VendureVariant ProductVariant { get; init; }
}

internal sealed record VendureVariant(string Sku, string? Name);

/// <param name="TaxRate">In percent.</param>
internal sealed record VendureTax(string? Description, decimal TaxRate);

internal sealed record VendureDiscount(string AdjustmentSource, decimal Amount, decimal AmountWithTax);

internal sealed record VendureShipping
{
    public required string Id { get; init; }
    public required decimal Price { get; init; }
    public required decimal PriceWithTax { get; init; }
    public required decimal DiscountedPrice { get; init; }
    public required decimal DiscountedPriceWithTax { get; init; }
    public required IReadOnlyList<VendureDiscount> Discounts { get; init; }
    public required VendureMethod ShippingMethod { get; init; }
}

internal sealed record VendureMethod(string Code, string? Name);

internal sealed record VendureSurcharge
{
    public required string Id { get; init; }
    public string? Sku { get; init; }
    public string? Description { get; init; }
    public required decimal Price { get; init; }
    public required decimal PriceWithTax { get; init; }
    public required IReadOnlyList<VendureTax> TaxLines { get; init; }
}

internal sealed record VendurePayment
{
    public required string Id { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required string Method { get; init; }
    public required decimal Amount { get; init; }
    public required string State { get; init; }
    public required IReadOnlyList<VendureRefund> Refunds { get; init; }
}

internal sealed record VendureRefund
{
    public required string Id { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required decimal Total { get; init; }
    public required string State { get; init; }
    public string? Reason { get; init; }
    public required IReadOnlyList<VendureQuantity> Lines { get; init; }
}

internal sealed record VendureQuantity(string OrderLineId, int Quantity);

internal sealed record VendureFulfillment
{
    public required string Id { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }
    public required string State { get; init; }
    public string? Method { get; init; }
    public string? TrackingCode { get; init; }
    public required IReadOnlyList<VendureQuantity> Lines { get; init; }
}

/// <summary>A webhook of the shop's plugin: thin on purpose, it only tells which order to read.</summary>
internal sealed record VendureHook(string DeliveryId, string Topic, JsonElement Data);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true,
    MaxDepth = 32)]
[JsonSerializable(typeof(VendureOrder))]
[JsonSerializable(typeof(VendureHook))]
[JsonSerializable(typeof(VendureCursor))]
internal sealed partial class VendureJson : JsonSerializerContext;
