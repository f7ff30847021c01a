namespace ControlTower.Sync.Reconciliation;

/// <summary>What came of an act of reconciliation.</summary>
public abstract record ReconAnswer
{
    /// <summary>It is on disk; also the answer to a repeat that had nothing left to do.</summary>
    /// <param name="Count">How many it concerned.</param>
    /// <param name="Words">What happened, for people.</param>
    /// <param name="Id">Of what was made, where something was.</param>
    public sealed record Done(long Count = 1, string? Words = null, long? Id = null) : ReconAnswer;

    /// <summary>Nothing was changed.</summary>
    /// <param name="Rule">Stable: <c>unknown</c>, <c>moved</c>, <c>state</c>, <c>closed-month</c>, <c>limit</c>, <c>field</c>, <c>circle</c>, <c>busy</c>.</param>
    /// <param name="Words">Why, and what can be done.</param>
    public sealed record Refused(string Rule, string Words, IReadOnlyList<ReconProblem>? Problems = null) : ReconAnswer;
}

/// <summary>A field that is wrong.</summary>
public sealed record ReconProblem(string Field, string Words);
