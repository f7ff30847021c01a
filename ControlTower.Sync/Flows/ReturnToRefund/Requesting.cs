using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Flows.ReturnToRefund;

/// <summary>What is asked for, and who agreed to it.</summary>
internal static class Requesting
{
    private const string Changed = "changed-after-authorisation";
    private const string More = "more-lines";

    public static Verdict Begin(ReturnDraft draft, ReturnStated said)
    {
        draft.State = draft.State with { Name = draft.Context.Key.Id, RequestedAt = said.At, By = said.By, ById = said.ById };
        Adopt(draft, said);
        draft.Refer("return", draft.Context.Key.Id);
        draft.Note("return.requested", said.By is null ? draft.Context.Key.Source : null, said.Of.Id, said.Store);
        return Verdict.Applied;
    }

    public static Verdict Restate(ReturnDraft draft, ReturnStated said)
    {
        var state = draft.State;
        if (said.Version <= state.Version)
        {
            return said.Version == state.Version ? Verdict.Duplicate : Verdict.Stale;
        }

        if (state.Claim != ClaimState.None && (state.Of != said.Of || !Same(state.Requested, said.Lines)))
        {
            draft.State = state with { Version = said.Version };
            draft.ReportOnce(new Problem(FailureKind.Value, Changed,
                "The channel changed what comes back after it was authorised. The return goes on as it was authorised. Compare it with the channel; what is missing there needs a return of its own.",
                "lines", draft.Context.Key.Source));
            return Verdict.Applied;
        }

        Adopt(draft, said);
        draft.Note("return.restated", draft.Context.Key.Source);
        return Verdict.Applied;
    }

    public static Verdict Approve(ReturnDraft draft, ReturnApproved said)
    {
        if (draft.State.Approved || draft.State.IsOver())
        {
            return draft.State.Approved ? Verdict.Duplicate : Verdict.Ignored;
        }

        // What is left may have changed since the policy looked.
        draft.State = draft.State with { Approved = true, ApprovedBy = said.By, Look = Again(draft.State) };
        draft.Note("return.approved", said.By is null ? draft.Context.Key.Source : null, detail: said.By);
        return Verdict.Applied;
    }

    public static LookState Again(ReturnState state) => state is { Claim: ClaimState.None, Look: LookState.Seen } ? LookState.None : state.Look;

    private static void Adopt(ReturnDraft draft, ReturnStated said)
    {
        draft.State = Adopted(draft.State, said);
        if (said.Partial)
        {
            draft.ReportOnce(new Problem(FailureKind.Missing, More,
                $"The return has more lines in the channel than the {said.Lines.Count} that were read. These go on; what is missing needs a return of its own.", "lines", draft.Context.Key.Source));
        }
    }

    private static ReturnState Adopted(ReturnState state, ReturnStated said) => state with
    {
        Version = said.Version,
        Of = said.Of,
        Requested = [.. said.Lines.GroupBy(l => l.OrderLineId, StringComparer.Ordinal).Select(g => g.First() with { Quantity = Sum(g), Worth = g.Any(l => l.Worth is null) ? null : g.Sum(l => l.Worth) })],
        Store = said.Store,
        Receipt = said.Receipt,
        Exchange = said.Exchange,
        AtTill = said.AtTill,
        Approved = state.Approved || said.Approved,
        ApprovedBy = state.ApprovedBy ?? (said.Approved ? said.By : null),
        Look = Again(state),
    };

    // One line named twice is that line with both; a negative piece of it must not hide in the sum.
    private static int Sum(IEnumerable<ReturnedLine> lines) => lines.Any(l => l.Quantity <= 0) ? 0 : (int)Math.Min(int.MaxValue, lines.Sum(l => (long)l.Quantity));

    private static bool Same(IReadOnlyList<ReturnedLine> known, IReadOnlyList<ReturnedLine> said) =>
        known.Select(l => (l.OrderLineId, l.Quantity)).ToHashSet().SetEquals(said.Select(l => (l.OrderLineId, l.Quantity)));
}
