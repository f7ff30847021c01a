using System.Text.Json;
using ControlTower.Simulator.Vendor;

namespace ControlTower.Simulator.Shopify.Webhooks;

/// <summary>The vendor's topics in both spellings: ORDERS_CREATE in the API, orders/create in headers.</summary>
public static class Topics
{
    private static readonly Lazy<Dictionary<string, string>> ByEnum = new(Read);

    /// <summary>The header spelling of an API topic; null for one that the vendor's webhook list does not have.</summary>
    public static string? Header(string topic) => ByEnum.Value.GetValueOrDefault(topic);

    public static string Enum(string header) => header.Replace('/', '_').Replace('.', '_').ToUpperInvariant();

    private static Dictionary<string, string> Read()
    {
        using var file = VendorFile.Open(VendorFile.ShopifyWebhooks);
        using var json = JsonDocument.Parse(file);
        return json.RootElement.EnumerateObject().ToDictionary(t => Enum(t.Name), t => t.Name, StringComparer.Ordinal);
    }
}
