using System.Globalization;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Flows.OrderToCash;

/// <summary>Refunds as the shop states them: recorded, each once, never more than was captured.</summary>
internal static class Refunding
{
    private const string TooMuch = "refund-exceeds-capture";

    // No order has so many pieces, and the sums of the limits still fit.
    private const long MostPieces = 1_000_000;

    public static Verdict Learn(Draft draft, RefundRecorded said)
    {
        var state = draft.State;
        if (state.Refunds.Any(r => r.Id == said.RefundId))
        {
            if (said.OfReturn is not null)
            {
                // It may have been read before its return could be: the limits learn whose it is.
                Count(draft, said, said.Amount);
            }

            return Verdict.Duplicate;
        }

        if (said.Amount.Currency != state.Currency || said.Amount.Amount < 0m)
        {
            draft.ReportOnce(new Problem(FailureKind.Value, "refund-value",
                string.Create(CultureInfo.InvariantCulture, $"The shop states a refund of {said.Amount}, which cannot belong to an order in {state.Currency}. It was not recorded. ")
                + "Check the refund in the shop.", "amount", draft.Context.Key.Source));
            return Verdict.Applied;
        }

        var refund = new Refund(said.RefundId, Capturing.Bounded(said.Amount.Amount), said.At);
        var sum = state.Refunds.Sum(r => r.Amount) + refund.Amount;
        if (sum > state.Captured && said.Version > state.Version)
        {
            return Verdict.Parked;
        }

        // Sorted, so that which refunds count does not depend on which was heard of first.
        draft.State = state with { Refunds = [.. state.Refunds.Append(refund).OrderBy(r => r.At).ThenBy(r => r.Id, StringComparer.Ordinal)] };
        draft.Refer("refund", said.RefundId);
        Count(draft, said, said.Amount with { Amount = refund.Amount });
        draft.Note("order.refunded", draft.Context.Key.Source, said.RefundId, said.Amount.ToString());
        return Verdict.Applied;
    }

    private static void Count(Draft draft, RefundRecorded said, Money amount) => draft.Do(new LocalEffect.CountRefund(
        said.RefundId, amount, draft.State.Captured, said.Echo, said.OfReturn, [.. said.Lines.Where(l => l is { TakenOff: false, Quantity: > 0 })
            .GroupBy(l => l.OrderLineId, StringComparer.Ordinal).Select(g => Counted(draft.State, g.Key, g))]));

    // Worth is the returns' own to know; a refund of the shop claims none of it.
    private static CountedLine Counted(OrderState state, string line, IEnumerable<RefundLine> lines) =>
        new(line, state.Items.FirstOrDefault(i => i.Id == line)?.Quantity ?? 0, 0m, (int)Math.Min(MostPieces, lines.Sum(l => (long)l.Quantity)));

    /// <summary>Judged after every event: a later statement may show the capture that was missing.</summary>
    public static void Judge(Draft draft)
    {
        var state = draft.State;
        if (state.Refunds.Sum(r => r.Amount) <= state.Captured)
        {
            draft.Settle(TooMuch);
            return;
        }

        draft.ReportOnce(new Problem(FailureKind.Value, TooMuch, string.Create(CultureInfo.InvariantCulture,
            $"The shop refunded more than the {state.Captured} {state.Currency} that it captured. Only {state.Refunded()} counts. Check the refunds of this order in the shop and at the payment provider."),
            "amount", draft.Context.Key.Source));
    }
}
