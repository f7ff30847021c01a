using System.Net;
using System.Security.Cryptography;
using System.Text;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;

namespace ControlTower.Tests.Conformance.Shopify;

/// <summary>One shop and what it holds.</summary>
internal static class ShopifyWorld
{
    public const string Secret = "current-client-secret-of-32-chars";
    public const string Previous = "previous-client-secret-32-chars-x";
    public const string Domain = "northlane-eu.myshopify.com";

    public static readonly OrderKey Order = new("shopify-eu", "820982911946154508");
    public static readonly PostingKey Key = PostingKey.Derive("northlane", Order, "#9999", "ack");

    public static ConnectionProfile Profile { get; } = new(
        "shopify-eu", "shopify", "Northlane EU", "northlane", "EU", "EUR", "Europe/Berlin", "bc-eu",
        new Dictionary<string, string>(StringComparer.Ordinal) { ["shopDomain"] = Domain, ["location:7000"] = "EU-BER1" },
        new Dictionary<string, string>(StringComparer.Ordinal) { ["accessToken"] = "shpat_0123456789", ["clientSecret"] = Secret, ["clientSecretPrevious"] = Previous });

    public static byte[] Sample(string topic) => Golden.Bytes("Vendor", "shopify", $"webhook.{topic.Replace('/', '.')}.json");

    public static RawRequest Push(string topic, byte[] body, string secret, string prefix = "X-Shopify-") => new(
        topic.Replace('/', '-'),
        new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
        {
            [$"{prefix}Topic"] = topic,
            [$"{prefix}Hmac-Sha256"] = Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), body)),
            [$"{prefix}Shop-Domain"] = Domain,
            [$"{prefix}Webhook-Id"] = "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
            [$"{prefix}Event-Id"] = "98880550-7158-44d4-b7cd-2c97c8a091b5",
            [$"{prefix}Triggered-At"] = "2026-11-23T11:59:59.000000000Z",
            [$"{prefix}API-Version"] = "2026-07",
        },
        new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase),
        body);

    /// <summary>Answers by the name of the operation; <paramref name="answers"/> hold the data member.</summary>
    public static FakeVendor Answering(params (string Operation, string Data)[] answers) => new(request =>
    {
        var document = request.Json.Text("query") ?? "";
        foreach (var (operation, data) in answers)
        {
            if (document.Contains($" {operation}(", StringComparison.Ordinal) || document.Contains($" {operation} {{", StringComparison.Ordinal))
            {
                return FakeVendor.Json($$"""{"data":{{data}},"extensions":{"cost":{"requestedQueryCost":22,"actualQueryCost":12,"throttleStatus":{"maximumAvailable":2000.0,"currentlyAvailable":1988,"restoreRate":100.0} } } }""");
            }
        }

        throw new InvalidOperationException($"Nobody answers {document}.");
    });

    public static bool IsMutation(VendorRequest request) => request.Json.Text("query")?.TrimStart().StartsWith("mutation", StringComparison.Ordinal) == true;

    public const string Acknowledged = """{"tagsAdd":{"node":{"id":"gid://shopify/Order/820982911946154508"},"userErrors":[]},"metafieldsSet":{"metafields":[{"id":"gid://shopify/Metafield/1"}],"userErrors":[]}}""";

    public const string Unfulfilled = """
        {"order":{"id":"gid://shopify/Order/820982911946154508","fulfillmentOrders":{"nodes":[
          {"id":"gid://shopify/FulfillmentOrder/1","status":"OPEN","assignedLocation":{"location":{"id":"gid://shopify/Location/1"}},"lineItems":{"nodes":[{"id":"gid://shopify/FulfillmentOrderLineItem/11","sku":"A-1","remainingQuantity":2}]}},
          {"id":"gid://shopify/FulfillmentOrder/2","status":"OPEN","assignedLocation":{"location":{"id":"gid://shopify/Location/2"}},"lineItems":{"nodes":[{"id":"gid://shopify/FulfillmentOrderLineItem/21","sku":"B-2","remainingQuantity":1}]}}]},
          "fulfillments":[]}}
        """;

    public const string Fulfilled = """{"fulfillmentCreate":{"fulfillment":{"id":"gid://shopify/Fulfillment/77","name":"#9999.1","status":"SUCCESS"},"userErrors":[]}}""";

    public static ChangeStock Stock { get; } = new(Key, [new StockChange("A-1", "EU-BER1", -2, From: 9), new StockChange("B-2", "EU-BER1", 3, From: 0)], DateTimeOffset.UnixEpoch);

    public const string Levels = """
        {"inventoryItems":{"pageInfo":{"hasNextPage":false,"endCursor":null},"nodes":[
          {"id":"gid://shopify/InventoryItem/1","legacyResourceId":"1","sku":"A-1","inventoryLevel":{"id":"gid://shopify/InventoryLevel/1?inventory_item_id=1","quantities":[{"name":"available","quantity":9}]}},
          {"id":"gid://shopify/InventoryItem/2","legacyResourceId":"2","sku":"B-2","inventoryLevel":{"id":"gid://shopify/InventoryLevel/1?inventory_item_id=2","quantities":[{"name":"available","quantity":0}]}},
          {"id":"gid://shopify/InventoryItem/3","legacyResourceId":"3","sku":"A-1-X","inventoryLevel":null}]}}
        """;

    public const string StockSet = """{"inventorySetQuantities":{"inventoryAdjustmentGroup":{"id":"gid://shopify/InventoryAdjustmentGroup/1"},"userErrors":[]}}""";

    public static FulfilOrder Fulfil(string? tracking = "1Z999", params ShipmentLine[] lines)
        => new(Key, Order, lines.Length == 0 ? [new ShipmentLine("A-1", 2), new ShipmentLine("B-2", 1)] : lines, tracking is null ? null : new Tracking("UPS", tracking, "https://www.ups.com/track?n=1Z999"));
}
