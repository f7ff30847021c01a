using System.Security.Cryptography;
using System.Text.Json;

namespace ControlTower.Sync.Connectors;

/// <summary>
/// A polled record in a form in which equal content is equal bytes: members sorted by name, lists by id, because vendors promise no order. Nothing is added or left
/// out. Its digest tells changes apart for vendors that give no version.
/// </summary>
internal static class StableJson
{
    public static byte[] Of(JsonElement record)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            Write(writer, record);
        }

        return buffer.ToArray();
    }

    public static string Digest(ReadOnlySpan<byte> canonical) => Convert.ToHexStringLower(SHA256.HashData(canonical).AsSpan(0, 12));

    private static void Write(Utf8JsonWriter writer, JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in element.EnumerateObject().OrderBy(m => m.Name, StringComparer.Ordinal))
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
                WriteScalar(writer, element);
                break;
        }
    }

    private static void WriteScalar(Utf8JsonWriter writer, JsonElement element)
    {
        try
        {
            element.WriteTo(writer);
        }
        catch (InvalidOperationException)
        {
            // Text that is no valid Unicode is kept as it came: the record is stored, and becomes a case when it is read.
            writer.WriteRawValue(element.GetRawText(), skipInputValidation: true);
        }
    }

    // Things without an id are plain values, such as tax lines; their text is their key.
    private static string SortKey(JsonElement item)
        => item.ValueKind == JsonValueKind.Object && item.TryGetProperty("id", out var id) ? id.GetRawText() : item.GetRawText();
}
