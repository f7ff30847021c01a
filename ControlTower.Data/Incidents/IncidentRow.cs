namespace ControlTower.Data.Incidents;

/// <summary>What incidents are about, as stored. Each kind but the last has a rule that opens it.</summary>
public static class IncidentKind
{
    /// <summary>A system does not answer: its breaker stays open. The subject is the connection.</summary>
    public const string Connection = "connection";

    /// <summary>A channel or store sends far fewer orders than ever at this hour.</summary>
    public const string Silent = "silent";

    /// <summary>Transactions stay in a stage beyond its limit, and they become more.</summary>
    public const string Backlog = "backlog";

    /// <summary>Orders of a channel that its books do not have.</summary>
    public const string Completeness = "completeness";

    /// <summary>A pump of the tower does not run on any node.</summary>
    public const string Pump = "pump";

    /// <summary>The checker found that the data break a promise.</summary>
    public const string Integrity = "integrity";

    /// <summary>Many open cases of one cause. The subject is the fingerprint.</summary>
    public const string Cause = "cause";

    /// <summary>An objective uses up its budget too fast.</summary>
    public const string Burn = "burn";

    /// <summary>Opened by a person about nothing that a rule looks at.</summary>
    public const string Manual = "manual";

    public static IReadOnlyList<string> All { get; } = [Connection, Silent, Backlog, Completeness, Pump, Integrity, Cause, Burn, Manual];
}

/// <summary>How bad, from least to worst.</summary>
public static class IncidentSeverity
{
    public const string Minor = "minor";
    public const string Major = "major";
    public const string Critical = "critical";

    public static IReadOnlyList<string> All { get; } = [Minor, Major, Critical];
}

public static class IncidentStatus
{
    public const string Open = "open";

    /// <summary>The cause is over and every transaction that it harmed is completed or written off; nobody has closed it yet.</summary>
    public const string Drained = "drained";
    public const string Closed = "closed";

    /// <summary>A false alarm: it counts in no mean.</summary>
    public const string Dismissed = "dismissed";

    public static IReadOnlyList<string> All { get; } = [Open, Drained, Closed, Dismissed];
}

/// <summary>Harmed transactions of one currency.</summary>
public sealed record IncidentWorth(string Currency, long Count, decimal Value, long Unsettled, decimal UnsettledValue);

/// <summary>One incident.</summary>
/// <param name="Subject">What it is about: a connection, a fingerprint, a stage.</param>
/// <param name="System">Connection, or nothing.</param>
/// <param name="OpenedBy">Null: a rule.</param>
/// <param name="Comms">Who keeps stakeholders up to date.</param>
/// <param name="Worth">What it harmed, by currency, the largest first.</param>
public sealed record IncidentRow(
    long Id, string Kind, string Subject, string Title, string Severity, string Status, string Brand, string System, string? SystemName, IncidentTimes Times, string? OpenedBy, Guid? LeadId, string? Lead, Guid? CommsId, string? Comms,
    string StakeholderStatus, DateTimeOffset? StakeholderAt, string Review, int Version, IReadOnlyList<IncidentWorth> Worth)
{
    public long Affected => Worth.Sum(w => w.Count);

    public long Unsettled => Worth.Sum(w => w.Unsettled);
}

/// <summary>A line of the timeline, which is never changed.</summary>
/// <param name="Kind">opened, signal, note, role, status, severity, restored, drained, closed, dismissed, reopened, notified or review.</param>
/// <param name="By">A person, or <c>rule</c>.</param>
public sealed record IncidentEntry(long Id, string Kind, string Words, string By, DateTimeOffset At);

/// <summary>A transaction that was harmed.</summary>
/// <param name="Flow">Kind of flow.</param>
/// <param name="SettledAt">Completed or written off; null while it is neither.</param>
/// <param name="OpenCase">A case of it that is open.</param>
public sealed record IncidentTransaction(long FlowId, string Flow, string Name, string Stage, DateTimeOffset HarmedAt, decimal Value, string Currency, DateTimeOffset? SettledAt, long? OpenCase);

/// <summary>An incident with its timeline and the first of its transactions, those that wait first.</summary>
/// <param name="Holding">Conditions and flags that still hold, in words.</param>
/// <param name="Flagged">A person's flag is among them: only a person can say that the cause is over.</param>
public sealed record IncidentView(IncidentRow Row, IReadOnlyList<IncidentEntry> Log, IReadOnlyList<IncidentTransaction> Transactions, IReadOnlyList<string> Holding, bool Flagged, DateTimeOffset AsOf);

/// <summary>When a condition is trouble.</summary>
/// <param name="AfterMinutes">For so long it has to hold.</param>
/// <param name="Most">Up to here it is no trouble: orders, cases or transactions, as the kind has it; 0 where it does not count.</param>
/// <param name="TakeMinutes">Until then somebody has to take it, or others are told; 0: never.</param>
public sealed record IncidentRule(string Kind, bool Active, int AfterMinutes, int Most, string Severity, int TakeMinutes, int Version, string ChangedBy, DateTimeOffset ChangedAt);

/// <summary>Which incidents a person wants to see. Lists are alternatives.</summary>
/// <param name="Statuses">Empty: all.</param>
/// <param name="From">Detected since then; what is open is shown whenever it was detected.</param>
public sealed record IncidentFilter(IReadOnlyList<string> Statuses, IReadOnlyList<string> Kinds, string? Brand, DateTimeOffset? From);
