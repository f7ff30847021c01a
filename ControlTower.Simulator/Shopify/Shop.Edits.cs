using System.Text.Json.Nodes;
using ControlTower.Simulator.Shopify.Payloads;
using ControlTower.Simulator.Traffic;

namespace ControlTower.Simulator.Shopify;

/// <summary>Order editing, shipping, and what an app writes onto an order.</summary>
public sealed partial class Shop
{
    /// <summary>
    /// Takes one unit of a line out of an unshipped order (and gives its money back), or adds one (and takes the money).
    /// </summary>
    public Task<ShopOrder> EditAsync(long id, bool increase) => ChangeAsync(change =>
    {
        var order = Need(id);
        if (order.CancelledAt is not null || order.Parcels.Count > 0) throw new ShopRefusal("The order cannot be edited.", "INVALID", "id");
        var line = increase
            ? order.Lines.FirstOrDefault(l => l.Discounts.Count == 0 && l.Removed == 0)
            : order.Lines.Where(l => l.Current > 0).OrderByDescending(l => l.Current).FirstOrDefault(_ => order.Lines.Sum(l => l.Current) > 1);
        if (line is null) throw new ShopRefusal("No line of the order can be edited.", "INVALID", "id");
        var editId = NextEvent();
        Refund? refund = null;
        if (increase) order = Grow(change, order, line);
        else (order, refund) = TakeBack(change, order, new Dictionary<long, int> { [line.Id] = 1 }, false, "Edited order", "cancel");
        order = Keep(change, order with { Edited = true }, "order-edited", "orders/updated");
        change.Raise("orders/edited", EditBody(order, editId, line.Id, increase));
        if (refund is not null) change.Raise("refunds/create", RefundJson.Of(Market, order, refund));
        else change.Raise("order_transactions/create", PaymentJson.Of(Market, order, order.Payments[^1]));
        KeepCounter(change);
        return order;
    });

    private ShopOrder Grow(ShopChange change, ShopOrder order, OrderLine line)
    {
        var grown = line with { Quantity = line.Quantity + 1 };
        grown = grown with { Taxes = BasketMaker.Tax(Market, grown.Net, line.Taxes.Select(t => new TaxRate(t.Title, t.Rate)).ToList()) };
        Stock.Apply(change, line.InventoryItemId, order.LocationId, 0, 1, Now);
        order = order with { Lines = order.Lines.Select(l => l.Id == line.Id ? grown : l).ToList() };
        return order with { Payments = [.. order.Payments, new Payment(NextEvent(), null, "sale", "shopify_payments", new OrderSums(Market, order).Outstanding, Now)] };
    }

    private JsonObject EditBody(ShopOrder order, long editId, long lineId, bool increase)
    {
        var delta = new JsonArray(new JsonObject { ["id"] = lineId, ["delta"] = 1 });
        return new JsonObject
        {
            ["order_edit"] = new JsonObject
            {
                ["id"] = editId,
                ["app_id"] = null,
                ["created_at"] = MoneyJson.Time(Market, order.UpdatedAt),
                ["committed_at"] = MoneyJson.Time(Market, order.UpdatedAt),
                ["notify_customer"] = false,
                ["order_id"] = order.Id,
                ["staff_note"] = "",
                ["user_id"] = 548380009,
                ["line_items"] = new JsonObject { ["additions"] = increase ? delta : [], ["removals"] = increase ? [] : delta },
                ["discounts"] = new JsonObject { ["line_item"] = new JsonObject { ["additions"] = new JsonArray(), ["removals"] = new JsonArray() } },
                ["shipping_lines"] = new JsonObject { ["additions"] = new JsonArray(), ["removals"] = new JsonArray() },
            },
        };
    }

    /// <summary>Ships lines of the order's fulfillment order. Null lines mean everything that is left.</summary>
    public Task<(ShopOrder Order, Parcel Parcel)> FulfilAsync(long fulfillmentOrderId, IReadOnlyDictionary<long, int>? byFulfillmentLine, string? company, string? number, string? url) => ChangeAsync(change =>
    {
        var order = orders.Values.FirstOrDefault(o => o.FulfillmentOrderId == fulfillmentOrderId)
            ?? throw new ShopRefusal("Fulfillment order does not exist.", null, "fulfillment");
        var units = byFulfillmentLine ?? order.Lines.Where(l => l.Fulfillable > 0).ToDictionary(l => l.FulfillmentLineId, l => l.Fulfillable);
        if (order.CancelledAt is not null || units.Count == 0) throw new ShopRefusal($"Fulfillment order {fulfillmentOrderId} has an unfulfillable status= closed.", null, "fulfillment");
        var lines = order.Lines.ToList();
        var shipped = new List<ParcelLine>();
        foreach (var (lineId, quantity) in units)
        {
            var at = lines.FindIndex(l => l.FulfillmentLineId == lineId);
            if (at < 0) throw new ShopRefusal("Fulfillment order line item does not exist.", null, "fulfillment");
            if (quantity < 1 || quantity > lines[at].Fulfillable) throw new ShopRefusal("Invalid fulfillment order line item quantity requested.", null, "fulfillment");
            shipped.Add(new ParcelLine(NextEvent(), lines[at].Id, quantity));
            lines[at] = lines[at] with { Fulfilled = lines[at].Fulfilled + quantity };
        }

        foreach (var line in shipped) Stock.Apply(change, lines.First(l => l.Id == line.LineId).InventoryItemId, order.LocationId, -line.Quantity, -line.Quantity, Now);
        var parcel = new Parcel
        {
            Id = NextEvent(), Ordinal = order.Parcels.Count + 1, LocationId = order.LocationId, At = Now, UpdatedAt = Now,
            Company = company, Number = number, Url = url, Lines = shipped,
        };
        order = order with { Lines = lines, Parcels = [.. order.Parcels, parcel] };
        var whole = lines.All(l => l.Fulfillable == 0);
        order = Keep(change, whole ? order with { ClosedAt = Now } : order, "order-fulfilled", whole ? "orders/fulfilled" : "orders/partially_fulfilled", "orders/updated");
        change.Raise("fulfillments/create", ParcelJson.Alone(Market, order, parcel));
        KeepCounter(change);
        return (order, parcel);
    });

    /// <summary>Gives a parcel another tracking number.</summary>
    public Task<ShopOrder> TrackAsync(long id, long parcelId, string? company, string? number, string? url) => ChangeAsync(change =>
    {
        var order = Need(id);
        order = order with { Parcels = order.Parcels.Select(p => p.Id == parcelId ? p with { Company = company, Number = number, Url = url, UpdatedAt = Now } : p).ToList() };
        order = Keep(change, order, null, "orders/updated");
        change.Raise("fulfillments/update", ParcelJson.Alone(Market, order, order.Parcels.First(p => p.Id == parcelId)));
        return order;
    });

    /// <summary>Changes what an app may change without touching goods or money. Returns the order unchanged, and silent, when nothing differs.</summary>
    public Task<ShopOrder> AnnotateAsync(long id, Func<ShopOrder, Func<long>, ShopOrder> change) => ChangeAsync(record =>
    {
        var order = Need(id);
        var next = change(order, NextEvent);
        if (next == order) return order;
        next = Keep(record, next, null, "orders/updated");
        KeepCounter(record);
        return next;
    });
}
