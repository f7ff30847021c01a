using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.Shopify;

/// <summary>Stored bytes to canonical events. Pure.</summary>
internal static class ShopifyTranslator
{
    public static Translation Translate(StoredMessage message, ConnectionProfile profile)
    {
        try
        {
            return message.Topic switch
            {
                ShopifyTopics.ReadOrder => Read(message, ShopifyGraphJson.Default.GraphOrder, order => Order(GraphReading.Facts(order), message, profile, refunds: true)),
                "orders/create" or "orders/updated" or "orders/paid" or "orders/cancelled" or "orders/fulfilled" or "orders/partially_fulfilled" =>
                    Read(message, ShopifyJson.Default.WebhookOrder, order => Order(WebhookReading.Facts(order), message, profile, refunds: false)),
                "orders/edited" => Read(message, ShopifyJson.Default.WebhookOrderEdited, Edited),
                "fulfillments/create" or "fulfillments/update" => Read(message, ShopifyJson.Default.WebhookFulfillment, f => Fulfilled(f, profile)),
                "returns/request" or "returns/approve" or "returns/decline" or "returns/cancel" or "returns/close" or "returns/update" =>
                    Read(message, ShopifyJson.Default.WebhookReturn, ReturnReading.Pushed),
                ReturnReading.Topic => JsonReading.Parse(message.Body) is { ValueKind: System.Text.Json.JsonValueKind.Object } read
                    ? ReturnReading.Read(read, profile, message.ReceivedAt)
                    : new Translation.Unreadable(FailureKind.Parse, "unreadable", "The body cannot be read."),
                "refunds/create" => Read(message, ShopifyJson.Default.WebhookRefund, r => Refunded(r, profile)),
                ShopifyTopics.StockLevel => Level(message, profile),
                _ => new Translation.Ignored(ShopifyTopics.PassedOver.GetValueOrDefault(message.Topic) ?? "No flow is interested in this topic."),
            };
        }
        catch (UnusableException unusable)
        {
            return new Translation.Unreadable(FailureKind.Value, "unusable", $"{unusable.Field}: {unusable.Message}", unusable.Field);
        }
        catch (ArithmeticException)
        {
            return new Translation.Unreadable(FailureKind.Value, "out-of-range", "A sum of the amounts is out of range.");
        }
    }

    private static Translation Read<T>(StoredMessage message, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, Func<T, Translation> use)
        where T : class
        => VendorJson.Read(message.Body.Span, type, out var error) is { } read
            ? use(read)
            : new Translation.Unreadable(FailureKind.Parse, "unreadable", $"The body cannot be read: {error}.");

    private static Translation Level(StoredMessage message, ConnectionProfile profile)
    {
        if (JsonReading.Parse(message.Body) is not { ValueKind: System.Text.Json.JsonValueKind.Object } body || body.Text("inventory_item_id") is not { Length: > 0 and <= 40 } item
            || body.Text("location_id") is not { Length: > 0 and <= 40 } location)
        {
            return new Translation.Unreadable(FailureKind.Parse, "unreadable", "The body names no item and location of the stock.");
        }

        // Null where the shop does not count the item.
        return body.Amount("available") is > -1_000_000_000m and < 1_000_000_000m and var level && ShopifySettings.Place(profile, location) is { } place
            ? new Translation.Levels([new StockLevelTold(item, place, (int)level)])
            : new Translation.Ignored("The stock of this item or location is not published.");
    }

    private static Translation.Events Order(OrderFacts facts, StoredMessage message, ConnectionProfile profile, bool refunds)
    {
        var order = OrderStatement.Of(facts, profile);
        var at = facts.UpdatedAt.ToUniversalTime();
        List<CanonicalEvent> events = [new OrderStated(message.EventId, order, at)];
        if (order.CancelledAt is { } cancelled)
        {
            events.Add(new OrderCancelled($"cancelled:{facts.Id}", order.Key, order.Version, order.CancelReason, cancelled));
        }

        var done = facts.Fulfillments.Where(f => f.Done).ToList();
        foreach (var fulfillment in done)
        {
            events.Add(Shipment(fulfillment, order.Key, facts.Fulfilled && fulfillment == done[^1]));
        }

        events.AddRange(facts.Fulfillments.Where(f => f.CalledOff).Select(f => CalledOff(f, order.Key)));
        if (refunds)
        {
            events.AddRange(facts.Refunds.Select(r => Refund(r, order.Key)));
        }

        return new Translation.Events(events);
    }

    // An edit names only what it changed, without prices: the order itself must be read.
    private static Translation.Fetch Edited(WebhookOrderEdited edited)
        => new($"order/{WebhookReading.Id(edited.OrderEdit?.OrderId, "order_edit.order_id")}");

    private static Translation Fulfilled(WebhookFulfillment body, ConnectionProfile profile)
    {
        var key = new OrderKey(profile.Id, WebhookReading.Id(body.OrderId, "order_id"));
        var facts = WebhookReading.Fulfillment(body);
        return facts.Done
            ? new Translation.Events([Shipment(facts, key, complete: false)])
            : facts.CalledOff ? new Translation.Events([CalledOff(facts, key)])
            : new Translation.Ignored("The fulfilment is not carried out yet.");
    }

    private static Translation.Events Refunded(WebhookRefund body, ConnectionProfile profile)
    {
        var key = new OrderKey(profile.Id, WebhookReading.Id(body.OrderId, "order_id"));
        var refund = Refund(WebhookReading.Refund(body, null), key);
        return refund is { OfReturn: { } returned, Echo: null, Amount.Amount: > 0m }
            ? new Translation.Events([refund, ReturnReading.Refunded(new OrderKey(profile.Id, returned), refund.RefundId, refund.Amount, refund.At)]) { Missing = $"return/{returned}" }
            : new Translation.Events([refund]);
    }

    // Whether it was the last one is part of the identity: the same fulfilment is told first alone, later as the one that completed the order.
    private static ShipmentConfirmed Shipment(FulfillmentFacts facts, OrderKey order, bool complete)
    {
        var version = OrderStatement.Version(facts.UpdatedAt);
        return new ShipmentConfirmed(
            $"fulfillment:{facts.Id}@{version}{(complete ? ":complete" : "")}", order, null, version, facts.Id, facts.Lines, facts.Tracking, complete, facts.UpdatedAt.ToUniversalTime());
    }

    private static ShipmentCancelled CalledOff(FulfillmentFacts facts, OrderKey order) =>
        new($"fulfillment:{facts.Id}:cancelled", order, OrderStatement.Version(facts.UpdatedAt), facts.Id, facts.UpdatedAt.ToUniversalTime());

    private static RefundRecorded Refund(RefundFacts facts, OrderKey order) => new(
        $"refund:{facts.Id}", order, OrderStatement.Version(facts.At), facts.Id, new Money(facts.Amount, facts.Currency),
        [.. facts.Lines.Select(l => new RefundLine(l.LineId, l.Sku, l.Quantity, l.Amount, TakenOff: !l.Delivered))], facts.At.ToUniversalTime(), RefundNote.Read(facts.Note), facts.OfReturn);
}
