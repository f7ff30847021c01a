using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;

namespace ControlTower.Sync.Flows.OrderToCash;

/// <summary>Route the order to locations and set its goods aside; give them back; let them go.</summary>
internal static class Reserving
{
    public const string StockRetry = "stock-retry";

    /// <summary>Due when goods of this order may be gone, or be there again; the database sets it.</summary>
    public const string Cover = "goods-cover";

    public const string GoodsGone = "goods-gone";
    private const string OutOfStock = "out-of-stock";
    private const int MostShortagesNamed = 5;

    public static void Advance(Draft draft)
    {
        var state = draft.State;
        if (state.IsHandedOver() || !state.Checked || state.Reservation != ReservationState.None || state.PaymentWait == PaymentWait.Over || state.GoodsSecured())
        {
            return;
        }

        draft.State = state with { Reservation = ReservationState.Asked };
        draft.Note("order.routed", detail: state.Mode switch
        {
            FulfilmentMode.ClickAndCollect => $"collected at {state.Pickup}",
            FulfilmentMode.ShipFromStore => $"shipped from store {state.Pickup}".TrimEnd(),
            _ => "shipped by stock",
        });
        draft.Do(new LocalEffect.Reserve([.. state.Items.Select(i => new ReserveLine(i.Id, i.Sku, i.Quantity))], state.Mode, state.Pickup));
    }

    public static Verdict Succeeded(Draft draft, IReadOnlyList<Allocation> allocations)
    {
        if (draft.State.Reservation != ReservationState.Asked)
        {
            return Verdict.Duplicate;
        }

        ForgetShortage(draft);
        draft.State = draft.State with { Reservation = ReservationState.Held, Allocations = allocations };
        draft.Note("order.reserved", detail: string.Join(", ", allocations.GroupBy(a => a.Location, StringComparer.Ordinal).Select(g => $"{g.Sum(a => a.Quantity)} at {g.Key}")));
        return Verdict.Applied;
    }

    public static Verdict FellShort(Draft draft, IReadOnlyList<Shortage> shortages)
    {
        if (draft.State.Reservation != ReservationState.Asked)
        {
            return Verdict.Duplicate;
        }

        var known = draft.State.ShortageReported;
        draft.State = draft.State with { Reservation = ReservationState.Short, ShortageReported = true };
        draft.Wake(StockRetry, draft.Context.Policy.StockRetryAfter);
        if (!known)
        {
            var named = string.Join(", ", shortages.Take(MostShortagesNamed).Select(s => $"{s.Sku} ({s.Missing} of {s.Wanted} missing)"));
            var more = shortages.Count > MostShortagesNamed ? $" and {shortages.Count - MostShortagesNamed} more" : "";
            draft.Note("order.short", detail: named);
            draft.Report(new Problem(FailureKind.Missing, OutOfStock,
                $"There is not enough stock for {named}{more}. The order waits and nothing of it is set aside. Add stock and it goes on by itself, or change or cancel it in the shop.",
                "lines.sku"));
        }

        return Verdict.Applied;
    }

    /// <summary>Ask again: stock may have come.</summary>
    public static bool Retry(Draft draft, bool byPerson)
    {
        if (draft.State.Reservation != ReservationState.Short)
        {
            return false;
        }

        if (byPerson)
        {
            // Whoever asks is told again if it still does not work; a timer is not.
            ForgetShortage(draft);
        }

        draft.State = draft.State with { Reservation = ReservationState.None };
        return true;
    }

    /// <summary>The undo, while the goods are still here.</summary>
    public static void Release(Draft draft)
    {
        if (draft.State.IsHandedOver())
        {
            return;
        }

        if (draft.State.Reservation == ReservationState.Held)
        {
            draft.Do(new LocalEffect.Release());
            draft.Settle(GoodsGone);
        }

        if (draft.State.Reservation != ReservationState.Committed)
        {
            ForgetShortage(draft);
            draft.State = draft.State with { Reservation = ReservationState.None, Allocations = [] };
        }
    }

    /// <summary>Each parcel's goods leave the stock when it is heard of, as of the moment in which it left: a count in between has seen the one gone and not the other.</summary>
    public static void Leave(Draft draft)
    {
        var state = draft.State;
        if (state.Reservation != ReservationState.Held || state.Shipments.All(s => s.OffStock))
        {
            return;
        }

        foreach (var parcel in state.Shipments.Where(s => !s.OffStock && s.Lines.Count > 0))
        {
            draft.Do(new LocalEffect.Commit(parcel.Lines, parcel.At));
        }

        draft.State = state with { Shipments = [.. state.Shipments.Select(s => s with { OffStock = true })] };
    }

    /// <summary>No more parcels come. What did not leave goes back; where the shipping side uses other item numbers, all of it left by its word.</summary>
    public static void Commit(Draft draft)
    {
        var state = draft.State;
        if (state.Reservation != ReservationState.Held)
        {
            Release(draft);
            return;
        }

        draft.Do(state.ShipmentsClosed || state.Counted().AllLeft ? new LocalEffect.Release() : new LocalEffect.Commit(null, state.Shipments.Max(s => s.At)));
        draft.Settle(GoodsGone);
        draft.State = draft.State with { Reservation = ReservationState.Committed };
    }

    public static Verdict SeeCover(Draft draft)
    {
        if (draft.State.Reservation != ReservationState.Held)
        {
            return Verdict.Ignored;
        }

        draft.Do(new LocalEffect.SeeCover());
        return Verdict.Applied;
    }

    /// <summary>The buyer must not find out at the counter. It closes by itself when the goods are there again, or are not held any more.</summary>
    public static Verdict Judge(Draft draft, IReadOnlyList<Uncovered> missing)
    {
        if (missing.Count == 0 || draft.State.Reservation != ReservationState.Held)
        {
            draft.Settle(GoodsGone);
            return Verdict.Applied;
        }

        var named = string.Join(", ", missing.Take(MostShortagesNamed).Select(u => $"{u.Sku} at {u.Location} ({u.Missing} of {u.Wanted})"));
        var more = missing.Count > MostShortagesNamed ? $" and {missing.Count - MostShortagesNamed} more" : "";
        if (!draft.State.Reported.Contains(GoodsGone))
        {
            draft.Note("order.goods-gone", detail: named);
        }

        draft.ReportOnce(new Problem(FailureKind.Missing, GoodsGone,
            $"Goods that were set aside for this order are not there any more: {named}{more}. A till sold them. Look for them on the shelf; if they are gone, tell the buyer, "
            + "and bring others there or cancel the order in the shop. When the goods are there again, the case closes by itself.", "lines.sku"));
        return Verdict.Applied;
    }

    private static void ForgetShortage(Draft draft)
    {
        if (draft.State.ShortageReported || draft.State.Reservation == ReservationState.Short)
        {
            draft.Solve(OutOfStock);
            draft.Wake(StockRetry, null);
            draft.State = draft.State with { ShortageReported = false };
        }
    }
}
