using ControlTower.Data.Connections;

namespace ControlTower.Tests.Simulation;

/// <summary>The table <c>connection_gate</c> in memory, mirroring <see cref="GateStore"/>; <see cref="MirrorTests"/> hold the two against each other.</summary>
/// <param name="now">The clock of the database.</param>
internal sealed class MemoryGates(Func<DateTimeOffset> now, params string[] connections)
{
    private readonly (Guid? Owner, DateTimeOffset? Until, long Fence)[] gates = new (Guid?, DateTimeOffset?, long)[connections.Length];

    public IEnumerable<(string Connection, Guid? Owner, DateTimeOffset? Until, long Fence)> Rows => connections.Zip(gates, (c, g) => (c, g.Owner, g.Until, g.Fence));

    /// <summary><see cref="GateStore.HoldAsync"/>, where no row is busy.</summary>
    public List<GateLease> Hold(Guid node, TimeSpan lease)
    {
        var (at, held) = (now(), new List<GateLease>(gates.Length));
        for (var i = 0; i < gates.Length; i++)
        {
            var gate = gates[i];
            if (gate.Owner == node || gate.Owner is null || gate.Until < at)
            {
                gates[i] = (node, at + lease, gate.Owner == node && gate.Until >= at ? gate.Fence : gate.Fence + 1);
                held.Add(new GateLease(connections[i], gates[i].Fence));
            }
        }

        return held;
    }

    /// <summary><see cref="GateStore.ReleaseAsync"/>.</summary>
    public void Release(Guid node)
    {
        for (var i = 0; i < gates.Length; i++)
        {
            gates[i] = gates[i].Owner == node ? (null, null, gates[i].Fence) : gates[i];
        }
    }

    /// <summary>The clause of the claim: "g.owner = $2 and g.fence = $3 and g.lease_until > now()".</summary>
    public bool Holds(string connection, Guid node, long fence) => gates[Array.IndexOf(connections, connection)] is var g && g.Owner == node && g.Fence == fence && g.Until > now();
}
