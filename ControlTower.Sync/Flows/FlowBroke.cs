namespace ControlTower.Sync.Flows;

/// <summary>A flow could not decide about what it was told.</summary>
public sealed class FlowBroke(long flow, FlowEvent what, Exception error)
    : Exception($"Order flow {flow} could not take '{what.GetType().Name}': {error.Message}", error)
{
    public long Flow => flow;
}
