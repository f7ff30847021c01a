using System.Diagnostics;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Flows;

/// <summary>
/// The flows of one transaction and what they still have to hear. Works in rounds: each flow hears the answers of our own database first, else its next event; then the
/// effects of all flows are carried out together. A flow whose decision throws is left out with all its inputs; the others go on.
/// </summary>
internal sealed class FlowBatch(IReadOnlyDictionary<long, FlowInstance> flows, TimeProvider clock)
{
    private readonly Dictionary<long, Queue<(int Input, FlowEvent Event, ActivityContext? Trace)>> queues = [];
    private readonly Dictionary<int, Verdict> verdicts = [];
    private readonly Dictionary<int, Exception> failures = [];
    private readonly Dictionary<long, Exception> broken = [];

    public IEnumerable<FlowInstance> Sound => flows.Values.Where(f => !broken.ContainsKey(f.Row.Id)).OrderBy(f => f.Row.Id);

    public FlowInstance this[long id] => flows[id];

    public Exception? FailureOf(int input) => failures.GetValueOrDefault(input);

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
    public bool Tell()
    {
        var told = false;
        foreach (var flow in Sound.ToList())
        {
            told |= TellOne(flow);
        }

        return told;
    }

    private bool TellOne(FlowInstance flow)
    {
        var queue = queues.GetValueOrDefault(flow.Row.Id);
        var current = -1;
        try
        {
            if (flow.Answers.Count > 0)
            {
                while (flow.Answers.TryDequeue(out var answer))
                {
                    flow.Tell(answer, clock.GetUtcNow());
                }

                return true;
            }

            if (queue is null || !queue.TryDequeue(out var next))
            {
                return false;
            }

            current = next.Input;
            flow.Trace = next.Trace;
            Note(next.Input, flow.Tell(next.Event, clock.GetUtcNow()));
            return true;
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            Break(flow.Row.Id, current, queue, error);
            return true;
        }
    }

    private void Break(long flow, int current, Queue<(int Input, FlowEvent Event, ActivityContext? Trace)>? queue, Exception error)
    {
        broken[flow] = error;
        failures[current] = error;
        foreach (var (input, _, _) in queue ?? [])
        {
            failures[input] = error;
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
