using System.Text.Json.Nodes;
using ControlTower.Simulator.Ledger;

namespace ControlTower.Simulator.Square;

/// <summary>One change of the account: what it did, what is to be kept, and what listeners are told.</summary>
internal sealed class PosChange
{
    public List<Effect> Effects { get; } = [];
    public List<Put> Puts { get; } = [];
    public List<(string Type, string Id, string Kind, JsonObject Object)> Events { get; } = [];
}
