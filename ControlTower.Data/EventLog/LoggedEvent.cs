namespace ControlTower.Data.EventLog;

/// <summary>
/// A place in the log: by the transaction that wrote, then by the order within it. Transactions come in the order in which they began to write, not in that of their commits;
/// readers wait for the earlier ones, so that a place once passed never gets another event.
/// </summary>
public readonly record struct LogPosition(ulong TxId, long Seq) : IComparable<LogPosition>
{
    /// <summary>Before the first event.</summary>
    public static readonly LogPosition Start;

    public int CompareTo(LogPosition other) => TxId != other.TxId ? TxId.CompareTo(other.TxId) : Seq.CompareTo(other.Seq);

    public static bool operator <(LogPosition a, LogPosition b) => a.CompareTo(b) < 0;

    public static bool operator >(LogPosition a, LogPosition b) => a.CompareTo(b) > 0;

    public static bool operator <=(LogPosition a, LogPosition b) => a.CompareTo(b) <= 0;

    public static bool operator >=(LogPosition a, LogPosition b) => a.CompareTo(b) >= 0;
}

/// <summary>One thing that happened to a flow, with all that a follower needs to pass it on. (<see cref="FlowId"/>, <see cref="Step"/>) names it for ever: receivers tell repeats by it.</summary>
/// <param name="Kind">Of the flow, such as <c>order-to-cash</c>.</param>
/// <param name="Source">Connection where the flow's subject was born; <paramref name="SourceId"/> is its id there.</param>
/// <param name="Type">Such as <c>order.posted</c>.</param>
/// <param name="System">Connection where it happened; null for the tower itself.</param>
/// <param name="At">Begin of the transaction that wrote it, by the database's clock.</param>
public sealed record LoggedEvent(
    LogPosition Position, long FlowId, string Kind, string Source, string SourceId, string Brand, int Step, string Type, string Stage, string? System, string? Reference, string? Detail,
    DateTimeOffset At, string? TraceId);
