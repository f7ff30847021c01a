namespace ControlTower.Sync.Connectors.Vendure;

/// <summary>
/// Vendure has no webhooks of its own; a plugin in the shop posts them with <c>x-peer-signature: sha256=&lt;hex HMAC-SHA256 of the body&gt;</c>. The other headers are
/// not covered by the seal, so topic and delivery id are read from the body.
/// </summary>
internal static class VendureSignature
{
    public const string Header = "x-peer-signature";
    private const string Prefix = "sha256=";

    public static bool IsGenuine(RawRequest request, ConnectionProfile profile)
        => request.Headers.TryGetValue(Header, out var seal)
            && seal.StartsWith(Prefix, StringComparison.Ordinal)
            && HmacSeal.IsHexOf(
                seal[Prefix.Length..],
                request.Body.Span,
                profile.Secrets.GetValueOrDefault("webhookSecret"),
                profile.Secrets.GetValueOrDefault("previousWebhookSecret"));
}
