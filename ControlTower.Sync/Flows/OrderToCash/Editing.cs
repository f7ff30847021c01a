using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;

namespace ControlTower.Sync.Flows.OrderToCash;

/// <summary>A further statement of a known order: an edit, a payment, a cancellation, or the same again.</summary>
internal static class Editing
{
    private const string TooLate = "edit-after-shipment";

    public static Verdict Learn(Draft draft, Order order)
    {
        var state = draft.State;
        if (order.Version < state.Version)
        {
            return Verdict.Stale;
        }

        var digest = OrderDigest.Of(order);
        var edited = digest != state.Digest && digest != state.LateDigest && !state.CancelRequested;
        var cancelled = order.CancelledAt is not null && !state.CancelRequested;
        var paid = order.Version > state.Version ? Payments.Replace(state, order) : Payments.Merge(state, order);
        if (order.Version == state.Version && !edited && !cancelled && paid == state)
        {
            return Verdict.Duplicate;
        }

        draft.State = paid with { Version = order.Version };
        Payments.Refer(draft, order);
        if (paid.Payment != state.Payment)
        {
            draft.Note("order.payment-stated", draft.Context.Key.Source, detail: paid.Payment.ToString());
        }

        if (cancelled)
        {
            Cancelling.Request(draft, order.CancelReason);
        }
        else if (edited && IsTooLate(draft.State) && digest == draft.State.ErpDigest)
        {
            // Back to what was shipped: the edit that came too late is undone.
            draft.State = Capturing.Adopt(draft.State, order, digest) with { LateDigest = null };
            draft.Document = order with { Version = draft.State.Document };
            draft.Solve(TooLate);
        }
        else if (edited && IsTooLate(draft.State))
        {
            ReportTooLate(draft, digest);
        }
        else if (edited)
        {
            Adopt(draft, order, digest);
        }
        else if (digest == draft.State.Digest && draft.State.LateDigest is { } late && late != digest)
        {
            draft.State = draft.State with { LateDigest = null };
            draft.Solve(TooLate);
        }

        return Verdict.Applied;
    }

    /// <summary>Brings the ERP to the newest content, one change at a time: two under way could arrive in either order.</summary>
    public static void Advance(Draft draft)
    {
        var state = draft.State;
        if (state.Post != ErrandState.Done)
        {
            return;
        }

        if (state.Update.IsPending())
        {
            if (state.AskedDigest != state.Digest || state.ChangeIsTooLate())
            {
                draft.TakeBack(DeliveryKind.UpdateSalesOrder);
            }
        }
        else if (state.ErpIsCurrent())
        {
            return;
        }
        else if (state.ChangeIsTooLate())
        {
            if (state.LateDigest != state.Digest)
            {
                ReportTooLate(draft, state.Digest);
            }
        }
        else if (state.Checked && state.GoodsSecured())
        {
            draft.State = state with { Update = ErrandState.Open, AskedDocument = state.Document, AskedDigest = state.Digest, AskedTotal = state.Total };
            var arguments = new DeliveryArguments(draft.Keys.SalesOrder, state.ErpReference, state.ErpNumber, state.Allocations);
            draft.Ask(DeliveryKind.UpdateSalesOrder, draft.Erp!, draft.Keys.Update(state.Document), arguments);
        }
    }

    public static void Done(Draft draft, Outcome.Accepted accepted)
    {
        draft.State = draft.State with { ErpDigest = draft.State.AskedDigest };
        draft.Note("order.updated", draft.Erp, draft.State.ErpNumber);
        Posting.CompareTotals(draft, accepted);
        Posting.CompareDocument(draft, accepted);
    }

    // While it is not known what the ERP holds, the newest content is taken over; what became of it is judged when the outcome is there.
    private static bool IsTooLate(OrderState state) => state.ChangeIsTooLate() && state.Post == ErrandState.Done && !state.Update.IsPending();

    private static void Adopt(Draft draft, Order order, string digest)
    {
        var before = draft.State;
        draft.State = Capturing.Adopt(before, order, digest);
        draft.Document = order with { Version = draft.State.Document };
        if (draft.State.Total > before.Total)
        {
            // That it is no repetition stays true whatever it costs.
            draft.State = draft.State with { Approved = [.. before.Approved.Where(code => code == Twins.Duplicate)] };
        }

        var goodsChanged = !draft.State.Items.SequenceEqual(before.Items) || draft.State.Mode != before.Mode || draft.State.Pickup != before.Pickup;
        if (goodsChanged && !before.GoodsLeft())
        {
            Reserving.Release(draft);
        }

        draft.Note("order.edited", draft.Context.Key.Source, order.Name);
    }

    private static void ReportTooLate(Draft draft, string digest)
    {
        draft.State = draft.State with { LateDigest = digest };
        draft.Report(new Problem(FailureKind.Refused, TooLate,
            "The order was edited in the shop after its goods had left. The ERP keeps what was shipped. Settle the difference by a return, a refund or a new order.",
            "lines", draft.Context.Key.Source));
    }
}
