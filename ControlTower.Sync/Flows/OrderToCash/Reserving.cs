using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;

namespace ControlTower.Sync.Flows.OrderToCash;

/// <summary>Route the order to locations and set its goods aside; give them back; let them go.</summary>
internal static class Reserving
{
    public const string StockRetry = "stock-retry";
    private const string OutOfStock = "out-of-stock";
    private const int MostShortagesNamed = 5;

    public static void Advance(Draft draft)
    {
        var state = draft.State;
        if (state.IsHandedOver() || !state.Checked || state.Reservation != ReservationState.None || state.GoodsSecured())
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
        }

        if (draft.State.Reservation != ReservationState.Committed)
        {
            ForgetShortage(draft);
            draft.State = draft.State with { Reservation = ReservationState.None, Allocations = [] };
        }
    }

    /// <summary>The goods left.</summary>
    public static void Commit(Draft draft)
    {
        if (draft.State.Reservation == ReservationState.Held)
        {
            draft.Do(new LocalEffect.Commit(draft.State.Shipments.Count > 0 ? draft.State.Shipments.Max(s => s.At) : null));
            draft.State = draft.State with { Reservation = ReservationState.Committed };
        }
        else
        {
            Release(draft);
        }
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
