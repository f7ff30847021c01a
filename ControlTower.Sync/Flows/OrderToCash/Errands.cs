using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Flows.OrderToCash;

/// <summary>Where the state keeps each errand, found by the kind and the key under which it was asked for.</summary>
internal static class Errands
{
    /// <summary>Null if this order never asks for such a thing under such a key.</summary>
    public static ErrandState? Of(Draft draft, DeliveryKind kind, PostingKey key)
    {
        var (state, keys) = (draft.State, draft.Keys);
        return kind switch
        {
            DeliveryKind.PostSalesOrder when key == keys.SalesOrder => state.Post,
            DeliveryKind.UpdateSalesOrder when key == keys.Update(state.AskedDocument) => state.Update,
            DeliveryKind.CancelSalesOrder when key == keys.Cancellation => state.Cancel,
            DeliveryKind.AcknowledgeOrder when key == keys.Acknowledgement => state.Acknowledge,
            DeliveryKind.ShipSalesOrder when key == keys.Shipment => state.Ship,
            DeliveryKind.FulfilOrder => Shipment(draft, key)?.Told,
            DeliveryKind.PostPayment => Invoice(draft, key)?.Payment,
            _ => null,
        };
    }

    public static void Set(Draft draft, DeliveryKind kind, PostingKey key, ErrandState value)
    {
        var state = draft.State;
        draft.State = kind switch
        {
            DeliveryKind.PostSalesOrder => state with { Post = value },
            DeliveryKind.UpdateSalesOrder => state with { Update = value },
            DeliveryKind.CancelSalesOrder => state with { Cancel = value },
            DeliveryKind.AcknowledgeOrder => state with { Acknowledge = value },
            DeliveryKind.ShipSalesOrder => state with { Ship = value },
            DeliveryKind.FulfilOrder when Shipment(draft, key) is { } shipment =>
                state with { Shipments = [.. state.Shipments.Select(s => s.Id == shipment.Id ? s with { Told = value } : s)] },
            DeliveryKind.PostPayment when Invoice(draft, key) is { } invoice =>
                state.With(invoice with { Payment = value, Booked = value == ErrandState.None ? 0m : invoice.Booked }),
            _ => state,
        };
    }

    public static Shipment? Shipment(Draft draft, PostingKey key) => draft.State.Shipments.FirstOrDefault(s => draft.Keys.Fulfilment(s.Id) == key);

    public static Invoice? Invoice(Draft draft, PostingKey key) => draft.State.Invoices.FirstOrDefault(i => draft.Keys.Payment(i.Id) == key);
}
