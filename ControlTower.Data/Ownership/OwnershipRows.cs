namespace ControlTower.Data.Ownership;

/// <summary>States of a change: draft, asked (waits for another admin), approved, rejected, withdrawn. Whether an approved one is in force is a matter of the time.</summary>
public static class OwnershipStates
{
    public const string Draft = "draft", Asked = "asked", Approved = "approved", Rejected = "rejected", Withdrawn = "withdrawn";
}

/// <summary>A change of the rules: a layer that holds from <paramref name="FromAt"/> (null: from its approval) until <paramref name="UntilAt"/> (null: until it is ended).</summary>
public sealed record OwnershipChange(
    int Number, string Title, string Why, string State, IReadOnlyList<OwnershipRule> Rules, DateTimeOffset? FromAt, DateTimeOffset? UntilAt, Guid? Author, string AuthorName, DateTimeOffset CreatedAt,
    DateTimeOffset? AskedAt, Guid? DecidedBy, string? DecidedName, string? DecidedWhy, DateTimeOffset? DecidedAt, DateTimeOffset? EndedAt, string? EndedBy, string? EndedWhy, OwnershipTrial? Tried,
    DateTimeOffset? TriedAt, int Version)
{
    /// <summary>Null unless it was approved.</summary>
    public DateTimeOffset? HoldsFrom => State != OwnershipStates.Approved ? null : FromAt > DecidedAt ? FromAt : DecidedAt;

    public DateTimeOffset? HoldsUntil => EndedAt is { } ended && (UntilAt is null || ended < UntilAt) ? ended : UntilAt;

    public bool HoldsAt(DateTimeOffset at) => HoldsFrom is { } from && from <= at && (HoldsUntil is not { } until || at < until);
}

/// <summary>What a change would have done to the writes of the last days.</summary>
/// <param name="Writes">Writes looked at.</param>
/// <param name="Harder">Taken as it was, and not taken by the change.</param>
/// <param name="Softer">Not taken as it was, and taken by the change.</param>
/// <param name="Corrected">Of the harder: the owner wrote something else later, so nothing would have been lost.</param>
/// <param name="Shares">By source and field, most first.</param>
public sealed record OwnershipTrial(int Days, long Writes, long Harder, long Softer, long Corrected, IReadOnlyList<OwnershipShare> Shares);

public sealed record OwnershipShare(string Source, string Domain, string Field, string Verdict, long Writes);

/// <summary>Where a write was made: what a rule decides by.</summary>
public sealed record OwnershipContext(string Domain, string Field, string Brand, string Region, string Channel, string Store, string Source);

/// <summary>A write to be logged.</summary>
/// <param name="Verdict">owned, filled, let-through, quarantined, blocked.</param>
public sealed record NewOwnershipWrite(OwnershipContext Where, string Subject, string? Old, string? New, string? OwnerValue, string Verdict, int SetNumber, long? MessageId = null);

/// <summary>A logged write.</summary>
public sealed record OwnershipWrite(
    long Id, DateTimeOffset At, OwnershipContext Where, string Subject, string? Old, string? New, string? OwnerValue, string Verdict, int SetNumber, long? MessageId, DateTimeOffset? SettledAt, string? SettledBy,
    string? SettledAs, string? SettledWhy);

/// <summary>What to show of the log; an empty word fits everything.</summary>
/// <param name="Verdict">Empty: all that are not the owner's own.</param>
/// <param name="Waits">Quarantined, and no person has decided.</param>
/// <param name="Brands">Null: all.</param>
public sealed record OwnershipWriteFilter(
    string Domain = "", string Field = "", string Source = "", string Verdict = "", string Subject = "", DateTimeOffset? Since = null, bool Waits = false, IReadOnlyList<string>? Brands = null);

/// <summary>How much a field is fought over.</summary>
public sealed record OwnershipHeat(string Domain, string Field, string Source, long LetThrough, long Quarantined, long Blocked);

/// <summary>A value as one source has it.</summary>
/// <param name="LetThrough">A write by one that does not own which was taken: by its rule or by a person.</param>
public sealed record SourceValue(string Source, string? Value, DateTimeOffset At, bool LetThrough = false);
