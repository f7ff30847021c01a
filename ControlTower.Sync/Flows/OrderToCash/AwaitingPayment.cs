using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Flows.OrderToCash;

/// <summary>
/// Goods are not set aside for money that does not come: if the payment is declined or voided they are given back at once, and if nothing is paid or authorised when the time is up, then.
/// Once the shop states a payment, the order sets its goods aside again. What left already is not called back.
/// </summary>
internal static class AwaitingPayment
{
    public const string Limit = "unpaid-hold";
    private const string NotPaid = "not-paid";

    public static void Advance(Draft draft)
    {
        var state = draft.State;
        if (state.IsHandedOver())
        {
            return;
        }

        if (!state.IsUnpaid() || state.GoodsLeft() || state.Items.Count == 0)
        {
            Forget(draft);
        }
        else if (state.Payment == PaymentState.Voided)
        {
            GiveBack(draft, "The payment was declined or voided.");
        }
        else if (state is { Reservation: ReservationState.Held, PaymentWait: PaymentWait.None } && draft.Context.Policy.UnpaidHoldFor is { Ticks: > 0 } limit)
        {
            // Once for the order: an edit does not let the time begin anew.
            draft.State = state with { PaymentWait = PaymentWait.Running };
            draft.Wake(Limit, limit);
        }
    }

    public static Verdict TimeIsUp(Draft draft)
    {
        if (draft.State.PaymentWait != PaymentWait.Running || !draft.State.IsUnpaid())
        {
            return Verdict.Ignored;
        }

        GiveBack(draft, "Nothing of it was paid or authorised within the time for which goods are set aside.");
        return Verdict.Applied;
    }

    /// <summary>The undo, also for an order that is over.</summary>
    public static void Forget(Draft draft)
    {
        if (draft.State.PaymentWait == PaymentWait.None)
        {
            return;
        }

        draft.Wake(Limit, null);
        draft.Settle(NotPaid);
        draft.State = draft.State with { PaymentWait = PaymentWait.None };
    }

    private static void GiveBack(Draft draft, string why)
    {
        if (draft.State.PaymentWait == PaymentWait.Over)
        {
            return;
        }

        draft.Wake(Limit, null);
        Reserving.Release(draft);
        draft.State = draft.State with { PaymentWait = PaymentWait.Over };
        draft.Note("order.not-paid");
        draft.ReportOnce(new Problem(FailureKind.Missing, NotPaid,
            $"{why} Its goods are for sale again. When the shop states the payment, the order sets them aside by itself. If none comes, cancel it in the shop.", "payment", draft.Context.Key.Source));
    }
}
