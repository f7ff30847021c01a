using System.Text.Json.Serialization.Metadata;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Flows.OrderToCash;

/// <summary>
/// One order from the shop to the books. Each event is first learnt (it changes what is known), then the stages are walked in their order and each does what is now due.
/// Because a stage looks at what is known and not at what just happened, events may come in any order and any number. See the README beside this file.
/// </summary>
public sealed class OrderToCashFlow : IFlow<OrderState>
{
    public const string Name = "order-to-cash";

    public string Kind => Name;

    public JsonTypeInfo<OrderState> StateJson => OrderStateJson.Default.OrderState;

    public bool CanStart(CanonicalEvent what) => what is OrderStated;

    public Decision<OrderState> Decide(OrderState? state, FlowEvent what, FlowContext context)
    {
        if (state is null && what is not FlowEvent.Told { What: OrderStated })
        {
            return new Decision<OrderState> { State = null!, Verdict = Verdict.Parked };
        }

        var draft = new Draft(state ?? new OrderState(), context);
        var verdict = Learn(draft, what, isNew: state is null);
        if (verdict == Verdict.Applied)
        {
            Advance(draft);
            Refunding.Judge(draft);
            Invoicing.Judge(draft);
        }

        return draft.As(verdict);
    }

    public FlowSummary Summarize(OrderState state) =>
        new(OrderStages.Of(state), OrderStages.StatusOf(state), state.Name, new Money(state.Total, state.Currency), state.PlacedAt, state.Version);

    private static Verdict Learn(Draft draft, FlowEvent what, bool isNew) => what switch
    {
        FlowEvent.Told { What: OrderStated said } => isNew ? Capturing.Begin(draft, said.Statement) : Editing.Learn(draft, said.Statement),
        FlowEvent.Told { What: OrderCancelled said } => Cancelling.Learn(draft, said),
        FlowEvent.Told { What: RefundRecorded said } => Refunding.Learn(draft, said),
        FlowEvent.Told { What: ShipmentCancelled said } => Shipping.CallOff(draft, said),
        FlowEvent.Told { What: ShipmentConfirmed said } => Shipping.Learn(draft, said),
        FlowEvent.Told { What: InvoicePosted said } => Invoicing.Learn(draft, said),
        FlowEvent.Delivered done => Settle(draft, done),
        FlowEvent.Refused refused => Refuse(draft, refused),
        FlowEvent.Withdrawn back => TakenBack(draft, back),
        FlowEvent.Reserved answer => Reserving.Succeeded(draft, answer.Allocations),
        FlowEvent.NotReserved answer => Reserving.FellShort(draft, answer.Shortages),
        FlowEvent.CoverSeen answer => Reserving.Judge(draft, answer.Missing),
        FlowEvent.Taken answer => HandingOver.Succeeded(draft, answer),
        FlowEvent.TwinSought answer => Twins.Learn(draft, answer.Earlier),
        FlowEvent.Due { Deadline: Reserving.StockRetry } => Reserving.Retry(draft, byPerson: false) ? Verdict.Applied : Verdict.Ignored,
        FlowEvent.Due { Deadline: Reserving.Cover } => Reserving.SeeCover(draft),
        FlowEvent.Due { Deadline: AwaitingPayment.Limit } => AwaitingPayment.TimeIsUp(draft),
        FlowEvent.Due { Deadline: Shipping.MissingShipments } => Shipping.CloseShort(draft),
        FlowEvent.Due { Deadline: Acknowledging.Forgo } => Acknowledging.GoWithout(draft),
        FlowEvent.Retried => Retry(draft),
        _ => Verdict.Ignored,
    };

    private static void Advance(Draft draft)
    {
        if (draft.State.IsOver() || Cancelling.Advance(draft))
        {
            return;
        }

        HandingOver.Advance(draft);
        Checking.Advance(draft);
        AwaitingPayment.Advance(draft);
        Reserving.Advance(draft);
        Posting.Advance(draft);
        Editing.Advance(draft);
        Acknowledging.Advance(draft);
        Shipping.Advance(draft);
        Paying.Advance(draft);
        Complete(draft);
    }

    private static void Complete(Draft draft)
    {
        var state = draft.State;
        var everybodyKnows = state.AcknowledgementSettled()
            && !state.Update.IsPending() && !state.Cancel.IsPending()
            && state.Shipments.All(s => s.Told == ErrandState.Done || s.Told == ErrandState.None);
        if (everybodyKnows && OrderStages.Of(state) == OrderStages.Paid)
        {
            Checking.Drop(draft);
            draft.State = draft.State with { Completed = true };
            draft.Note("order.completed");
        }
    }

    private static Verdict Settle(Draft draft, FlowEvent.Delivered done)
    {
        if (Errands.Of(draft, done.Kind, done.Key) is not { } errand)
        {
            return Verdict.Ignored;
        }

        if (errand == ErrandState.Done)
        {
            return Verdict.Duplicate;
        }

        Errands.Set(draft, done.Kind, done.Key, ErrandState.Done);
        switch (done.Kind)
        {
            case DeliveryKind.PostSalesOrder: Posting.Done(draft, done.As); break;
            case DeliveryKind.UpdateSalesOrder: Editing.Done(draft, done.As); break;
            case DeliveryKind.AcknowledgeOrder: Acknowledging.Done(draft); break;
            case DeliveryKind.FulfilOrder: Shipping.ToldShop(draft, Errands.Shipment(draft, done.Key)!, done.As); break;
            case DeliveryKind.ShipSalesOrder: Shipping.ToldErp(draft, done.As); break;
            case DeliveryKind.PostPayment: Paying.Done(draft, Errands.Invoice(draft, done.Key)!, done.As); break;
            default: break;
        }

        return Verdict.Applied;
    }

    private static Verdict Refuse(Draft draft, FlowEvent.Refused refused)
    {
        // Refused again after a person's retry counts too: what became unwanted meanwhile can be taken back now.
        if (Errands.Of(draft, refused.Kind, refused.Key) is not (ErrandState.Open or ErrandState.Refused))
        {
            return Verdict.Ignored;
        }

        Errands.Set(draft, refused.Kind, refused.Key, ErrandState.Refused);
        draft.Note("order.refused", reference: refused.Key.Value, detail: $"{refused.Kind}: {refused.Why.Code}");
        return Verdict.Applied;
    }

    private static Verdict TakenBack(Draft draft, FlowEvent.Withdrawn back)
    {
        if (Errands.Of(draft, back.Kind, back.Key) is not (ErrandState.Open or ErrandState.Refused))
        {
            return Verdict.Ignored;
        }

        Errands.Set(draft, back.Kind, back.Key, ErrandState.None);
        draft.Note("order.taken-back", reference: back.Key.Value, detail: back.Kind.ToString());
        return Verdict.Applied;
    }

    private static Verdict Retry(Draft draft)
    {
        var checks = Checking.Retry(draft);
        var stock = Reserving.Retry(draft, byPerson: true);
        if (!checks && !stock)
        {
            return Verdict.Ignored;
        }

        draft.Note("order.retried");
        return Verdict.Applied;
    }
}
