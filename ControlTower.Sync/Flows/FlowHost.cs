using System.Text.Json;
using ControlTower.Data.Canonical;
using ControlTower.Data.Flows;

namespace ControlTower.Sync.Flows;

/// <summary>A kind of flow as the runner sees it: state as bytes, decisions without a type parameter.</summary>
public abstract class FlowHost
{
    public abstract string Kind { get; }

    public abstract OrderKey? SubjectOf(CanonicalEvent what);

    public abstract bool CanStart(CanonicalEvent what);

    public abstract FlowInstance Open(FlowRow row, string? erp);

    public static FlowHost Of<TState>(IFlow<TState> flow, FlowPolicy policy)
        where TState : class => new Typed<TState>(flow, policy);

    private sealed class Typed<TState>(IFlow<TState> flow, FlowPolicy policy) : FlowHost
        where TState : class
    {
        public override string Kind => flow.Kind;

        public override OrderKey? SubjectOf(CanonicalEvent what) => flow.SubjectOf(what);

        public override bool CanStart(CanonicalEvent what) => flow.CanStart(what);

        public override FlowInstance Open(FlowRow row, string? erp) =>
            new Instance<TState>(flow, policy, row, erp, row.State is null ? null : JsonSerializer.Deserialize(row.State, flow.StateJson));
    }

    private sealed class Instance<TState>(IFlow<TState> flow, FlowPolicy policy, FlowRow row, string? erp, TState? state) : FlowInstance(row)
        where TState : class
    {
        private TState? state = state;

        public override bool Exists => state is not null;

        public override Verdict Tell(FlowEvent what, DateTimeOffset now)
        {
            var context = new FlowContext(now, new OrderKey(Row.Source, Row.SourceId), Row.Brand, erp, policy);
            var decision = flow.Decide(state, what, context);
            if (decision.Verdict is Verdict.Applied or Verdict.Stale or Verdict.Duplicate)
            {
                state = decision.State;
            }

            Collect(
                decision.Verdict == Verdict.Applied, decision.Facts, decision.Deliveries, decision.Withdraw, decision.Deadlines, decision.Effects, decision.References,
                decision.Document, decision.Problems, decision.Solved);
            return decision.Verdict;
        }

        public override FlowSave Save()
        {
            var current = state ?? throw new InvalidOperationException($"Flow {Row.Id} has nothing to save.");
            var summary = flow.Summarize(current);
            return new FlowSave(
                Row.Id, Row.Version, JsonSerializer.SerializeToUtf8Bytes(current, flow.StateJson), Row.Steps + Log.Count, summary.Stage, Word(summary.Status), summary.Name,
                summary.Value.Amount, summary.Value.Currency, summary.PlacedAt, summary.AppliedVersion, erp);
        }

        private static string Word(FlowStatus status) => status switch
        {
            FlowStatus.Open => "open",
            FlowStatus.Attention => "attention",
            FlowStatus.Done => "done",
            _ => "cancelled",
        };
    }
}
