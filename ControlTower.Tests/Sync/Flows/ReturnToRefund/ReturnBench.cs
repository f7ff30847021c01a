using System.Text.Json;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Flows;
using ControlTower.Sync.Flows.OrderToCash;
using ControlTower.Sync.Flows.ReturnToRefund;
using Xunit;

namespace ControlTower.Tests.Sync.Flows.ReturnToRefund;

/// <summary>Runs the flow as the engine would: shows it the order, keeps the order's limits, answers withdrawals at once, and passes the state through JSON at every step.</summary>
internal sealed class ReturnBench
{
    public static readonly DateTimeOffset Start = new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero);
    public static readonly OrderKey Key = new("shop", "tower-1");
    public static readonly OrderKey Of = new("shop", "5001");

    private readonly ReturnToRefundFlow flow = new();
    private readonly Queue<FlowEvent> answers = new();

    public FlowContext Context { get; set; } = new(Start, Key, "brand", "erp", new FlowPolicy());

    public ReturnState? State { get; private set; }

    public string Stage => ReturnStages.Of(State!);

    /// <summary>What the order says; null: the tower does not know it.</summary>
    public SoldOrder? Order { get; set; } = Sold();

    public Dictionary<PostingKey, DeliveryIntent> Open { get; } = [];

    /// <summary>Left the house: cannot be taken back until refused.</summary>
    public HashSet<PostingKey> Sent { get; } = [];

    public List<DeliveryIntent> Asked { get; } = [];

    public HashSet<string> OpenProblems { get; } = [];

    /// <summary>What people were told, in its order.</summary>
    public List<string> Words { get; } = [];

    public HashSet<string> Deadlines { get; } = [];

    /// <summary>Pieces and money held of the order's limits.</summary>
    public Dictionary<string, (int Pieces, decimal Amount)> Held { get; } = [];

    public bool Settled { get; private set; }

    public List<(string? Refund, decimal Amount, bool ByHand)> Paid { get; } = [];

    public List<LocalEffect.PutBack> Booked { get; } = [];

    public List<Fact> Facts { get; } = [];

    /// <summary>Two lines, 3 at 59.97 and 1 at 40.00, tax inside, delivered ten days ago.</summary>
    public static SoldOrder Sold(int left = 3, int daysAgo = 10, bool invoiced = true) => new(
        7, Of, "NL-1", "EUR", true, false, Start.AddDays(-daysAgo), 99.97m, 99.97m - ((3 - left) * 19.99m), "erp", new PostingKey("NL-1-AAAAAAAAAAAAAAAA"), invoiced, 0,
        [
            new SoldLine("1", "SKU-1", "Jacket", 3, left, 19.99m, 59.97m, [new TaxLine("VAT", 0.19m, 9.58m)]),
            new SoldLine("2", "SKU-2", "Cap", 1, 1, 40m, 40m, [new TaxLine("VAT", 0.19m, 6.39m)]),
        ]);

    public static ReturnStated Wish(int quantity = 2, string reason = ReturnReasons.Unwanted, bool receipt = true, bool approved = false, string? by = "tina") =>
        new("start", Key, Of, 1, [new ReturnedLine("1", quantity, reason)], "store-1", by, receipt, approved, Start);

    public static ReturnReceived Received(int quantity = 2, string id = "r1", bool complete = false) => new(id, Key, "store-1", [new ReceivedLine("1", quantity)], complete, "tina", Start);

    public static ReturnInspected Inspected(int quantity = 2, GoodsCondition condition = GoodsCondition.Sound, string id = "i1") =>
        new(id, Key, "store-1", [new InspectedLine("1", quantity, condition)], "tina", Start);

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

    public void Deliver(DeliveryKind kind, string? number = null, params (string Name, string Value)[] facts)
    {
        var intent = Assert.Single(Open.Values, i => i.Kind == kind);
        Open.Remove(intent.Key);
        Feed(new FlowEvent.Delivered(kind, intent.Key, new Outcome.Accepted($"ref-{kind}", number ?? $"no-{kind}", facts.ToDictionary(f => f.Name, f => f.Value))));
    }

    public void Refuse(DeliveryKind kind)
    {
        var intent = Assert.Single(Open.Values, i => i.Kind == kind);
        Feed(new FlowEvent.Refused(kind, intent.Key, new Outcome.Refused(FailureKind.Refused, "closed-period", "No.")));
    }

    public IEnumerable<string> OpenKinds => Open.Values.Select(o => o.Kind.ToString()).Order(StringComparer.Ordinal);

    public static string Json(ReturnState state)
    {
        var text = JsonSerializer.Serialize(state, ReturnStateJson.Default.ReturnState);
        Assert.Equal(text, JsonSerializer.Serialize(JsonSerializer.Deserialize(text, ReturnStateJson.Default.ReturnState)!, ReturnStateJson.Default.ReturnState));
        return text;
    }

    private Verdict Step(FlowEvent what)
    {
        var before = State;
        var decision = flow.Decide(before, what, Context);
        if (decision.State is null)
        {
            Assert.Equal(Verdict.Parked, decision.Verdict);
            return decision.Verdict;
        }

        if (decision.Verdict != Verdict.Applied && before is not null)
        {
            Assert.Equal(Json(before), Json(decision.State));
            Assert.Empty(decision.Deliveries);
            Assert.Empty(decision.Effects);
        }

        Assert.True(before is not ({ Completed: true } or { Cancelled: true } or { Refused: true }) || (decision.Deliveries.Count == 0 && decision.Effects.All(e => e is LocalEffect.SettleClaim)), $"{what} asked for something after the end.");
        State = JsonSerializer.Deserialize(Json(decision.State), ReturnStateJson.Default.ReturnState);
        Apply(decision);
        return decision.Verdict;
    }

    private void Apply(Decision<ReturnState> decision)
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

        foreach (var effect in decision.Effects)
        {
            Carry(effect);
        }

        Facts.AddRange(decision.Facts);
        decision.Deadlines.Where(d => d.After is not null).ToList().ForEach(d => Deadlines.Add(d.Name));
        decision.Deadlines.Where(d => d.After is null).ToList().ForEach(d => Deadlines.Remove(d.Name));
        OpenProblems.ExceptWith(decision.Solved);
        OpenProblems.UnionWith(decision.Problems.Select(p => p.Code));
        Words.AddRange(decision.Problems.Select(p => p.Message));
    }

    private void Carry(LocalEffect effect)
    {
        switch (effect)
        {
            case LocalEffect.SeeOrder:
                answers.Enqueue(new FlowEvent.OrderSeen(Order));
                break;
            case LocalEffect.Claim claim:
                Assert.Empty(Held);
                var broken = claim.Lines.Any(l => l.Quantity > Order!.Lines.First(o => o.Id == l.OrderLineId).Left) ? "return_never_exceeds_sold"
                    : claim.Lines.Sum(l => l.Amount) > Order!.MoneyLeft ? "refund_never_exceeds_capture" : null;
                if (broken is null)
                {
                    claim.Lines.ToList().ForEach(l => Held[l.OrderLineId] = (l.Quantity, l.Amount));
                }

                answers.Enqueue(new FlowEvent.Claimed(broken));
                break;
            case LocalEffect.ReleaseClaim { Parts: null }:
                Assert.False(Settled);
                Held.Clear();
                break;
            case LocalEffect.ReleaseClaim release:
                Assert.False(Settled);
                release.Parts!.ToList().ForEach(p => Held[p.OrderLineId] = (Held[p.OrderLineId].Pieces - p.Quantity, Held[p.OrderLineId].Amount - p.Amount));
                break;
            case LocalEffect.SettleClaim settle:
                Assert.True(!Settled || State!.FurtherRefunds.Contains(settle.RefundId!), "It was paid out twice under one name.");
                Settled = true;
                Paid.Add((settle.RefundId, settle.Amount, settle.ByHand));
                break;
            case LocalEffect.PutBack back:
                Booked.Add(back);
                break;
            default:
                throw new InvalidOperationException($"A return does not ask for {effect}.");
        }
    }
}
