namespace ControlTower.Sync.Webhooks;

/// <summary>When what was not taken is sent again: the pauses that Standard Webhooks proposes, three days in all. Pure.</summary>
public static class WebhookSchedule
{
    /// <summary>From so many rounds in a row of which nothing was taken, the receiver counts as down and is tried with one event at a time.</summary>
    public const int Down = 3;

    private static readonly TimeSpan LongestAsked = TimeSpan.FromHours(1);

    private static readonly TimeSpan[] Pauses =
    [
        TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30), TimeSpan.FromHours(2), TimeSpan.FromHours(5), TimeSpan.FromHours(10), TimeSpan.FromHours(14), TimeSpan.FromHours(20),
        TimeSpan.FromHours(24),
    ];

    /// <summary>The pause after so many tries of one event, spread upwards by up to a tenth.</summary>
    /// <param name="chance">A random number from 0 to 1.</param>
    public static TimeSpan After(int tries, double chance) => Pauses[Math.Clamp(tries, 1, Pauses.Length) - 1] * (1 + (chance / 10));

    /// <summary>How long a receiver is left in peace after so many empty rounds; null: not at all. Its own wish counts up to an hour.</summary>
    public static TimeSpan? Rest(int misses, TimeSpan? asked, double chance)
    {
        var own = misses >= Down ? After(misses - Down + 1, chance) : (TimeSpan?)null;
        var wish = asked is { } time ? time < LongestAsked ? time : LongestAsked : (TimeSpan?)null;
        return own is null || wish > own ? wish ?? own : own;
    }

    /// <summary>
    /// The rounds in a row of which nothing was taken, after one more. A round of nothing but repeats says little about the receiver: an event that it will never take must not make it look down.
    /// </summary>
    public static int Misses(int before, bool taken, bool repeatsAlone) => taken ? 0 : repeatsAlone && before < Down ? before : before + 1;
}
