using ControlTower.Data.Canonical;

namespace ControlTower.Data.Promotions;

public enum PromotionState { Planned, Scheduled, Releasing, Live, Ending, Ended, RollingBack, RolledBack, Expired, Cancelled }

/// <summary>Of a revision. <see cref="Changes"/>: the approver asked for changes; the next save makes a new draft.</summary>
public enum RevisionState { Draft, Review, Changes, Approved, Replaced }

/// <param name="Number">For people: <c>R-311</c>.</param>
/// <param name="Revision">The newest.</param>
/// <param name="Newest">How the newest revision stands.</param>
/// <param name="Starts">Earliest start over all places, UTC; null before the first check.</param>
/// <param name="Cells">Prices of the revision in force, else of the newest.</param>
/// <param name="Proven">Read back as intended.</param>
/// <param name="Trouble">Drifted, failed or stuck.</param>
public sealed record PromotionRow(
    long Id, string Number, string Name, PromotionState State, RevisionState Newest, int Revision, int? Released, bool Held, string? Question, DateTimeOffset? Starts, DateTimeOffset? Ends,
    DateTime WallStarts, DateTime WallEnds, OfferKind Kind, decimal Percent, int Channels, int Stores, long Cells, long Proven, long Trouble, string MadeBy, DateTimeOffset MadeAt)
{
    /// <summary>Why its next stage does not begin: the rule of sequence that it would break; null: none.</summary>
    public string? OrderWait { get; init; }

    /// <summary>The stage that waits for a person to advance it, in words; null: none.</summary>
    public string? Called { get; init; }
}

/// <summary>A promotion with one of its revisions.</summary>
/// <param name="Version">Rises with each act of a person: whoever acts names the one they saw.</param>
public sealed record PromotionView(
    long Id, string Number, string Name, PromotionState State, DateTimeOffset StateAt, int Version, int? Released, DateTimeOffset? Starts, DateTimeOffset? Ends,
    DateTimeOffset? HeldAt, string? HeldBy, string? HeldWhy, string? Question, string? BackBy, string? BackWhy, string MadeBy, RevisionView Revision, int Newest)
{
    /// <summary>Why its next stage does not begin: the rule of sequence that it would break; null: none.</summary>
    public string? OrderWait { get; init; }

    /// <summary>Who looks after the release; null: nobody.</summary>
    public string? TakenBy { get; init; }

    public DateTimeOffset? TakenAt { get; init; }

    /// <summary>When its way back was begun; null: it was not, or nobody noted it.</summary>
    public DateTimeOffset? BackAt { get; init; }

    /// <summary>How long the way back took, from its beginning until every price was read back or left alone; null: it is not over.</summary>
    public TimeSpan? BackTook => BackAt is { } begun && State is PromotionState.Ended or PromotionState.RolledBack ? StateAt - begun : null;

    public bool IsLocked => Revision.State != RevisionState.Draft;

    /// <summary>Its prices stand somewhere, or may.</summary>
    public bool IsOut => State is PromotionState.Releasing or PromotionState.Live or PromotionState.Ending or PromotionState.RollingBack;

    public bool IsOver => State is PromotionState.Ended or PromotionState.RolledBack or PromotionState.Expired or PromotionState.Cancelled;
}

/// <param name="Check">How the check stands.</param>
public sealed record RevisionView(
    int Revision, RevisionState State, PromotionPlan Plan, string MadeBy, string MadeById, DateTimeOffset MadeAt, string? SentBy, string? SentById, DateTimeOffset? SentAt, string? SentTo, string? DecidedBy,
    DateTimeOffset? DecidedAt, string? Comment, CheckProgress Check)
{
    /// <summary>Ids of everybody who ever wrote or sent it: none of them decides about it.</summary>
    public IReadOnlyList<string> Hands { get; init; } = [];
}

/// <param name="Step">Of <paramref name="Steps"/>, while it runs.</param>
/// <param name="At">When it last was done; null: never.</param>
/// <param name="DryLooked">Prices read by the dry run, of <paramref name="DryAll"/>.</param>
/// <param name="DryFailure">Why some could not be read; while it runs they are tried again.</param>
public sealed record CheckProgress(bool Running, int Step, int Steps, DateTimeOffset? At, string? Failure, DateTimeOffset? DryAskedAt, DateTimeOffset? DryDoneAt, long DryLooked, long DryAll, string? DryFailure = null);

public enum FindingTone { Error, Warning, Note, Passed, Unknown }

/// <param name="Check">Stable name, such as <c>margin</c>; also the flag of its cells.</param>
public sealed record Finding(string Check, FindingTone Tone, long Count, string Words, string? AcknowledgedBy, string? AcknowledgedWhy, DateTimeOffset? AcknowledgedAt)
{
    /// <summary>It keeps the plan from being sent for approval.</summary>
    public bool Blocks => Tone is FindingTone.Error or FindingTone.Unknown || (Tone == FindingTone.Warning && AcknowledgedBy is null);
}

/// <summary>One price of a plan.</summary>
/// <param name="Lowest">The lowest price that keeps the margin floor.</param>
public sealed record PlanCell(
    long Id, string ConnectionId, string ConnectionName, string Sku, string Title, string Place, string? Currency, int? Stage, decimal? Base, decimal? BaseCompare, decimal? Price, decimal? Compare, decimal? Cost, decimal? Margin,
    decimal? Lowest, long? RivalId, string? RivalName, decimal? RivalPrice, bool? Wins, decimal? Seen, DateTimeOffset? SeenAt, IReadOnlyList<string> Flags)
{
    /// <summary><c>price</c>; <c>checkout</c>, a reduction at the checkout; <c>effect</c>, what that leaves of a price.</summary>
    public string Kind { get; init; } = "price";

    /// <summary>At a store; else everywhere, or on a price list.</summary>
    public bool IsStore { get; init; }

    /// <summary>The channel lists it; of a reduction always.</summary>
    public bool IsListed { get; init; } = true;

    /// <summary>The currency that the cost is stated in, where it is another than the price's.</summary>
    public string? CostIn { get; init; }

    /// <summary>Days that the stock lasts at the pace of the last 28 days; null: it was not sold in them, or nothing is known of its stock.</summary>
    public decimal? Cover { get; init; }

    /// <summary>Of a reduction: what the dry run found under its mark, <c>none</c>, <c>other</c> or <c>meant</c>; null: not looked up.</summary>
    public string? DryFound { get; init; }

    /// <summary>What of the other reduction is not as meant.</summary>
    public string? DryDiffers { get; init; }
}

/// <summary>How a connection is reached by a plan.</summary>
/// <param name="Wanted">SKUs of the plan.</param>
/// <param name="Ready">Of these, what can be shown there.</param>
public sealed record PlanReach(string ConnectionId, string Name, string Kind, string Role, long Wanted, long Ready, long Missing, int Stores, long Cells);

public enum CellPhase { Waiting, Applying, Written, Offline, Proven, Drifted, Failed, Outdone, Ignored, Reverting, Returned, Stuck, Reverted, LeftAlone, Never }

/// <summary>One price of a release.</summary>
/// <param name="Place">Empty: everywhere at the connection.</param>
public sealed record ReleaseCell(
    long Id, string ConnectionId, string ConnectionName, string Kind, string Sku, string Title, string Place, string? PlaceName, string Currency, int Stage, CellPhase Phase, decimal? Price, decimal? Compare,
    decimal? Former, decimal? FormerCompare, bool Captured, decimal? Seen, DateTimeOffset? SeenAt, DateTimeOffset Starts, DateTimeOffset Ends, string? Failure, string? FailureMessage, string? IgnoredBy, string? IgnoredWhy,
    long? OutdoneBy, DateTimeOffset ChangedAt)
{
    /// <summary>Of one that somebody else changed: who, in words; null if nobody knows.</summary>
    public string? ChangedBy { get; init; }
}

/// <summary>Prices of one stage at one connection.</summary>
/// <param name="Cells">That count: those outdone by another promotion, or taken out by a person, do not.</param>
public sealed record MatrixCell(
    int Stage, string ConnectionId, long Cells, long Waiting, long Moving, long Proven, long Offline, long Drifted, long Failed, long Aside, long GoingBack, long Stuck, long Reverted, long LeftAlone,
    DateTimeOffset? NextStart)
{
    /// <summary>Share read back as intended, 0 to 1; null while nothing counts.</summary>
    public decimal? Parity => Cells - Aside is > 0 and var all ? (decimal)Proven / all : null;
}

public sealed record ReleaseStage(
    int Stage, string Name, StageHold Hold, int Minutes, string? Team, string? Instructions, DateTimeOffset? StartedAt, string? StartedBy, DateTimeOffset? ProvenAt, string? AdvancedBy)
{
    /// <summary>When people were told that it waits for them; null: not yet, or it has begun.</summary>
    public DateTimeOffset? AskedAt { get; init; }
}

public sealed record ReleaseConnection(string Id, string Name, string Kind, string Role, bool Shut, DateTimeOffset? HeardAt);

public sealed record ReleaseLogEntry(long Id, DateTimeOffset At, string Tone, string Words, string? Who);

/// <summary>What the release page shows.</summary>
/// <param name="Skew">Between the first and the last connection's first price read back as intended, of places of the same hour; null before two have one.</param>
/// <param name="Over">Prices shown dearer than intended at their last look.</param>
/// <param name="Margin">Percent of net sales on promoted lines; null without sales or costs.</param>
public sealed record ReleaseView(
    IReadOnlyList<ReleaseStage> Stages, IReadOnlyList<ReleaseConnection> Connections, IReadOnlyList<MatrixCell> Matrix, TimeSpan? Skew, long Over, long Under, long SoldLines, long SoldDearer, decimal? Margin,
    decimal Spent, string? SpentCurrency, IReadOnlyList<decimal> ParityTrend)
{
    /// <summary>What was taken off, in each currency as it was sold, the most first.</summary>
    public IReadOnlyList<PromotionCost> Costs { get; init; } = [];
}

/// <summary>What may be taken off at most.</summary>
public sealed record BudgetLimit(decimal Amount, string Currency);

/// <param name="InBudget">In the currency of the budget, at the stored rates; null: there is none, or no rate.</param>
public sealed record PromotionCost(string Currency, decimal Amount, decimal? InBudget);

/// <summary>SKUs that a plan's rule would find now and that are not in the plan (came), and those in the plan that nothing names any more (went): how many, and the first of them by name.</summary>
public sealed record ProductsSince(long Came, IReadOnlyList<string> FirstCame, long Went, IReadOnlyList<string> FirstWent)
{
    /// <summary>Most that are named of each side.</summary>
    public const int MostNamed = 30;

    public static ProductsSince None { get; } = new(0, [], 0, []);
}

/// <summary>A collection or an attribute that channels list, for rules.</summary>
/// <param name="Items">That have it.</param>
public sealed record KnownFacet(CatalogFacet Facet, long Items);

/// <summary>Somebody who may decide about a plan.</summary>
/// <param name="Asked">It was sent to them by name.</param>
public sealed record Approver(Guid Id, string Name, bool Asked);

/// <summary>What a rollback would do now.</summary>
/// <param name="Back">Prices that go back as captured.</param>
/// <param name="Changed">Prices that somebody else changed: they are left alone.</param>
/// <param name="Later">Prices at places that are not heard, or connections that are shut: they follow when these are back.</param>
/// <param name="Never">Prices that were never written.</param>
public sealed record BackPreview(long Back, long Changed, long Later, long Never, IReadOnlyList<string> LaterPlaces, TimeSpan About);

/// <summary>Which prices of a release; null means any.</summary>
/// <param name="Trouble">Only what is not as intended and not on its way.</param>
public sealed record CellFilter(string? ConnectionId = null, int? Stage = null, CellPhase? Phase = null, string? Sku = null, bool Trouble = false, long After = 0);

/// <summary>A store as promotions know it.</summary>
public sealed record PromotionStore(string Id, string Name, string? Brand, string? TimeZone, IReadOnlyList<string> PriceGroups, IReadOnlyList<string> Connections);

/// <summary>A price list that a plan may aim at.</summary>
/// <param name="List">The channel's own name of it.</param>
/// <param name="Currency">Of all its prices.</param>
public sealed record KnownPriceList(string ConnectionId, string ConnectionName, string List, string Name, string Currency);
