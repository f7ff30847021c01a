using ControlTower.Data.Triage;

namespace ControlTower.Sync.Triage.Repair;

/// <summary>A document as the editor opens it.</summary>
/// <param name="Text">What would be sent now, indented.</param>
/// <param name="Original">The shop's statement, indented.</param>
/// <param name="Revision">What the editor starts from; it names it again when it saves.</param>
/// <param name="Tolerance">Largest difference between the total and its parts, in the currency's smallest unit.</param>
/// <param name="WhyNot">Why it cannot be changed now; null if it can.</param>
public sealed record RepairPaper(long CaseId, string Name, string? Text, string? Original, int Revision, string? By, DateTimeOffset? At, int Tolerance, string? WhyNot);

/// <summary>How an edit ended. Only after <see cref="Done"/> did anything change.</summary>
public abstract record EditAnswer
{
    /// <summary>The revision stands, and the case is being retried with it.</summary>
    /// <param name="Repair">Names the act, for its undo.</param>
    public sealed record Done(Guid Repair, int Revision, IReadOnlyList<FieldChange> Changes) : EditAnswer;

    /// <summary>Every reason at once, by field.</summary>
    public sealed record Refused(IReadOnlyList<FieldProblem> Problems) : EditAnswer;

    /// <summary>Somebody else was first.</summary>
    /// <param name="Changes">What they changed in the document that this edit started from.</param>
    public sealed record Conflict(string By, DateTimeOffset At, int Revision, IReadOnlyList<FieldChange> Changes) : EditAnswer;

    /// <summary>The case cannot be changed any more, for the reason given in words.</summary>
    public sealed record NotNow(string Why) : EditAnswer;
}

public enum RepairVerdict
{
    Changed,

    /// <summary>The rule finds nothing to change.</summary>
    Unchanged,

    /// <summary>What the rule makes of it is no document that may be sent.</summary>
    Invalid,

    /// <summary>Not held or not open any more, carries no order, or somebody changed it since the preview.</summary>
    LeftOut,

    /// <summary>The database did not answer; the case shows what is true.</summary>
    Uncertain,
}

/// <summary>What a rule does, or did, to one case.</summary>
/// <param name="Revision">What the preview looked at.</param>
public sealed record RepairItem(long CaseId, string Name, int Revision, RepairVerdict Verdict, IReadOnlyList<FieldChange> Changes, string? Why);

/// <summary>What a rule would do to a frozen set. Nothing has changed.</summary>
public sealed record RulePreview(RepairRule Rule, IReadOnlyList<RepairItem> Items)
{
    public int Count(RepairVerdict verdict) => Items.Count(i => i.Verdict == verdict);
}

/// <param name="Repair">Names the act, for its undo.</param>
public sealed record RuleReceipt(Guid Repair, IReadOnlyList<RepairItem> Items)
{
    /// <summary>What sends the changed ones in stages; null if they went out at once, or none did.</summary>
    public FrozenBatch? Batch { get; init; }

    public int Count(RepairVerdict verdict) => Items.Count(i => i.Verdict == verdict);
}

/// <param name="Cases">Open again, as they were before.</param>
/// <param name="Left">Orders of the act that had gone out, or are older than an undo reaches.</param>
public sealed record UndoReceipt(IReadOnlyList<long> Cases, int Left);

/// <summary>What helped with the same cause before, tried on one case.</summary>
/// <param name="Reach">Open cases of the cause that the desk shows.</param>
/// <param name="More">There are more than one rule may touch.</param>
public sealed record RepairSuggestion(RepairRule Rule, RepairUse Use, RepairItem Here, int Reach, bool More);

/// <summary>How a mapping ended.</summary>
public abstract record MapAnswer
{
    /// <summary>In force.</summary>
    /// <param name="Retried">Cases that waited for it and are being retried.</param>
    public sealed record Done(IReadOnlyList<long> Retried) : MapAnswer
    {
        /// <summary>Its id; null if the same was in force already.</summary>
        public long? Put { get; init; }
    }

    public sealed record Refused(string Why) : MapAnswer;

    /// <summary>Somebody mapped the same word to something else; it must be removed first.</summary>
    public sealed record Taken(MappingRow By) : MapAnswer;
}

/// <summary>What a case suggests to map: words that its document really names.</summary>
public sealed record MapChoice(string Kind, IReadOnlyList<string> Words);

/// <param name="WhyNot">Why nothing can be mapped for this case; null if something can.</param>
public sealed record MapOffer(long CaseId, string? ConnectionId, IReadOnlyList<MapChoice> Choices, string? Likely, IReadOnlyList<MappingRow> InForce, string? WhyNot);
