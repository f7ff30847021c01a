using System.Globalization;

namespace ControlTower.Simulator.Shopify.GraphQl;

/// <summary>Mutations on orders.</summary>
internal static class OrderWrites
{
    public static async Task<object?> Metafields(Asked a, string payload)
    {
        var rows = a.Context.Arguments!["metafields"].Value is IEnumerable<object?> list ? list.Cast<IReadOnlyDictionary<string, object?>>().ToList() : [];
        if (rows.Count > 25) throw new ShopRefusal("Exceeded the maximum metafields input limit of 25.", "LESS_THAN_OR_EQUAL_TO", "metafields");
        var kept = new List<INode>();
        foreach (var byOwner in rows.GroupBy(r => (string)r["ownerId"]!))
        {
            var id = Ids.Parse("Order", byOwner.Key) ?? throw new ShopRefusal("Owner does not exist.", "INVALID", "metafields", "0", "ownerId");
            var order = await a.Shop.AnnotateAsync(id, (o, next) => byOwner.Aggregate(o, (x, row) => With(x, row, next, a.Shop.Now)));
            kept.AddRange(byOwner.Select(row => OtherNodes.Metafield.Of(order.Metafields.First(m => m.Namespace == Namespace(row) && m.Key == (string)row["key"]!))));
        }

        return Mutations.Done(payload, ("metafields", kept));
    }

    private static string Namespace(IReadOnlyDictionary<string, object?> row) => row.GetValueOrDefault("namespace") as string ?? "app--580111";

    private static ShopOrder With(ShopOrder order, IReadOnlyDictionary<string, object?> row, Func<long> next, DateTimeOffset now)
    {
        var key = (string)row["key"]!;
        var old = order.Metafields.FirstOrDefault(m => m.Namespace == Namespace(row) && m.Key == key);
        var type = row.GetValueOrDefault("type") as string ?? old?.Type ?? throw new ShopRefusal("Type can't be blank", "BLANK", "metafields", "0", "type");
        var value = (string)row["value"]!;
        if (old is not null && old.Value == value && old.Type == type) return order;
        var made = new Metafield(old?.Id ?? next(), Namespace(row), key, type, value, old?.CreatedAt ?? now, now);
        return order with { Metafields = [.. order.Metafields.Where(m => m != old), made] };
    }

    public static async Task<object?> Update(Asked a, string payload)
    {
        var input = a.Input("input");
        var unmodelled = input.Keys.Except(["id", "note", "tags", "customAttributes"]).ToList();
        if (unmodelled.Count > 0) throw new NotModelled("OrderInput", string.Join(", ", unmodelled));
        var id = Ids.Parse("Order", (string)input["id"]!) ?? throw new ShopRefusal("Order does not exist", null, "id");
        var order = await a.Shop.AnnotateAsync(id, (o, _) =>
        {
            if (input.TryGetValue("note", out var note)) o = o with { Note = note as string };
            if (Mutations.Strings(input, "tags") is { } tags) o = o with { Tags = tags };
            if (input.ContainsKey("customAttributes")) o = o with { Attributes = Mutations.Rows(input, "customAttributes").Select(r => new NoteAttribute((string)r["key"]!, (string)r["value"]!)).ToList() };
            return o;
        });
        return Mutations.Done(payload, ("order", OrderNodes.Order.Of(order)));
    }

    public static async Task<object?> Cancel(Asked a, string payload)
    {
        var id = Ids.Parse("Order", a.Arg<string>("orderId")) ?? throw new ShopRefusal("Order does not exist", "NOT_FOUND", "orderId");
        await a.Shop.CancelAsync(id, a.Arg<string>("reason")!.ToLowerInvariant(), a.Arg<bool>("restock"));
        return Mutations.Done(payload, ("job", new Bag("Job") { ["id"] = Ids.Gid("Job", id), ["done"] = false }));
    }

    public static async Task<object?> Refund(Asked a, string payload)
    {
        var input = a.Input("input");
        var id = Ids.Parse("Order", (string)input["orderId"]!) ?? throw new ShopRefusal("Order does not exist", null, "orderId");
        var rows = Mutations.Rows(input, "refundLineItems").ToList();
        var units = rows.ToDictionary(r => Ids.Parse("LineItem", (string)r["lineItemId"]!) ?? 0, r => Convert.ToInt32(r["quantity"], CultureInfo.InvariantCulture));
        var restock = rows.Select(r => (r.GetValueOrDefault("restockType") as string)?.ToLowerInvariant()).FirstOrDefault(t => t is not null);
        var shipping = input.GetValueOrDefault("shipping") is IReadOnlyDictionary<string, object?>;
        var order = a.Shop.Find(id) ?? throw new ShopRefusal("Order does not exist", null, "orderId");
        Matches(a.Shop, order, units, shipping, input);
        var (next, refund) = await a.Shop.RefundAsync(id, units, shipping, input.GetValueOrDefault("note") as string ?? "", restock);
        return Mutations.Done(payload, ("refund", MoneyNodes.Refund.Of((next, refund))), ("order", OrderNodes.Order.Of(next)));
    }

    /// <summary>The estate models no discrepancies: money given back must be what the lines are worth.</summary>
    private static void Matches(Shop shop, ShopOrder order, Dictionary<long, int> units, bool shipping, IReadOnlyDictionary<string, object?> input)
    {
        var transactions = Mutations.Rows(input, "transactions").ToList();
        if (transactions.Count == 0) return;
        var sums = new OrderSums(shop.Market, order);
        var worth = order.Lines.Where(l => units.ContainsKey(l.Id)).Select(l => sums.Leaving(l, units[l.Id])).Sum(x => x.Net + (shop.Market.TaxesIncluded ? 0 : x.Tax));
        if (shipping) worth += sums.CurrentShipping + (shop.Market.TaxesIncluded ? 0 : order.Carriage.Sum(c => c.Taxes.Sum(t => t.Price)));
        var given = transactions.Sum(t => decimal.Parse((string)t["amount"]!, CultureInfo.InvariantCulture));
        if (given != Math.Min(worth, sums.Paid - sums.Refunded)) throw new ShopRefusal($"Refund amount {given} does not match the refunded items ({worth})", null, "transactions");
    }

    public static async Task<object?> Fulfil(Asked a, string payload)
    {
        var input = a.Input("fulfillment");
        var groups = Mutations.Rows(input, "lineItemsByFulfillmentOrder").ToList();
        if (groups.Count != 1) throw new ShopRefusal("The estate ships one fulfillment order at a time.", null, "fulfillment");
        var id = Ids.Parse("FulfillmentOrder", (string)groups[0]["fulfillmentOrderId"]!) ?? throw new ShopRefusal("Fulfillment order does not exist.", null, "fulfillment");
        var units = groups[0].ContainsKey("fulfillmentOrderLineItems")
            ? Mutations.Rows(groups[0], "fulfillmentOrderLineItems").ToDictionary(r => Ids.Parse("FulfillmentOrderLineItem", (string)r["id"]!) ?? 0, r => Convert.ToInt32(r["quantity"], CultureInfo.InvariantCulture))
            : null;
        var (company, number, url) = Tracking(input.GetValueOrDefault("trackingInfo") as IReadOnlyDictionary<string, object?>);
        var (order, parcel) = await a.Shop.FulfilAsync(id, units, company, number, url);
        return Mutations.Done(payload, ("fulfillment", ShippingNodes.Fulfillment.Of((order, parcel))));
    }

    public static async Task<object?> Track(Asked a, string payload)
    {
        var id = Ids.Parse("Fulfillment", a.Arg<string>("fulfillmentId"));
        var (company, number, url) = Tracking(a.Input("trackingInfoInput"));
        var order = a.Shop.Orders(o => o.Parcels.Any(p => p.Id == id)) is [var found, ..] ? found : throw new ShopRefusal("Fulfillment does not exist.", null, "fulfillmentId");
        order = await a.Shop.TrackAsync(order.Id, id!.Value, company, number, url);
        return Mutations.Done(payload, ("fulfillment", ShippingNodes.Fulfillment.Of((order, order.Parcels.First(p => p.Id == id)))));
    }

    private static (string? Company, string? Number, string? Url) Tracking(IReadOnlyDictionary<string, object?>? input) => input is null ? (null, null, null) :
        (input.GetValueOrDefault("company") as string,
            input.GetValueOrDefault("number") as string ?? First(input, "numbers"),
            input.GetValueOrDefault("url") as string ?? First(input, "urls"));

    private static string? First(IReadOnlyDictionary<string, object?> input, string name) => Mutations.Strings(input, name) is [var first, ..] ? first : null;
}
