using System.Globalization;
using ControlTower.Simulator.Traffic;

namespace ControlTower.Simulator.Faults;

/// <summary>The switches of one system. Safe to use from many requests at once; a fault with a count hits exactly that often.</summary>
public sealed class FaultBoard(long seed, TimeProvider clock)
{
    private readonly Lock gate = new();
    private readonly Dice dice = new(seed, 99);
    private readonly List<Fault> active = [];
    private int ordinal;

    public IReadOnlyList<Fault> Active
    {
        get
        {
            lock (gate)
            {
                Expire();
                return active.ToList();
            }
        }
    }

    public Fault Add(Fault fault)
    {
        lock (gate) return Switch(fault);
    }

    private Fault Switch(Fault fault)
    {
        var next = fault with
        {
            Id = string.Create(CultureInfo.InvariantCulture, $"f{++ordinal}"),
            Hits = 0,
            Until = fault.Lasts is { } seconds ? clock.GetUtcNow().AddSeconds(seconds) : null,
        };
        active.Add(next);
        return next;
    }

    /// <summary>Switches off all faults, or those of a kind or id. Returns how many there were.</summary>
    public int Clear(string? kindOrId = null)
    {
        lock (gate) return active.RemoveAll(f => kindOrId is null || f.Kind == kindOrId || f.Id == kindOrId);
    }

    /// <summary>The fault of these kinds that hits this request, if any; uses up its count.</summary>
    public Fault? Take(bool write, string path, params ReadOnlySpan<string> kinds)
    {
        lock (gate)
        {
            Expire();
            for (var i = 0; i < active.Count; i++)
            {
                var fault = active[i];
                if (!kinds.Contains(fault.Kind) || (fault.Reach == "writes" && !write) || (fault.Reach == "reads" && write)) continue;
                if (fault.Path is { } part && !path.Contains(part, StringComparison.OrdinalIgnoreCase)) continue;
                if (fault.Share < 1 && !dice.Chance(fault.Share)) continue;
                var hit = fault with { Hits = fault.Hits + 1, Count = fault.Count - 1, Then = null };
                if (hit.Count == 0) active.RemoveAt(i);
                else active[i] = hit;
                if (fault.Then is { } then) Switch(then);
                return hit;
            }

            return null;
        }
    }

    private void Expire()
    {
        if (active.Count > 0) active.RemoveAll(f => f.Until <= clock.GetUtcNow());
    }
}
