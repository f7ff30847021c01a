using System.Text.Json.Nodes;
using ControlTower.Simulator.Ledger;

namespace ControlTower.Simulator.Shopify;

/// <summary>Everything one action of a shop changes: written as one commit, told to subscribers only once it is durable.</summary>
public sealed class ShopChange
{
    public List<Effect> Effects { get; } = [];
    public List<Put> Puts { get; } = [];
    public List<(string Topic, JsonObject Body)> Events { get; } = [];

    public void Raise(string topic, JsonObject body) => Events.Add((topic, body));
}
