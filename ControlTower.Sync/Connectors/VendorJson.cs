using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace ControlTower.Sync.Connectors;

/// <summary>Reads JSON that somebody else wrote. Hostile bytes are an answer, not an exception.</summary>
public static class VendorJson
{
    /// <summary>Reads a whole document. On failure <paramref name="error"/> says where, without repeating content.</summary>
    public static T? Read<T>(ReadOnlySpan<byte> bytes, JsonTypeInfo<T> type, out string? error)
        where T : class
    {
        try
        {
            var value = JsonSerializer.Deserialize(WithoutMark(bytes), type);
            error = value is null ? "the body is null" : null;
            return value;
        }
        catch (JsonException failure)
        {
            error = failure.Path is { } path ? $"not readable as JSON at {Cut(path)}" : "not readable as JSON";
        }
        catch (Exception failure) when (failure is InvalidOperationException or FormatException or OverflowException or NotSupportedException or ArgumentException)
        {
            // The serializer throws these, not JsonException, for bad UTF-8 and lone surrogates inside strings.
            error = "it holds text that is not valid Unicode, or a value out of range";
        }

        return null;
    }

    /// <summary>
    /// The value of a top-level member as text, read without building the document; numbers keep their digits. Null if it is absent, not a scalar, or the
    /// bytes up to it are no JSON object.
    /// </summary>
    public static string? Member(ReadOnlySpan<byte> bytes, string name)
    {
        try
        {
            var reader = new Utf8JsonReader(WithoutMark(bytes), new JsonReaderOptions { MaxDepth = 64 });
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return null;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var wanted = reader.ValueTextEquals(name);
                reader.Read();
                if (wanted)
                {
                    return reader.TokenType switch
                    {
                        JsonTokenType.String => reader.GetString(),
                        JsonTokenType.Number => Encoding.ASCII.GetString(reader.ValueSpan),
                        _ => null,
                    };
                }

                reader.Skip();
            }
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            return null;
        }

        return null;
    }

    private static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> bytes) => bytes.StartsWith("\uFEFF"u8) ? bytes[3..] : bytes;

    private static string Cut(string text) => text.Length <= 64 ? text : text[..64];
}
