using ControlTower.Sync.Connectors;

namespace ControlTower.Sync.Flows.OrderToCash;

/// <summary>The ERP's number, left on the shop's order.</summary>
internal static class Acknowledging
{
    public static void Advance(Draft draft)
    {
        var state = draft.State;
        if (state.Post != ErrandState.Done || state.Acknowledge != ErrandState.None || state.CancelRequested)
        {
            return;
        }

        draft.State = state with { Acknowledge = ErrandState.Open };
        var arguments = new DeliveryArguments(draft.Keys.SalesOrder, state.ErpReference, state.ErpNumber);
        draft.Ask(DeliveryKind.AcknowledgeOrder, draft.Context.Key.Source, draft.Keys.Acknowledgement, arguments);
    }

    public static void Done(Draft draft) => draft.Note("order.acknowledged", draft.Context.Key.Source, draft.State.ErpNumber);

    /// <summary>The undo: a number that the shop has not got is of no use to a cancelled order.</summary>
    public static void TakeBack(Draft draft)
    {
        if (draft.State.Acknowledge.IsPending())
        {
            draft.TakeBack(DeliveryKind.AcknowledgeOrder);
        }
    }
}
