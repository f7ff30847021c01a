namespace ControlTower.Data.Incidents;

/// <summary>What the looks of the detection saw; whether it is trouble, the rules judge.</summary>
/// <param name="Breaker">closed, open or half-open.</param>
/// <param name="Since">When the breaker became what it is.</param>
/// <param name="Began">The first call that failed after the last that was answered; null if there is none.</param>
/// <param name="Waiting">Deliveries that wait for it.</param>
public sealed record GateReading(string Connection, string Name, string Brand, string Breaker, string? Reason, DateTimeOffset Since, DateTimeOffset? Began, long Waiting);

/// <summary>Orders of the last hour of a channel or store, against the same hour of the weeks before.</summary>
/// <param name="LastAt">Of the newest order.</param>
public sealed record SilenceReading(string Channel, string Name, string Brand, string? Store, decimal? Expected, long Recent, bool Silent, DateTimeOffset? LastAt);

/// <summary>A stage of a flow.</summary>
/// <param name="Limit">Longest time in the stage that is not late.</param>
/// <param name="Late">Transactions beyond it now, and <paramref name="LateBefore"/> of them already ten minutes ago.</param>
/// <param name="Left">Of those that were late ten minutes ago, how many have left the stage since.</param>
/// <param name="First">When the first became late.</param>
public sealed record BacklogReading(string Flow, string Stage, TimeSpan Limit, long Late, long LateBefore, long Left, DateTimeOffset? First);

/// <summary>Orders of a channel or store that its books should have by now and do not.</summary>
public sealed record GapReading(string Channel, string Name, string Brand, string? Store, long Missing, DateTimeOffset First);

/// <summary>A pump over all nodes.</summary>
/// <param name="LastRun">End of the last run anywhere; null if none was told.</param>
public sealed record PumpRunReading(string Pump, DateTimeOffset? LastRun, bool Stopped, DateTimeOffset Now);

/// <summary>A promise that the last check found broken.</summary>
/// <param name="Began">Start of the first of the checks in a row that found it.</param>
public sealed record BrokenPromise(string Invariant, string Promise, long Count, DateTimeOffset Began);

/// <summary>Open cases of one cause.</summary>
/// <param name="Connection">The system that they are about, if it is one.</param>
/// <param name="First">When the first of them opened.</param>
public sealed record CauseReading(string Fingerprint, string Title, string? Connection, string Brand, long Cases, DateTimeOffset First);
