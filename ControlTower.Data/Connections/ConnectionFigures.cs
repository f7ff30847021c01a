namespace ControlTower.Data.Connections;

/// <summary>How calls of the last hour went. Throttled and refused calls are no technical errors and are counted apart.</summary>
/// <param name="Technical">5xx, time-outs and connections that failed.</param>
/// <param name="P95Ms">Null without calls that were answered.</param>
public sealed record ConnectionHealth(long Calls, long Technical, long Throttled, long Refused, int? P95Ms)
{
    /// <summary>0 to 1; null without calls.</summary>
    public double? TechnicalShare => Calls == 0 ? null : (double)Technical / Calls;
}

/// <summary>How many postings waited at a moment.</summary>
public readonly record struct BacklogPoint(DateTimeOffset At, long Count);

/// <summary>A circuit turned, or a person paused or resumed.</summary>
/// <param name="What"><c>open</c>, <c>half-open</c>, <c>closed</c>, <c>paused</c> or <c>resumed</c>.</param>
public sealed record ConnectionTurn(string ConnectionId, string Connection, string What, string? Reason, DateTimeOffset At);

/// <summary>A question whether a connection works, and its answer.</summary>
/// <param name="State"><c>asked</c>, <c>running</c> or <c>done</c>.</param>
/// <param name="Outcome"><c>ok</c>, <c>refused</c> or <c>failed</c>; null until it is done.</param>
public sealed record ConnectionTest(long Id, string RequestedBy, DateTimeOffset RequestedAt, string State, string? Outcome, string? Message, int? TookMs, DateTimeOffset? FinishedAt)
{
    public bool IsDone => State == "done";
}

/// <summary>One request that left the house, without its bodies.</summary>
public sealed record CallLine(
    long Id, DateTimeOffset StartedAt, string Verb, string Path, int Lane, string Purpose, int? Status, string Outcome, string? Failure, int TookMs, long? FlowId, int Attempt);

/// <summary>One request with what was sent and what came back, masked and cut when it was recorded; null once retention has erased it.</summary>
public sealed record CallDetail(CallLine Line, string? Request, string? Response);

/// <summary>How a connection is set up, without its secrets.</summary>
/// <param name="HasSecrets">Some secrets are stored; what they are is never shown.</param>
public sealed record ConnectionSetup(
    string Id, string Kind, string Name, string Brand, string? Region, string? Currency, string TimeZone, string? PostsTo, IReadOnlyDictionary<string, string> Settings,
    bool HasSecrets, int Version);
