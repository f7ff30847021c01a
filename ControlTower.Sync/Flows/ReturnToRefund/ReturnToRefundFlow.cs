using System.Text.Json.Serialization.Metadata;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Flows.OrderToCash;

namespace ControlTower.Sync.Flows.ReturnToRefund;

/// <summary>
/// One return from the wish to the closed books. Each event is first learnt (it changes what is known), then the stages are walked in their order and each does what is now due, so
/// events may come in any order and any number. See the README beside this file.
/// </summary>
public sealed class ReturnToRefundFlow : IFlow<ReturnState>
{
    public const string Name = "return-to-refund";

    public string Kind => Name;

    public JsonTypeInfo<ReturnState> StateJson => ReturnStateJson.Default.ReturnState;

    public OrderKey? SubjectOf(CanonicalEvent what) => what.Return;

    public bool CanStart(CanonicalEvent what) => what is ReturnStated;

    public Decision<ReturnState> Decide(ReturnState? state, FlowEvent what, FlowContext context)
    {
        if (state is null && what is not FlowEvent.Told { What: ReturnStated })
        {
            return new Decision<ReturnState> { State = null!, Verdict = Verdict.Parked };
        }

        var draft = new ReturnDraft(state ?? new ReturnState(), context);
        var verdict = Learn(draft, what, isNew: state is null);
        if (verdict == Verdict.Applied)
        {
            Advance(draft);
        }

        return draft.As(verdict);
    }

    public FlowSummary Summarize(ReturnState state) => new(
        ReturnStages.Of(state), ReturnStages.StatusOf(state), state.Name,
        new Money(state.Refund != ErrandState.None ? state.RefundAmount : state.IsInspected() ? state.Due() : state.Claimed(), state.Currency), state.RequestedAt, state.Version);

    private static Verdict Learn(ReturnDraft draft, FlowEvent what, bool isNew) => what switch
    {
        FlowEvent.Told { What: ReturnStated said } => isNew ? Requesting.Begin(draft, said) : Requesting.Restate(draft, said),
        FlowEvent.Told { What: ReturnApproved said } => Requesting.Approve(draft, said),
        FlowEvent.Told { What: ReturnRefused said } => Ending.Refuse(draft, said),
        FlowEvent.Told { What: ReturnCancelled said } => Ending.Cancel(draft, said),
        FlowEvent.Told { What: ReturnReceived said } => Arriving.Learn(draft, said),
        FlowEvent.Told { What: ReturnInspected said } => Arriving.Learn(draft, said),
        FlowEvent.Told { What: ReturnRefunded said } => PayingBack.Learn(draft, said),
        FlowEvent.Told { What: ReturnClosed said } => PayingBack.Learn(draft, said),
        FlowEvent.Told { What: ReturnSettledByHand said } => PayingBack.Learn(draft, said),
        FlowEvent.OrderSeen answer => Authorising.Learn(draft, answer.Order),
        FlowEvent.Claimed answer => Authorising.Claimed(draft, answer.Broken),
        FlowEvent.Delivered done => Settle(draft, done),
        FlowEvent.Refused refused => Mark(draft, refused.Kind, refused.Key, ErrandState.Refused, "return.delivery-refused", $"{refused.Kind}: {refused.Why.Code}"),
        FlowEvent.Withdrawn back => Mark(draft, back.Kind, back.Key, ErrandState.None, "return.taken-back", back.Kind.ToString()),
        FlowEvent.Due { Deadline: Authorising.OrderAwaited } => Authorising.LookAgain(draft),
        FlowEvent.Retried => Authorising.LookAgain(draft),
        _ => Verdict.Ignored,
    };

    private static void Advance(ReturnDraft draft)
    {
        if (draft.State.IsOver() || Ending.Advance(draft))
        {
            return;
        }

        Authorising.Advance(draft);
        if (draft.State.Claim != ClaimState.Held || Ending.NothingAccepted(draft))
        {
            return;
        }

        Arriving.Advance(draft);
        PayingBack.Advance(draft);
        if (draft.State.IsInspected() && draft.State is { Credit: ErrandState.Done, Refund: ErrandState.Done, Tell: ErrandState.Done })
        {
            draft.State = draft.State with { Completed = true };
            draft.Note("return.closed");
            draft.Wake(Authorising.OrderAwaited, null);
        }
    }

    private static Verdict Settle(ReturnDraft draft, FlowEvent.Delivered done)
    {
        if (Errand(draft, done.Kind, done.Key) is not { } errand)
        {
            return Verdict.Ignored;
        }

        if (errand == ErrandState.Done)
        {
            return done.Kind == DeliveryKind.RefundPayment ? PayingBack.RefundedBeside(draft, done.As) : Verdict.Duplicate;
        }

        Set(draft, done.Kind, ErrandState.Done);
        switch (done.Kind)
        {
            case DeliveryKind.PostCreditMemo: PayingBack.Credited(draft, done.As); break;
            case DeliveryKind.RefundPayment: PayingBack.Refunded(draft, done.As); break;
            default: draft.Note("return.channel-told", draft.Context.Key.Source, draft.Context.Key.Id); break;
        }

        return Verdict.Applied;
    }

    // What was settled meanwhile, by the channel or by hand, is not open again because its delivery was taken back.
    private static Verdict Mark(ReturnDraft draft, DeliveryKind kind, PostingKey key, ErrandState value, string fact, string detail)
    {
        if (Errand(draft, kind, key) is not (ErrandState.Open or ErrandState.Refused))
        {
            return Verdict.Ignored;
        }

        Set(draft, kind, value);
        draft.Note(fact, reference: key.Value, detail: detail);
        return Verdict.Applied;
    }

    private static ErrandState? Errand(ReturnDraft draft, DeliveryKind kind, PostingKey key) => kind switch
    {
        DeliveryKind.PostCreditMemo when key == PayingBack.CreditKey(draft) => draft.State.Credit,
        DeliveryKind.RefundPayment when key == PayingBack.RefundKey(draft) => draft.State.Refund,
        DeliveryKind.CloseReturn when key == PayingBack.TellKey(draft) => draft.State.Tell,
        _ => null,
    };

    private static void Set(ReturnDraft draft, DeliveryKind kind, ErrandState value) => draft.State = kind switch
    {
        DeliveryKind.PostCreditMemo => draft.State with { Credit = value },
        DeliveryKind.RefundPayment => draft.State with { Refund = value },
        _ => draft.State with { Tell = value },
    };
}
