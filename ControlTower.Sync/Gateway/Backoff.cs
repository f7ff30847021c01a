namespace ControlTower.Sync.Gateway;

/// <summary>How long to wait before the next attempt: exponential with full jitter, capped, and never before the target's own Retry-After.</summary>
public static class Backoff
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    /// <param name="chance">A random number from 0 to 1.</param>
    public static TimeSpan After(int attempts, TimeSpan? retryAfter, double chance)
    {
        var ceiling = TimeSpan.FromTicks(Math.Min(Longest.Ticks, First.Ticks << Math.Clamp(attempts - 1, 0, 16)));
        var jittered = TimeSpan.FromMilliseconds(100) + (ceiling * chance);
        return retryAfter is { } asked && asked > jittered ? asked + (First * chance) : jittered;
    }

    /// <summary>What is put off because of the target and not of itself: all alike, so that it keeps its order, and no longer than asked, because the door itself stays shut.</summary>
    public static TimeSpan WhileAway(TimeSpan? retryAfter) => retryAfter is { } asked ? asked < ConnectionGate.LongestWait ? asked : ConnectionGate.LongestWait : First;

    /// <summary>Look-ups of an unknown outcome: soon at first, because the target may just have been slow, then ever more slowly.</summary>
    public static TimeSpan OfLookUp(int lookUps) => TimeSpan.FromSeconds(Math.Min(60, 2 * Math.Pow(1.7, Math.Clamp(lookUps, 0, 10))));
}
