using System.Text.Json;
using ControlTower.Data.Canonical;
using ControlTower.Data.Flows;
using ControlTower.Data.Outbox;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Flows;
using ControlTower.Sync.Flows.OrderToCash;

namespace ControlTower.Tests.Simulation;

/// <summary>
/// One transaction of <see cref="FlowRunner"/> over the memory tower: claims checked by fence, flows decided by the real host and batch, everything saved at once. Mirrors
/// <see cref="FlowLoading"/>, <see cref="FlowCommit"/>, <see cref="FlowEffects"/> and <see cref="FlowSettling"/>.
/// </summary>
/// <param name="clock">Of the node that runs the transaction.</param>
/// <param name="outOfStock">True: the stock cannot serve this reservation.</param>
internal sealed class MemoryRunner(MemoryTower tower, FlowHost host, TimeProvider clock, Func<bool> outOfStock)
{
    private readonly HashSet<string> withdrawn = new(StringComparer.Ordinal);

    public static FlowHost Host(Guards guards) => FlowHost.Of(guards.ChecksVersions ? new OrderToCashFlow() : (IFlow<OrderState>)new Forgetful(), new FlowPolicy());

    public IReadOnlyList<FlowAnswer> Apply(IReadOnlyList<FlowInput> batch)
    {
        var held = new HeldInputs(
            tower.Inbox.Hold(batch.OfType<FlowInput.Message>().Select(m => m.Claim)), tower.Outbox.Hold(batch.Select(HeldInputs.DeliveryOf).OfType<ClaimedDelivery>()));
        var flows = Load(batch, held);
        var working = new FlowBatch(flows.Instances, clock);
        flows.Enqueue(working);
        withdrawn.Clear();
        foreach (var refused in batch.OfType<FlowInput.Refused>().Where(held.Has))
        {
            tower.Outbox.Refuse(refused.Claim.Id, refused.Claim.Key);
        }

        do
        {
            while (working.Tell())
            {
                Withdraw(working);
                CarryOut(working);
            }
        }
        while (Intend(working));
        Save(working);
        return [.. batch.Select((input, i) => Settle(input, held.Has(input), working.VerdictOf(i) ?? Verdict.Ignored))];
    }

    private LoadedFlows Load(IReadOnlyList<FlowInput> batch, HeldInputs held)
    {
        var events = batch.Where(held.Has).OfType<FlowInput.Message>().SelectMany(m => m.Events).ToList();
        var byPosting = events.Select(e => e.Posting?.Value).OfType<string>().Distinct(StringComparer.Ordinal).Select(tower.Outbox.PostingOf).OfType<Posting>()
            .ToDictionary(p => p.Key, p => p.Flow, StringComparer.Ordinal);
        foreach (var key in events.Where(e => e.Order is not null && host.CanStart(e)).Select(e => e.Order!.Value).Distinct())
        {
            tower.Ensure(new FlowSeed(host.Kind, key.Source, key.Id, "brand", Estate.Erp));
        }

        var due = batch.OfType<FlowInput.Due>().Select(d => (d.FlowId, d.Deadline)).ToList();
        var ids = byPosting.Values.Concat(batch.Where(held.Has).Select(HeldInputs.DeliveryOf).OfType<ClaimedDelivery>().Select(d => d.FlowId))
            .Concat(due.Select(d => d.FlowId)).Concat(batch.OfType<FlowInput.Retried>().Select(r => r.FlowId));
        var rows = tower.Lock(ids, events.Select(e => e.Order).OfType<OrderKey>());
        return new LoadedFlows(batch, held, new FlowHosts([host]), byPosting, [.. tower.Take(due)], rows.ToDictionary(r => r.Id, r => host.Open(r, r.Erp ?? Estate.Erp)));
    }

    private void Withdraw(FlowBatch working)
    {
        foreach (var flow in working.Flows.Where(f => f.Withdraw.Count > 0))
        {
            foreach (var (_, kind, key) in tower.Outbox.Withdraw([.. flow.Withdraw.Select(_ => flow.Row.Id)], [.. flow.Withdraw.Select(k => k.ToString())]))
            {
                flow.Answers.Enqueue(new FlowEvent.Withdrawn(Enum.Parse<DeliveryKind>(kind), new PostingKey(key)));
                tower.Cases.Remove($"posting/{key}");
                withdrawn.Add(key);
            }

            foreach (var intent in flow.Deliveries.Where(d => flow.Withdraw.Contains(d.Kind)).ToList())
            {
                flow.Deliveries.Remove(intent);
                flow.Answers.Enqueue(new FlowEvent.Withdrawn(intent.Kind, intent.Key));
            }

            flow.Withdraw.Clear();
        }
    }

    private void CarryOut(FlowBatch working)
    {
        foreach (var flow in working.Flows)
        {
            foreach (var effect in flow.Effects)
            {
                switch (effect)
                {
                    case LocalEffect.CountRefund:
                        break;
                    case LocalEffect.SeekTwin:
                        flow.Answers.Enqueue(new FlowEvent.TwinSought(null));
                        break;
                    case LocalEffect.Reserve reserve:
                        flow.Answers.Enqueue(Reserve(flow.Row.Id, reserve));
                        break;
                    case LocalEffect.Take take:
                        flow.Answers.Enqueue(new FlowEvent.Taken([.. take.Lines.Select(l => new Allocation(l.OrderLineId, l.Sku, take.Location, l.Quantity))], []));
                        break;
                    case LocalEffect.CallBack:
                        tower.Holding.Add(flow.Row.Id);
                        break;
                    case LocalEffect.Commit { Goods: not null }:
                        BrokenPromise.Unless(tower.Holding.Contains(flow.Row.Id), $"Flow {flow.Row.Id} sent goods that it did not hold.");
                        break;
                    default:
                        BrokenPromise.Unless(tower.Holding.Remove(flow.Row.Id), $"Flow {flow.Row.Id} gave up goods that it did not hold.");
                        break;
                }
            }

            flow.Effects.Clear();
        }
    }

    private FlowEvent Reserve(long flow, LocalEffect.Reserve asked)
    {
        if (outOfStock())
        {
            return new FlowEvent.NotReserved([new Shortage(asked.Lines[0].Sku, asked.Lines[0].Quantity, 1)]);
        }

        BrokenPromise.Unless(tower.Holding.Add(flow), $"Flow {flow} reserved twice.");
        return new FlowEvent.Reserved([.. asked.Lines.Select(l => new Allocation(l.OrderLineId, l.Sku, "east", l.Quantity))]);
    }

    private bool Intend(FlowBatch working)
    {
        var any = false;
        foreach (var flow in working.Flows)
        {
            var wanted = flow.Deliveries.DistinctBy(d => d.Key).ToList();
            flow.Deliveries.Clear();
            var done = tower.Outbox.Intend(wanted.ConvertAll(w => Row(flow.Row.Id, w))).Where(k => k.State == "confirmed").ToDictionary(k => k.Key, StringComparer.Ordinal);
            foreach (var intent in wanted.Where(w => done.ContainsKey(w.Key.Value)))
            {
                var posting = done[intent.Key.Value];
                flow.Answers.Enqueue(new FlowEvent.Delivered(intent.Kind, intent.Key, new Outcome.Accepted(posting.Reference!, posting.Number, Facts(posting.Facts))));
                any = true;
            }
        }

        return any;
    }

    private void Save(FlowBatch working)
    {
        foreach (var flow in working.Flows.Where(f => f.Changed && f.Exists))
        {
            tower.Save(flow.Save());
            flow.Documents.ForEach(d => tower.Keep(flow.Row.Id, d));
            foreach (var deadline in flow.Deadlines.GroupBy(d => d.Name, StringComparer.Ordinal))
            {
                tower.Set(flow.Row.Id, deadline.Last());
            }

            flow.Solved.ToList().ForEach(code => tower.Cases.Remove($"flow/{flow.Row.Id}/{code}"));
            flow.Problems.ForEach(p => tower.Cases[$"flow/{flow.Row.Id}/{p.Code}"] = p.Code);
        }
    }

    private FlowAnswer Settle(FlowInput input, bool held, Verdict verdict)
    {
        if (!held)
        {
            return new FlowAnswer.Lost();
        }

        switch (input)
        {
            case FlowInput.Message m when verdict != Verdict.Parked:
                tower.Inbox.Finish(m.Claim.Id, Word(verdict));
                tower.Cases.Remove($"message/{m.Claim.Id}");
                if (verdict == Verdict.Applied)
                {
                    tower.Inbox.WakeLane(m.Claim.ConnectionId, m.Claim.Lane);
                }

                break;
            case FlowInput.Message { Claim.LastLook: false } m:
                tower.Inbox.Park(m.Claim.Id);
                break;
            case FlowInput.Delivered d:
                tower.Outbox.Settle(new SettledPosting(d.Claim.Id, d.Claim.Fence, d.Claim.Key, d.As.Reference, d.As.Number, Json(d.As.Facts)));
                tower.Cases.Remove($"posting/{d.Claim.Key}");
                break;
            case FlowInput.Refused r when !withdrawn.Contains(r.Claim.Key):
                tower.Cases[$"posting/{r.Claim.Key}"] = r.Why.Code;
                break;
            default:
                break;
        }

        return new FlowAnswer.Applied(verdict);
    }

    private static NewDelivery Row(long flow, DeliveryIntent intent) => new(
        intent.Key.Value, intent.Target, flow, intent.Kind.ToString(), intent.DocumentVersion,
        intent.Arguments is null ? null : JsonSerializer.Serialize(intent.Arguments, DeliveryJson.Default.DeliveryArguments), intent.Value.Amount, intent.Value.Currency, null);

    private static string? Json(IReadOnlyDictionary<string, string>? facts) => facts is null ? null : JsonSerializer.Serialize(facts, DeliveryJson.Default.IReadOnlyDictionaryStringString);

    private static Dictionary<string, string>? Facts(string? json) => json is null ? null : JsonSerializer.Deserialize(json, DeliveryJson.Default.DictionaryStringString);

    private static string Word(Verdict verdict) => verdict switch
    {
        Verdict.Applied => "processed",
        Verdict.Duplicate => "duplicate",
        Verdict.Stale => "stale",
        _ => "ignored",
    };

    /// <summary>The sabotage of P9: the flow does not remember which version it knows, so an older statement counts as new.</summary>
    private sealed class Forgetful : IFlow<OrderState>
    {
        private readonly OrderToCashFlow flow = new();

        public string Kind => flow.Kind;

        public System.Text.Json.Serialization.Metadata.JsonTypeInfo<OrderState> StateJson => flow.StateJson;

        public bool CanStart(CanonicalEvent what) => flow.CanStart(what);

        public Decision<OrderState> Decide(OrderState? state, FlowEvent what, FlowContext context) =>
            flow.Decide(what is FlowEvent.Told { What: OrderStated } && state is not null ? state with { Version = 0 } : state, what, context);

        public FlowSummary Summarize(OrderState state) => flow.Summarize(state);
    }
}
