using System.Security.Cryptography;
using System.Text.Json;

namespace ControlTower.Sync.Connectors.Vendure;

/// <summary>
/// A digest of an order's content. Vendure returns lines, payments and fulfillments in no fixed order, so members are sorted by name and lists by id first;
/// <c>updatedAt</c> is left out because it moves without change and stands still with it.
/// </summary>
internal static class VendureDigest
{
    public static string Of(JsonElement order)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            Write(writer, order);
        }

        return Convert.ToHexStringLower(SHA256.HashData(buffer.GetBuffer().AsSpan(0, (int)buffer.Length)).AsSpan(0, 12));
    }

    private static void Write(Utf8JsonWriter writer, JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in element.EnumerateObject().Where(m => m.Name != "updatedAt").OrderBy(m => m.Name, StringComparer.Ordinal))
                {
                    writer.WritePropertyName(member.Name);
                    Write(writer, member.Value);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in element.EnumerateArray().OrderBy(SortKey, StringComparer.Ordinal))
                {
                    Write(writer, item);
                }

                writer.WriteEndArray();
                break;
            default:
                element.WriteTo(writer);
                break;
        }
    }

    // Things without an id keep their text as key: discounts, tax lines and quantities are plain values.
    private static string SortKey(JsonElement item)
        => item.ValueKind == JsonValueKind.Object && item.TryGetProperty("id", out var id) && id.ValueKind == JsonValueKind.String
            ? id.GetString()!
            : item.GetRawText();
}
