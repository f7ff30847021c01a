namespace ControlTower.Data.Flows;

/// <summary>A flow instance under this transaction's lock.</summary>
public sealed record FlowRow(
    long Id, string Kind, string Source, string SourceId, string Brand, string? Erp, string Name, byte[]? State, int Version, int Steps, string Stage, string Status);

/// <summary>A flow that may have to be made.</summary>
public readonly record struct FlowSeed(string Kind, string Source, string SourceId, string Brand, string? Erp);

/// <summary>What a step batch leaves of a flow. <see cref="Version"/> is the version it was read with.</summary>
public sealed record FlowSave(
    long Id, int Version, byte[] State, int Steps, string Stage, string Status, string Name, decimal Value, string Currency, DateTimeOffset PlacedAt, long AppliedVersion, string? Erp);

public sealed record LogEntry(long FlowId, int Step, string Type, string Stage, string? System, string? Reference, string? Detail, string? TraceId);

public sealed record DocumentRow(long FlowId, long Version, byte[] Body);

public sealed record ReferenceRow(long FlowId, string Kind, string Value);

/// <param name="After">From now by the database's clock; null removes the deadline.</param>
public sealed record DeadlineRow(long FlowId, string Name, TimeSpan? After);

public sealed record DueDeadline(long FlowId, string Name, DateTimeOffset DueAt);
