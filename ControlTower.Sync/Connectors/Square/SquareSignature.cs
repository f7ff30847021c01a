using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace ControlTower.Sync.Connectors.Square;

/// <summary>
/// Square seals the notification URL and the body together, so a hint sent to another address is forged here. Type, event and lane are read from the sealed body.
/// </summary>
internal static class SquareSignature
{
    public const string Header = "x-square-hmacsha256-signature";

    public static Receipt Receive(RawRequest request, ConnectionProfile profile)
    {
        byte[] sealedBytes = [.. Encoding.UTF8.GetBytes(SquareSettings.Of(profile).NotificationUrl), .. request.Body.Span];
        if (!HmacSeal.IsBase64Of(request.Headers.GetValueOrDefault(Header), sealedBytes,
            profile.Secrets.GetValueOrDefault("signatureKey"), profile.Secrets.GetValueOrDefault("previousSignatureKey")))
        {
            return new Receipt.Forged("The signature does not fit the notification URL and the body.");
        }

        // Genuine but unreadable is kept and becomes a case; its bytes are its id.
        return JsonReading.Parse(request.Body) is { ValueKind: JsonValueKind.Object } hint
            && hint.Text("type") is { Length: > 0 and <= 100 } type && hint.Text("event_id") is { Length: > 0 and <= 200 } id
                ? new Receipt.Authentic(type, id, SquareHint.Lane(hint) ?? $"hint/{VendorText.Cut(id, 100)}")
                : new Receipt.Authentic(SquareTopics.Unreadable, Convert.ToHexStringLower(SHA256.HashData(request.Body.Span)), "unreadable");
    }
}
