namespace ControlTower.Tests.Support;

/// <summary>One afternoon at the retailer: a tax code that Business Central does not know stops orders, an answer is lost, others go through. For screens.</summary>
public static class OrderWorldStory
{
    public const string First = "NL-1048213";

    /// <returns>The order that the story is about, with its case.</returns>
    public static async Task<(long Order, long Case)> PlayAsync(TestDatabase database, int stuck = 24)
    {
        var world = await new OrderWorld(database).ConnectAsync();
        var (order, problem) = await StuckAsync(database, world);
        for (var i = 1; i < stuck; i++)
        {
            var id = await world.OrderAsync($"NL-{1048213 - (i * 7)}", 784.90m - (i * 21.35m), status: "attention", inStage: TimeSpan.FromMinutes(30 + (i * 4)), age: TimeSpan.FromMinutes(31 + (i * 4)));
            var key = $"NL-{1048213 - (i * 7)}-0123456789AB{i:0000}";
            await world.PostingAsync(id, key, state: "refused");
            await world.DeliveryAsync(id, key, state: 3, attempts: 1, failure: "missing");
            await world.CallAsync(id, key, ago: TimeSpan.FromMinutes(30));
            await world.CaseAsync(id, state: i == 2 ? "retrying" : "open", attempts: i == 2 ? 2 : 1, value: 784.90m - (i * 21.35m), postingKey: key, age: TimeSpan.FromMinutes(20 + (i * 9)));
        }

        var lost = await world.OrderAsync("NL-1048001", 942m, status: "open", inStage: TimeSpan.FromMinutes(12));
        await world.PostingAsync(lost, "NL-1048001-0123456789ABCDEF", state: "unknown");
        await world.DeliveryAsync(lost, "NL-1048001-0123456789ABCDEF", state: 2, attempts: 1, message: "No answer within 30 s.");
        await world.CallAsync(lost, "NL-1048001-0123456789ABCDEF", status: null, outcome: "no-answer", failure: "unknown-outcome", response: null);
        await world.CaseAsync(lost, "unknown-outcome:bc-eu:undecided", "unknown-outcome", "undecided", "Outcome unknown at Business Central EU", "Asked six times without a clear answer.", value: 942m,
            postingKey: "NL-1048001-0123456789ABCDEF");
        var message = await world.MessageAsync(null, body: """{"id": 77, "total_price": "12,00", broken""");
        await world.CaseAsync(null, "parse:shopify-eu:not-json", "parse", "not-json", "Unreadable message from Shopify EU", "Line 1 is not JSON.", OrderWorld.Shop, 0m, null, messageId: message, brand: "");
        var short_ = await world.OrderAsync("FJ-220914", 289.95m, "checked", "attention", OrderWorld.OtherShop, "GBP");
        await world.CaseAsync(short_, "missing:vendure-uk:out-of-stock", "missing", "out-of-stock", "Out of stock, Vendure UK", "2 more of FJ-SHELL-M are needed.", OrderWorld.OtherShop, 289.95m, "GBP", brand: "Fjord");
        await MovingAsync(world);
        return (order, problem);
    }

    private static async Task<(long Order, long Case)> StuckAsync(TestDatabase database, OrderWorld world)
    {
        const string Key = "NL-1048213-0123456789ABCDEF";
        const string Trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        var order = await world.OrderAsync(First, 784.90m, status: "attention", sourceId: "gid://shopify/Order/6104482130", age: TimeSpan.FromMinutes(34), inStage: TimeSpan.FromMinutes(34));
        await database.ExecuteAsync(
            $$"""insert into order_document (flow_id, version, body) values ({{order}}, 1, '{"lines":[{},{},{}],"fulfilment":"ShipFromStore","payment":"Authorized"}')""");
        await database.ExecuteAsync(
            $"insert into location (id, name, kind) values ('hamburg', 'Store Hamburg', 'store'); insert into stock (sku, location, on_hand, reserved) values ('FJ-SHELL-M', 'hamburg', 9, 3);"
            + $"insert into reservation (flow_id, order_line_id, sku, location, quantity) values ({order}, '1', 'FJ-SHELL-M', 'hamburg', 1), ({order}, '2', 'FJ-SHELL-M', 'hamburg', 1), ({order}, '3', 'FJ-SHELL-M', 'hamburg', 1);");
        await world.MessageAsync(order, trace: Trace, ago: TimeSpan.FromMinutes(34), body: """{"id":6104482130,"name":"NL-1048213"}""");
        await world.StepAsync(order, 1, "order.captured", "captured", OrderWorld.Shop, First, ago: TimeSpan.FromSeconds(2039.6), trace: Trace);
        await world.StepAsync(order, 2, "order.checked", "checked", ago: TimeSpan.FromSeconds(2039.4));
        await world.StepAsync(order, 3, "order.routed", "routed", detail: "ship from store", ago: TimeSpan.FromSeconds(2039.2));
        await world.StepAsync(order, 4, "order.reserved", "reserved", detail: "3 at hamburg", ago: TimeSpan.FromSeconds(2038.1));
        await world.StepAsync(order, 5, "order.posting", "reserved", OrderWorld.Erp, Key, ago: TimeSpan.FromSeconds(2038));
        await world.PostingAsync(order, Key, state: "refused", value: 784.90m);
        await world.DeliveryAsync(order, Key, state: 3, attempts: 2, failure: "missing", message: "The VAT Posting Setup does not exist.");
        await world.CallAsync(order, Key, request: Body("VAT19-DE"), ago: TimeSpan.FromSeconds(2025));
        var call = await world.CallAsync(order, Key, attempt: 2, request: Body("VAT19"), ago: TimeSpan.FromSeconds(40), response:
            """{"error":{"code":"Internal_RecordNotFound","message":"The VAT Posting Setup does not exist. VAT Bus. Posting Group='DOMESTIC', VAT Prod. Posting Group='VAT19-DE'"}}""");
        await world.StepAsync(order, 6, "order.refused", "reserved", null, Key, "PostSalesOrder: Internal_RecordNotFound", TimeSpan.FromSeconds(2024));
        var problem = await world.CaseAsync(order, value: 784.90m, postingKey: Key, callId: call, age: TimeSpan.FromSeconds(2023), attempts: 2,
            message: "The VAT Posting Setup does not exist. VAT Bus. Posting Group='DOMESTIC', VAT Prod. Posting Group='VAT19-DE'.");
        return (order, problem);
    }

    private static async Task MovingAsync(OrderWorld world)
    {
        foreach (var (stage, status, count) in new[] { ("reserved", "open", 6), ("posted", "open", 5), ("acknowledged", "open", 9), ("shipped", "open", 4), ("paid", "done", 12), ("cancelled", "cancelled", 2) })
        {
            for (var i = 0; i < count; i++)
            {
                var id = await world.OrderAsync($"NL-20{stage.Length}{i:000}", 40m + (i * 13.37m), stage, status, i % 4 == 3 ? OrderWorld.OtherShop : OrderWorld.Shop, i % 4 == 3 ? "GBP" : "EUR",
                    age: TimeSpan.FromMinutes(5 + (i * 31)), inStage: TimeSpan.FromMinutes(3 + (i * 17)));
                if (stage == "reserved")
                {
                    var key = $"NL-20{stage.Length}{i:000}-0123456789AB{i:0000}";
                    await world.PostingAsync(id, key);
                    await world.DeliveryAsync(id, key, lane: i % 2, dueIn: i % 2 == 0 ? TimeSpan.FromMinutes(2) : null, attempts: i % 2 == 0 ? 1 : 0);
                }
            }
        }
    }

    private static string Body(string tax) =>
        $$"""{"customerNumber":"DE-B2C","currencyCode":"EUR","salesOrderLines":[{"lineObjectNumber":"FJ-SHELL-M","quantity":1,"unitPrice":389.95,"taxCode":"{{tax}}"}]}""";
}
