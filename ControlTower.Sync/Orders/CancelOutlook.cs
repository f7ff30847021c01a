using System.Text.Json;
using ControlTower.Data.Canonical;
using ControlTower.Data.Flows;
using ControlTower.Sync.Flows.OrderToCash;

namespace ControlTower.Sync.Orders;

/// <summary>What becomes of an order in the books when it is called off.</summary>
public enum BooksOutlook
{
    /// <summary>Nothing was asked of the ERP.</summary>
    NotThere,

    /// <summary>The ERP refused it, or has not been asked yet: it is taken back.</summary>
    TakenBack,

    /// <summary>It may be there: its outcome is awaited, and what arrived is cancelled.</summary>
    Awaited,

    /// <summary>It is there, and is cancelled there.</summary>
    CancelledThere,
}

/// <summary>What calling an order off leads to, as the order stands: the undo of everything that was done for it, by <see cref="Cancelling"/>.</summary>
/// <param name="Version">Of the flow. The act names it: nobody calls another order off than the one whose consequences they read.</param>
/// <param name="Number">The order's number in the ERP.</param>
/// <param name="HeldLines">Lines whose goods are set aside, and become free.</param>
/// <param name="Paid">What the buyer has paid and has not got back. It is paid back where it was taken, not here.</param>
/// <param name="WhyNot">Why it cannot be called off, for the person who asks; null if it can.</param>
public sealed record CancelOutlook(long Id, string Name, int Version, string Shop, string? Erp, string? Number, BooksOutlook Books, int HeldLines, Money Paid, string? WhyNot)
{
    public static CancelOutlook Of(long id, FoundOrder order)
    {
        var state = JsonSerializer.Deserialize(order.State, OrderStateJson.Default.OrderState)!;
        return new CancelOutlook(
            id, order.Name, order.Version, order.Shop, order.Erp, state.ErpNumber, BooksOf(state), state.Reservation == ReservationState.Held ? state.Items.Count : 0, new Money(Math.Max(0m, state.Captured - state.Refunds.Sum(r => r.Amount)), state.Currency),
            Refusal(order, state));
    }

    private static BooksOutlook BooksOf(OrderState state) => state.Post switch
    {
        ErrandState.None => BooksOutlook.NotThere,
        ErrandState.Refused => BooksOutlook.TakenBack,
        ErrandState.Open => BooksOutlook.Awaited,
        _ => BooksOutlook.CancelledThere,
    };

    private static string? Refusal(FoundOrder order, OrderState state) => state switch
    {
        { Cancelled: true } => "It is cancelled already.",
        { CancelRequested: true } => "It is being cancelled already, and waits for the outcome of what is under way.",
        _ when state.IsHandedOver() => "It was sold at a till and its goods are with the buyer. Take them back as a return.",
        _ when state.GoodsLeft() => "Goods of it have left, so it stays sold. Stop the parcel, or take the goods back as a return.",
        { Invoices.Count: > 0 } => $"{order.Erp ?? "The ERP"} has invoiced it. Credit the invoice there, and have the shop cancel the order.",
        { Completed: true } => "It is complete. What was delivered comes back as a return.",
        _ => null,
    };
}
