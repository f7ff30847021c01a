namespace ControlTower.Data.Incidents;

/// <summary>
/// The times of an incident and what follows from them. This is the one place where the time to detect and the time to resolve are computed: from columns that follow from the data, never from what somebody
/// typed. The time to resolve ends when the last harmed transaction is completed or written off, not when the cause is over.
/// </summary>
/// <param name="Began">The first harmed transaction.</param>
/// <param name="Detected">The first alert, or the first flag by a person.</param>
/// <param name="Restored">The cause is over.</param>
/// <param name="Drained">The last harmed transaction is completed or written off.</param>
public sealed record IncidentTimes(DateTimeOffset Began, DateTimeOffset Detected, DateTimeOffset? Restored = null, DateTimeOffset? Drained = null, DateTimeOffset? Closed = null)
{
    public TimeSpan ToDetect => Detected - Began;

    /// <summary>Null while a transaction waits.</summary>
    public TimeSpan? ToResolve => Drained - Detected;

    /// <summary>As <see cref="ToResolve"/>, from the first harmed transaction on.</summary>
    public TimeSpan? ToResolveFromStart => Drained - Began;
}

/// <summary>Means and ninetieth percentiles over incidents; a false alarm counts in none of them.</summary>
/// <param name="Count">Incidents that count.</param>
/// <param name="Dismissed">False alarms, which do not.</param>
/// <param name="Resolved">Of those that count, how many are drained: the time to resolve is about these.</param>
public sealed record IncidentFigures(int Count, int Dismissed, TimeSpan? DetectMean, TimeSpan? DetectP90, int Resolved, TimeSpan? ResolveMean, TimeSpan? ResolveP90)
{
    public static IncidentFigures Of(IReadOnlyCollection<(string Status, IncidentTimes Times)> incidents)
    {
        var counted = incidents.Where(i => i.Status != IncidentStatus.Dismissed).Select(i => i.Times).ToList();
        var detect = counted.ConvertAll(t => t.ToDetect);
        var resolve = counted.Select(t => t.ToResolve).OfType<TimeSpan>().ToList();
        return new IncidentFigures(counted.Count, incidents.Count - counted.Count, Mean(detect), P90(detect), resolve.Count, Mean(resolve), P90(resolve));
    }

    private static TimeSpan? Mean(List<TimeSpan> times) => times.Count == 0 ? null : TimeSpan.FromTicks((long)times.Average(t => t.Ticks));

    // Nearest rank: a time that an incident really took.
    private static TimeSpan? P90(List<TimeSpan> times) => times.Count == 0 ? null : times.Order().ElementAt((int)Math.Ceiling(times.Count * 0.9) - 1);
}
