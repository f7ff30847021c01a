using System.Text.Json;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.Shopify;

/// <summary>
/// Returns of the shop's own. Webhooks name a return and not its lines, so it is read; the read return says everything that happened to it so far, each thing under an id of its own.
/// </summary>
internal static class ReturnReading
{
    /// <summary>Topic of a return that was read, not pushed.</summary>
    public const string Topic = "read/return";

    public static Translation Pushed(WebhookReturn body) => new Translation.Fetch($"return/{WebhookReading.Id(body.Id ?? Digits(body.AdminGraphqlApiId), "id")}");

    public static Translation Read(JsonElement read, ConnectionProfile profile, DateTimeOffset at)
    {
        var id = GraphReading.Id(read.Text("id"), "Return", "id");
        var key = new OrderKey(profile.Id, id);
        var of = new OrderKey(profile.Id, GraphReading.Id(read.Text("order", "id"), "Order", "order.id"));
        var lines = read.Items("returnLineItems", "nodes").Select(Line).OfType<ReturnedLine>().ToList();
        var status = read.Text("status");
        var approved = status is "OPEN" or "CLOSED";
        List<CanonicalEvent> events = [new ReturnStated($"return:{id}", key, of, Version(status, lines), lines, null, null, Receipt: true, approved, read.Time("createdAt") ?? at,
            Partial: read.At("returnLineItems", "pageInfo", "hasNextPage") is { ValueKind: JsonValueKind.True }, Exchange: read.Items("exchangeLineItems", "nodes").Any())];
        if (approved)
        {
            events.Add(new ReturnApproved($"return:{id}:approved", key, null, read.Time("requestApprovedAt") ?? at));
        }

        events.AddRange(read.Items("refunds", "nodes").Where(r => RefundNote.Read(r.Text("note")) is null).Select(r => Refund(r, key, at)).Where(r => r.Amount.Amount > 0m));
        switch (status)
        {
            case "DECLINED":
                events.Add(new ReturnRefused($"return:{id}:declined", key, null, VendorText.Plain(read.Text("decline", "note"), 300) ?? "The shop declined it.", at));
                break;
            case "CANCELED":
                events.Add(new ReturnCancelled($"return:{id}:cancelled", key, null, "The shop cancelled it.", at));
                break;
            case "CLOSED":
                events.Add(new ReturnClosed($"return:{id}:closed", key, read.Time("closedAt") ?? at));
                break;
            default:
                break;
        }

        return new Translation.Events(events);
    }

    // A return has no time of change: what it says orders its statements, for a return only loses lines or moves on.
    private static long Version(string? status, List<ReturnedLine> lines) =>
        (status switch { "REQUESTED" => 1L, "OPEN" => 2L, _ => 3L } * 1_000_000_000L) + (999_999_999L - Math.Min(lines.Sum(l => (long)l.Quantity), 999_999_999L));

    private static ReturnedLine? Line(JsonElement line) => line.Text("fulfillmentLineItem", "lineItem", "id") is { } sold
        ? new ReturnedLine(GraphReading.Id(sold, "LineItem", "returnLineItems.lineItem"), (int)Math.Clamp(line.Amount("quantity") ?? 0m, 0m, int.MaxValue), Reason(line.Text("returnReason")))
        : null;

    private static string Reason(string? reason) => reason switch
    {
        "UNWANTED" or "STYLE" or "COLOR" => ReturnReasons.Unwanted,
        "SIZE_TOO_SMALL" or "SIZE_TOO_LARGE" => ReturnReasons.Size,
        "DEFECTIVE" => ReturnReasons.Faulty,
        "NOT_AS_DESCRIBED" or "WRONG_ITEM" => ReturnReasons.WrongItem,
        _ => ReturnReasons.Other,
    };

    private static ReturnRefunded Refund(JsonElement refund, OrderKey key, DateTimeOffset at)
    {
        var id = GraphReading.Id(refund.Text("id"), "Refund", "refunds.id");
        var amount = new Money(refund.Amount("totalRefundedSet", "shopMoney", "amount") ?? 0m, refund.Text("totalRefundedSet", "shopMoney", "currencyCode") ?? "XXX");
        return Refunded(key, id, amount, refund.Time("createdAt") ?? at);
    }

    /// <summary>One refund of a return, under the same id however it is heard of.</summary>
    public static ReturnRefunded Refunded(OrderKey key, string refund, Money amount, DateTimeOffset at) => new($"return:{key.Id}:refund:{refund}", key, refund, amount, at);

    private static long? Digits(string? gid) => gid is not null && long.TryParse(gid.AsSpan(gid.LastIndexOf('/') + 1), System.Globalization.CultureInfo.InvariantCulture, out var id) ? id : null;
}
