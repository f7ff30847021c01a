using System.Text.Json;
using System.Text.Json.Nodes;

namespace ControlTower.Sync.Connectors.BusinessCentral;

/// <summary>Keeps the notifications alive: they expire after three days, and any unexpected answer of ours deletes them. Renewed when half of that is gone.</summary>
internal sealed class NotificationSubscriptions(ODataCall call, BusinessCentralSettings settings, string secret, TimeProvider clock)
{
    private static readonly TimeSpan RenewBefore = TimeSpan.FromHours(36);

    public async Task<Outcome> EnsureAsync(Uri callbackBase, CancellationToken cancel)
    {
        var root = callbackBase.AbsoluteUri.TrimEnd('/');
        var body = new JsonObject
        {
            ["notificationUrl"] = $"{root}/{NotificationSignature.Topic}",
            ["resource"] = $"/api/v2.0/companies({settings.CompanyId:D})/{DocumentFeeds.Invoices}",
            ["clientState"] = secret,
        };
        var list = await call.ReadAsync(new Uri(settings.Root, "subscriptions"), cancel).ConfigureAwait(false);
        if (list.Failure is not null)
        {
            return list.Failure;
        }

        JsonElement? ours = null;
        foreach (var subscription in list.Body.Items("value").Where(s => s.Text("notificationUrl")?.StartsWith($"{root}/", StringComparison.Ordinal) == true))
        {
            if (ours is null && subscription.Text("notificationUrl") == body["notificationUrl"]!.GetValue<string>()
                && subscription.Text("resource")?.Trim('/').EndsWith($"companies({settings.CompanyId:D})/{DocumentFeeds.Invoices}", StringComparison.OrdinalIgnoreCase) == true)
            {
                ours = subscription;
            }
            else if ((await call.DeleteAsync(Address(subscription), subscription.Text("@odata.etag") ?? "*", cancel).ConfigureAwait(false)) is { Failure: { } failure } answer && !answer.IsAbsent)
            {
                return failure;
            }
        }

        var written = ours is not { } known ? await call.PostAsync(new Uri(settings.Root, "subscriptions").AbsoluteUri, body, cancel).ConfigureAwait(false)
            : known.Time("expirationDateTime") is { } end && end - clock.GetUtcNow() > RenewBefore && known.Text("clientState") == secret ? new ODataAnswer(known, null)
            : await call.PatchAsync(Address(known), body, known.Text("@odata.etag") ?? "*", cancel).ConfigureAwait(false);
        return written.Failure ?? new Outcome.Accepted(
            (written.Body.ValueKind == JsonValueKind.Object ? written.Body.Text("subscriptionId") : null) ?? ours?.Text("subscriptionId") ?? "subscription");
    }

    private string Address(JsonElement subscription)
        => new Uri(settings.Root, $"subscriptions('{Uri.EscapeDataString((subscription.Text("subscriptionId") ?? "").Replace("'", "''", StringComparison.Ordinal))}')").AbsoluteUri;
}
