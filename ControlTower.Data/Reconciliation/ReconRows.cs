using ControlTower.Data.Canonical;

namespace ControlTower.Data.Reconciliation;

/// <summary>The comparisons, in the order of the money's way. The names are those of the database.</summary>
public static class Comparisons
{
    public const string Order = "order";
    public const string Refund = "refund";
    public const string Settlement = "settlement";
    public const string Contents = "contents";
    public const string Deposit = "deposit";
    public const string Books = "books";

    public static IReadOnlyList<string> All { get; } = [Order, Refund, Settlement, Contents, Deposit, Books];
}

/// <summary>What stands in the backlog, as people name it: comparisons, and the order's three ways to disagree.</summary>
public static class ReconCategories
{
    public const string OrderMissing = "order-missing";
    public const string OrderOrphan = "order-orphan";
    public const string OrderDiffers = "order-differs";

    public static IReadOnlyList<string> All { get; } =
        [OrderMissing, OrderOrphan, OrderDiffers, Comparisons.Refund, Comparisons.Settlement, Comparisons.Contents, Comparisons.Deposit, Comparisons.Books];
}

/// <summary>What a break is. The names are those of the database.</summary>
public static class BreakKinds
{
    public const string MissingOther = "missing-other";
    public const string MissingFirst = "missing-first";
    public const string Duplicate = "duplicate";
    public const string Amount = "amount";
    public const string Tax = "tax";
    public const string Rounding = "rounding";
    public const string Fee = "fee";
    public const string Timing = "timing";
    public const string Currency = "currency";
    public const string Status = "status";
    public const string Chargeback = "chargeback";
    public const string PayoutFailed = "payout-failed";
    public const string PayoutCancelled = "payout-cancelled";

    public static IReadOnlyList<string> All { get; } =
        [MissingOther, MissingFirst, Duplicate, Amount, Tax, Rounding, Fee, Timing, Currency, Status, Chargeback, PayoutFailed, PayoutCancelled];
}

/// <summary>Days behind the time until which nothing is late, as KPIs count them: 0-1, 2-3, 4-7, 8-14, 15 and more.</summary>
public static class AgeBuckets
{
    public const int Count = 5;

    /// <summary>First day of each bucket.</summary>
    public static IReadOnlyList<int> From { get; } = [0, 2, 4, 8, 15];
}

/// <summary>What of the backlog is asked for. Null: whatever it is.</summary>
/// <param name="State"><c>open</c> (late), <c>overdue</c> (late for longer than its kind may be), <c>coming</c> (not late yet), <c>tolerated</c>, <c>settled</c>, <c>closed</c>.</param>
/// <param name="Bucket">0 to 4, of <see cref="AgeBuckets"/>.</param>
/// <param name="Owner">Id of an account, one of <see cref="ReconTeams"/>, or <see cref="ReconTeams.Nobody"/>.</param>
/// <param name="Words">Part of a document's number, in any case.</param>
/// <param name="Suggested">Only those for which a match is offered.</param>
public sealed record ReconFilter(
    string State = "open", string? Category = null, string? Kind = null, int? Bucket = null, string? Currency = null, string? Books = null, string? Source = null, string? Owner = null, string? Words = null,
    bool Suggested = false, long? Flow = null);

/// <param name="Difference">First side less other side less what was adjusted.</param>
/// <param name="DaysLate">Whole days behind <paramref name="DueAt"/>; negative while it is not due.</param>
/// <param name="Score">Of the best match on offer, in percent; null without any.</param>
/// <param name="Team">Whoever of <see cref="ReconTeams"/> takes it, where no person has it.</param>
/// <param name="ResolveBy">By when its kind is to be resolved; null where it is not open.</param>
public sealed record ReconItemRow(
    long Id, string Comparison, string Category, string Kind, string State, string? Document, string Currency, decimal FirstAmount, decimal OtherAmount, string? OtherCurrency, decimal Adjusted, decimal Difference, decimal Value,
    string? Source, string? SourceName, string? Books, string? Store, string Brand, long? Flow, DateTimeOffset FirstAt, DateTimeOffset DueAt, int DaysLate, int? Score, Guid? OwnerId, string? Owner,
    DateTimeOffset? HeldUntil, int Version, string GroupKey, string? Team = null, DateTimeOffset? ResolveBy = null, bool IsOverdue = false);

/// <summary>One cell of the backlog.</summary>
public sealed record ReconCell(string Category, int Bucket, long Count, decimal Value);

/// <param name="ValueDays">Sum of value times days late.</param>
/// <param name="OverSeven">Items late by more than seven days.</param>
/// <param name="Groups">Groups of both sides that were to be matched in the last 30 days, and of them those that came to nought by their key or by a confirmed rule: the rate of matching by rules.</param>
public sealed record ReconSummary(long Items, decimal Value, decimal ValueDays, long OverSeven, long Coming, decimal ComingValue, long Suggested, long Groups, long Matched, DateTimeOffset? MatchedTo);

/// <summary>One line of one side of an item.</summary>
public sealed record ReconLine(
    long Id, string Connection, string ConnectionName, string ConnectionKind, bool Other, MoneyKind Kind, MoneyStatus Status, string? Document, decimal Amount, string Currency, decimal? ShownAmount, string? ShownCurrency,
    decimal Fee, decimal? Tax, string? Payout, string? Method, string? Words, string? Account, DateTimeOffset At, long? Link);

/// <param name="Id">Of the first link of the decision; <paramref name="Bundle"/> holds all that belong to it.</param>
/// <param name="Members">Items that would stand together with this one, as they are now.</param>
/// <param name="Rest">What would still be open.</param>
public sealed record ReconSuggestion(long Id, Guid Bundle, string State, string? Rule, int Score, IReadOnlyList<string> Reasons, IReadOnlyList<ReconItemRow> Members, decimal Rest, string? By, DateTimeOffset MadeAt, string? Why);

/// <param name="ByRule">A rule tolerates it: it ends with the rule, or when a person takes the tolerance back.</param>
public sealed record ReconAdjustment(
    long Id, decimal Amount, string Currency, string Reason, string Words, string By, DateTimeOffset At, long? PostingFlow, string? PostingState, DateTimeOffset? UndoneAt, string? UndoneBy, bool ByRule = false);

public sealed record ReconComment(long Id, string Kind, string Words, string? By, DateTimeOffset At);

/// <summary>A case of the exceptions desk about the same order.</summary>
public sealed record ReconCase(long Id, string Title, string State);

/// <param name="Chain">The whole way of the order's money, also where it agrees: every line of the order, and of the payouts that carry it.</param>
/// <param name="Cause">What the flow's own history says about it; null if it says nothing.</param>
/// <param name="Alike">How many open items of the same comparison and kind have a match on offer by the same rule.</param>
public sealed record ReconItemView(
    ReconItemRow Item, IReadOnlyList<ReconLine> Lines, IReadOnlyList<ReconLine> Chain, IReadOnlyList<ReconSuggestion> Suggestions, IReadOnlyList<ReconSuggestion> Links, IReadOnlyList<ReconAdjustment> Adjustments,
    IReadOnlyList<ReconComment> Comments, IReadOnlyList<ReconCase> Cases, string? Cause, int Alike, bool MonthClosed);

/// <summary>A payout with what became of it.</summary>
/// <param name="ContentsDifference">Amount less the sum of its lines' nets; null if it has no lines that could be told.</param>
/// <param name="Deposited">What the bank received of it.</param>
/// <param name="Booked">What stands of it in the ledger of the ERP.</param>
public sealed record PayoutRow(
    long Line, string Connection, string ConnectionName, string Payout, MoneyStatus Status, decimal Amount, string Currency, DateTimeOffset At, int Lines, decimal Gross, decimal Refunds, decimal Fees, decimal Disputes,
    decimal Others, decimal? ContentsDifference, decimal? Deposited, decimal? Booked, bool Returned, long? PostingFlow, string? PostingState, bool Bookable);

/// <summary>How complete the books of one channel, or of one of its stores, are: orders that should be there by now, and those that are.</summary>
/// <param name="Missing">Orders beyond the lag that the ERP does not have.</param>
/// <param name="Unread">Messages of the channel that could not be read: what they were is not known.</param>
/// <param name="Expected">Orders that this hour of the week usually brings, until now; null where there is too little history.</param>
/// <param name="Silent">Far fewer than that came.</param>
public sealed record CompletenessRow(
    string Channel, string ChannelName, string? Store, string? Books, long Orders, long Arrived, long Missing, decimal MissingValue, string? Currency, long Unread, DateTimeOffset? LastOrder, DateTimeOffset? CheckedTo,
    decimal? Expected, long Recent, bool Silent, bool Covered);

public sealed record ComparisonRow(string Name, TimeSpan Lag, int? WindowDays, int? MostItems, decimal? MostValue, int? MostDays, int Version, long Items, decimal Value);

/// <param name="Kind"><c>tolerance</c>: how much a group may differ; <c>amount</c>: pairs without a common reference; <c>sum</c>: several of one source and day together.</param>
/// <param name="Above">How much more the other side may have; <paramref name="Below"/> how much less. In the currency of the items.</param>
/// <param name="AbovePercent">Of the first side's amount, 0 to 100; the larger of amount and percent counts.</param>
/// <param name="DaysBefore">How many days the other side may be earlier, and <paramref name="DaysAfter"/> later.</param>
/// <param name="Pattern">A regular expression for the words and references of the other side.</param>
/// <param name="Confirms">True: what it finds alone is linked; false: it is offered to a person.</param>
public sealed record ReconRule(
    long Id, string Comparison, string Name, string Kind, int Position, string? Source, string? Currency, decimal Above, decimal Below, decimal AbovePercent, decimal BelowPercent, int DaysBefore, int DaysAfter, string? Pattern,
    string? Method, bool Confirms, string? Account, bool Active, int Version = 0, string? ChangedBy = null, DateTimeOffset? ChangedAt = null, long Confirmed = 0, long Suggested = 0, long Refused = 0, long Undone = 0);

public sealed record ReconReason(string Code, string Title, string? Account, bool Active);

/// <summary>When the business day of a system ends by its own clock.</summary>
/// <param name="Ends">A payment from then on belongs to the next day; midnight where nobody said so.</param>
public sealed record CutOff(string Connection, string Name, string TimeZone, TimeOnly Ends);

public sealed record ReconLimit(string Role, string Currency, decimal Most);

/// <param name="Settled">Null: nobody has said yet who settles it.</param>
public sealed record LedgerRoute(string Channel, string ChannelName, string Method, string? Processor, bool? Settled, long Lines);

/// <param name="Figures">As they were when it was signed; null while it is open.</param>
public sealed record ReconPeriod(long? Id, string Books, string BooksName, DateOnly Month, string State, string? SignedBy, DateTimeOffset? SignedAt, string? Words, int Version, IReadOnlyList<PeriodFigure> Figures);

/// <summary>What one comparison of a month comes to, in one currency.</summary>
/// <param name="Settled">Value of the first side.</param>
/// <param name="Unexplained">Sum of the signed differences without a reason; <paramref name="Gross"/> the sum of their absolute values.</param>
public sealed record PeriodFigure(
    string Comparison, string Source, string Currency, long Groups, long Matched, decimal First, decimal Other, decimal Settled, decimal Adjusted, decimal Tolerated, decimal Unexplained, decimal Gross, long Open, decimal ValueDays);
