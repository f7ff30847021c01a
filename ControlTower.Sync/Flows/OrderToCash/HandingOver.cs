using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Flows.OrderToCash;

/// <summary>
/// A sale at a till: its goods leave the stock of the store as soon as it is heard of, also while a check holds its way to the books, for they are gone either way.
/// What was not free is sold all the same and told as oversold. There is no undo: goods come back by a return.
/// </summary>
internal static class HandingOver
{
    private const int MostNamed = 5;
    private const int LongestSku = 100;

    public static void Advance(Draft draft)
    {
        var state = draft.State;
        if (!state.IsHandedOver() || state.Reservation == ReservationState.Asked || KeepsNoStock(state) || state.Pickup is not { Length: > 0 } store)
        {
            return;
        }

        // A line that cannot be counted is a finding; once it is mended, it is taken behind the others.
        var lines = state.Items.Where(i => IsCountable(i) && state.Allocations.All(a => a.OrderLineId != i.Id)).Select(i => new ReserveLine(i.Id, i.Sku, i.Quantity)).ToList();
        if (lines.Count > 0)
        {
            draft.State = state with { Reservation = ReservationState.Asked };
            draft.Do(new LocalEffect.Take(lines, store, state.PlacedAt));
        }
    }

    private static bool IsCountable(OrderItem item) => !string.IsNullOrWhiteSpace(item.Sku) && item.Sku.Length <= LongestSku && item.Quantity is > 0 and <= Findings.LargestQuantity;

    // Answered, and nothing was taken: it is not asked for again.
    private static bool KeepsNoStock(OrderState state) => state is { Reservation: ReservationState.Committed, Allocations.Count: 0 };

    public static Verdict Succeeded(Draft draft, FlowEvent.Taken answer)
    {
        if (draft.State.Reservation != ReservationState.Asked)
        {
            return Verdict.Duplicate;
        }

        var told = answer.Allocations.Select(a => a.OrderLineId).ToHashSet(StringComparer.Ordinal);
        draft.State = draft.State with { Reservation = ReservationState.Committed, Allocations = [.. draft.State.Allocations.Where(a => !told.Contains(a.OrderLineId)), .. answer.Allocations] };
        draft.Note("order.taken", detail: answer.Allocations.Count == 0
            ? $"{draft.State.Pickup} keeps no stock here"
            : $"{answer.Allocations.Sum(a => a.Quantity)} at {draft.State.Pickup}");
        if (answer.Oversold.Count > 0)
        {
            draft.Note("order.oversold", detail: string.Join(", ", answer.Oversold.Take(MostNamed).Select(s => $"{s.Sku} ({s.Missing} of {s.Wanted} not free)")));
        }

        return Verdict.Applied;
    }
}
