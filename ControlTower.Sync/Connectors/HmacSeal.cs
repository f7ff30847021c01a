using System.Security.Cryptography;
using System.Text;

namespace ControlTower.Sync.Connectors;

/// <summary>HMAC-SHA256 over raw bytes, compared in constant time.</summary>
public static class HmacSeal
{
    /// <summary>True if the base64 seal was made over these bytes with one of the secrets. Every secret is tried, so that time does not tell which one fits.</summary>
    public static bool IsBase64Of(string? seal, ReadOnlySpan<byte> body, params ReadOnlySpan<string?> secrets)
    {
        Span<byte> given = stackalloc byte[SHA256.HashSizeInBytes];
        return seal is not null
            && Convert.TryFromBase64String(seal, given, out var written)
            && written == SHA256.HashSizeInBytes
            && Fits(given, body, secrets);
    }

    /// <summary>The same for a seal in hexadecimal digits of either case.</summary>
    public static bool IsHexOf(string? seal, ReadOnlySpan<byte> body, params ReadOnlySpan<string?> secrets)
    {
        Span<byte> given = stackalloc byte[SHA256.HashSizeInBytes];
        return seal is { Length: SHA256.HashSizeInBytes * 2 }
            && Convert.FromHexString(seal, given, out _, out _) == System.Buffers.OperationStatus.Done
            && Fits(given, body, secrets);
    }

    /// <summary>Compares two secrets sent in the clear, in constant time.</summary>
    public static bool SameText(string? given, string? secret)
    {
        if (given is null || string.IsNullOrEmpty(secret))
        {
            return false;
        }

        Span<byte> left = stackalloc byte[SHA256.HashSizeInBytes];
        Span<byte> right = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(given), left);
        SHA256.HashData(Encoding.UTF8.GetBytes(secret), right);
        return CryptographicOperations.FixedTimeEquals(left, right);
    }

    private static bool Fits(ReadOnlySpan<byte> given, ReadOnlySpan<byte> body, ReadOnlySpan<string?> secrets)
    {
        Span<byte> made = stackalloc byte[SHA256.HashSizeInBytes];
        var fits = false;
        foreach (var secret in secrets)
        {
            if (!string.IsNullOrEmpty(secret))
            {
                HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), body, made);
                fits |= CryptographicOperations.FixedTimeEquals(given, made);
            }
        }

        return fits;
    }
}
