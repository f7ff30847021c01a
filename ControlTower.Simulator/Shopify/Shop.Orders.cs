using System.Globalization;
using ControlTower.Simulator.Ledger;
using ControlTower.Simulator.Shopify.Payloads;
using ControlTower.Simulator.Traffic;

namespace ControlTower.Simulator.Shopify;

/// <summary>What buyers and the shop's staff do to orders.</summary>
public sealed partial class Shop
{
    /// <summary>Places the next order, paid at once. Its content depends on seed, ordinal, wishes and what the shop charges and grants by then.</summary>
    public Task<ShopOrder> PlaceAsync(Wishes wishes) => ChangeAsync(change =>
    {
        var number = ++ordinal;
        var now = Now;
        var order = BasketMaker.Make(Market, options.Seed, number, now, wishes, Charges(now));
        if (order.LocationId != Ids.Location(Market, 0) && order.Lines.Any(l => Stock.Find(l.InventoryItemId, order.LocationId)!.Available < l.Quantity))
        {
            // A store that cannot serve is not offered at checkout: the same basket goes out from the warehouse.
            order = BasketMaker.Make(Market, options.Seed, number, now, wishes with { ClickAndCollect = false, ShipFromStore = false }, Charges(now));
        }

        var payment = new Payment(NextEvent(), null, "sale", "shopify_payments", new OrderSums(Market, order).Total, now);
        order = order with { Payments = [payment] };
        foreach (var line in order.Lines) Stock.Apply(change, line.InventoryItemId, order.LocationId, 0, line.Quantity, now);
        order = Keep(change, order, "order-placed", "orders/create", "orders/paid", "orders/updated");
        change.Raise("order_transactions/create", PaymentJson.Of(Market, order, payment));
        KeepCounter(change);
        return order;
    });

    /// <summary>Cancels an order of which nothing was shipped: gives the money back and, if asked, the goods.</summary>
    public Task<ShopOrder> CancelAsync(long id, string reason, bool restock) => ChangeAsync(change =>
    {
        var order = Need(id);
        if (order.CancelledAt is not null) throw new ShopRefusal("Cannot cancel an order that has already been canceled", "INVALID", "orderId");
        if (order.Parcels.Any(p => p.Status == "success")) throw new ShopRefusal("Cannot cancel a fulfilled order", "INVALID", "orderId");
        var now = Now;
        var refund = TakeBack(change, order, order.Lines.ToDictionary(l => l.Id, l => l.Current), shipping: true, "Order canceled", restock ? "cancel" : "no_restock");
        order = refund.Order with { CancelledAt = now, ClosedAt = now, CancelReason = reason };
        order = Keep(change, order, "order-cancelled", "orders/cancelled", "orders/updated");
        if (refund.Refund.Payments.Count > 0) change.Raise("refunds/create", RefundJson.Of(Market, order, refund.Refund));
        KeepCounter(change);
        return order;
    });

    /// <summary>Gives money back for units of lines, and for shipping if asked. Units still unshipped leave the order.</summary>
    public Task<(ShopOrder Order, Refund Refund)> RefundAsync(long id, IReadOnlyDictionary<long, int> units, bool shipping, string note, string? restockType) => ChangeAsync(change =>
    {
        var order = Need(id);
        foreach (var (lineId, quantity) in units)
        {
            var line = order.Lines.FirstOrDefault(l => l.Id == lineId) ?? throw new ShopRefusal("Line item does not exist", null, "refundLineItems");
            if (quantity < 1 || quantity > line.Current) throw new ShopRefusal("Quantity cannot refund more items than were purchased", null, "refundLineItems");
        }

        if (shipping && new OrderSums(Market, order).CurrentShipping == 0) shipping = false;
        if (units.Count == 0 && !shipping) throw new ShopRefusal("Refund must have at least one item", null, "refundLineItems");
        var (next, refund) = TakeBack(change, order, units, shipping, note, restockType);
        next = Keep(change, next, "order-refunded", "orders/updated");
        change.Raise("refunds/create", RefundJson.Of(Market, next, refund));
        foreach (var payment in refund.Payments) change.Raise("order_transactions/create", PaymentJson.Of(Market, next, payment));
        KeepCounter(change);
        return (next, refund);
    });

    private (ShopOrder Order, Refund Refund) TakeBack(ShopChange change, ShopOrder order, IReadOnlyDictionary<long, int> units, bool shipping, string note, string? restockType)
    {
        var now = Now;
        var sums = new OrderSums(Market, order);
        var refunded = new List<RefundedLine>();
        var lines = order.Lines.ToList();
        for (var i = 0; i < lines.Count; i++)
        {
            var line = lines[i];
            if (!units.TryGetValue(line.Id, out var quantity) || quantity == 0) continue;
            var (net, tax) = sums.Leaving(line, quantity);
            var unshipped = Math.Min(quantity, line.Fulfillable);
            var kind = restockType ?? (unshipped == quantity ? "cancel" : "return");
            if (unshipped > 0) Stock.Apply(change, line.InventoryItemId, order.LocationId, kind == "no_restock" ? -unshipped : 0, -unshipped, now);
            if (quantity > unshipped && kind != "no_restock") Stock.Apply(change, line.InventoryItemId, order.LocationId, quantity - unshipped, 0, now);
            refunded.Add(new RefundedLine(NextEvent(), line.Id, quantity, net, tax, kind, kind == "no_restock" ? null : order.LocationId));
            lines[i] = line with { Removed = line.Removed + quantity, Fulfilled = line.Fulfilled - (quantity - unshipped) };
        }

        var carriage = shipping ? sums.CurrentShipping : 0;
        var carriageTax = shipping ? order.Carriage.Sum(c => c.Taxes.Sum(t => t.Price)) : 0;
        var amount = refunded.Sum(r => r.Subtotal + (Market.TaxesIncluded ? 0 : r.Tax)) + carriage + (Market.TaxesIncluded ? 0 : carriageTax);
        amount = Math.Min(amount, sums.Paid - sums.Refunded);
        var refund = new Refund
        {
            Id = NextEvent(), At = now, Note = note, Lines = refunded, Shipping = carriage, ShippingTax = carriageTax,
            Payments = amount > 0 ? [new Payment(NextEvent(), order.Payments[0].Id, "refund", "shopify_payments", amount, now)] : [],
        };
        return (order with { Lines = lines, Refunds = [.. order.Refunds, refund] }, refund);
    }

    private Charges Charges(DateTimeOffset now) => new(article => Listings.Of(article).Price, line => Discounts.Granted(line.VariantId, line.Price, now));

    private ShopOrder Need(long id) => orders.GetValueOrDefault(id) ?? throw new ShopRefusal("Order does not exist", "NOT_FOUND", "id");

    private void KeepCounter(ShopChange change) => change.Puts.Add(EffectBook.Put("counter", "events", eventOrdinal));
}
