using System.Globalization;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Flows.OrderToCash;

namespace ControlTower.Sync.Flows.ReturnToRefund;

/// <summary>The credit memo in the ERP, the refund at the payment, the channel's own return closed. Each is asked for once, under a key that never changes, and none waits for another's system.</summary>
internal static class PayingBack
{
    private const string TotalDiffers = "erp-total-differs";
    public const string NoErp = "no-erp";
    private const string Exchanged = "exchange";
    private const string Twice = "refunded-twice";
    private const string Differs = "refund-differs";
    private const string Currency = "refund-currency";

    public static PostingKey CreditKey(ReturnDraft draft) => draft.Key("credit-memo");

    public static PostingKey RefundKey(ReturnDraft draft) => draft.Key("refund");

    public static PostingKey TellKey(ReturnDraft draft) => draft.Key("return-close");

    public static void Advance(ReturnDraft draft)
    {
        Refund(draft);
        if (!draft.State.IsInspected())
        {
            return;
        }

        Compare(draft);
        Credit(draft);
        Tell(draft);
    }

    public static bool IsRefundStuck(ReturnState state) => state.Refund == ErrandState.Refused || (state.Refund == ErrandState.None && state.Reported.Contains(Exchanged));

    public static bool IsCreditStuck(ReturnState state) => state.Credit == ErrandState.Refused || (state.Credit == ErrandState.None && state.Reported.Contains(NoErp));

    public static Verdict Learn(ReturnDraft draft, ReturnRefunded said)
    {
        var state = draft.State;
        if (state.Knows(said.RefundId))
        {
            return Verdict.Duplicate;
        }

        var known = state.OrderFlow == 0 || said.Amount.Currency == state.Currency;
        if (!known)
        {
            draft.ReportOnce(new Problem(FailureKind.Value, Currency,
                $"The channel refunded {said.Amount}, and the order is in {state.Currency}. The return goes on as if it were paid. Check refund {said.RefundId} in the channel.", "amount",
                draft.Context.Key.Source));
        }

        var amount = known ? said.Amount.Amount : state.RefundAsked > 0m ? state.RefundAsked : state.Owed();
        if (state.Refund == ErrandState.Done)
        {
            return Further(draft, said.RefundId, amount);
        }

        if (state.Refund.IsPending())
        {
            draft.TakeBack(DeliveryKind.RefundPayment);
        }

        Paid(draft, said.RefundId, amount, "by the channel");
        return Verdict.Applied;
    }

    /// <summary>The payment says that it paid, though the channel or a person had paid already.</summary>
    public static Verdict RefundedBeside(ReturnDraft draft, Outcome.Accepted accepted) =>
        (accepted.Number ?? accepted.Reference) is var id && draft.State.Knows(id) ? Verdict.Duplicate
        : Further(draft, id, draft.State.RefundAsked > 0m ? draft.State.RefundAsked : draft.State.RefundAmount);

    /// <summary>What was paid before anything was claimed is told to the limits once the claim stands.</summary>
    public static void SettleEarlier(ReturnDraft draft)
    {
        if (draft.State.Refund == ErrandState.Done)
        {
            draft.Do(new LocalEffect.SettleClaim(draft.State.RefundReference, draft.State.RefundAmount));
        }
    }

    public static Verdict Learn(ReturnDraft draft, ReturnClosed said)
    {
        if (draft.State.Tell == ErrandState.Done)
        {
            return Verdict.Duplicate;
        }

        if (draft.State.Tell.IsPending())
        {
            draft.TakeBack(DeliveryKind.CloseReturn);
        }

        draft.State = draft.State with { Tell = ErrandState.Done };
        draft.Note("return.channel-told", draft.Context.Key.Source, said.Key.Id);
        return Verdict.Applied;
    }

    /// <summary>Only what waits for a person is settled by one: what is under way may be done already.</summary>
    public static Verdict Learn(ReturnDraft draft, ReturnSettledByHand said)
    {
        var (errand, kind) = said.Step switch
        {
            ReturnStep.Credit => (draft.State.Credit, DeliveryKind.PostCreditMemo),
            ReturnStep.Refund => (draft.State.Refund, DeliveryKind.RefundPayment),
            _ => (draft.State.Tell, DeliveryKind.CloseReturn),
        };
        var stuck = said.Step switch
        {
            ReturnStep.Credit => IsCreditStuck(draft.State),
            ReturnStep.Refund => IsRefundStuck(draft.State),
            _ => errand == ErrandState.Refused,
        };
        if (!stuck)
        {
            return errand == ErrandState.Done ? Verdict.Duplicate : Verdict.Ignored;
        }

        if (errand == ErrandState.Refused)
        {
            draft.TakeBack(kind);
        }

        draft.Note("return.settled-by-hand", reference: said.Reference, detail: $"{said.Step} by {said.By}");
        switch (said.Step)
        {
            case ReturnStep.Credit:
                draft.Settle(NoErp);
                draft.State = draft.State with { Credit = ErrandState.Done, CreditNumber = said.Reference };
                draft.Refer("credit-memo", said.Reference);
                break;
            case ReturnStep.Refund:
                Paid(draft, null, draft.State.Exchange ? draft.State.Owed() : draft.State.RefundAmount, said.Reference, byHand: true);
                break;
            default:
                draft.State = draft.State with { Tell = ErrandState.Done };
                break;
        }

        return Verdict.Applied;
    }

    public static void Credited(ReturnDraft draft, Outcome.Accepted accepted)
    {
        draft.State = draft.State with { CreditNumber = accepted.Number ?? accepted.Reference };
        draft.Refer("credit-memo", accepted.Reference);
        draft.Refer("credit-memo", accepted.Number);
        draft.Note("return.credited", draft.Erp, draft.State.CreditNumber);
        if (Posting.Amount(accepted, "total") is { } total && total != draft.State.Due())
        {
            draft.ReportOnce(new Problem(FailureKind.Value, TotalDiffers, string.Create(CultureInfo.InvariantCulture,
                $"The ERP credited {total} {draft.State.Currency}, the buyer gets {draft.State.Due()}. The return goes on, but its books will not match the payment. ")
                + $"Compare tax set-up and rounding of {draft.State.CreditNumber} with the shop.", "total", draft.Erp));
        }
    }

    public static void Refunded(ReturnDraft draft, Outcome.Accepted accepted) => Paid(draft, accepted.Number ?? accepted.Reference, draft.State.RefundAmount, null);

    private static void Paid(ReturnDraft draft, string? refundId, decimal amount, string? how, bool byHand = false)
    {
        draft.State = draft.State with { Refund = ErrandState.Done, RefundAmount = amount, RefundReference = refundId ?? how };
        draft.Refer("refund", refundId);
        draft.Note("return.refunded", draft.State.Of.Source, refundId, string.Join(", ", new[] { new Money(amount, draft.State.Currency).ToString(), how }.OfType<string>()));
        if (draft.State.Claim == ClaimState.Held)
        {
            draft.Do(new LocalEffect.SettleClaim(byHand ? how : refundId, amount, byHand));
        }
    }

    // A shop may pay in parts. What is more than all that is owed was paid beside it, and somebody must get it back.
    private static Verdict Further(ReturnDraft draft, string refundId, decimal amount)
    {
        var state = draft.State;
        // What a till pays is what the return is worth, tips and rounding in it; more than the sale brought is seen by the order's own limits.
        var part = state.Claim == ClaimState.None || state.AtTill || state.RefundAmount + amount <= state.Owed();
        draft.State = state with { RefundAmount = part ? state.RefundAmount + amount : state.RefundAmount, FurtherRefunds = [.. state.FurtherRefunds, refundId] };
        draft.Refer("refund", refundId);
        draft.Note("return.refunded", state.Of.Source, refundId, new Money(amount, state.Currency).ToString());
        if (part && draft.State.RefundAmount >= state.Owed())
        {
            draft.Settle(Differs);
        }
        else if (!part)
        {
            draft.ReportOnce(new Problem(FailureKind.Ownership, Twice,
                $"The return was paid back more than once: {new Money(state.RefundAmount, state.Currency)} as {state.RefundReference}, and {new Money(amount, state.Currency)} as {refundId}. "
                + $"{new Money(state.Owed(), state.Currency)} is owed. Claim the difference from the buyer.", "amount", state.Of.Source));
        }

        if (state.Claim is ClaimState.Held or ClaimState.Released)
        {
            draft.Do(new LocalEffect.SettleClaim(refundId, amount));
        }

        return Verdict.Applied;
    }

    private static void Compare(ReturnDraft draft)
    {
        var state = draft.State;
        if (state.Refund != ErrandState.Done)
        {
            return;
        }

        draft.Settle(Exchanged);
        if (state.RefundAmount >= state.Due() || state.Exchange || state.AtTill)
        {
            draft.Settle(Differs);
            return;
        }

        draft.ReportOnce(new Problem(FailureKind.Value, Differs,
            $"{new Money(state.RefundAmount, state.Currency)} was paid back, and what was accepted is worth {new Money(state.Due(), state.Currency)}. The books are credited with what was accepted. "
            + "Pay the difference in the channel, or note why it is kept.", "amount", state.Of.Source));
    }

    private static void Refund(ReturnDraft draft)
    {
        var state = draft.State;
        var early = !state.IsInspected();
        var amount = early ? state.Claimed() : state.Due();
        if (state.Refund != ErrandState.None || (early && (state.AtTill || !draft.Context.Policy.ReturnRules.MayRefundBeforeReceipt(amount, state.Currency))))
        {
            return;
        }

        if (amount <= 0m)
        {
            Paid(draft, null, 0m, "nothing to pay");
            return;
        }

        if (state.AtTill)
        {
            return;
        }

        if (state.Exchange)
        {
            draft.ReportOnce(new Problem(FailureKind.Refused, Exchanged,
                $"Other goods go out for what came back, so the tower pays nothing of the {new Money(amount, state.Currency)}. Settle the difference in the channel; the return goes on when its refund "
                + "is heard of, or when somebody says here under which number it was settled.", "lines", draft.Context.Key.Source));
            return;
        }

        draft.State = state with { Refund = ErrandState.Open, RefundAmount = amount, RefundAsked = amount };
        draft.Ask(DeliveryKind.RefundPayment, state.Of.Source, RefundKey(draft), amount,
            new DeliveryArguments(Amount: new Money(amount, state.Currency), Order: state.Of, Credits: state.Credits(all: early)));
    }

    private static void Credit(ReturnDraft draft)
    {
        var state = draft.State;
        if (state.Credit != ErrandState.None)
        {
            return;
        }

        if (state.Credits(all: false) is not { Count: > 0 } credits || state.Due() <= 0m)
        {
            draft.State = state with { Credit = ErrandState.Done };
            return;
        }

        if (draft.Erp is not { } erp)
        {
            draft.ReportOnce(new Problem(FailureKind.Missing, NoErp,
                "No ERP keeps the books of this shop, so there is none to credit the return in. Book it by hand and say under which number.", null, draft.Context.Key.Source));
            return;
        }

        draft.Settle(NoErp);
        if (!state.Invoiced || state.PostedAs is not { } posted)
        {
            return;
        }

        draft.State = draft.State with { Credit = ErrandState.Open };
        draft.Ask(DeliveryKind.PostCreditMemo, erp, CreditKey(draft), state.Due(), new DeliveryArguments(Amount: new Money(state.Due(), state.Currency), PostedAs: posted, Credits: credits, At: state.RequestedAt));
    }

    private static void Tell(ReturnDraft draft)
    {
        if (draft.State is not { Tell: ErrandState.None, Refund: ErrandState.Done } state)
        {
            return;
        }

        // A return that the tower took is known to the channel by its refund, and a till knows its own; one of a shop's own must be closed there.
        if (state.By is not null || state.AtTill)
        {
            draft.State = state with { Tell = ErrandState.Done };
            draft.Note("return.channel-told", state.Of.Source, state.RefundReference);
            return;
        }

        draft.State = state with { Tell = ErrandState.Open };
        draft.Ask(DeliveryKind.CloseReturn, draft.Context.Key.Source, TellKey(draft), 0m, new DeliveryArguments(Order: state.Of, ReturnId: draft.Context.Key.Id));
    }
}
