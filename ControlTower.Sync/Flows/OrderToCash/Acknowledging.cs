using ControlTower.Sync.Connectors;

namespace ControlTower.Sync.Flows.OrderToCash;

/// <summary>The ERP's number, left on the shop's order.</summary>
internal static class Acknowledging
{
    /// <summary>A person lets the order go on although the shop will not be told: the deadline by which it is done.</summary>
    public const string Forgo = "forgo-acknowledgement";

    public static void Advance(Draft draft)
    {
        var state = draft.State;
        if (state.Post != ErrandState.Done || state.Acknowledge != ErrandState.None || state.CancelRequested || state.IsHandedOver())
        {
            return;
        }

        draft.State = state with { Acknowledge = ErrandState.Open };
        var arguments = new DeliveryArguments(draft.Keys.SalesOrder, state.ErpReference, state.ErpNumber);
        draft.Ask(DeliveryKind.AcknowledgeOrder, draft.Context.Key.Source, draft.Keys.Acknowledgement, arguments);
    }

    public static void Done(Draft draft) => draft.Note("order.acknowledged", draft.Context.Key.Source, draft.State.ErpNumber);

    /// <summary>Only what was refused is forgone: what is under way may yet arrive, and what arrived is done. Nothing rests on the number, so the errand is settled.</summary>
    public static Verdict GoWithout(Draft draft)
    {
        if (draft.State.Acknowledge != ErrandState.Refused)
        {
            return Verdict.Ignored;
        }

        draft.State = draft.State with { Acknowledge = ErrandState.Done };
        draft.TakeBack(DeliveryKind.AcknowledgeOrder);
        draft.Note("order.acknowledgement-forgone", reference: draft.Keys.Acknowledgement.Value);
        return Verdict.Applied;
    }

    /// <summary>The undo: a number that the shop has not got is of no use to a cancelled order.</summary>
    public static void TakeBack(Draft draft)
    {
        if (draft.State.Acknowledge.IsPending())
        {
            draft.TakeBack(DeliveryKind.AcknowledgeOrder);
        }
    }
}
