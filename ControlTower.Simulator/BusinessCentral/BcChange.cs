using ControlTower.Simulator.Ledger;

namespace ControlTower.Simulator.BusinessCentral;

/// <summary>Everything one request changes in a company: one commit, one set of notifications.</summary>
public sealed class BcChange
{
    public List<Effect> Effects { get; } = [];
    public List<Put> Puts { get; } = [];

    /// <summary>What subscribers may hear: set, id, created, updated or deleted.</summary>
    public List<(string Set, Guid Id, string Kind)> Touched { get; } = [];
}
