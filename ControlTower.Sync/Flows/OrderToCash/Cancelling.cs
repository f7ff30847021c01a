using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Flows.OrderToCash;

/// <summary>
/// The undo of everything up to the shipment. A cancellation is remembered the moment it is heard of and carried out as soon as it is certain what the ERP has: what was
/// not sent is taken back, what was posted is cancelled there, what left the house stays sold.
/// </summary>
internal static class Cancelling
{
    public static Verdict Learn(Draft draft, OrderCancelled said)
    {
        if (draft.State.CancelRequested)
        {
            return Verdict.Duplicate;
        }

        Request(draft, said.Reason);
        return Verdict.Applied;
    }

    public static void Request(Draft draft, string? reason)
    {
        draft.State = draft.State with { CancelRequested = true, CancelReason = reason };
        draft.Note("order.cancel-requested", draft.Context.Key.Source);
        if (draft.State.Completed)
        {
            ReportTooLate(draft);
        }
    }

    /// <summary>True if the order is on its way out: nothing forward is to be done.</summary>
    public static bool Advance(Draft draft)
    {
        var state = draft.State;
        if (!state.CancelRequested)
        {
            return false;
        }

        if (state.Cancel == ErrandState.Done)
        {
            return Finish(draft);
        }

        if (state.GoodsLeft())
        {
            GoOnSold(draft);
            return false;
        }

        return state.Post switch
        {
            ErrandState.None => Finish(draft),
            ErrandState.Done => CancelPosted(draft),
            _ => TakeBackPosting(draft),
        };
    }

    public static void ReportShippedAll(Draft draft) => draft.ReportOnce(new Problem(FailureKind.Refused, "shipped-but-cancelled",
        "Goods left although the order is cancelled, in the ERP too. Stop the parcel, or take the goods back and settle with the customer.", null, draft.Context.Key.Source));

    private static bool TakeBackPosting(Draft draft)
    {
        draft.TakeBack(DeliveryKind.PostSalesOrder);
        return true;
    }

    private static bool CancelPosted(Draft draft)
    {
        Acknowledging.TakeBack(draft);
        if (draft.State.Update.IsPending())
        {
            // An update that arrives after the cancellation could bring the order back to life.
            draft.TakeBack(DeliveryKind.UpdateSalesOrder);
        }
        else if (draft.State.Cancel == ErrandState.None)
        {
            draft.State = draft.State with { Cancel = ErrandState.Open };
            draft.Ask(DeliveryKind.CancelSalesOrder, draft.Erp!, draft.Keys.Cancellation,
                new DeliveryArguments(draft.Keys.SalesOrder, draft.State.ErpReference, draft.State.ErpNumber, Reason: draft.State.CancelReason));
        }

        return true;
    }

    private static bool Finish(Draft draft)
    {
        Checking.Drop(draft);
        AwaitingPayment.Forget(draft);
        Reserving.Release(draft);
        draft.Settle("erp-total-differs");
        draft.Settle(Posting.DocumentDiffers);
        draft.Settle("cancel-after-shipment");
        draft.State = draft.State with { Cancelled = true };
        draft.Note("order.cancelled", draft.State.Cancel == ErrandState.Done ? draft.Erp : null, draft.State.ErpNumber);
        if (draft.State.GoodsLeft())
        {
            ReportShippedAll(draft);
        }

        return true;
    }

    /// <summary>It is too late for the ERP. Whether the shop still takes news of an order that it cancelled is its affair: what it refused once, no retry can bring.</summary>
    private static void GoOnSold(Draft draft)
    {
        var state = draft.State;
        if (state.Cancel.IsPending())
        {
            draft.TakeBack(DeliveryKind.CancelSalesOrder);
        }

        if (state.Acknowledge == ErrandState.Refused)
        {
            draft.TakeBack(DeliveryKind.AcknowledgeOrder);
        }

        if (state.Shipments.Any(s => s.Told == ErrandState.Refused))
        {
            draft.TakeBack(DeliveryKind.FulfilOrder);
        }

        ReportTooLate(draft);
    }

    private static void ReportTooLate(Draft draft) => draft.ReportOnce(new Problem(FailureKind.Refused, "cancel-after-shipment",
        "The order was cancelled in the shop after its goods had left. It stays sold in the ERP. Stop the parcel if you can; else take the goods back as a return.",
        null, draft.Context.Key.Source));
}
