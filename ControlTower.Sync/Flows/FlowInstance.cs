using System.Diagnostics;
using ControlTower.Data.Canonical;
using ControlTower.Data.Flows;

namespace ControlTower.Sync.Flows;

/// <summary>One flow under our lock: what it was told in this batch and everything that follows from it, still unsaved.</summary>
public abstract class FlowInstance(FlowRow row)
{
    public FlowRow Row { get; } = row;

    /// <summary>False until something has started it.</summary>
    public abstract bool Exists { get; }

    public bool Changed { get; private set; }

    public List<(Fact Fact, ActivityContext? Trace)> Log { get; } = [];

    public List<DeliveryIntent> Deliveries { get; } = [];

    public List<DeliveryKind> Withdraw { get; } = [];

    public List<DeadlineIntent> Deadlines { get; } = [];

    public List<LocalEffect> Effects { get; } = [];

    public List<FlowReference> References { get; } = [];

    public List<Order> Documents { get; } = [];

    /// <summary>Problems that stand at the end of what it was told.</summary>
    public List<Problem> Problems { get; } = [];

    /// <summary>Codes that are over at the end of what it was told: none of <see cref="Problems"/> is among them.</summary>
    public HashSet<string> Solved { get; } = new(StringComparer.Ordinal);

    /// <summary>Answers of our own database that the flow still has to hear, before anything else.</summary>
    public Queue<FlowEvent> Answers { get; } = new();

    /// <summary>The trace of the input being told, for the log and for what follows from it.</summary>
    public ActivityContext? Trace { get; set; }

    public abstract Verdict Tell(FlowEvent what, DateTimeOffset now);

    public abstract FlowSave Save();

    protected void Collect(
        bool changed, IReadOnlyList<Fact> facts, IReadOnlyList<DeliveryIntent> deliveries, IReadOnlyList<DeliveryKind> withdraw, IReadOnlyList<DeadlineIntent> deadlines,
        IReadOnlyList<LocalEffect> effects, IReadOnlyList<FlowReference> references, Order? document, IReadOnlyList<Problem> problems, IReadOnlyList<string> solved)
    {
        Changed |= changed;
        Log.AddRange(facts.Select(f => (f, Trace)));
        Deliveries.AddRange(deliveries);
        Withdraw.AddRange(withdraw);
        Deadlines.AddRange(deadlines);
        Effects.AddRange(effects);
        References.AddRange(references);
        // The last word on a code counts. What is looked at again and found as before was never over: its case stays the one that somebody has in hand.
        Problems.RemoveAll(p => solved.Contains(p.Code));
        Solved.UnionWith(solved);
        Problems.AddRange(problems);
        Solved.ExceptWith(problems.Select(p => p.Code));
        if (document is not null)
        {
            Documents.Add(document);
        }
    }
}
