using ControlTower.Data.Canonical;
using ControlTower.Sync.Flows.OrderToCash;

namespace ControlTower.Sync.Flows.ReturnToRefund;

/// <summary>A return that ends without a refund: refused, cancelled, or nothing of it was accepted. What it claimed is free again.</summary>
internal static class Ending
{
    private const string TooLate = "too-late-to-end";

    public static Verdict Refuse(ReturnDraft draft, ReturnRefused said) => Ask(draft, said.Why, said.By, refuse: true);

    public static Verdict Cancel(ReturnDraft draft, ReturnCancelled said) => Ask(draft, said.Why, said.By, refuse: false);

    /// <summary>True: it has ended, or it waits for the outcome that decides whether it can.</summary>
    public static bool Advance(ReturnDraft draft)
    {
        var state = draft.State;
        if (!state.RefuseRequested && !state.CancelRequested)
        {
            return false;
        }

        // What a till paid back is paid, whatever is thought of it here; while nothing is claimed there is nothing to go on with either.
        var paid = state.Refund == ErrandState.Done && !(state.AtTill && state.Claim != ClaimState.Held);
        if (paid || state.Receipts.Count + state.Inspections.Count > 0 && state.Claim == ClaimState.Held)
        {
            draft.State = state with { RefuseRequested = false, CancelRequested = false };
            draft.ReportOnce(new Problem(FailureKind.Ownership, TooLate,
                "The return was called off after goods had come or money was paid. It goes on. What is not to be paid for is inspected as not accepted.", null, draft.Context.Key.Source));
            return false;
        }

        if (state.Refund.IsPending())
        {
            draft.TakeBack(DeliveryKind.RefundPayment);
            return true;
        }

        Release(draft);
        draft.State = draft.State with { Refused = state.RefuseRequested, Cancelled = !state.RefuseRequested };
        draft.Note(state.RefuseRequested ? "return.refused" : "return.cancelled", detail: state.EndedWhy);
        Forget(draft);
        return true;
    }

    /// <summary>All was looked at and nothing accepted: the goods go back to the buyer, nobody is paid.</summary>
    public static bool NothingAccepted(ReturnDraft draft)
    {
        var state = draft.State;
        if (!state.IsInspected() || state.Refund != ErrandState.None || state.Lines.Any(l => state.Accepted(l) > 0))
        {
            return false;
        }

        Release(draft);
        draft.State = draft.State with { Refused = true, EndedWhy = "Nothing that came was accepted." };
        draft.Note("return.refused", detail: draft.State.EndedWhy);
        Forget(draft);
        return true;
    }

    /// <summary>Whoever waits for a person has one, once the return is over.</summary>
    public static void Forget(ReturnDraft draft)
    {
        draft.Wake(Authorising.OrderAwaited, null);
        foreach (var code in draft.State.Reported)
        {
            draft.Settle(code);
        }
    }

    private static void Release(ReturnDraft draft)
    {
        if (draft.State.Claim == ClaimState.Held)
        {
            draft.Do(new LocalEffect.ReleaseClaim(null));
            draft.State = draft.State with { Claim = ClaimState.Released };
        }
    }

    private static Verdict Ask(ReturnDraft draft, string why, string? by, bool refuse)
    {
        if (draft.State.IsOver() || draft.State.RefuseRequested || draft.State.CancelRequested)
        {
            return Verdict.Duplicate;
        }

        draft.State = draft.State with { RefuseRequested = refuse, CancelRequested = !refuse, EndedWhy = why };
        draft.Note(refuse ? "return.refuse-asked" : "return.cancel-asked", by is null ? draft.Context.Key.Source : null, detail: why);
        return Verdict.Applied;
    }
}
