using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace ControlTower.Data.Audit;

/// <summary>
/// The chain's arithmetic. <c>hash = SHA-256(previous hash ‖ UTF-8 of the canonical line)</c>; the canonical line is a JSON array of strings and
/// nulls: seq, at (UTC, microseconds, <c>yyyy-MM-ddTHH:mm:ss.ffffffZ</c>), actor id, actor name, actor role, actor address, action, subject,
/// outcome, reason, detail. An array has no key order to argue about, and the sequence stands in the hash.
/// </summary>
public static class AuditHash
{
    /// <summary>What the first row follows.</summary>
    public static byte[] Genesis => new byte[SHA256.HashSizeInBytes];

    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static byte[] Of(AuditRow row)
    {
        var line = Line(row);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(row.PrevHash);
        hash.AppendData(line);
        return hash.GetHashAndReset();
    }

    /// <summary>Names sorted by code point, values as strings: the same detail always gives the same text.</summary>
    public static string Canonical(IReadOnlyDictionary<string, string>? detail)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Plain))
        {
            json.WriteStartObject();
            foreach (var (name, value) in (detail ?? new Dictionary<string, string>()).OrderBy(pair => pair.Key, StringComparer.Ordinal))
                json.WriteString(name, value);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static byte[] Line(AuditRow row)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Plain))
        {
            json.WriteStartArray();
            foreach (var value in Values(row))
                json.WriteStringValue(value);
            json.WriteEndArray();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static IEnumerable<string?> Values(AuditRow row) =>
    [
        row.Seq.ToString(CultureInfo.InvariantCulture),
        row.At.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture),
        row.Actor.Id?.ToString(), row.Actor.Name, row.Actor.Role, row.Actor.Address,
        row.Action, row.Subject, row.Outcome, row.Reason, row.Detail,
    ];
}
