using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Connectors.Shopify;

/// <summary>
/// Orders by time of change, for what webhooks lost, and single orders that a thin webhook named. The cursor is the time reached and, within a run, the
/// vendor's page cursor: <c>time|page</c>. An order that changes while pages are read moves to the end of the list and is met again.
/// </summary>
internal sealed class OrderFeed(GraphCall call)
{
    public const string Name = "orders";

    public Task<FeedAnswer> ReadAsync(FeedRequest request, CallScope scope, CancellationToken cancel) => request switch
    {
        { Resource: { } resource } when resource.StartsWith("order/", StringComparison.Ordinal) => OneAsync(resource["order/".Length..], scope, cancel),
        { Resource: { } resource } when resource.StartsWith("return/", StringComparison.Ordinal) => ReturnAsync(resource["return/".Length..], scope, cancel),
        { Resource: null, Feed: Name } => PageAsync(request, scope, cancel),
        _ => Task.FromResult<FeedAnswer>(new FeedAnswer.Failed(new Outcome.Refused(FailureKind.Value, "no-such-feed", $"Shopify has no feed '{request.Resource ?? request.Feed}'."))),
    };

    private async Task<FeedAnswer> OneAsync(string id, CallScope scope, CancellationToken cancel)
    {
        var (item, failure) = await WholeAsync($"gid://shopify/Order/{id}", scope, cancel).ConfigureAwait(false);
        return failure is not null ? new FeedAnswer.Failed(failure) : new FeedAnswer.Page(item is null ? [] : [item], null, false);
    }

    private async Task<FeedAnswer> ReturnAsync(string id, CallScope scope, CancellationToken cancel)
    {
        var (data, failure) = await call.ReadAsync(ShopifyDocuments.ReturnById, new JsonObject { ["id"] = ShopReturns.Gid(id) }, scope, cancel).ConfigureAwait(false);
        if (failure is not null || data.At("return") is not { } found)
        {
            return failure is not null ? new FeedAnswer.Failed(failure) : new FeedAnswer.Page([], null, false);
        }

        var body = Encoding.UTF8.GetBytes(found.GetRawText());
        return new FeedAnswer.Page([new FeedItem(ReturnReading.Topic, $"{id}#{Convert.ToHexStringLower(SHA256.HashData(body).AsSpan(0, 12))}", $"return/{id}", body)], null, false);
    }

    private async Task<FeedAnswer> PageAsync(FeedRequest request, CallScope scope, CancellationToken cancel)
    {
        var (reached, page) = Cursor(request);
        var from = page is null ? reached - request.Overlap : reached;
        var variables = new JsonObject { ["after"] = page, ["query"] = $"updated_at:>='{Iso(from)}'" };
        var (data, failure) = await call.ReadAsync(ShopifyDocuments.OrdersUpdated, variables, scope, cancel).ConfigureAwait(false);
        if (failure is not null)
        {
            return new FeedAnswer.Failed(failure);
        }

        var items = new List<FeedItem>();
        var latest = reached;
        foreach (var node in data.Items("orders", "nodes"))
        {
            latest = node.Time("updatedAt") is { } updated && updated > latest ? updated : latest;
            var (item, broken) = IsWhole(node) ? (Item(node, Encoding.UTF8.GetBytes(node.GetRawText())), null)
                : await WholeAsync(node.Text("id") ?? "", scope, cancel).ConfigureAwait(false);
            if (broken is not null)
            {
                return new FeedAnswer.Failed(broken);
            }

            if (item is not null)
            {
                items.Add(item);
            }
        }

        // The filter must not move while pages of it are read, so within a run the time stays where the run began; the last page takes it forward.
        return data.Flag("orders", "pageInfo", "hasNextPage") == true && data.Text("orders", "pageInfo", "endCursor") is { } next
            ? new FeedAnswer.Page(items, $"{Iso(from)}|{next}", true)
            : new FeedAnswer.Page(items, Iso(latest), false);
    }

    /// <summary>An order with all its lines, however many pages they take.</summary>
    private async Task<(FeedItem? Item, Outcome? Failure)> WholeAsync(string gid, CallScope scope, CancellationToken cancel)
    {
        var (data, failure) = await call.ReadAsync(ShopifyDocuments.OrderById, new JsonObject { ["id"] = gid }, scope, cancel).ConfigureAwait(false);
        if (failure is not null || data.At("order") is not { } order)
        {
            return (null, failure);
        }

        if (order.Flag("lineItems", "pageInfo", "hasNextPage") != true)
        {
            return (Item(order, Encoding.UTF8.GetBytes(order.GetRawText())), null);
        }

        var whole = JsonNode.Parse(order.GetRawText())!;
        var lines = whole["lineItems"]!["nodes"]!.AsArray();
        var after = order.Text("lineItems", "pageInfo", "endCursor");
        while (after is not null)
        {
            var variables = new JsonObject { ["id"] = gid, ["after"] = after };
            var (more, broken) = await call.ReadAsync(ShopifyDocuments.OrderLines, variables, scope, cancel).ConfigureAwait(false);
            if (broken is not null)
            {
                return (null, broken);
            }

            foreach (var line in more.Items("order", "lineItems", "nodes"))
            {
                lines.Add(JsonNode.Parse(line.GetRawText()));
            }

            after = more.Flag("order", "lineItems", "pageInfo", "hasNextPage") == true ? more.Text("order", "lineItems", "pageInfo", "endCursor") : null;
        }

        return (Item(order, Encoding.UTF8.GetBytes(whole.ToJsonString())), null);
    }

    // The vendor tells whole seconds: two changes within one differ by content alone.
    private static FeedItem? Item(JsonElement order, byte[] body)
    {
        var gid = order.Text("id") ?? "";
        var id = gid[(gid.LastIndexOf('/') + 1)..];
        return id.Length is > 0 and <= 20 && id.All(char.IsAsciiDigit)
            ? new FeedItem(ShopifyTopics.ReadOrder, $"{id}@{order.Text("updatedAt")}#{Convert.ToHexStringLower(SHA256.HashData(body).AsSpan(0, 6))}", $"order/{id}", body)
            : null;
    }

    // The list asks for few parts of each order, to stay within the cost of one query; an order with more is read on its own.
    private static bool IsWhole(JsonElement order)
        => order.Flag("lineItems", "pageInfo", "hasNextPage") != true
            && order.Items("refunds").Count < 2
            && order.Items("fulfillments").Count < 2
            && order.Items("fulfillments").All(f => f.Flag("fulfillmentLineItems", "pageInfo", "hasNextPage") != true)
            && order.Items("refunds").All(r => r.Items("refundLineItems", "nodes").Count < 4);

    private static (DateTimeOffset Reached, string? Page) Cursor(FeedRequest request)
    {
        var parts = request.Cursor?.Split('|', 2) ?? [];
        return parts.Length > 0 && DateTimeOffset.TryParse(parts[0], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? (time, parts.Length > 1 ? parts[1] : null)
            : (request.Since, null);
    }

    private static string Iso(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
