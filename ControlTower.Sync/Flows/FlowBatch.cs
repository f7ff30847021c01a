using System.Diagnostics;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Flows;

/// <summary>
/// The flows of one transaction and what they still have to hear. Works in rounds: each flow hears the answers of our own database first, else its next event; then the
/// effects of all flows are carried out together. A decision that throws breaks the whole batch: what it was told before may have moved stock already, so nothing of it may commit.
/// </summary>
internal sealed class FlowBatch(IReadOnlyDictionary<long, FlowInstance> flows, TimeProvider clock)
{
    private readonly Dictionary<long, Queue<(int Input, FlowEvent Event, ActivityContext? Trace)>> queues = [];
    private readonly Dictionary<int, Verdict> verdicts = [];

    public IReadOnlyList<FlowInstance> Flows { get; } = [.. flows.Values.OrderBy(f => f.Row.Id)];

    public FlowInstance this[long id] => flows[id];

    public Verdict? VerdictOf(int input) => verdicts.TryGetValue(input, out var verdict) ? verdict : null;

    public void Enqueue(int input, long flow, FlowEvent what, ActivityContext? trace)
    {
        if (!queues.TryGetValue(flow, out var queue))
        {
            queues[flow] = queue = new();
        }

        queue.Enqueue((input, what, trace));
    }

    public void Note(int input, Verdict verdict) => verdicts[input] = verdicts.TryGetValue(input, out var before) ? Stronger(before, verdict) : verdict;

    /// <summary>One round. False when nobody has anything left to hear.</summary>
    /// <exception cref="FlowBroke">A flow could not decide: nothing of this batch may commit.</exception>
    public bool Tell()
    {
        var told = false;
        foreach (var flow in Flows)
        {
            told |= TellOne(flow);
        }

        return told;
    }

    private bool TellOne(FlowInstance flow)
    {
        if (flow.Answers.Count > 0)
        {
            while (flow.Answers.TryDequeue(out var answer))
            {
                Decide(flow, answer);
            }

            return true;
        }

        if (!queues.TryGetValue(flow.Row.Id, out var queue) || !queue.TryDequeue(out var next))
        {
            return false;
        }

        flow.Trace = next.Trace;
        Note(next.Input, Decide(flow, next.Event));
        return true;
    }

    // Whatever is thrown is of the flow's making; wrapped, so that it is never mistaken for trouble with the database.
    private Verdict Decide(FlowInstance flow, FlowEvent what)
    {
        try
        {
            return flow.Tell(what, clock.GetUtcNow());
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            throw new FlowBroke(flow.Row.Id, what, error);
        }
    }

    // One message may say several things: waiting outranks all, so that nothing of it is lost; then what changed something.
    private static Verdict Stronger(Verdict a, Verdict b) => Rank(a) >= Rank(b) ? a : b;

    private static int Rank(Verdict verdict) => verdict switch
    {
        Verdict.Parked => 4,
        Verdict.Applied => 3,
        Verdict.Stale => 2,
        Verdict.Duplicate => 1,
        _ => 0,
    };
}
