namespace ControlTower.Sync.Connectors.Vendure;

/// <summary>
/// A number that rises with every change of an order. Vendure's <c>updatedAt</c> does not (measured: it stands still while an order is fulfilled, shipped and
/// refunded, and may be earlier than <c>orderPlacedAt</c>). What only grows is the order's history (notes left out), written in the transaction of the change.
/// Because one read does not show history and content at one instant, counters of the content are added: an old content read with a new history still has a
/// lower version than the content that belongs to it. A step back of a state (an order being modified) always comes with a history entry, which weighs more.
/// </summary>
internal static class VendureVersion
{
    private const long HistoryWeight = 100_000;

    public static long Of(VendureOrder order)
    {
        var payments = order.Payments ?? [];
        long progress = VendureStates.Rank(order.State)
            + payments.Sum(p => 10 + VendureStates.Rank(p.State))
            + payments.SelectMany(p => p.Refunds).Sum(r => 10 + VendureStates.Rank(r.State))
            + (order.Fulfillments ?? []).Sum(f => 10 + VendureStates.Rank(f.State))
            + (order.Modifications.Count * 10)
            + order.Lines.Sum(l => (long)Math.Abs(l.OrderPlacedQuantity - l.Quantity));
        return (order.History.TotalItems * HistoryWeight) + Math.Min(progress, HistoryWeight - 1);
    }
}
