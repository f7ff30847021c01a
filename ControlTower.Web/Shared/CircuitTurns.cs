using ControlTower.Data.Connections;

namespace ControlTower.Web.Shared;

/// <summary>The turns of circuits as people tell them: an outage is one thing, however often a probe failed meanwhile.</summary>
public static class CircuitTurns
{
    /// <summary>Leaves out each half-open that fell back to open, with that fall. Keeps the order; connections do not mix.</summary>
    public static IReadOnlyList<ConnectionTurn> Told(IReadOnlyList<ConnectionTurn> turns)
    {
        var dropped = new HashSet<ConnectionTurn>(ReferenceEqualityComparer.Instance);
        foreach (var one in turns.GroupBy(turn => turn.ConnectionId, StringComparer.Ordinal))
        {
            ConnectionTurn? probing = null;
            foreach (var turn in one.Where(turn => turn.What is "open" or "half-open" or "closed"))
            {
                if (turn.What == "open" && probing is not null)
                {
                    dropped.Add(probing);
                    dropped.Add(turn);
                }

                probing = turn.What == "half-open" ? turn : null;
            }
        }

        return [.. turns.Where(turn => !dropped.Contains(turn))];
    }
}
