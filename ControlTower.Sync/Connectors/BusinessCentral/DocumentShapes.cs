using System.Text.Json.Serialization;

namespace ControlTower.Sync.Connectors.BusinessCentral;

// Documents as the feeds read them, and notifications as they are pushed. Unknown members are passed over.
internal sealed record InvoiceDocument(
    string? Id, string? Number, string? ExternalDocumentNumber, string? Status, string? CurrencyCode, decimal? TotalAmountIncludingTax, decimal? RemainingAmount,
    DateTimeOffset? LastModifiedDateTime, IReadOnlyList<DocumentLine?>? SalesInvoiceLines);

internal sealed record ShipmentDocument(
    string? Id, string? Number, string? ExternalDocumentNumber, DateTimeOffset? LastModifiedDateTime, IReadOnlyList<DocumentLine?>? SalesShipmentLines);

internal sealed record DocumentLine(string? LineType, string? LineObjectNumber, decimal? Quantity);

internal sealed record Notifications(IReadOnlyList<Notification?>? Value);

internal sealed record Notification(string? ClientState, string? Resource, string? ChangeType, DateTimeOffset? LastModifiedDateTime);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, AllowDuplicateProperties = false)]
[JsonSerializable(typeof(InvoiceDocument))]
[JsonSerializable(typeof(ShipmentDocument))]
[JsonSerializable(typeof(Notifications))]
internal sealed partial class BusinessCentralJson : JsonSerializerContext;
