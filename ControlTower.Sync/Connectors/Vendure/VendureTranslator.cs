using System.Collections.Frozen;
using System.Text.Json;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.Vendure;

/// <summary>
/// Stored bytes in, canonical events out. An order is one document with everything that happened to it, so one read tells the order, its cancellation, its
/// refunds and its shipments; each has an event id of its own that repeats as long as it says the same.
/// </summary>
internal static class VendureTranslator
{
    public const string OrderTopic = "order";

    public const string UnreadableTopic = "unreadable";

    /// <summary>A refund of ours that the shop first took and that then failed.</summary>
    public const string FailedRefundTopic = "refund-failed";

    /// <summary>The one document in which an order is told. Webhooks only name what is to be read.</summary>
    public static readonly FrozenSet<string> Whole = FrozenSet.Create(StringComparer.Ordinal, OrderTopic);

    private static readonly string[] Hooks = ["order.", "refund.", "fulfillment.", "stock.", "variant."];

    public static Translation Translate(StoredMessage message, ConnectionProfile profile)
        => message.Topic == OrderTopic ? OfOrder(message, profile)
            : message.Topic == FailedRefundTopic ? new Translation.Unreadable(FailureKind.Refused, "refund-failed",
                "The shop took this refund of ours, and its payment failed. Look at it in the shop, and pay back what is still owed.", "state")
            : message.Topic == UnreadableTopic || Hooks.Any(h => message.Topic.StartsWith(h, StringComparison.Ordinal)) ? OfHook(message)
            : new Translation.Ignored($"{Cut(message.Topic)} is no topic that concerns orders.");

    private static Translation OfHook(StoredMessage message)
    {
        var hook = VendorJson.Read(message.Body.Span, VendureJson.Default.VendureHook, out var error);
        if (hook is null)
        {
            return new Translation.Unreadable(FailureKind.Parse, "vendure-hook", $"The webhook is {error}.");
        }

        return OrderOf(hook.Data) is { } id
            ? new Translation.Fetch($"order/{id}")
            : new Translation.Ignored($"{Cut(hook.Topic)} names no order; the poll reads what it concerns.");
    }

    /// <summary>The id of the order that a webhook is about, if it names one in the form Vendure's ids have.</summary>
    public static string? OrderOf(JsonElement data)
        => data.Text("order", "id") is { Length: > 0 and <= 64 } id && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') ? id : null;

    private static Translation OfOrder(StoredMessage message, ConnectionProfile profile)
    {
        var order = VendorJson.Read(message.Body.Span, VendureJson.Default.VendureOrder, out var error);
        if (order is null)
        {
            return new Translation.Unreadable(FailureKind.Parse, "vendure-order", $"The order is {error}.");
        }

        if (order.Active || order.OrderPlacedAt is not { } placed)
        {
            return new Translation.Ignored("It is still a cart.");
        }

        if (VendureShape.Problem(order) is { } problem)
        {
            return problem;
        }

        try
        {
            return new Translation.Events(Events(order, placed, profile));
        }
        catch (OverflowException)
        {
            return new Translation.Unreadable(FailureKind.Value, "vendure-amount", "An amount is out of range.");
        }
    }

    private static List<CanonicalEvent> Events(VendureOrder order, DateTimeOffset placed, ConnectionProfile profile)
    {
        var version = VendureVersion.Of(order);
        var statement = VendureStatement.Of(order, placed, version, profile);
        var key = statement.Key;
        List<CanonicalEvent> events = [new OrderStated($"{order.Id}:stated:{version}", statement, placed)];
        events.AddRange(Shipments(order, key, version));
        if (order.IsCalledOff)
        {
            events.Add(new OrderCancelled($"{order.Id}:cancelled", key, version, statement.CancelReason, statement.CancelledAt ?? placed));
        }

        events.AddRange(Refunds(order, key, version, profile));
        return events;
    }

    private static IEnumerable<ShipmentConfirmed> Shipments(VendureOrder order, OrderKey key, long version)
    {
        var skus = order.Lines.ToDictionary(l => l.Id, l => l.ProductVariant.Sku, StringComparer.Ordinal);
        var left = order.Lines.ToDictionary(l => l.Id, _ => 0, StringComparer.Ordinal);
        foreach (var shipment in (order.Fulfillments ?? []).Where(f => VendureStates.HasLeft(f.State)).OrderBy(f => f.CreatedAt).ThenBy(f => f.Id, StringComparer.Ordinal))
        {
            var lines = shipment.Lines.Where(l => left.ContainsKey(l.OrderLineId) && l.Quantity > 0).ToList();
            foreach (var line in lines)
            {
                left[line.OrderLineId] += line.Quantity;
            }

            // Complete means that nothing still wanted is missing; units struck off since are not waited for.
            var complete = order.Lines.All(l => left[l.Id] >= l.Quantity);
            yield return new ShipmentConfirmed(
                $"{order.Id}:shipment:{shipment.Id}{(complete ? ":complete" : string.Empty)}", key, null, version, shipment.Id,
                [.. lines.GroupBy(l => skus[l.OrderLineId], StringComparer.Ordinal).Select(g => new ShipmentLine(g.Key, g.Sum(l => l.Quantity)))],
                Blank(shipment.TrackingCode) is null && Blank(shipment.Method) is null ? null : new Tracking(Blank(shipment.Method), Blank(shipment.TrackingCode), null),
                complete, shipment.UpdatedAt);
        }
    }

    // A pending refund is a promise of the shop, not yet money; it is told when it is settled.
    private static IEnumerable<RefundRecorded> Refunds(VendureOrder order, OrderKey key, long version, ConnectionProfile profile)
    {
        var scale = VendureStatement.Scale(profile);
        var skus = order.Lines.ToDictionary(l => l.Id, l => l.ProductVariant.Sku, StringComparer.Ordinal);
        return from payment in order.Payments ?? []
               from refund in payment.Refunds
               where refund.State == VendureStates.Settled
               orderby refund.CreatedAt, refund.Id
               select new RefundRecorded(
                   $"{order.Id}:refund:{refund.Id}", key, version, refund.Id, new Money(refund.Total / scale, order.CurrencyCode),
                   [.. refund.Lines.Where(l => l.Quantity > 0).Select(l => new RefundLine(l.OrderLineId, skus.GetValueOrDefault(l.OrderLineId), l.Quantity, 0m))],
                   refund.CreatedAt, RefundNote.Read(refund.Reason));
    }

    private static string? Blank(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;

    private static string Cut(string text) => text.Length <= 64 ? text : text[..64];
}
