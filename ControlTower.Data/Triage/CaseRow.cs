using ControlTower.Data.Canonical;

namespace ControlTower.Data.Triage;

/// <summary>Cases with one cause.</summary>
/// <param name="Values">Money at risk, one entry per currency, largest first.</param>
/// <param name="Trend">New cases per two hours over the last day, oldest first; twelve numbers.</param>
/// <param name="HeldBy">Who has all of them in hand; null if nobody or several.</param>
public sealed record Cause(
    string Fingerprint, string Title, string Failure, string Code, string? Connection, string? ConnectionName, int Count, int Open, int Retrying,
    IReadOnlyList<Money> Values, DateTimeOffset FirstSeenAt, DateTimeOffset LastSeenAt, IReadOnlyList<int> Trend, string? HeldBy)
{
    /// <summary>Cases of it that somebody has in hand.</summary>
    public int Taken { get; init; }

    /// <summary>When one of those that are still open was retried last; null: none was.</summary>
    public DateTimeOffset? LastRetriedAt { get; init; }
}

/// <summary>One case as the list shows it.</summary>
/// <param name="Name">The order's name, or what else the case is about.</param>
/// <param name="Stage">Of the order; null without one.</param>
/// <param name="StageSince">Since when the order has been there.</param>
/// <param name="Proven">True if it was closed because the target was read back.</param>
public sealed record CaseRow(
    long Id, string Fingerprint, string Title, string Failure, string Code, string State, int Attempts, int Occurrences, long? FlowId, string Name, string? Channel, string? Connection, string? ConnectionName,
    string Brand, Money? Value, string? Stage, DateTimeOffset? StageSince, DateTimeOffset OpenedAt, DateTimeOffset LastSeenAt, DateTimeOffset? ClosedAt, string? ClosedBy, string? Resolution)
{
    /// <summary>Rises with each change; an act names the version that its person saw.</summary>
    public int Version { get; init; }

    /// <summary>The share of the value that a failure of this class costs if nobody acts.</summary>
    public Money? AtRisk { get; init; }

    public CaseHolder? Assignee { get; init; }

    /// <summary>Name or address of the ticket under which somebody looks into it.</summary>
    public string? Ticket { get; init; }

    /// <summary>Set while it is kept off the board, and after its time ran out until somebody acts.</summary>
    public CaseShelf? Shelf { get; init; }

    /// <summary>When it last came off the shelf because it failed again.</summary>
    public DateTimeOffset? WokeAt { get; init; }

    /// <summary>Set while the target, which accepted a retry, is being read back.</summary>
    public DateTimeOffset? AcceptedAt { get; init; }

    /// <summary>Closed because the target was read back and has it.</summary>
    public bool IsProven { get; init; }

    /// <summary>Closed by the tower because what held it up is over. Nothing was read back.</summary>
    public bool WentOn => ClosedBy == "tower" && !IsProven && Resolution != CaseStore.TakenBack;

    /// <summary>When its order, or return, has been in its stage too long; null where there is none, or it has ended.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>Names of the places at which goods of the order are set aside, or were handed over; null without any.</summary>
    public string? Store { get; init; }

    /// <summary>Its assignee has it by a rule, not by hand.</summary>
    public bool IsGivenByRule { get; init; }

    /// <summary>Kept off the board at that time.</summary>
    public bool IsShelved(DateTimeOffset now) => Shelf is { } shelf && !shelf.IsOver(now);

    public bool IsOpen => State is "open" or "retrying";

    /// <summary>A retry is possible: nobody is retrying it, and it is not about an id that was used twice.</summary>
    public bool IsRetryable => State == "open" && Code != "id-reused";
}

/// <summary>Who looks into a case.</summary>
public sealed record CaseHolder(Guid Id, string Name);

public enum ShelfKind
{
    /// <summary>Nobody has to look before then.</summary>
    Snoozed,

    /// <summary>Somebody looks into it, and the board need not be red for it.</summary>
    Held,
}

/// <summary>Why a case is kept off the board.</summary>
/// <param name="Until">Null: until it changes.</param>
public sealed record CaseShelf(ShelfKind Kind, DateTimeOffset? Until, string By, string? Note)
{
    public bool IsOver(DateTimeOffset now) => Until <= now;
}

/// <summary>Everything about one case but the bodies of its calls.</summary>
/// <param name="Call">The call that was refused; null for problems of the order itself or of a message.</param>
/// <param name="Attempts">All calls for the same document, oldest first.</param>
public sealed record CaseDetail(
    CaseRow Row, string Message, string? Field, string? PostingKey, string? PostingKind, string? PostingState, long? MessageId, string? Topic, int? MessageSize, string? SourceName, string? TargetName,
    CaseOrder? Order, CaseCall? Call, IReadOnlyList<CaseCall> Attempts, IReadOnlyList<CaseAct> History)
{
    /// <summary>Where the retailer's own instructions for this failure are.</summary>
    public Uri? Runbook { get; init; }

    /// <summary>What somebody of the retailer wrote down for this failure.</summary>
    public CaseAdvice? Advice { get; init; }

    /// <summary>When its words, and what it is about, were erased.</summary>
    public DateTimeOffset? ErasedAt { get; init; }

    /// <summary>The case in which the same thing was looked into before.</summary>
    public CaseFormer? Former { get; init; }

    /// <summary>How the latest cases of the same cause ended; null: none has.</summary>
    public CausePast? Past { get; init; }
}

/// <summary>A closed case of the same subject.</summary>
public sealed record CaseFormer(long Id, DateTimeOffset ClosedAt, string ClosedBy, string? Resolution);

public sealed record CaseAdvice(string Words, string By);

/// <summary>What matters of the order while one decides about its case.</summary>
public sealed record CaseOrder(long Id, string Name, string Stage, string Status, DateTimeOffset? PlacedAt, int Reserved, int? Lines, string? Payment, string? Fulfilment)
{
    /// <summary>Which flow it is of: a return or a journal has cases, too.</summary>
    public string Kind { get; init; } = "";
}

public sealed record CaseCall(long Id, string System, string Purpose, int Attempt, string Verb, string Path, int? Status, string Outcome, string? Failure, DateTimeOffset StartedAt, int TookMs);

/// <summary>How the latest cases of a cause ended.</summary>
/// <param name="Closed">That are looked at: the latest ones.</param>
/// <param name="Retried">Of them, those that were retried; <paramref name="Worked"/> of these ended with it: proven, or overtaken by a newer success.</param>
/// <param name="ByHand">Resolved by a person, retried before or not; <paramref name="Last"/> is what the last of them said.</param>
/// <param name="ByItself">Came right without anybody.</param>
/// <param name="Unwanted">What they were about was taken back before it happened.</param>
public sealed record CausePast(int Closed, int Retried, int Worked, int ByItself, int ByHand, int Discarded, int Unwanted, string? Last);

/// <summary>Who did what to the case, from the audit trail.</summary>
/// <param name="Result">Of an entry that says what became of an earlier act: see <see cref="Audit.KnownOutcome"/>.</param>
public sealed record CaseAct(DateTimeOffset At, string Who, string Action, string Outcome, string? Reason, string? Result = null);

/// <summary>Where a list goes on: sort value and id of the last row.</summary>
public sealed record CaseCursor(CaseSort Sort, string Value, long Id);

/// <summary>Ids in the order of the list. <paramref name="Next"/> is null at the end.</summary>
public sealed record CaseKeys(IReadOnlyList<long> Ids, CaseCursor? Next);

/// <param name="OrMore">Counting ended there.</param>
public readonly record struct CaseCount(long Count, bool OrMore);

public sealed record CaseTotal(long Count, IReadOnlyList<Money> Values)
{
    /// <summary>Of all causes there are, added up.</summary>
    internal static CaseTotal Of(IReadOnlyList<Cause> causes) => new(
        causes.Sum(cause => (long)cause.Count),
        [.. causes.SelectMany(cause => cause.Values).GroupBy(value => value.Currency, (currency, values) => new Money(values.Sum(value => value.Amount), currency)).OrderByDescending(value => value.Amount)]);
}

/// <summary>A set that is about to be acted on: exactly these cases and no later ones.</summary>
/// <param name="Ids">Cases that the act fits now.</param>
/// <param name="Retrying">Cases of the selection that are being retried already and are left out.</param>
/// <param name="Blocked">Open cases of the selection that the act does not fit, such as those that no retry can help; left out as well.</param>
/// <param name="Gone">Cases of the selection that were closed meanwhile.</param>
public sealed record CaseSet(IReadOnlyList<long> Ids, IReadOnlyList<Money> Values, IReadOnlyList<CaseTarget> Targets, int Retrying, int Blocked, int Gone)
{
    /// <summary>Open cases of the selection that a batch has in its hands already, left out too.</summary>
    public int Batched { get; init; }

    /// <summary>What the cases that can be retried failed with.</summary>
    public IReadOnlyList<CaseCode> Codes { get; init; } = [];
}

/// <summary>What the desk can be narrowed by.</summary>
public sealed record CaseChoices(IReadOnlyList<string> Brands, IReadOnlyList<CasePlaceName> Stores)
{
    public static CaseChoices None { get; } = new([], []);
}

public sealed record CasePlaceName(string Id, string Name);

/// <summary>So many cases of a set have this failure kind and code.</summary>
public sealed record CaseCode(string Failure, string Code, int Count);

public sealed record CaseTarget(string? Connection, string Name, int Count, bool Paused, string Breaker);
