using System.ComponentModel;
using System.Text.Json.Serialization;
using ControlTower.Data.Canonical;

namespace ControlTower.Web.Api;

internal sealed record OrderPage(IReadOnlyList<OrderListed> Items, [Description("Pass it as after; null at the end.")] string? Next);

internal sealed record OrderListed(
    long Id, string Name, [Description("The channel's connection.")] string Source, [Description("Its id at its channel.")] string SourceId, string Brand, string Stage, string Status, decimal Value, string Currency, DateTimeOffset PlacedAt,
    DateTimeOffset StageSince, DateTimeOffset UpdatedAt, OrderHeldUp? HeldUp);

/// <summary>The open case of an order.</summary>
internal sealed record OrderHeldUp(long Case, string Title);

internal sealed record OrderShown(
    OrderListed Order, IReadOnlyList<OrderShownLine> Lines, string? Payment, string? Fulfilment, [Description("Null without the scope api:personal:read, and after it was erased.")] BuyerGiven? Buyer);

internal sealed record OrderShownLine(string Id, string Sku, string Title, int Quantity, decimal UnitPrice, [Description("Of the whole quantity.")] decimal Discount, [Description("Of the whole quantity.")] decimal Tax);

internal sealed record OrderTimeline(
    IReadOnlyList<OrderStep> Steps, IReadOnlyList<OrderPosting> Documents, IReadOnlyList<OrderCase> Cases, [Description("False: there is more than is told here.")] bool Whole);

internal sealed record OrderStep(int Step, string Type, string Stage, string? System, string? Reference, string? Detail, DateTimeOffset At);

internal sealed record OrderPosting(string Key, string System, string Kind, string State, string? Number, DateTimeOffset AskedAt, DateTimeOffset? SettledAt);

internal sealed record OrderCase(long Id, string State, string Failure, string Title, string? System, DateTimeOffset OpenedAt, DateTimeOffset? ClosedAt);

internal sealed record OrderTaken(string Source, string Id, [Description("Where it is found once it was worked.")] string Link);

internal sealed record CancelAsked([Description("3 to 200 characters; people see it.")] string Reason);

internal sealed record OrderGiven(
    [Description("The channel's connection.")] string Source, [Description("Its id at its channel.")] string Id, [Description("What people call it.")] string Name, DateTimeOffset PlacedAt,
    [Description("ISO 4217; all amounts are in it.")] string Currency, [Description("Unit prices, discounts and shipping contain tax.")] bool TaxesIncluded, decimal Total, decimal Tax, IReadOnlyList<OrderLineGiven> Lines,
    PaymentState Payment, FulfilmentMode Fulfilment = FulfilmentMode.Ship, [Description("A higher one replaces a lower one; 1 unless it says.")] long Version = 1, decimal Discount = 0, ShippingGiven? Shipping = null, BuyerGiven? Buyer = null,
    IReadOnlyList<TenderGiven>? Tenders = null, [Description("A place of the tower; needed for a pick-up.")] string? PickupLocation = null)
{
    public const string Example = """
        {"source": "shopify-eu", "id": "5400000000001", "name": "#1001", "placedAt": "2026-11-27T06:00:00Z", "currency": "EUR", "taxesIncluded": true, "total": 119.00, "tax": 19.00, "payment": "Paid",
        "lines": [{"id": "1", "sku": "RH-00001", "title": "Parka", "quantity": 1, "unitPrice": 119.00, "taxes": [{"title": "VAT", "rate": 0.19, "amount": 19.00}]}]}
        """;
}

internal sealed record OrderLineGiven(
    string Id, string Sku, string Title, int Quantity, [Description("Before discounts.")] decimal UnitPrice, IReadOnlyList<TaxGiven> Taxes, [Description("Of the whole quantity.")] decimal Discount = 0, bool RequiresShipping = true);

internal sealed record TaxGiven(string Title, [Description("A fraction: 0.19 for 19 %.")] decimal Rate, decimal Amount);

internal sealed record ShippingGiven(string Code, string Title, decimal Price, IReadOnlyList<TaxGiven> Taxes, decimal Discount = 0);

internal sealed record BuyerGiven(string? Id = null, string? Name = null, string? Email = null, string? Phone = null, AddressGiven? BillTo = null, AddressGiven? ShipTo = null);

internal sealed record AddressGiven(
    string? Name = null, string? Line1 = null, string? Line2 = null, string? City = null, string? Province = null, string? PostalCode = null, [Description("ISO 3166-1, two letters.")] string? CountryCode = null);

internal sealed record TenderGiven(string Id, string Method, decimal Amount, TenderKind Kind, DateTimeOffset At);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, AllowDuplicateProperties = false,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, MaxDepth = 8,
    Converters = [typeof(PaymentWords), typeof(FulfilmentWords), typeof(TenderWords)])]
[JsonSerializable(typeof(OrderPage))]
[JsonSerializable(typeof(OrderShown))]
[JsonSerializable(typeof(OrderTimeline))]
[JsonSerializable(typeof(OrderGiven))]
[JsonSerializable(typeof(OrderTaken))]
[JsonSerializable(typeof(CancelAsked))]
internal sealed partial class OrdersJson : JsonSerializerContext;

internal sealed class PaymentWords() : JsonStringEnumConverter<PaymentState>(namingPolicy: null, allowIntegerValues: false);

internal sealed class FulfilmentWords() : JsonStringEnumConverter<FulfilmentMode>(namingPolicy: null, allowIntegerValues: false);

internal sealed class TenderWords() : JsonStringEnumConverter<TenderKind>(namingPolicy: null, allowIntegerValues: false);
