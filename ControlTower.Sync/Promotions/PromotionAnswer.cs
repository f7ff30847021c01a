using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Promotions;

/// <summary>What came of an act on a promotion.</summary>
public abstract record PromotionAnswer
{
    /// <summary>It is on disk; also the answer to a repeat that had nothing left to do.</summary>
    /// <param name="Id">The promotion.</param>
    /// <param name="Count">What it concerned, where it concerns many.</param>
    public sealed record Done(long Id, long Count = 0, string? Words = null) : PromotionAnswer;

    /// <summary>Nothing was changed.</summary>
    /// <param name="Rule">The rule that refused, stable: <c>four-eyes</c>, <c>locked</c>, <c>moved</c>, <c>state</c>, <c>plan</c>, <c>check</c>, <c>unknown</c>.</param>
    /// <param name="Words">Why, and what can be done.</param>
    /// <param name="Problems">Fields of a plan that are wrong.</param>
    public sealed record Refused(string Rule, string Words, IReadOnlyList<PlanProblem>? Problems = null) : PromotionAnswer;
}
