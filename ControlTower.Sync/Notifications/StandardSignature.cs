using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace ControlTower.Sync.Notifications;

/// <summary>The seal of Standard Webhooks (standardwebhooks.com): HMAC-SHA256 over id, instant and body, so that none of them can be exchanged.</summary>
public static class StandardSignature
{
    private const string Prefix = "whsec_";
    private const int Least = 24;
    private const int Most = 64;

    /// <summary>A key to share with the receiver: 256 random bits.</summary>
    public static string NewKey() => Prefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    /// <summary>What is wrong with a key; null if nothing is.</summary>
    public static string? WrongKey(string key) => Bytes(key) is { Length: >= Least and <= Most } ? null : "Enter a key of the form whsec_…, 24 to 64 bytes in base64, or have one made.";

    public static string Of(string key, string id, DateTimeOffset at, ReadOnlySpan<byte> body)
    {
        var head = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{at.ToUnixTimeSeconds()}."));
        byte[] sealedBytes = [.. head, .. body];
        return "v1," + Convert.ToBase64String(HMACSHA256.HashData(Bytes(key) ?? throw new ArgumentException("This is no key.", nameof(key)), sealedBytes));
    }

    private static byte[]? Bytes(string key)
    {
        var text = key.StartsWith(Prefix, StringComparison.Ordinal) ? key[Prefix.Length..] : "";
        var bytes = new byte[text.Length];
        return text.Length > 0 && Convert.TryFromBase64String(text, bytes, out var written) ? bytes[..written] : null;
    }
}
