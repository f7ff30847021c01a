using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;

namespace ControlTower.Sync.Flows.OrderToCash;

/// <summary>Goods leave on one side, and the other side is told.</summary>
internal static class Shipping
{
    public const string MissingShipments = "missing-shipments";
    private const string CalledOff = "parcel-called-off";

    /// <summary>How long a shipment may lag behind the one that completes the order; after that the order counts as shipped short.</summary>
    private static readonly TimeSpan Lag = TimeSpan.FromHours(1);

    public static Verdict Learn(Draft draft, ShipmentConfirmed said)
    {
        var side = said.Posting is null ? ShippingSide.Shop : ShippingSide.Erp;
        if (draft.State.ShippedBy is { } known && known != side)
        {
            return Verdict.Ignored;
        }

        if (draft.State.Shipments.Any(s => s.Id == said.ShipmentId) || draft.State.CalledOff.Contains(said.ShipmentId, StringComparer.Ordinal))
        {
            return Verdict.Duplicate;
        }

        var shipment = new Shipment(said.ShipmentId, said.At, said.Complete, said.Lines);
        var (state, shop) = (draft.State, draft.Context.Key.Source);
        var tell = side == ShippingSide.Erp && !state.IsOver() && !state.CancelRequested;
        draft.State = state with
        {
            ShippedBy = side,
            Shipments = [.. state.Shipments.Append(shipment with { Told = tell ? ErrandState.Open : ErrandState.None }).OrderBy(s => s.At).ThenBy(s => s.Id, StringComparer.Ordinal)],
        };
        var from = side == ShippingSide.Shop ? shop : draft.Erp;
        draft.Refer(side == ShippingSide.Shop ? "shipment" : "erp-shipment", said.ShipmentId);
        draft.Refer("tracking", said.Tracking?.Number);
        draft.Note(draft.State.ShipmentsComplete() ? "order.shipped" : "order.part-shipped", from, said.ShipmentId, said.Tracking?.Number);
        if (tell)
        {
            draft.Ask(DeliveryKind.FulfilOrder, shop, draft.Keys.Fulfilment(said.ShipmentId),
                new DeliveryArguments(draft.Keys.SalesOrder, Lines: said.Lines, Tracking: said.Tracking, At: said.At));
        }

        if (state.Cancelled)
        {
            Cancelling.ReportShippedAll(draft);
        }
        else if (state.Completed)
        {
            draft.ReportOnce(new Problem(FailureKind.Ownership, "late-shipment",
                "A further shipment came after the order was complete. The shop was not told. Check whether goods were sent twice.", null, from));
        }

        return Verdict.Applied;
    }

    /// <summary>
    /// The undo of a parcel: its goods are there again, and the order waits for another. What another system was told of it stays, and a person is: the ERP may hold a shipment that never was.
    /// </summary>
    public static Verdict CallOff(Draft draft, ShipmentCancelled said)
    {
        var state = draft.State;
        if (state.ShippedBy == ShippingSide.Erp)
        {
            return Verdict.Ignored;
        }

        if (state.CalledOff.Contains(said.ShipmentId, StringComparer.Ordinal))
        {
            return Verdict.Duplicate;
        }

        var parcel = state.Shipments.FirstOrDefault(s => s.Id == said.ShipmentId);
        draft.State = state with { CalledOff = [.. state.CalledOff.Append(said.ShipmentId).Order(StringComparer.Ordinal)] };
        if (parcel is null)
        {
            return Verdict.Applied;
        }

        draft.Note("order.parcel-called-off", draft.Context.Key.Source, said.ShipmentId);
        if (state.Ship != ErrandState.None || state.IsOver())
        {
            draft.ReportOnce(new Problem(FailureKind.Ownership, CalledOff,
                "A parcel was called off in the shop after the ERP had been told that it left. The ERP keeps its shipment. If the goods go out again, nothing is to be done; if not, take them back in the ERP.",
                null, draft.Erp));
        }

        if (state.IsOver())
        {
            return Verdict.Applied;
        }

        // That the order was complete was said of the parcels as they were then.
        var left = state.Shipments.Where(s => s != parcel).Select(s => s with { Complete = false }).ToList();
        draft.State = draft.State with { Shipments = left, ShipmentsClosed = false, ShippedBy = left.Count > 0 ? state.ShippedBy : null };
        if (parcel.OffStock && state.Reservation is ReservationState.Held or ReservationState.Committed && parcel.Lines.Count > 0)
        {
            draft.Do(new LocalEffect.CallBack(parcel.Lines, said.At));
            draft.State = draft.State with { Reservation = ReservationState.Held };
        }

        return Verdict.Applied;
    }

    public static void Advance(Draft draft)
    {
        var state = draft.State;
        if (!state.GoodsLeft())
        {
            return;
        }

        if (state.Reservation is ReservationState.None or ReservationState.Short)
        {
            // What left is not short any more.
            Reserving.Release(draft);
            state = draft.State;
        }

        Reserving.Leave(draft);
        state = draft.State;
        if (!state.ShipmentsComplete())
        {
            if (state.SaidComplete() && !state.ShipmentsAwaited)
            {
                draft.State = state with { ShipmentsAwaited = true };
                draft.Wake(MissingShipments, Lag);
            }

            return;
        }

        if (state.ShipmentsAwaited)
        {
            draft.State = state with { ShipmentsAwaited = false };
            draft.Wake(MissingShipments, null);
        }

        draft.Settle(CalledOff);
        Reserving.Commit(draft);
        state = draft.State;
        if (state is { ShippedBy: ShippingSide.Shop, Ship: ErrandState.None } && !state.Update.IsPending() && state.ErpIsCurrent())
        {
            draft.State = state with { Ship = ErrandState.Open };
            draft.Ask(DeliveryKind.ShipSalesOrder, draft.Erp!, draft.Keys.Shipment,
                new DeliveryArguments(draft.Keys.SalesOrder, state.ErpReference, state.ErpNumber, state.Allocations, At: state.Shipments.Max(s => s.At)));
        }
    }

    /// <summary>Nothing more came: the order is shipped as far as it will be.</summary>
    public static Verdict CloseShort(Draft draft)
    {
        if (!draft.State.SaidComplete() || draft.State.ShipmentsComplete())
        {
            return Verdict.Ignored;
        }

        draft.State = draft.State with { ShipmentsClosed = true, ShipmentsAwaited = false };
        draft.Note("order.shipped", detail: "fewer than ordered");
        return Verdict.Applied;
    }

    public static void ToldShop(Draft draft, Shipment shipment, Outcome.Accepted accepted)
    {
        draft.Refer("shipment", accepted.Reference);
        draft.Refer("shipment", accepted.Number);
        draft.Note("order.fulfilled", draft.Context.Key.Source, shipment.Id);
    }

    public static void ToldErp(Draft draft, Outcome.Accepted accepted)
    {
        draft.Note("order.ship-posted", draft.Erp, accepted.Number ?? draft.State.ErpNumber);
        Invoicing.FromShipment(draft, accepted);
    }
}
