using System.Text.Json;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Flows;
using ControlTower.Sync.Flows.OrderToCash;
using Xunit;

namespace ControlTower.Tests.Sync.Flows.OrderToCash;

/// <summary>Runs the flow as the engine would: answers reservations and withdrawals at once, and passes the state through JSON at every step.</summary>
internal sealed class FlowBench
{
    private readonly OrderToCashFlow flow = new();
    private readonly Queue<FlowEvent> answers = new();

    public FlowContext Context { get; set; } = new(Sample.Start, Sample.Key, "brand", "erp", new FlowPolicy());

    public OrderState? State { get; private set; }

    /// <summary>Asked for and neither settled nor taken back.</summary>
    public Dictionary<PostingKey, DeliveryIntent> Open { get; } = [];

    /// <summary>Left the house: cannot be taken back until refused.</summary>
    public HashSet<PostingKey> Sent { get; } = [];

    public List<DeliveryIntent> Asked { get; } = [];
    public List<Fact> Facts { get; } = [];
    public List<Problem> Reported { get; } = [];
    public HashSet<string> OpenProblems { get; } = [];
    public Dictionary<long, Order> Documents { get; } = [];
    public HashSet<FlowReference> References { get; } = [];
    public Dictionary<string, TimeSpan> Deadlines { get; } = [];
    /// <summary>What was asked of the stock.</summary>
    public List<LocalEffect> Effects { get; } = [];

    public List<LocalEffect.SeekTwin> Sought { get; } = [];

    /// <summary>The earlier order that a search for twins finds.</summary>
    public string? Twin { get; set; }

    /// <summary>What the stock answers; null reserves everything in one place.</summary>
    public Func<LocalEffect.Reserve, FlowEvent>? Stock { get; set; }

    /// <summary>What the stock of a till's store answers; null has everything.</summary>
    public Func<LocalEffect.Take, FlowEvent>? Till { get; set; }

    /// <summary>What is not there of the goods that are held.</summary>
    public IReadOnlyList<Uncovered> Missing { get; set; } = [];

    public bool HoldsGoods { get; private set; }

    public Decision<OrderState>? Last { get; private set; }

    public FlowSummary Summary => flow.Summarize(State!);

    public static FlowBench Started(Order? order = null)
    {
        var bench = new FlowBench();
        bench.Tell(Sample.Stated(order ?? Sample.Order()));
        return bench;
    }

    public static FlowBench Posted(Order? order = null)
    {
        var bench = Started(order);
        bench.Deliver(DeliveryKind.PostSalesOrder);
        return bench;
    }

    public Verdict Tell(CanonicalEvent what) => Feed(new FlowEvent.Told(what));

    public Verdict Feed(FlowEvent what)
    {
        var verdict = Step(what);
        while (answers.TryDequeue(out var answer))
        {
            Step(answer);
        }

        return verdict;
    }

    /// <summary>The one open delivery of a kind is carried out.</summary>
    public Verdict Deliver(DeliveryKind kind, params (string Name, string Value)[] facts)
    {
        var intent = Assert.Single(Open.Values, i => i.Kind == kind);
        return Feed(Settled(intent.Key, facts));
    }

    public FlowEvent.Delivered Settled(PostingKey key, params (string Name, string Value)[] facts)
    {
        var intent = Open[key];
        Open.Remove(key);
        Sent.Remove(key);
        return new FlowEvent.Delivered(intent.Kind, key, new Outcome.Accepted("ref-1", "SO-1", facts.ToDictionary(f => f.Name, f => f.Value)));
    }

    public Verdict Refuse(DeliveryKind kind, string code = "blocked-customer")
    {
        var intent = Assert.Single(Open.Values, i => i.Kind == kind);
        Sent.Remove(intent.Key);
        return Feed(new FlowEvent.Refused(kind, intent.Key, new Outcome.Refused(FailureKind.Refused, code, "No.")));
    }

    public PostingKey SalesOrder => Asked.First(a => a.Kind == DeliveryKind.PostSalesOrder).Key;

    public IEnumerable<string> OpenKinds => Open.Values.Select(o => o.Kind.ToString()).Order(StringComparer.Ordinal);

    /// <summary>The state as stored; it must come back unchanged.</summary>
    public static string Json(OrderState state)
    {
        var text = JsonSerializer.Serialize(state, OrderStateJson.Default.OrderState);
        Assert.Equal(text, JsonSerializer.Serialize(Read(text), OrderStateJson.Default.OrderState));
        return text;
    }

    public static OrderState Read(string json) => JsonSerializer.Deserialize(json, OrderStateJson.Default.OrderState)!;

    public void Resume(string json) => State = Read(json);

    private Verdict Step(FlowEvent what)
    {
        var before = State;
        var decision = flow.Decide(before, what, Context);
        Last = decision;
        if (decision.State is null)
        {
            Assert.Equal(Verdict.Parked, decision.Verdict);
            return decision.Verdict;
        }

        if (decision.Verdict != Verdict.Applied && before is not null)
        {
            Assert.Equal(Json(before), Json(decision.State));
            Assert.Empty(decision.Facts);
            Assert.Empty(decision.Deliveries);
        }

        // Nothing is asked of anybody once the order is over.
        Assert.True(before is not ({ Completed: true } or { Cancelled: true }) || decision.Deliveries.Count == 0, $"{what} asked for something after the end.");
        Assert.True(decision.State.Refunds.Count == 0 || Refunded(decision.State) <= decision.State.Captured);
        State = Read(Json(decision.State));
        Apply(decision);
        return decision.Verdict;
    }

    private void Apply(Decision<OrderState> decision)
    {
        foreach (var kind in decision.Withdraw)
        {
            foreach (var intent in Open.Values.Where(o => o.Kind == kind && !Sent.Contains(o.Key)).ToList())
            {
                Open.Remove(intent.Key);
                answers.Enqueue(new FlowEvent.Withdrawn(kind, intent.Key));
            }
        }

        foreach (var intent in decision.Deliveries)
        {
            Assert.True(Open.TryAdd(intent.Key, intent), $"{intent.Kind} was asked for twice under one key.");
            Asked.Add(intent);
        }

        if (decision.Document is { } document)
        {
            Assert.True(Documents.TryAdd(document.Version, document), "A document's number was used twice.");
        }

        foreach (var effect in decision.Effects)
        {
            if (effect is LocalEffect.SeekTwin seek)
            {
                Sought.Add(seek);
                answers.Enqueue(new FlowEvent.TwinSought(Twin));
            }
            else if (effect is not LocalEffect.CountRefund)
            {
                Effects.Add(effect);
                Carry(effect);
            }
        }

        decision.Deadlines.Where(d => d.After is not null).ToList().ForEach(d => Deadlines[d.Name] = d.After!.Value);
        decision.Deadlines.Where(d => d.After is null).ToList().ForEach(d => Deadlines.Remove(d.Name));
        Facts.AddRange(decision.Facts);
        References.UnionWith(decision.References);
        Reported.AddRange(decision.Problems);
        OpenProblems.ExceptWith(decision.Solved);
        OpenProblems.UnionWith(decision.Problems.Select(p => p.Code));
    }

    private void Carry(LocalEffect effect)
    {
        if (effect is LocalEffect.Take take)
        {
            answers.Enqueue(Till?.Invoke(take) ?? new FlowEvent.Taken([.. take.Lines.Select(l => new Allocation(l.OrderLineId, l.Sku, take.Location, l.Quantity))], []));
            return;
        }

        if (effect is LocalEffect.CallBack)
        {
            HoldsGoods = true;
            return;
        }

        if (effect is LocalEffect.SeeCover)
        {
            answers.Enqueue(new FlowEvent.CoverSeen(Missing));
            return;
        }

        if (effect is not LocalEffect.Reserve reserve)
        {
            Assert.True(HoldsGoods, $"{effect} without goods.");
            // A parcel takes its goods along; what is left of them ends with the last word.
            HoldsGoods = effect is LocalEffect.Commit { Goods: not null };
            return;
        }

        Assert.False(HoldsGoods, "Reserved twice.");
        var answer = Stock?.Invoke(reserve) ?? new FlowEvent.Reserved([.. reserve.Lines.Select(l => new Allocation(l.OrderLineId, l.Sku, "east", l.Quantity))]);
        HoldsGoods = answer is FlowEvent.Reserved;
        answers.Enqueue(answer);
    }

    private static decimal Refunded(OrderState state)
    {
        var sum = 0m;
        foreach (var refund in state.Refunds)
        {
            sum += sum + refund.Amount <= state.Captured ? refund.Amount : 0m;
        }

        return sum;
    }
}
