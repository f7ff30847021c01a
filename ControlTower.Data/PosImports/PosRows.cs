using System.Globalization;

namespace ControlTower.Data.PosImports;

/// <summary>A file that arrives.</summary>
/// <param name="Origin"><c>upload</c> or <c>folder</c>.</param>
public sealed record PosArrival(string Connection, string Name, string Origin, Guid? ActorId, string ActorName);

/// <summary>Transactions of a file by what became of them.</summary>
public sealed record PosCounts(
    long Taken = 0, long Repeated = 0, long Training = 0, long Voided = 0, long Suspended = 0, long Cancelled = 0, long Reentered = 0, long Control = 0, long Faulty = 0)
{
    public long LeftOut => Training + Voided + Suspended + Cancelled + Reentered + Control;

    public long Seen => Taken + Repeated + LeftOut + Faulty;
}

/// <summary>A file as it stands.</summary>
/// <param name="State"><c>waiting</c>, <c>reading</c>, <c>done</c> or <c>refused</c>.</param>
/// <param name="Why">Why it was refused, and what to do.</param>
/// <param name="AtByte">How far it is read.</param>
public sealed record PosFile(
    long Id, string Connection, string Name, string Origin, string ActorName, long Size, string State, string? Why, long AtByte, PosCounts Counts, long Findings, DateTimeOffset ArrivedAt,
    DateTimeOffset? FinishedAt)
{
    public string Number => string.Create(CultureInfo.InvariantCulture, $"I-{Id}");

    public bool IsOpen => State is "waiting" or "reading";

    public int Percent => State == "done" ? 100 : Size == 0 ? 0 : (int)Math.Clamp(100 * AtByte / Size, 0, 100);
}

/// <summary>Something that a person should know or do about a file, at its place.</summary>
/// <param name="Transaction">Store, till and number, where they are known.</param>
public sealed record PosFinding(long Line, long Column, string Code, string? Transaction, string Message);

/// <summary>How well a store is heard.</summary>
/// <param name="BusinessAt">The last moment of its business that it told.</param>
/// <param name="Holes">Runs of numbers that are missing.</param>
/// <param name="Missing">Numbers in them.</param>
/// <param name="FirstHole">The newest run, in words such as <c>till 3: 12 to 14</c>.</param>
public sealed record PosStore(string Connection, string ConnectionName, string Store, long Receipts, DateTimeOffset BusinessAt, DateTimeOffset HeardAt, long Holes, long Missing, string? FirstHole);

/// <summary>The right of one node to read a file on from a place, until its lease ends.</summary>
public sealed record PosTurn(long Id, long Fence, int Attempt, string Connection, string Name, string? Head, long AtByte, long AtLine, long AtColumn, int Parts, long Findings);

/// <summary>A receipt on its way to the inbox, or a transaction that is left out.</summary>
/// <param name="Body">Null: left out.</param>
public sealed record PosTransaction(
    string Store, string Till, DateOnly Day, long Sequence, string Kind, byte[] Hash, DateTimeOffset At, long Line, long Column, string Id, string Name, byte[]? Body, string? Lane = null);

/// <summary>What one step found.</summary>
public sealed record PosStep(IReadOnlyList<PosTransaction> Transactions, IReadOnlyList<PosFinding> Findings, long Faulty, string? Head, long AtByte, long AtLine, long AtColumn);
