using System.Globalization;
using ControlTower.Data.Audit;
using ControlTower.Data.Canonical;

namespace ControlTower.Data.Triage;

/// <summary>A batch about to be frozen.</summary>
/// <param name="Key">Made by whoever asks, once per confirmation.</param>
/// <param name="CaseIds">In the order in which they are to be sent.</param>
/// <param name="What">What was chosen, in words for people.</param>
public sealed record NewBatch(Guid Key, IReadOnlyList<long> CaseIds, string What, string? Reason, BatchPlan Plan)
{
    /// <summary>Nothing is done sooner.</summary>
    public TimeSpan Pause { get; init; }

    public BatchOrder Order { get; init; } = BatchOrder.Retry;
}

/// <summary>What was frozen.</summary>
/// <param name="LeftOut">Cases that were named but that the act does not fit any more, or that another batch has in its hands.</param>
public sealed record FrozenBatch(long Id, int Count, int LeftOut, IReadOnlyList<Money> Values);

public enum BatchAct { Pause, Resume, Stop }

/// <summary>A batch as it stands.</summary>
/// <param name="Sent">In work now: retrying, or waiting for the target.</param>
/// <param name="Version">Rises with each change of state; acts name the one they saw.</param>
/// <param name="FinishedAt">When nothing of it was left in work; null before.</param>
public sealed record BatchRow(
    long Id, BatchKind Kind, string What, string? Reason, string StartedBy, DateTimeOffset FrozenAt, int Count, int LeftOut, IReadOnlyList<Money> Values, BatchPlan Plan, string State, string? Why,
    string StateBy, DateTimeOffset StateAt, int Stage, int Sent, int Proven, int Failed, int Skipped, int Version, DateTimeOffset? FinishedAt)
{
    public string Name => string.Create(CultureInfo.InvariantCulture, $"B-{Id}");

    /// <summary>What held it up is over and the order went on; there was no target to be read back. Of an act that sends nothing: it was done.</summary>
    public int Passed { get; init; }

    public int Waiting => Count - Sent - Proven - Passed - Failed - Skipped;

    /// <summary>It can be paused, resumed or stopped.</summary>
    public bool IsOpen => State is "running" or "paused";

    public int CountOf(string? result) => result switch
    {
        "waiting" => Waiting,
        "sent" => Sent,
        "proven" => Proven,
        "passed" => Passed,
        "failed" => Failed,
        "skipped" => Skipped,
        _ => Count,
    };
}

/// <summary>How a run of stages stands: one stage, or several that are drawn as one because there are too many.</summary>
public sealed record BatchBar(int First, int Last, int Count, int Sent, int Proven, int Passed, int Failed, int Skipped)
{
    public int Settled => Proven + Passed + Failed + Skipped;

    public bool IsSettled => Settled == Count;
}

/// <summary>A system that items in work wait for.</summary>
public sealed record BatchWait(string Target, int Count, bool Paused);

public sealed record BatchPicture(BatchRow Row, IReadOnlyList<BatchBar> Bars, IReadOnlyList<BatchWait> Waits);

public sealed record BatchItemRow(
    int Ordinal, long CaseId, string Name, Money? Value, int Stage, string State, string? Detail, DateTimeOffset? SentAt, DateTimeOffset? SettledAt);

/// <summary>The right of one node to carry a batch out, until its lease ends or somebody else takes it over.</summary>
public sealed record BatchTurn(long Id, long Fence);

/// <summary>Items that were sent and are decided, by how they ended.</summary>
public readonly record struct BatchSettled(int Proven, int Passed, int Failed, int Skipped)
{
    public int Count => Proven + Passed + Failed + Skipped;
}

/// <summary>A batch in the hands of the node that locked it.</summary>
/// <param name="Well">Items that ended well: proven, or gone on.</param>
/// <param name="MaySend">It is running and its rate allows more now.</param>
public sealed record BatchHeld(long Id, string State, int Stage, int Count, int Sent, int Well, int Failed, int PerSecond, decimal FailureLimit, bool MaySend, Actor Actor)
{
    public BatchOrder Order { get; init; } = BatchOrder.Retry;

    public string? Reason { get; init; }
}

/// <param name="Version">Of the case, when it was frozen.</param>
public sealed record BatchItem(int Ordinal, long CaseId, int Stage, int Version);
