using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace ControlTower.Web.Auth.Factors;

/// <summary>
/// Codes by time, RFC 6238 with what every authenticator takes: HMAC-SHA-1 over half minutes since 1970, six digits. A code of the half minute before or after counts too, for clocks that are a
/// little off.
/// </summary>
internal static class Totp
{
    public const int Digits = 6;

    private const int Step = 30;
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    /// <summary>A new key of 160 bits, as RFC 4226 asks for.</summary>
    public static byte[] NewKey() => RandomNumberGenerator.GetBytes(20);

    /// <summary>The half minute to which the code belongs; null: to none that counts now.</summary>
    public static long? StepOf(byte[] key, string code, DateTimeOffset now)
    {
        if (code.Length != Digits || !code.All(char.IsAsciiDigit))
            return null;
        var at = now.ToUnixTimeSeconds() / Step;
        long? found = null;
        // All three are compared, whichever fits.
        for (var step = at - 1; step <= at + 1; step++)
        {
            if (CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(At(key, step)), Encoding.ASCII.GetBytes(code)))
                found = step;
        }

        return found;
    }

    /// <summary>The code of a moment.</summary>
    public static string At(byte[] key, DateTimeOffset at) => At(key, at.ToUnixTimeSeconds() / Step);

    /// <summary>What an authenticator reads from the picture.</summary>
    public static string Uri(byte[] key, string issuer, string account) =>
        $"otpauth://totp/{System.Uri.EscapeDataString(issuer)}:{System.Uri.EscapeDataString(account)}?secret={Base32(key)}&issuer={System.Uri.EscapeDataString(issuer)}&algorithm=SHA1&digits={Digits}&period={Step}";

    /// <summary>RFC 4648 without padding; the bytes are a multiple of five.</summary>
    public static string Base32(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length * 8 / 5);
        var (held, bits) = (0, 0);
        foreach (var part in bytes)
        {
            (held, bits) = ((held << 8) | part, bits + 8);
            for (; bits >= 5; bits -= 5)
                text.Append(Alphabet[(held >> (bits - 5)) & 31]);
            held &= 0xff;
        }

        return text.ToString();
    }

    [SuppressMessage("Security", "CA5350", Justification = "RFC 6238 as authenticators speak it; a MAC needs no resistance to collisions.")]
    private static string At(byte[] key, long step)
    {
        Span<byte> counter = stackalloc byte[8], mac = stackalloc byte[HMACSHA1.HashSizeInBytes];
        BinaryPrimitives.WriteInt64BigEndian(counter, step);
        HMACSHA1.HashData(key, counter, mac);
        var number = BinaryPrimitives.ReadInt32BigEndian(mac[(mac[^1] & 15)..]) & int.MaxValue;
        return (number % 1_000_000).ToString("D6", CultureInfo.InvariantCulture);
    }
}
