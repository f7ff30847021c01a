using System.Security.Cryptography;
using System.Text.Json;

namespace ControlTower.Sync.Connectors;

/// <summary>
/// A digest of what a record says, for vendors that give no version: equal content gives equal text. Members are sorted by name and lists by id, because vendors
/// promise no order; members named in <c>except</c> are left out at every depth.
/// </summary>
internal static class JsonDigest
{
    public static string Of(JsonElement record, params ReadOnlySpan<string> except)
    {
        var skip = except.ToArray();
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            Write(writer, record, skip);
        }

        return Convert.ToHexStringLower(SHA256.HashData(buffer.GetBuffer().AsSpan(0, (int)buffer.Length)).AsSpan(0, 12));
    }

    private static void Write(Utf8JsonWriter writer, JsonElement element, string[] skip)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in element.EnumerateObject().Where(m => !skip.Contains(m.Name, StringComparer.Ordinal)).OrderBy(m => m.Name, StringComparer.Ordinal))
                {
                    writer.WritePropertyName(member.Name);
                    Write(writer, member.Value, skip);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in element.EnumerateArray().OrderBy(SortKey, StringComparer.Ordinal))
                {
                    Write(writer, item, skip);
                }

                writer.WriteEndArray();
                break;
            default:
                element.WriteTo(writer);
                break;
        }
    }

    // Things without an id are plain values, such as tax lines; their text is their key.
    private static string SortKey(JsonElement item)
        => item.ValueKind == JsonValueKind.Object && item.TryGetProperty("id", out var id) ? id.GetRawText() : item.GetRawText();
}
