using ControlTower.Data.Canonical;

namespace ControlTower.Data.Connections;

/// <summary>A connection as lists show it: who it is, whether calls flow, what waits for it.</summary>
/// <param name="Role"><c>shop</c> or <c>erp</c>.</param>
/// <param name="Lanes">Only lanes in which something waits, live first.</param>
/// <param name="Held">Postings that were refused or gave up: they wait for a person, not for the connection.</param>
/// <param name="Unknown">Postings of which nobody knows yet whether they happened.</param>
public sealed record ConnectionStatus(
    string Id, string Kind, string Role, string Name, string Brand, string? Region, string? PostsTo, DateTimeOffset? SubscribedAt,
    ConnectionPause? Pause, GateStatus Gate, IReadOnlyList<LaneQueue> Lanes, long Held, long Unknown, CallPace Pace, LastCall? LastCall)
{
    /// <summary>Taken out of use by a person; null while it is in use.</summary>
    public ConnectionPause? Disabled { get; init; }

    /// <summary>Calls do not flow freely: what is live by its lane waits like the rest.</summary>
    public bool IsHampered => Pause is not null || Disabled is not null || Gate.Breaker != "closed";

    /// <summary>What was put off because the target was away: the deferred lane, and while it is still away everything that came since.</summary>
    public IEnumerable<LaneQueue> Deferred => Lanes.Where(lane => lane.Lane == LaneQueue.DeferredLane || (IsHampered && lane.Lane == LaneQueue.LiveLane));

    public long DeferredCount => Deferred.Sum(lane => lane.Waiting);

    public DateTimeOffset? DeferredOldest => Deferred.Select(lane => (DateTimeOffset?)lane.Oldest).Min();

    /// <summary>One amount per currency, the one with most postings first.</summary>
    public IReadOnlyList<Money> DeferredValues => CurrencySum.Merge(Deferred.SelectMany(lane => lane.Values));
}

/// <summary>Stopped by a person.</summary>
public sealed record ConnectionPause(DateTimeOffset At, string By, string? Reason);

/// <summary>The gate as its owner last showed it.</summary>
/// <param name="Breaker"><c>closed</c>, <c>open</c> or <c>half-open</c>.</param>
/// <param name="NotBefore">The vendor asked not to be called before this time.</param>
/// <param name="Owned">Some worker holds the gate now. If none does, nothing is sent.</param>
/// <param name="ShownAt">How old this picture is.</param>
public sealed record GateStatus(
    string Breaker, DateTimeOffset Since, string? Reason, int ProbesDone, int ProbesNeeded, DateTimeOffset? NextProbeAt, DateTimeOffset? NotBefore, GateBudget Budget,
    bool Owned, DateTimeOffset ShownAt);

/// <summary>What waits in one lane: 0 live, 1 deferred, 2 replay, 3 batch.</summary>
public sealed record LaneQueue(int Lane, long Waiting, DateTimeOffset Oldest, IReadOnlyList<CurrencySum> Values)
{
    public const int LiveLane = 0;
    public const int DeferredLane = 1;
}

/// <summary>An amount with the number of things it sums, so that currencies can be ranked without adding them.</summary>
public readonly record struct CurrencySum(Money Value, long Count)
{
    /// <summary>One amount per currency, the one with most things first.</summary>
    public static IReadOnlyList<Money> Merge(IEnumerable<CurrencySum> sums) =>
    [
        .. sums.GroupBy(sum => sum.Value.Currency, StringComparer.Ordinal)
            .OrderByDescending(group => group.Sum(sum => sum.Count)).ThenBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => new Money(group.Sum(sum => sum.Value.Amount), group.Key)),
    ];
}

/// <summary>What was called lately, per lane; the last <see cref="Window"/>.</summary>
public sealed record CallPace(IReadOnlyDictionary<int, LanePace> Lanes)
{
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(5);

    public static CallPace None { get; } = new(new Dictionary<int, LanePace>());

    public LanePace Of(int lane) => Lanes.GetValueOrDefault(lane) ?? LanePace.None;
}

/// <param name="Requests">Requests that left the house.</param>
/// <param name="Settled">Different postings of which a call was answered well.</param>
/// <param name="AverageMs">Mean time to an answer.</param>
/// <param name="LastMinute">Postings of <paramref name="Settled"/> within the last minute.</param>
public sealed record LanePace(long Requests, long Settled, double AverageMs, long LastMinute)
{
    public static LanePace None { get; } = new(0, 0, 0, 0);
}

public sealed record LastCall(DateTimeOffset At, string Outcome, int? Status);
