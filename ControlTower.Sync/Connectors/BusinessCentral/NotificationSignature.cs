using System.Security.Cryptography;

namespace ControlTower.Sync.Connectors.BusinessCentral;

/// <summary>
/// Notifications carry no signature: the secret given at subscription comes back in each entry. Every entry must carry it. Before a subscription is made or
/// renewed the service asks for an echo.
/// </summary>
internal static class NotificationSignature
{
    public const string Topic = "notifications";

    public static Receipt Receive(RawRequest request, ConnectionProfile profile)
    {
        if (request.Query.TryGetValue("validationToken", out var token))
        {
            // It is answered as text; nothing that could be read as markup is echoed.
            return token.Length is > 0 and <= 2048 && token.All(c => char.IsAsciiLetterOrDigit(c) || "-_.~+/=:%{}| ".Contains(c, StringComparison.Ordinal))
                ? new Receipt.Handshake(token)
                : new Receipt.Forged("The validation token is not one.");
        }

        if (!string.Equals(request.Topic, Topic, StringComparison.Ordinal))
        {
            return new Receipt.Forged("Notifications are not delivered to this address.");
        }

        var secret = profile.Secrets.GetValueOrDefault("webhookSecret");
        var entries = VendorJson.Read(request.Body.Span, BusinessCentralJson.Default.Notifications, out _)?.Value;
        if (entries is null or { Count: 0 })
        {
            return new Receipt.Forged("The body is no list of notifications, so it cannot carry the secret.");
        }

        // All are compared, so that time does not tell which entry was wrong.
        var fits = true;
        foreach (var entry in entries)
        {
            fits &= HmacSeal.SameText(entry?.ClientState, secret);
        }

        var digest = Convert.ToHexStringLower(SHA256.HashData(request.Body.Span));
        return fits
            ? new Receipt.Authentic(Topic, $"sha256:{digest}", entries is [{ Resource: { Length: <= 300 } resource }] ? $"notification/{Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(resource)))[..16]}" : $"notification/{digest[..16]}")
            : new Receipt.Forged("The notification does not carry the subscription's secret.");
    }
}
