using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;

namespace ControlTower.Sync.Publishing;

/// <summary>How channels are told, whatever they are told: pauses, patience and the words for what went wrong. Pure.</summary>
internal static class Telling
{
    /// <summary>Sendings of a batch without an answer until it is asked what became of it.</summary>
    private const int MostSends = 10;

    public static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    // Nothing else is told meanwhile: older than this, what it holds is better looked at anew.
    private static readonly TimeSpan OldestBatch = TimeSpan.FromMinutes(15);

    public static bool IsGivenUp(int sent, TimeSpan age) => sent > MostSends || age > OldestBatch;

    /// <summary>We are not let in, whatever we tell.</summary>
    public static bool IsShut(Outcome outcome) => outcome is Outcome.Refused { Kind: FailureKind.Connection };

    public static TimeSpan Pause(int attempts) => TimeSpan.FromSeconds(Math.Min(LongestPause.TotalSeconds, Math.Pow(2, Math.Clamp(attempts - 1, 0, 10))));

    public static (FailureKind Kind, string Message, TimeSpan? After) Words(Outcome outcome) => outcome switch
    {
        Outcome.Refused r => (r.Kind, $"{r.Code}: {r.Message}", null),
        Outcome.NotDone n => (n.Kind, n.Message, n.RetryAfter),
        Outcome.Unknown u => (FailureKind.UnknownOutcome, u.Message, null),
        _ => (FailureKind.Intermittent, "", null),
    };

    /// <summary>The number of the change that a refusal names; null if it names none.</summary>
    public static int? Named(Outcome.Refused refused, int changes) =>
        int.TryParse(refused.Field?.Split('.')[^1], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var at) && at < changes ? at : null;
}
