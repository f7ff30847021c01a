using ControlTower.Data.Canonical;
using ControlTower.Sync.Flows.OrderToCash;

namespace ControlTower.Sync.Flows.ReturnToRefund;

/// <summary>Goods come, are looked at, and lie where they were looked at. What was promised and not accepted is given back to the order's limits.</summary>
internal static class Arriving
{
    private const string AfterEnd = "goods-after-end";
    private const string AfterSettled = "goods-after-inspection";
    private const string PaidForNothing = "refunded-but-not-accepted";

    public static Verdict Learn(ReturnDraft draft, ReturnReceived said)
    {
        if (draft.State.Receipts.Any(r => r.Id == said.EventId))
        {
            return Verdict.Duplicate;
        }

        if (said.After is { } seen && seen != draft.State.Receipts.Count)
        {
            return Unseen(draft, "receipt", said.By);
        }

        draft.State = draft.State with { Receipts = [.. draft.State.Receipts, new Receipt(said.EventId, said.Location, said.Lines, said.Complete, said.By, said.At, draft.State.Trimmed)] };
        TooLate(draft, said.Location, said.Lines.Sum(l => (long)l.Quantity));
        draft.Note("return.received", reference: said.Location, detail: $"{said.Lines.Sum(l => (long)l.Quantity)} at {said.Location}");
        if (draft.State is { Refused: true } or { Cancelled: true } && said.At > draft.State.RequestedAt)
        {
            // What was on the counter when it was refused is still in the buyer's hands.
            draft.ReportOnce(new Problem(FailureKind.Ownership, AfterEnd,
                $"Goods came to {said.Location} although the return is {ReturnStages.Of(draft.State)}. Nothing is booked, credited or refunded. Send them back, or start a new return for them.",
                null, draft.Context.Key.Source));
        }

        return Verdict.Applied;
    }

    public static Verdict Learn(ReturnDraft draft, ReturnInspected said)
    {
        if (draft.State.Inspections.Any(i => i.Id == said.EventId))
        {
            return Verdict.Duplicate;
        }

        if (said.After is { } seen && seen != draft.State.Inspections.Count)
        {
            return Unseen(draft, "inspection", said.By);
        }

        draft.State = draft.State with { Inspections = [.. draft.State.Inspections, new Inspection(said.EventId, said.Location, said.Lines, said.By, said.At, Late: draft.State.Trimmed)] };
        TooLate(draft, said.Location, said.Lines.Sum(l => (long)l.Quantity));
        draft.Note("return.inspected", reference: said.Location, detail: string.Join(", ", said.Lines.GroupBy(l => l.Condition).Select(g => $"{g.Sum(l => (long)l.Quantity)} {Word(g.Key)}")));
        return Verdict.Applied;
    }

    public static void Advance(ReturnDraft draft)
    {
        PutBack(draft);
        if (!draft.State.IsInspected() || draft.State.Trimmed)
        {
            return;
        }

        if (draft.State.Refund.IsPending() && draft.State.RefundAmount != draft.State.Due())
        {
            // Asked for before the goods came, and they are not worth so much: not paid yet, it is taken back and asked for again as it is due.
            draft.TakeBack(DeliveryKind.RefundPayment);
            return;
        }

        draft.State = draft.State with { Trimmed = true };
        var state = draft.State;
        var rest = state.Lines.Where(l => state.Accepted(l) < l.Quantity).Select(l => new ClaimPart(l.Id, l.Quantity - state.Accepted(l), l.Amount - state.Due(l))).ToList();
        if (rest.Count > 0 && state.Refund == ErrandState.None)
        {
            draft.Do(new LocalEffect.ReleaseClaim(rest));
        }
        else if (rest.Count > 0)
        {
            draft.ReportOnce(new Problem(FailureKind.Refused, PaidForNothing,
                $"{new Money(state.RefundAmount, state.Currency)} was refunded before the goods came, but what came was accepted for {new Money(state.Due(), state.Currency)} only. "
                + "Claim the difference from the buyer; the books are credited with what was accepted.", "lines", draft.Context.Key.Source));
        }
    }

    // Who did not see the last act cannot mean goods beyond it: the same goods would be paid twice.
    private static Verdict Unseen(ReturnDraft draft, string what, string? by)
    {
        draft.Note("return.said-beside", reference: what, detail: by);
        return Verdict.Ignored;
    }

    // What was not accepted is given back and may be promised to another by now.
    private static void TooLate(ReturnDraft draft, string location, long pieces)
    {
        var counted = draft.State.Lines.Sum(l => (long)draft.State.Inspected(l));
        if (draft.State is { Trimmed: true, Completed: false } && counted < draft.State.Lines.Sum(l => (long)l.Quantity))
        {
            draft.ReportOnce(new Problem(FailureKind.Ownership, AfterSettled,
                $"{pieces} pieces were named at {location} after what came was looked at and settled. They are not booked, credited or refunded. Start a new return for goods that are really there.",
                "lines", draft.Context.Key.Source));
        }
    }

    // An inspection is booked as far as it counts, and once: what comes in a later one does not change it.
    private static void PutBack(ReturnDraft draft)
    {
        foreach (var inspection in draft.State.Inspections.Where(i => !i.Booked).ToList())
        {
            var lines = draft.State.Shares().Where(s => s.Inspection.Id == inspection.Id).GroupBy(s => s.Line.OrderLineId, StringComparer.Ordinal).Select(g => new PutBackLine(
                g.Key, draft.State.Lines.First(l => l.Id == g.Key).Sku, Pieces(g, GoodsCondition.Sound), Pieces(g, GoodsCondition.NeedsWork))).Where(l => l.Sound + l.Damaged > 0).ToList();
            draft.State = draft.State with { Inspections = [.. draft.State.Inspections.Select(i => i.Id == inspection.Id ? i with { Booked = true } : i)] };
            if (lines.Count > 0)
            {
                draft.Do(new LocalEffect.PutBack(inspection.Id, inspection.Location, lines));
            }
        }
    }

    private static int Pieces(IEnumerable<(Inspection Inspection, InspectedLine Line, int Quantity)> shares, GoodsCondition condition) =>
        shares.Where(s => s.Line.Condition == condition).Sum(s => s.Quantity);

    private static string Word(GoodsCondition condition) => condition switch
    {
        GoodsCondition.Sound => "sound",
        GoodsCondition.NeedsWork => "to be mended",
        GoodsCondition.WriteOff => "written off",
        _ => "not accepted",
    };
}
