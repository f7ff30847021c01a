using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace ControlTower.Sync.Connectors.Stripe;

/// <summary>
/// Stripe seals the time of sending and the body together (<c>t=…,v1=…</c>, several v1 while a secret is replaced), anew with each redelivery: what was sealed more than five minutes ago is a replay.
/// </summary>
internal static class StripeSignature
{
    public const string Header = "stripe-signature";
    public const string Unreadable = "unreadable";

    /// <summary>What the types of all events about payouts begin with.</summary>
    public const string Payouts = "payout.";

    private const int MostSeals = 10;
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    public static Receipt Receive(RawRequest request, ConnectionProfile profile, DateTimeOffset now)
    {
        var parts = (request.Headers.GetValueOrDefault(Header) ?? "").Split(',', StringSplitOptions.TrimEntries);
        var sent = parts.FirstOrDefault(p => p.StartsWith("t=", StringComparison.Ordinal))?[2..];
        if (!long.TryParse(sent, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || seconds > 253_402_300_799L)
        {
            return new Receipt.Forged("The signature names no time.");
        }

        byte[] sealedBytes = [.. Encoding.UTF8.GetBytes($"{sent}."), .. request.Body.Span];
        var genuine = false;
        foreach (var seal in parts.Where(p => p.StartsWith("v1=", StringComparison.Ordinal)).Take(MostSeals))
        {
            genuine |= HmacSeal.IsHexOf(seal[3..], sealedBytes, profile.Secrets.GetValueOrDefault(StripeSettings.Webhook), profile.Secrets.GetValueOrDefault(StripeSettings.PreviousWebhook));
        }

        if (!genuine)
        {
            return new Receipt.Forged("The signature does not fit the body.");
        }

        if ((now - DateTimeOffset.FromUnixTimeSeconds(seconds)).Duration() > Tolerance)
        {
            return new Receipt.Forged("The signature is older than five minutes, or a clock is wrong.");
        }

        // Genuine but unreadable is kept and becomes a case; its bytes are its id.
        return JsonReading.Parse(request.Body) is { ValueKind: JsonValueKind.Object } body
            && body.Text("type") is { Length: > 0 and <= 100 } type && body.Text("id") is { } id && StripeId.IsOne(id)
                ? new Receipt.Authentic(type, id, body.Text("data", "object", "id") is { } about && StripeId.IsOne(about) ? $"money/{about}" : $"event/{id}")
                : new Receipt.Authentic(Unreadable, Convert.ToHexStringLower(SHA256.HashData(request.Body.Span)), Unreadable);
    }
}
