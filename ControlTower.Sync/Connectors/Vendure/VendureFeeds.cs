using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Connectors.Vendure;

/// <summary>
/// Vendure has no change feed (<see cref="VendureVersion"/> tells why <c>updatedAt</c> is none), so two feeds read orders. <c>orders</c> reads by placement time with
/// an overlap: new orders within seconds. <c>changes</c> walks through the orders of the last days, a page at a time, round and round: what happened to an order
/// later. Both hand out whole orders under <c>id:digest</c>; the inbox drops what it has.
/// </summary>
internal sealed class VendureFeeds(ConnectionProfile profile, VendureApi api, TimeProvider clock)
{
    private const int PageSize = 100;

    public Task<FeedAnswer> ReadAsync(FeedRequest request, CancellationToken cancel)
    {
        if (request.Resource is { } resource)
        {
            return OneAsync(resource, cancel);
        }

        var cursor = VendureCursor.Parse(request.Cursor);
        return request.Feed switch
        {
            VendureConnector.OrdersFeed => PageAsync(cursor, (cursor.Mark ?? request.Since) - request.Overlap, again: true, cancel),
            VendureConnector.ChangesFeed => PageAsync(
                cursor, clock.GetUtcNow() - TimeSpan.FromDays(VendureConnector.Number(profile, "rereadDays", 14)), again: false, cancel),
            _ => Task.FromResult<FeedAnswer>(new FeedAnswer.Failed(
                new Outcome.Refused(Data.Canonical.FailureKind.Missing, "feed", $"Vendure has no feed '{request.Feed}'."))),
        };
    }

    /// <param name="start">Where a round begins.</param>
    /// <param name="again">Whether a full page calls for the next at once; the walk through old orders goes a page per poll.</param>
    private async Task<FeedAnswer> PageAsync(VendureCursor cursor, DateTimeOffset start, bool again, CancellationToken cancel)
    {
        var after = cursor.After ?? start;
        var options = new JsonObject
        {
            ["take"] = PageSize,
            ["skip"] = cursor.Skip,
            // A millisecond back: the database may keep a finer time than it shows.
            ["filter"] = new JsonObject { ["orderPlacedAt"] = new JsonObject { ["after"] = Iso(after - TimeSpan.FromMilliseconds(1)) } },
            ["sort"] = new JsonObject { ["orderPlacedAt"] = "ASC", ["id"] = "ASC" },
        };
        var (data, failure) = await api.QueryAsync(VendureQueries.Orders, new JsonObject { ["options"] = options }, write: false, cancel).ConfigureAwait(false);
        if (failure is not null)
        {
            return new FeedAnswer.Failed(failure);
        }

        if (!data.TryGetProperty("orders", out var orders) || orders.ValueKind != JsonValueKind.Object
            || !orders.TryGetProperty("items", out var list) || list.ValueKind != JsonValueKind.Array)
        {
            return new FeedAnswer.Failed(HttpOutcome.Garbled(write: false, "it does not list orders"));
        }

        var nodes = list.EnumerateArray().ToList();
        var items = nodes.SelectMany(Items).ToList();
        var times = nodes.Select(Placed).OfType<DateTimeOffset>().ToList();
        var high = times.Append(cursor.High ?? cursor.Mark ?? after).Max();
        return nodes.Count < PageSize || times.Count == 0
            ? new FeedAnswer.Page(items, new VendureCursor(Mark: high).ToString(), More: false)
            : new FeedAnswer.Page(items, cursor.Next(times[^1], nodes.Count, high).ToString(), again);
    }

    private async Task<FeedAnswer> OneAsync(string resource, CancellationToken cancel)
    {
        if (!resource.StartsWith("order/", StringComparison.Ordinal))
        {
            return new FeedAnswer.Failed(new Outcome.Refused(Data.Canonical.FailureKind.Missing, "resource", "Vendure resources are named order/<id>."));
        }

        var variables = new JsonObject { ["id"] = resource["order/".Length..] };
        var (data, failure) = await api.QueryAsync(VendureQueries.Order, variables, write: false, cancel).ConfigureAwait(false);
        return failure is not null ? new FeedAnswer.Failed(failure)
            : !data.TryGetProperty("order", out var order) ? new FeedAnswer.Failed(HttpOutcome.Garbled(write: false, "it names no order"))
            : new FeedAnswer.Page(Items(order), Cursor: null, More: false);
    }

    // A refund of ours that failed is a message of its own: a person is asked about it once, and the order goes on being read.
    private static List<FeedItem> Items(JsonElement order) => VendureErrors.Text(order, "id") is not { Length: > 0 and <= 64 } id ? [] :
    [
        Item(VendureTranslator.OrderTopic, $"order/{id}", id, order),
        .. order.Items("payments").SelectMany(p => p.Items("refunds"))
            .Where(r => r.Text("state") == VendureStates.Failed && RefundNote.Read(r.Text("reason")) is not null && r.Text("id") is { Length: > 0 and <= 64 })
            .Select(r => Item(VendureTranslator.FailedRefundTopic, $"refund/{r.Text("id")}", $"refund:{r.Text("id")}", r)),
    ];

    private static FeedItem Item(string topic, string lane, string id, JsonElement of)
    {
        var body = StableJson.Of(of);
        return new FeedItem(topic, $"{id}:{StableJson.Digest(body)}", lane, body);
    }

    private static DateTimeOffset? Placed(JsonElement order)
        => VendureErrors.Text(order, "orderPlacedAt") is { } text && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : null;

    private static string Iso(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
