using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.Square;

/// <summary>Refunds by time of change, and single ones that a webhook named; each with the payment it gives back and the order of the goods that came back.</summary>
internal sealed class RefundFeed(SquareCall call, TimeProvider clock)
{
    public const string Name = "refunds";
    private const int PageSize = 50;

    public async Task<FeedAnswer> OneAsync(string id, CancellationToken cancel)
    {
        var (refund, failure) = await MaybeAsync($"v2/refunds/{id}", "refund", cancel).ConfigureAwait(false);
        return failure is not null ? new FeedAnswer.Failed(failure)
            : refund is not { } found ? new FeedAnswer.Page([], null, false)
            : await AnswerAsync([found], items => new FeedAnswer.Page(items, null, false), cancel).ConfigureAwait(false);
    }

    public async Task<FeedAnswer> PageAsync(FeedRequest request, CancellationToken cancel)
    {
        var cursor = FeedCursor.Of(request, clock.GetUtcNow());
        var page = cursor.Page is { } at ? $"&cursor={Uri.EscapeDataString(at)}" : "";
        var (body, failure) = await call.GetAsync(
            $"v2/refunds?updated_at_begin_time={Uri.EscapeDataString(cursor.FromText)}&sort_field=UPDATED_AT&sort_order=ASC&limit={PageSize}{page}", cancel).ConfigureAwait(false);
        if (failure is not null)
        {
            return failure is Outcome.Refused && cursor.Page is not null ? cursor.Anew() : new FeedAnswer.Failed(failure);
        }

        var refunds = body.Items("refunds");
        var seen = refunds.Aggregate(cursor, (c, r) => c.Seen(r.Time("updated_at")));
        return await AnswerAsync(refunds, items => seen.Next(items, body.Text("cursor") is { Length: > 0 } next ? next : null, moreParts: false), cancel).ConfigureAwait(false);
    }

    private async Task<FeedAnswer> AnswerAsync(IReadOnlyList<JsonElement> refunds, Func<IReadOnlyList<FeedItem>, FeedAnswer> answer, CancellationToken cancel)
    {
        var items = new List<FeedItem>();
        foreach (var refund in refunds)
        {
            var (item, failure) = await ItemAsync(refund, cancel).ConfigureAwait(false);
            if (failure is not null)
            {
                return new FeedAnswer.Failed(failure);
            }

            if (item is not null)
            {
                items.Add(item);
            }
        }

        return answer(items);
    }

    private async Task<(FeedItem? Item, Outcome? Failure)> ItemAsync(JsonElement refund, CancellationToken cancel)
    {
        if (refund.Text("id") is not { Length: > 0 and <= 120 } id)
        {
            return (null, null);
        }

        var document = new JsonObject { ["refund"] = JsonNode.Parse(refund.GetRawText()) };
        if (refund.Text("payment_id") is { } payment && SquareId.IsOne(payment))
        {
            var (paid, failure) = await MaybeAsync($"v2/payments/{payment}", "payment", cancel).ConfigureAwait(false);
            if (failure is not null)
            {
                return (null, failure);
            }

            // Only what links it: a payment changes for reasons of its own, and each change would look like another refund.
            document["payment"] = paid is { } found ? new JsonObject { ["id"] = payment, ["order_id"] = found.Text("order_id") } : null;
        }

        if (refund.Text("order_id") is { } returned && SquareId.IsOne(returned) && returned != document["payment"]?["order_id"]?.GetValue<string>())
        {
            var (order, failure) = await MaybeAsync($"v2/orders/{returned}", "order", cancel).ConfigureAwait(false);
            var (skus, unread) = failure is null && order is not null ? await new OrderDocuments(call).SkusAsync([order.Value], cancel).ConfigureAwait(false) : (null, failure);
            if (unread is not null)
            {
                return (null, unread);
            }

            if (order is { } goods)
            {
                document["order"] = JsonNode.Parse(goods.GetRawText());
                document["skus"] = JsonNode.Parse(OrderDocuments.With(goods, "order", skus!).GetProperty("skus").GetRawText());
            }
        }

        var body = StableJson.Of(OrderDocuments.Element(document));
        return (new FeedItem(SquareTopics.ReadRefund, $"{id}#{StableJson.Digest(body)}", $"refund/{id}", body), null);
    }

    private async Task<(JsonElement? Found, Outcome? Failure)> MaybeAsync(string path, string member, CancellationToken cancel)
    {
        var (body, failure) = await call.GetAsync(path, cancel).ConfigureAwait(false);
        return failure is Outcome.Refused { Kind: FailureKind.Missing } ? (null, null)
            : failure is not null ? (null, failure)
            : body.At(member) is { } found ? (found, null)
            : (null, Http.HttpOutcome.Garbled(write: false, $"it names no {member}"));
    }
}
