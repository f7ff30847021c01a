using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Connectors.Square;

/// <summary>
/// Keeps the account's webhook subscription as it should be: at the notification URL that is signed along, switched on, in our version, for all we listen to. Square makes
/// the signature key; where it is another than the connection's, a person is told, for every hint would look forged.
/// </summary>
internal sealed class Subscriptions(ConnectionProfile profile, SquareSettings settings, SquareCall call)
{
    private const string Path = "v2/webhooks/subscriptions";

    public async Task<Outcome> EnsureAsync(CancellationToken cancel)
    {
        string? cursor = null;
        do
        {
            var page = cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}";
            var (body, failure) = await call.GetAsync($"{Path}?include_disabled=true&limit=100{page}", cancel).ConfigureAwait(false);
            if (failure is not null)
            {
                return failure;
            }

            if (body.Items("subscriptions").Where(s => s.Text("notification_url") == settings.NotificationUrl && SquareId.IsOne(s.Text("id"))).Take(1).ToList() is [var subscription])
            {
                var right = subscription.Flag("enabled") == true && subscription.Text("api_version") == SquareSettings.ApiVersion
                    && SquareTopics.Wanted.All(w => subscription.Items("event_types").Any(t => t.Text() == w));
                return right ? Judge(subscription) : await WriteAsync(HttpMethod.Put, $"{Path}/{subscription.Text("id")}", Body(null), cancel).ConfigureAwait(false);
            }

            cursor = body.Text("cursor") is { Length: > 0 } next ? next : null;
        }
        while (cursor is not null);

        var key = PostingKey.Derive(profile.Brand, new OrderKey(profile.Id, settings.NotificationUrl), "webhooks", SquareSettings.ApiVersion);
        return await WriteAsync(HttpMethod.Post, Path, Body(key.Value), cancel).ConfigureAwait(false);
    }

    private async Task<Outcome> WriteAsync(HttpMethod method, string path, JsonObject wanted, CancellationToken cancel)
    {
        var (body, failure) = await call.WriteAsync(method, path, wanted, cancel).ConfigureAwait(false);
        return failure ?? (body.At("subscription") is { } made ? Judge(made) : HttpOutcome.Garbled(write: true, "it names no subscription"));
    }

    private Outcome Judge(System.Text.Json.JsonElement subscription)
    {
        var key = subscription.Text("signature_key");
        return key is not null && !HmacSeal.SameText(key, profile.Secrets.GetValueOrDefault("signatureKey")) && !HmacSeal.SameText(key, profile.Secrets.GetValueOrDefault("previousSignatureKey"))
            ? new Outcome.Refused(FailureKind.Value, "another-signature-key", "Square signs this subscription with another key. Copy its signature key from the Developer Console into the connection.", "signatureKey")
            : new Outcome.Accepted(subscription.Text("id") ?? "webhooks");
    }

    private JsonObject Body(string? key)
    {
        var body = new JsonObject
        {
            ["subscription"] = new JsonObject
            {
                ["name"] = "ControlTower",
                ["enabled"] = true,
                ["event_types"] = new JsonArray([.. SquareTopics.Wanted.Select(w => (JsonNode)w)]),
                ["notification_url"] = settings.NotificationUrl,
                ["api_version"] = SquareSettings.ApiVersion,
            },
        };
        if (key is not null)
        {
            body["idempotency_key"] = key;
        }

        return body;
    }
}
