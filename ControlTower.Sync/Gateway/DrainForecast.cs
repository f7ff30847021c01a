namespace ControlTower.Sync.Gateway;

/// <summary>What is known of a queue and of the door it must pass. Rates are per second and as measured lately.</summary>
/// <param name="Waiting">Postings that wait.</param>
/// <param name="Shut">The circuit is open: no call passes.</param>
/// <param name="Probing">The circuit is half-open: one call at a time passes.</param>
/// <param name="RequestsAllowed">Requests per second that the vendor allows; null where it states no limit.</param>
/// <param name="LiveRequests">Requests per second that live traffic takes, which goes first.</param>
/// <param name="RequestsPerPosting">What one posting costs; at least 1.</param>
/// <param name="Concurrency">Calls at the same time.</param>
/// <param name="SecondsPerRequest">Mean time to an answer; null without calls.</param>
/// <param name="Settled">Waiting postings that were settled per second.</param>
/// <param name="Arriving">Postings that joined the queue per second.</param>
public sealed record DrainInput(
    long Waiting, bool Paused, bool Shut, bool Probing, double? RequestsAllowed, double LiveRequests, double RequestsPerPosting, int Concurrency, double? SecondsPerRequest,
    double Settled, double Arriving);

/// <summary>What can honestly be said about when a queue is empty.</summary>
public abstract record DrainOutlook
{
    public sealed record Empty : DrainOutlook;

    /// <param name="Why">In words for a person.</param>
    public sealed record NotDraining(string Why) : DrainOutlook;

    /// <param name="Now">Postings per second that leave the queue on balance.</param>
    /// <param name="Ahead">Postings per second that the door lets through once it is fully open; null where no limit is known.</param>
    /// <param name="Low">From now until empty, if all goes well.</param>
    public sealed record Draining(double Now, double? Ahead, TimeSpan Low, TimeSpan Likely, TimeSpan High) : DrainOutlook;
}

/// <summary>
/// When a queue will be empty: what the budget leaves beside live traffic, held against what was really settled. Pure. A queue that was not seen to shrink gets no time,
/// because any would be invented.
/// </summary>
public static class DrainForecast
{
    /// <summary>The lanes behind live stop at this share of the vendor's limit.</summary>
    public const double StopAt = 0.85;

    /// <summary>Further ahead than this nothing is said but "not draining": rates of minutes do not carry for days.</summary>
    private static readonly TimeSpan Horizon = TimeSpan.FromDays(3);

    public static DrainOutlook Of(DrainInput input)
    {
        if (input.Waiting <= 0)
            return new DrainOutlook.Empty();
        if (input.Paused)
            return new DrainOutlook.NotDraining("Paused. It drains when somebody resumes it.");
        if (input.Shut)
            return new DrainOutlook.NotDraining("The circuit is open. It drains when the system answers again.");

        var ceiling = Ceiling(input);
        if (ceiling <= 0)
            return new DrainOutlook.NotDraining("Live traffic takes all that the vendor allows.");
        var net = input.Settled - input.Arriving;
        if (net <= 0)
            return new DrainOutlook.NotDraining(input.Settled > 0 ? "As much arrives as is settled." : "Nothing was settled lately.");
        return Draining(input, ceiling, net);
    }

    private static DrainOutlook Draining(DrainInput input, double? ceiling, double net)
    {
        // The settled rate can be a burst from a budget that had rested; what the vendor allows in the long run bounds it.
        var steady = ceiling is { } most ? Math.Min(net, most) : net;
        var fast = ceiling is { } full ? Math.Clamp(full, steady, steady * 1.5) : steady * 1.25;
        var slow = steady * 0.65;
        // Half-open lets one call through at a time: the pace of now is the slowest it will be.
        var likely = input.Probing ? Math.Sqrt(steady * fast) : steady;
        var end = TimeSpan.FromSeconds(Math.Min(input.Waiting / slow, TimeSpan.FromDays(365).TotalSeconds));
        return end > Horizon
            ? new DrainOutlook.NotDraining("It drains too slowly to say when.")
            : new DrainOutlook.Draining(net, ceiling, After(input.Waiting, fast), After(input.Waiting, likely), end);
    }

    /// <summary>Postings per second that the door lets through beside live traffic; null where neither a limit nor an answer time is known.</summary>
    private static double? Ceiling(DrainInput input)
    {
        double? byBudget = input.RequestsAllowed is { } allowed ? (allowed * StopAt) - input.LiveRequests : null;
        double? bySlots = input is { Concurrency: > 0, SecondsPerRequest: > 0 and var seconds } ? (input.Concurrency / seconds) - input.LiveRequests : null;
        var requests = (byBudget, bySlots) switch
        {
            ({ } budget, { } slots) => Math.Min(budget, slots),
            _ => byBudget ?? bySlots,
        };
        return requests / Math.Max(1, input.RequestsPerPosting);
    }

    private static TimeSpan After(long waiting, double perSecond) => TimeSpan.FromSeconds(waiting / perSecond);
}
