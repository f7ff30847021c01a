using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Flows.OrderToCash;

/// <summary>The first statement of an order, and how any statement is taken over into the state.</summary>
internal static class Capturing
{
    public static Verdict Begin(Draft draft, Order order)
    {
        draft.State = Adopt(draft.State with { Name = order.Name }, order, OrderDigest.Of(order)) with { Version = order.Version };
        draft.State = Payments.Replace(draft.State, order);
        draft.Document = order with { Version = draft.State.Document };
        draft.Refer("shop-order", draft.Context.Key.Id);
        draft.Refer("shop-name", order.Name);
        Payments.Refer(draft, order);
        draft.Note("order.captured", draft.Context.Key.Source, order.Name);
        if (order.CancelledAt is not null)
        {
            Cancelling.Request(draft, order.CancelReason);
        }
        else if (order.Fulfilment != FulfilmentMode.HandedOver)
        {
            Twins.Seek(draft, order);
        }

        return Verdict.Applied;
    }

    /// <summary>Makes the statement's content the order's. Several contents under one version number get documents of their own.</summary>
    public static OrderState Adopt(OrderState state, Order order, string digest) => state with
    {
        Document = state.Digest.Length == 0 ? order.Version : Math.Max(state.Document + 1, order.Version),
        Digest = digest,
        Total = Bounded(order.Totals.Total),
        Currency = Currencies.IsCode(order.Currency) ? order.Currency : "XXX",
        PlacedAt = order.PlacedAt,
        Mode = order.Fulfilment,
        Pickup = order.PickupLocation,
        Test = order.Test,
        Items = [.. order.Lines.Where(l => l.RequiresShipping && l.Quantity > 0).Select(l => new OrderItem(l.Id, l.Sku, l.Quantity))],
        Findings = Findings.Of(order),
        Checked = false,
    };

    public static decimal Bounded(decimal amount) => Math.Clamp(amount, -Findings.LargestAmount, Findings.LargestAmount);
}
