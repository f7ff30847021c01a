using System.Globalization;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Flows.OrderToCash;

/// <summary>Is this order fit to be posted? Each failed check holds the order under a code of its own until a statement, a setting or a person changes that.</summary>
internal static class Checking
{
    public const string FraudReview = "fraud-review";
    public const string TestOrder = "test-order";

    /// <summary>Checks that are a matter of judgement: a retry is the approval. The others are facts and are looked at again.</summary>
    private static readonly string[] Judgements = [FraudReview, TestOrder, Twins.Duplicate];

    public static void Advance(Draft draft)
    {
        if (draft.State is { Checked: true, Post: ErrandState.None } && draft.Erp is null)
        {
            draft.State = draft.State with { Checked = false };
        }

        if (draft.State.Checked || draft.State.TwinAwaited)
        {
            return;
        }

        var failing = Failing(draft).ToList();
        var before = draft.State.Held;
        var now = failing.Select(p => p.Code).ToList();
        draft.State = draft.State with { Held = now, Checked = now.Count == 0 };
        foreach (var code in before.Except(now))
        {
            draft.Solve(code);
        }

        var news = failing.Where(p => !before.Contains(p.Code)).ToList();
        news.ForEach(draft.Report);
        if (draft.State.Checked)
        {
            draft.Note("order.checked");
        }
        else if (news.Count > 0)
        {
            draft.Note("order.held", detail: string.Join(", ", now));
        }
    }

    /// <summary>A person asks to look again: what is theirs to decide counts as decided.</summary>
    public static bool Retry(Draft draft)
    {
        var held = draft.State.Held;
        if (held.Count == 0)
        {
            return false;
        }

        held.ToList().ForEach(draft.Solve);
        draft.State = draft.State with { Checked = false, Held = [], Approved = [.. draft.State.Approved.Union(held.Intersect(Judgements))] };
        return true;
    }

    /// <summary>The undo: an order that is over is held by nothing.</summary>
    public static void Drop(Draft draft)
    {
        draft.State.Held.ToList().ForEach(draft.Solve);
        draft.State = draft.State with { Held = [] };
    }

    private static IEnumerable<Problem> Failing(Draft draft)
    {
        var (state, shop) = (draft.State, draft.Context.Key.Source);
        foreach (var fault in state.Findings.Faults)
        {
            yield return FaultTexts.Of(fault, shop);
        }

        if (Math.Abs(state.Findings.TotalDifference) > draft.Tolerance)
        {
            yield return new Problem(FailureKind.Value, "total-mismatch", string.Create(CultureInfo.InvariantCulture,
                $"The shop's total of {state.Total} {state.Currency} differs by {state.Findings.TotalDifference} from the sum of lines, shipping and tax. Nothing was posted. "
                + $"Correct the order in the shop, or allow the difference in the policy and retry."), "totals.total", shop);
        }

        if (Math.Abs(state.Findings.TaxDifference) > draft.Tolerance)
        {
            yield return new Problem(FailureKind.Value, "tax-mismatch", string.Create(CultureInfo.InvariantCulture,
                $"The tax stated by the shop differs by {state.Findings.TaxDifference} {state.Currency} from the sum of the tax lines. Nothing was posted. "
                + $"Correct the tax in the shop, or allow the difference in the policy and retry."), "totals.tax", shop);
        }

        if (draft.Erp is null)
        {
            yield return new Problem(FailureKind.Missing, "no-erp",
                "No ERP is set for this shop, so the order cannot be posted. Choose the ERP that keeps its books under Connections, then retry.", "postsTo", shop);
        }

        if (state.Test && !state.Approved.Contains(TestOrder))
        {
            yield return new Problem(FailureKind.Refused, TestOrder,
                "The shop marks this as a test order. It is not posted to the ERP. Retry to post it all the same, or discard the case.", "test", shop);
        }

        if (state.TwinOf is { } earlier && !state.Approved.Contains(Twins.Duplicate))
        {
            yield return Twins.Suspected(earlier, shop);
        }

        if (!state.IsHandedOver() && state.Total > draft.Context.Policy.FraudLimit(state.Currency) && !state.Approved.Contains(FraudReview))
        {
            yield return new Problem(FailureKind.Refused, FraudReview, string.Create(CultureInfo.InvariantCulture,
                $"The order of {state.Total} {state.Currency} is above the limit of {draft.Context.Policy.FraudLimit(state.Currency)} for orders without review. "
                + $"Look at buyer and payment; retry to approve it, or cancel it in the shop."), "totals.total", shop);
        }
    }
}
