using ControlTower.Data.Canonical;
using ControlTower.Data.Flows;

namespace ControlTower.Sync.Flows;

/// <summary>The kinds of flows of this node, and which of them an event is for. Of two that would take it, the one registered last does.</summary>
public sealed class FlowHosts(IEnumerable<FlowHost> hosts)
{
    private readonly List<FlowHost> all = [.. hosts.Reverse()];

    /// <summary>Null: no flow is interested, or it is addressed by the key of a posting.</summary>
    public FlowSubject? SubjectOf(CanonicalEvent what)
    {
        foreach (var host in all)
        {
            if (host.SubjectOf(what) is { } key)
            {
                return new FlowSubject(host.Kind, key);
            }
        }

        return null;
    }

    public bool CanStart(CanonicalEvent what) => all.Find(h => h.SubjectOf(what) is not null)?.CanStart(what) == true;

    public FlowInstance Open(FlowRow row, string? erp) =>
        (all.Find(h => h.Kind == row.Kind) ?? throw new InvalidOperationException($"This build knows no flow of kind {row.Kind}.")).Open(row, erp);
}

/// <summary>Names one flow instance.</summary>
public readonly record struct FlowSubject(string Kind, OrderKey Key);
