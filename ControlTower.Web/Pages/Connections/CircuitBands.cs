using ControlTower.Data.Connections;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Connections;

/// <summary>Stretches of time in which calls did not flow, from the turns of a circuit and the pauses of people.</summary>
public static class CircuitBands
{
    /// <param name="turns">Oldest first.</param>
    public static IReadOnlyList<DrainBand> Of(IReadOnlyList<ConnectionTurn> turns, DateTimeOffset now)
    {
        turns = CircuitTurns.Told(turns);
        List<DrainBand> bands =
        [
            .. Stretches(turns, now, "open", "circuit open", Tone.Bad, ["half-open", "closed"]), .. Stretches(turns, now, "half-open", "half-open", Tone.Warn, ["open", "closed"]),
            .. Stretches(turns, now, "paused", "paused", Tone.Wait, ["resumed"]),
        ];
        return [.. bands.OrderBy(band => band.From)];
    }

    private static List<DrainBand> Stretches(IReadOnlyList<ConnectionTurn> turns, DateTimeOffset now, string begins, string label, Tone tone, string[] ends)
    {
        List<DrainBand> bands = [];
        DateTimeOffset? since = null;
        foreach (var turn in turns)
        {
            if (turn.What == begins)
            {
                since ??= turn.At;
            }
            else if (since is { } from && ends.Contains(turn.What, StringComparer.Ordinal))
            {
                bands.Add(new DrainBand(from, turn.At, tone, label));
                since = null;
            }
        }

        if (since is { } still)
            bands.Add(new DrainBand(still, now, tone, label));
        return bands;
    }
}
