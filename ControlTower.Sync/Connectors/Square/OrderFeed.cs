using System.Text.Json;
using System.Text.Json.Nodes;

namespace ControlTower.Sync.Connectors.Square;

/// <summary>Completed orders by time of change, ten locations at a time (the vendor's limit), and single orders that a webhook named.</summary>
internal sealed class OrderFeed(SquareCall call, TimeProvider clock)
{
    public const string Name = "orders";
    private const int LocationsPerSearch = 10;
    private const int PageSize = 100;

    private readonly OrderDocuments documents = new(call);

    public async Task<FeedAnswer> OneAsync(string id, CancellationToken cancel)
    {
        var (body, failure) = await call.GetAsync($"v2/orders/{id}", cancel).ConfigureAwait(false);
        if (failure is Outcome.Refused { Kind: Data.Canonical.FailureKind.Missing })
        {
            return new FeedAnswer.Page([], null, false);
        }

        return failure is not null ? new FeedAnswer.Failed(failure)
            : body.At("order") is not { } order ? new FeedAnswer.Failed(Http.HttpOutcome.Garbled(write: false, "it names no order"))
            : await AnswerAsync([order], items => new FeedAnswer.Page(items, null, false), cancel).ConfigureAwait(false);
    }

    public async Task<FeedAnswer> PageAsync(FeedRequest request, CancellationToken cancel)
    {
        var cursor = FeedCursor.Of(request, clock.GetUtcNow());
        var (stores, failure) = await new Locations(call).ReadAsync(cancel).ConfigureAwait(false);
        if (failure is not null)
        {
            return new FeedAnswer.Failed(failure);
        }

        var part = stores.Skip(cursor.Part * LocationsPerSearch).Take(LocationsPerSearch).ToList();
        if (part.Count == 0)
        {
            return cursor.Next([], null, moreParts: false);
        }

        var (body, broken) = await call.SearchAsync("v2/orders/search", Search(part, cursor), cancel).ConfigureAwait(false);
        if (broken is not null)
        {
            return broken is Outcome.Refused && cursor.Page is not null ? cursor.Anew() : new FeedAnswer.Failed(broken);
        }

        var orders = body.Items("orders");
        var seen = orders.Aggregate(cursor, (c, o) => c.Seen(o.Time("updated_at")));
        var more = (cursor.Part + 1) * LocationsPerSearch < stores.Count;
        return await AnswerAsync(orders, items => seen.Next(items, body.Text("cursor") is { Length: > 0 } next ? next : null, more), cancel).ConfigureAwait(false);
    }

    private async Task<FeedAnswer> AnswerAsync(IReadOnlyList<JsonElement> orders, Func<IReadOnlyList<FeedItem>, FeedAnswer> answer, CancellationToken cancel)
    {
        var (skus, failure) = await documents.SkusAsync(orders, cancel).ConfigureAwait(false);
        return failure is not null ? new FeedAnswer.Failed(failure) : answer([.. orders.Select(o => OrderDocuments.Item(o, skus)).OfType<FeedItem>()]);
    }

    private static JsonObject Search(IReadOnlyList<SquareLocation> part, FeedCursor cursor)
    {
        var body = new JsonObject
        {
            ["location_ids"] = new JsonArray([.. part.Select(l => (JsonNode)l.Id)]),
            ["limit"] = PageSize,
            ["query"] = new JsonObject
            {
                ["filter"] = new JsonObject
                {
                    ["state_filter"] = new JsonObject { ["states"] = new JsonArray("COMPLETED") },
                    ["date_time_filter"] = new JsonObject { ["updated_at"] = new JsonObject { ["start_at"] = cursor.FromText } },
                },
                ["sort"] = new JsonObject { ["sort_field"] = "UPDATED_AT", ["sort_order"] = "ASC" },
            },
        };
        if (cursor.Page is { } page)
        {
            body["cursor"] = page;
        }

        return body;
    }
}
