using System.Text.Json.Nodes;
using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Connectors.Shopify;

/// <summary>
/// Keeps the shop's webhooks as they should be. Shopify drops a subscription after eight failed deliveries in a row, so this runs again and again; what is
/// right stays untouched.
/// </summary>
internal sealed class Subscriptions(GraphCall call, bool withStock)
{
    public async Task<Outcome> EnsureAsync(Uri callbackBase, CallScope scope, CancellationToken cancel)
    {
        var root = callbackBase.AbsoluteUri.TrimEnd('/');
        var missing = (withStock ? ShopifyTopics.WantedWithStock : ShopifyTopics.Wanted).ToDictionary(w => w.Api, w => $"{root}/{ShopifyTopics.Path(w.Topic)}", StringComparer.Ordinal);
        var stale = new List<string>();
        string? after = null;
        do
        {
            var (data, failure) = await call.ReadAsync(ShopifyDocuments.Subscriptions, new JsonObject { ["after"] = after }, scope, cancel).ConfigureAwait(false);
            if (failure is not null)
            {
                return failure;
            }

            foreach (var node in data.Items("webhookSubscriptions", "nodes"))
            {
                var (id, topic, uri) = (node.Text("id"), node.Text("topic") ?? "", node.Text("uri") ?? "");
                if (missing.TryGetValue(topic, out var wanted) && uri == wanted)
                {
                    missing.Remove(topic);
                }
                else if (id is not null && uri.StartsWith($"{root}/", StringComparison.Ordinal))
                {
                    stale.Add(id);
                }
            }

            after = data.Flag("webhookSubscriptions", "pageInfo", "hasNextPage") == true ? data.Text("webhookSubscriptions", "pageInfo", "endCursor") : null;
        }
        while (after is not null);

        foreach (var (topic, uri) in missing)
        {
            if (await CreateAsync(topic, uri, scope, cancel).ConfigureAwait(false) is { } failure)
            {
                return failure;
            }
        }

        foreach (var id in stale)
        {
            var (data, failure) = await call.WriteAsync(ShopifyDocuments.Unsubscribe, new JsonObject { ["id"] = id }, scope, cancel).ConfigureAwait(false);
            if ((failure ?? UserErrors.Of(data, "webhookSubscriptionDelete")) is { } refused and not Outcome.Refused { Kind: Data.Canonical.FailureKind.Missing })
            {
                return refused;
            }
        }

        return new Outcome.Accepted("webhooks", null, new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["created"] = missing.Count.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["deleted"] = stale.Count.ToString(System.Globalization.CultureInfo.InvariantCulture),
        });
    }

    private async Task<Outcome?> CreateAsync(string topic, string uri, CallScope scope, CancellationToken cancel)
    {
        var variables = new JsonObject { ["topic"] = topic, ["subscription"] = new JsonObject { ["uri"] = uri, ["format"] = "JSON" } };
        var (data, failure) = await call.WriteAsync(ShopifyDocuments.Subscribe, variables, scope, cancel).ConfigureAwait(false);
        var refused = failure ?? UserErrors.Of(data, "webhookSubscriptionCreate");
        return refused switch
        {
            // Another node of ours was faster.
            Outcome.Refused { Message: var message } when message.Contains("already been taken", StringComparison.OrdinalIgnoreCase) => null,
            not null => refused,
            null when data.Text("webhookSubscriptionCreate", "webhookSubscription", "id") is null => HttpOutcome.Garbled(write: true, "it names no subscription"),
            null => null,
        };
    }
}
