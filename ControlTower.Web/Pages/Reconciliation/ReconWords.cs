using System.Globalization;
using ControlTower.Data.Canonical;
using ControlTower.Data.Reconciliation;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Reconciliation;

/// <summary>Reconciliation in words of finance: what a break is, how old, and what is missing.</summary>
public static class ReconWords
{
    /// <summary>Of the rate of matching by rules.</summary>
    public const double RateTarget = 0.98;

    private static readonly string[] Buckets = ["0–1 d", "2–3 d", "4–7 d", "8–14 d", "15+ d"];

    public static string Bucket(int bucket) => Buckets[bucket];

    public static string Comparison(string name) => name switch
    {
        Comparisons.Order => "Orders and the ERP",
        Comparisons.Refund => "Refunds and credits",
        Comparisons.Settlement => "Payments and processors",
        Comparisons.Contents => "Payouts and their lines",
        Comparisons.Deposit => "Payouts and the bank",
        Comparisons.Books => "Payouts and the books",
        _ => name,
    };

    public static string Category(string category) => category switch
    {
        ReconCategories.OrderMissing => "Order without posting",
        ReconCategories.OrderOrphan => "Posting without order",
        ReconCategories.OrderDiffers => "Posting differs from order",
        Comparisons.Refund => "Refund without credit",
        Comparisons.Settlement => "Payout line unmatched",
        Comparisons.Contents => "Payout differs from its lines",
        Comparisons.Deposit => "Payout not at the bank",
        Comparisons.Books => "Payout not in the books",
        _ => category,
    };

    /// <summary>What is wrong with an item, short enough for a row.</summary>
    public static string Break(ReconItemRow item) => (item.Kind, item.Comparison) switch
    {
        (BreakKinds.MissingOther, Comparisons.Settlement) => "Payment not settled",
        (BreakKinds.MissingFirst, Comparisons.Refund) => "Credit without refund",
        (BreakKinds.MissingFirst, Comparisons.Settlement) => "Payout line unmatched",
        (BreakKinds.MissingOther, Comparisons.Contents) => "Payout without lines",
        (BreakKinds.MissingFirst, Comparisons.Contents) => "Lines without payout",
        (BreakKinds.MissingFirst, Comparisons.Deposit) => "Deposit without payout",
        (BreakKinds.MissingFirst, Comparisons.Books) => "Entry without payout",
        (BreakKinds.PayoutFailed, Comparisons.Books) => "Booked, then failed",
        (BreakKinds.PayoutCancelled, Comparisons.Books) => "Booked, then cancelled",
        (BreakKinds.MissingOther or BreakKinds.MissingFirst, _) => Category(item.Category),
        _ => Kind(item.Kind),
    };

    public static string Kind(string kind) => kind switch
    {
        BreakKinds.MissingOther => "Other side missing",
        BreakKinds.MissingFirst => "First side missing",
        BreakKinds.Duplicate => "Told twice",
        BreakKinds.Amount => "Amount differs",
        BreakKinds.Tax => "Tax differs",
        BreakKinds.Rounding => "Rounding",
        BreakKinds.Fee => "Fee",
        BreakKinds.Timing => "Came late",
        BreakKinds.Currency => "Two currencies",
        BreakKinds.Status => "Cancelled on one side",
        BreakKinds.Chargeback => "Chargeback",
        BreakKinds.PayoutFailed => "Payout failed",
        BreakKinds.PayoutCancelled => "Payout cancelled",
        _ => kind,
    };

    public static string State(string state) => state switch
    {
        "open" => "Unmatched",
        "overdue" => "Overdue",
        "coming" => "Not late yet",
        "tolerated" => "Tolerated by a rule",
        "settled" => "Explained",
        "closed" => "Closed",
        _ => state,
    };

    /// <summary>How old an item is: tone, and word. Nothing is late before its time.</summary>
    public static (Status Status, string Word) Age(ReconItemRow item) => item switch
    {
        { State: "coming" } => (Status.Wait, "not due"),
        { State: "tolerated" or "settled" or "closed" } => (Status.Ok, State(item.State).ToLowerInvariant()),
        { IsOverdue: true } => (Status.Bad, $"{Days(item.DaysLate)}, overdue"),
        { DaysLate: >= 15 } => (Status.Bad, Days(item.DaysLate)),
        { DaysLate: >= 8 } => (Status.Warn, Days(item.DaysLate)),
        _ => (Status.Wait, Days(item.DaysLate)),
    };

    /// <summary>The same at the head of an item, as a sentence's part.</summary>
    public static string Standing(ReconItemRow item) => item.State switch
    {
        "open" => item.DaysLate switch { <= 0 => "Unmatched since today", 1 => "1 day unmatched", var days => string.Create(CultureInfo.InvariantCulture, $"{days} days unmatched") },
        _ => State(item.State),
    };

    /// <summary>Who looks into it, and by when it is to be resolved.</summary>
    /// <param name="time">How a time is said here.</param>
    public static string Owner(ReconItemRow item, Func<DateTimeOffset, string> time)
    {
        var who = item.Owner is { } owner ? $" · held by {owner}{(item.HeldUntil is { } until ? $" until {time(until)}" : "")}" : item.Team is { } team ? $" · with {team}" : "";
        return who + (item is { State: "open", ResolveBy: { } by } ? $" · {(item.IsOverdue ? "overdue since" : "resolve by")} {time(by)}" : "");
    }

    public static string Items(long count, CultureInfo? culture = null) => $"{Say.Count(count, culture)} {(count == 1 ? "item" : "items")}";

    /// <summary>The rate of matching by rules, 0 to 1; null without figures.</summary>
    public static double? Rate(long matched, long groups) => groups <= 0 ? null : (double)matched / groups;

    /// <summary>Of a title above the list.</summary>
    public static string Title(ReconQuery query) => query switch
    {
        { Order: not null } => "About one order",
        { Category.Length: > 0, Bucket: { } bucket } => $"{Category(query.Category)}, {Bucket(bucket)}",
        { Category.Length: > 0 } => Category(query.Category),
        { Bucket: { } bucket } => Bucket(bucket),
        { Tab: ReconTab.Suggested } => "With a suggestion",
        { Tab: ReconTab.Mine } => "In your hands",
        _ => State(query.State),
    };

    /// <summary>Why nothing is listed.</summary>
    public static string Empty(ReconQuery query) => query switch
    {
        { Narrows: true } => "Nothing matches this filter.",
        { Tab: ReconTab.Suggested } => "No match is on offer.",
        { Tab: ReconTab.Mine } => "No item is in your hands.",
        { State: "overdue" } => "Nothing is overdue: whatever is late is within the time of its kind.",
        { State: "coming" } => "Nothing is on its way.",
        { State: "tolerated" } => "No difference is tolerated by a rule.",
        { State: "settled" } => "No difference was explained by a person.",
        { State: "closed" } => "Nothing was closed yet.",
        _ => "Nothing is unmatched: both sides come to the same.",
    };

    /// <summary>What is missing, and what it looks like.</summary>
    /// <param name="first">Name of who says what should be, <paramref name="other"/> of who should have it.</param>
    public static string Sentence(ReconItemRow item, string first, string other, CultureInfo? culture = null)
    {
        var sides = item.Kind switch
        {
            BreakKinds.MissingOther => $"{first} says {Money(item.FirstAmount)}. {other} has nothing of it.",
            BreakKinds.MissingFirst => $"{other} has {OtherMoney()}. {first} says nothing of it.",
            BreakKinds.PayoutFailed or BreakKinds.PayoutCancelled when item.Comparison is Comparisons.Books => $"{other} has {OtherMoney()} booked for a payout of which {first} paid nothing: reverse it there.",
            _ => $"{first} says {Money(item.FirstAmount)}, {other} {OtherMoney()}.",
        };
        var rest = item.Difference switch
        {
            0m => "",
            _ when item.Kind is BreakKinds.Currency || item is { Comparison: Comparisons.Books, Kind: BreakKinds.PayoutFailed or BreakKinds.PayoutCancelled } => "",
            > 0m => $" Missing: {Money(item.Difference)}.",
            _ => $" Too much: {Money(-item.Difference)}.",
        };
        return sides + (item.Adjusted != 0m ? $" {Money(item.Adjusted)} of it is explained." : "") + rest + Look(item.Kind);

        string Money(decimal amount) => Say.Money(new Money(amount, item.Currency), MoneyStyle.Exact, culture);

        // Of two currencies that both sides know, the compared one is the first side's.
        string OtherMoney() => Say.Money(new Money(item.OtherAmount, item.Kind is BreakKinds.Currency ? item.OtherCurrency ?? item.Currency : item.Currency), MoneyStyle.Exact, culture);
    }

    /// <summary>What the tower noted when an item changed: kind, amount and currency; other words as they are.</summary>
    public static string Noted(string words, CultureInfo? culture = null) =>
        words.Split(' ') is [var kind, var amount, var currency] && BreakKinds.All.Contains(kind) && decimal.TryParse(amount, NumberStyles.Number, CultureInfo.InvariantCulture, out var difference)
            ? $"{Kind(kind).ToLowerInvariant()}, {Say.Money(new Money(difference, currency), MoneyStyle.Exact, culture)}"
            : words;

    private static string Look(string kind) => kind switch
    {
        BreakKinds.Duplicate => " It stands there more than once.",
        BreakKinds.Tax => " It is the tax that differs.",
        BreakKinds.Rounding => " It looks like rounding.",
        BreakKinds.Fee => " It looks like a fee that was taken out.",
        BreakKinds.Timing => " Both agree by now; one came late.",
        BreakKinds.Currency => " They are in two currencies, so no difference can be told.",
        BreakKinds.Status => " It was cancelled on one side only.",
        BreakKinds.Chargeback => " The buyer's bank took it back.",
        BreakKinds.PayoutFailed => " The bank did not take the payout; the money came back to the balance.",
        BreakKinds.PayoutCancelled => " The payout was cancelled before it was sent.",
        _ => "",
    };

    private static string Days(int days) => string.Create(CultureInfo.InvariantCulture, $"{days} d");
}
