using System.Text.Json.Serialization;

namespace ControlTower.Sync.Connectors.Shopify;

/// <summary>Pushed documents: snake case, money as strings. A member that comes twice makes the document unreadable: which one counts is anybody's guess.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, NumberHandling = JsonNumberHandling.AllowReadingFromString, AllowDuplicateProperties = false)]
[JsonSerializable(typeof(WebhookOrder))]
[JsonSerializable(typeof(WebhookRefund))]
[JsonSerializable(typeof(WebhookReturn))]
[JsonSerializable(typeof(WebhookFulfillment))]
[JsonSerializable(typeof(WebhookOrderEdited))]
internal sealed partial class ShopifyJson : JsonSerializerContext;

/// <summary>Read documents: camel case.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, NumberHandling = JsonNumberHandling.AllowReadingFromString, AllowDuplicateProperties = false)]
[JsonSerializable(typeof(GraphOrder))]
internal sealed partial class ShopifyGraphJson : JsonSerializerContext;
