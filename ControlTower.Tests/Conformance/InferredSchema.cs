using System.Globalization;
using System.Text.Json;
using ControlTower.Simulator.Vendor;

namespace ControlTower.Tests.Conformance;

/// <summary>The webhook schemas: inferred by their publisher from samples, in the small part of JSON Schema that they use.</summary>
internal sealed class InferredSchema
{
    private static readonly Lazy<JsonDocument> File = new(() =>
    {
        using var file = VendorFile.Open(VendorFile.ShopifyWebhooks);
        return JsonDocument.Parse(file);
    });

    public static bool Knows(string topic) => File.Value.RootElement.TryGetProperty(topic, out _);

    /// <summary>Each violation as "pointer: what", array places written as *.</summary>
    public static IReadOnlyList<string> Violations(string topic, JsonElement body)
    {
        var found = new List<string>();
        Check(File.Value.RootElement.GetProperty(topic).GetProperty("schema"), body, "", found);
        return found;
    }

    public static JsonElement Sample(string topic) => File.Value.RootElement.GetProperty(topic).GetProperty("metadata").GetProperty("response");

    private static void Check(JsonElement schema, JsonElement value, string at, List<string> found)
    {
        if (schema.ValueKind == JsonValueKind.False) found.Add($"{at}: nothing was ever seen here");
        if (schema.ValueKind != JsonValueKind.Object) return;
        if (schema.TryGetProperty("anyOf", out var choices) && !choices.EnumerateArray().Any(c => Fits(c, value))) found.Add($"{at}: no alternative fits");
        if (schema.TryGetProperty("type", out var type) && !Types(type).Any(t => Is(t, value)))
        {
            found.Add($"{at}: {value.ValueKind} is not {type}");
            return;
        }

        if (schema.TryGetProperty("format", out var format) && value.ValueKind == JsonValueKind.String && !HasFormat(format.GetString()!, value.GetString()!)) found.Add($"{at}: '{value}' is no {format}");
        if (value.ValueKind == JsonValueKind.Object) CheckObject(schema, value, at, found);
        if (value.ValueKind == JsonValueKind.Array && schema.TryGetProperty("items", out var items)) foreach (var item in value.EnumerateArray()) Check(items, item, at + "/*", found);
    }

    private static void CheckObject(JsonElement schema, JsonElement value, string at, List<string> found)
    {
        if (schema.TryGetProperty("required", out var required)) found.AddRange(required.EnumerateArray().Where(r => !value.TryGetProperty(r.GetString()!, out _)).Select(r => $"{at}/{r}: missing"));
        if (!schema.TryGetProperty("properties", out var properties)) return;
        foreach (var property in value.EnumerateObject())
        {
            if (properties.TryGetProperty(property.Name, out var inner)) Check(inner, property.Value, $"{at}/{property.Name}", found);
            else found.Add($"{at}/{property.Name}: the vendor never sends this");
        }
    }

    private static bool Fits(JsonElement schema, JsonElement value)
    {
        var found = new List<string>();
        Check(schema, value, "", found);
        return found.Count == 0;
    }

    private static IEnumerable<string> Types(JsonElement type) => type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().Select(t => t.GetString()!) : [type.GetString()!];

    private static bool Is(string type, JsonElement value) => type switch
    {
        "null" => value.ValueKind == JsonValueKind.Null,
        "string" => value.ValueKind == JsonValueKind.String,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
        "number" => value.ValueKind == JsonValueKind.Number,
        "array" => value.ValueKind == JsonValueKind.Array,
        "object" => value.ValueKind == JsonValueKind.Object,
        _ => throw new NotSupportedException(type),
    };

    private static bool HasFormat(string format, string text) => format switch
    {
        "date-time" => DateTimeOffset.TryParseExact(text, "yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
        "uri" => Uri.TryCreate(text, UriKind.Absolute, out _),
        "email" => text.Contains('@', StringComparison.Ordinal),
        "ipv4" => System.Net.IPAddress.TryParse(text, out _),
        _ => throw new NotSupportedException(format),
    };
}
