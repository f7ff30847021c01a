using System.Security.Cryptography;

namespace ControlTower.Sync.Connectors.Shopify;

/// <summary>
/// Tells a genuine webhook from a forged one and names its event and lane. Only the body is under the seal, so the headers are held against what we
/// know: the shop is this connection's, the topic is the one that was subscribed at this address.
/// </summary>
internal static class ShopifySignature
{
    public static Receipt Receive(RawRequest request, ConnectionProfile profile, ShopifySettings settings)
    {
        var sealedRight = HmacSeal.IsBase64Of(Header(request, "Hmac-Sha256"), request.Body.Span,
            profile.Secrets.GetValueOrDefault("clientSecret"), profile.Secrets.GetValueOrDefault("clientSecretPrevious"));
        if (!sealedRight)
        {
            return new Receipt.Forged("The signature does not fit the body.");
        }

        if (!string.Equals(Header(request, "Shop-Domain"), settings.ShopDomain, StringComparison.OrdinalIgnoreCase))
        {
            return new Receipt.Forged("The webhook names another shop than this connection's.");
        }

        var topic = Header(request, "Topic");
        if (topic is null or { Length: > 100 } || !topic.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '_' or '.')
            || !string.Equals(ShopifyTopics.Path(topic), ShopifyTopics.Path(request.Topic), StringComparison.Ordinal))
        {
            return new Receipt.Forged("The topic does not fit the address.");
        }

        return new Receipt.Authentic(topic, EventId(request, settings), Lane(topic, request.Body.Span));
    }

    private static string EventId(RawRequest request, ShopifySettings settings)
    {
        var id = VendorText.Plain(Header(request, settings.DedupeHeader) ?? Header(request, "Event-Id") ?? Header(request, "Webhook-Id"), 1000);
        return id is { Length: <= 200 } ? id : $"sha256:{Digest(request.Body.Span)}";
    }

    private static string Lane(string topic, ReadOnlySpan<byte> body)
    {
        if (topic.StartsWith("returns/", StringComparison.Ordinal))
        {
            var gid = VendorJson.Member(body, "id") ?? VendorJson.Member(body, "admin_graphql_api_id");
            var back = gid?[(gid.LastIndexOf('/') + 1)..];
            return back is { Length: > 0 and <= 40 } && back.All(char.IsAsciiDigit) ? $"return/{back}" : $"other/{Digest(body)[..16]}";
        }

        var order = topic.StartsWith("orders/", StringComparison.Ordinal)
            ? VendorJson.Member(body, "id") ?? (topic == "orders/edited" ? OfEdit(body) : null)
            : VendorJson.Member(body, "order_id");
        return order is { Length: > 0 and <= 40 } && order.All(char.IsAsciiDigit) ? $"order/{order}" : $"other/{Digest(body)[..16]}";
    }

    private static string? OfEdit(ReadOnlySpan<byte> body)
        => VendorJson.Read(body, ShopifyJson.Default.WebhookOrderEdited, out _)?.OrderEdit?.OrderId?.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static string Digest(ReadOnlySpan<byte> body) => Convert.ToHexStringLower(SHA256.HashData(body));

    // A newer delivery style drops the X-.
    private static string? Header(RawRequest request, string name)
        => request.Headers.TryGetValue($"X-Shopify-{name}", out var value) || request.Headers.TryGetValue($"Shopify-{name}", out value) ? value : null;
}
