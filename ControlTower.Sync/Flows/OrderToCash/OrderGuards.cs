using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Flows.OrderToCash;

/// <summary>The questions that stages ask before they act.</summary>
internal static class OrderGuards
{
    /// <summary>Nothing more is asked of any system: the order is over.</summary>
    public static bool IsOver(this OrderState state) => state.Completed || state.Cancelled;

    /// <summary>Sold at a till: the goods are with the buyer and the money is in the drawer before the tower hears of it.</summary>
    public static bool IsHandedOver(this OrderState state) => state.Mode == FulfilmentMode.HandedOver;

    public static bool GoodsLeft(this OrderState state) => state.Shipments.Count > 0;

    /// <summary>Nothing of it is paid or authorised.</summary>
    public static bool IsUnpaid(this OrderState state) => state.Payment is PaymentState.Pending or PaymentState.Voided;

    /// <summary>Goods are set aside, were never needed, or have left already.</summary>
    public static bool GoodsSecured(this OrderState state) =>
        state.Reservation is ReservationState.Held or ReservationState.Committed || state.Items.Count == 0 || state.GoodsLeft();

    /// <summary>The ERP has, or may get by what is under way, another content than the shop states.</summary>
    public static bool PostingIsOutdated(this OrderState state) =>
        state.Post is ErrandState.Open or ErrandState.Refused && state.AskedDigest != state.Digest;

    public static bool ErpIsCurrent(this OrderState state) => state.Post == ErrandState.Done && state.ErpDigest == state.Digest;

    /// <summary>What the ERP holds can no longer be changed: it shipped, or was told of the shipment.</summary>
    public static bool ChangeIsTooLate(this OrderState state) =>
        state.ShippedBy == ShippingSide.Erp || state.Ship != ErrandState.None || state.IsOver();

    public static bool IsPending(this ErrandState errand) => errand is ErrandState.Open or ErrandState.Refused;

    public static bool AcknowledgementSettled(this OrderState state) =>
        state.IsHandedOver() || state.Acknowledge == ErrandState.Done || (state.CancelRequested && state.Acknowledge == ErrandState.None);

    /// <summary>All goods left, judged by quantities; where the shipping side uses other item numbers than the order, by its word.</summary>
    public static bool ShipmentsComplete(this OrderState state)
    {
        if (state.ShipmentsClosed)
        {
            return true;
        }

        var (allLeft, comparable) = state.Counted();
        return state.GoodsLeft() && (allLeft || (state.SaidComplete() && (!comparable || state.Shipments.Any(s => s.Complete && s.Lines.Count == 0))));
    }

    /// <summary>Whether all pieces left by their quantities, and whether the shipping side uses the order's item numbers.</summary>
    public static (bool AllLeft, bool Comparable) Counted(this OrderState state)
    {
        var open = state.Items.GroupBy(i => i.Sku, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Sum(i => (long)i.Quantity), StringComparer.Ordinal);
        var comparable = true;
        foreach (var line in state.Shipments.SelectMany(s => s.Lines))
        {
            if (open.ContainsKey(line.Sku))
            {
                open[line.Sku] -= line.Quantity;
            }
            else
            {
                comparable = false;
            }
        }

        return (open.Values.All(missing => missing <= 0), comparable);
    }

    public static bool SaidComplete(this OrderState state) => state.Shipments.Any(s => s.Complete);

    /// <summary>All goods left and the ERP knows it.</summary>
    public static bool IsShipped(this OrderState state) =>
        state.ShipmentsComplete() && (state.ShippedBy == ShippingSide.Erp || state.Ship == ErrandState.Done);

    public static bool IsInvoiced(this OrderState state) =>
        state.Invoices.Count > 0 && (state.FullyInvoiced || state.Invoices.Sum(i => i.Total) >= state.ExpectedInvoiced());

    public static decimal ExpectedInvoiced(this OrderState state) => Math.Min(state.Total, state.ErpTotal ?? state.Total);

    public static bool PaidInShop(this OrderState state) =>
        state.Payment is PaymentState.Paid or PaymentState.PartiallyRefunded or PaymentState.Refunded;

    public static bool IsPaid(this OrderState state) => state.IsInvoiced() && state.Invoices.All(state.IsSettled);

    public static bool IsSettled(this OrderState state, Invoice invoice) =>
        invoice.Payment == ErrandState.Done
        || (invoice.Payment == ErrandState.None && (invoice.Remaining <= 0m || (state.PaidInShop() && state.ToBook(invoice) <= 0m)));

    /// <summary>What is to be booked on an invoice: never more, over all invoices, than the order is worth.</summary>
    public static decimal ToBook(this OrderState state, Invoice invoice) =>
        Math.Min(invoice.Remaining ?? invoice.Total, state.Total - state.Invoices.Where(i => i.Id != invoice.Id).Sum(i => i.Booked));

    public static decimal Refunded(this OrderState state)
    {
        var sum = 0m;
        foreach (var refund in state.Refunds)
        {
            sum += sum + refund.Amount <= state.Captured ? refund.Amount : 0m;
        }

        return sum;
    }
}
