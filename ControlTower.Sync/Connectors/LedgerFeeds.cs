using System.Globalization;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors;

/// <summary>Feeds of money. They are read like any feed; their pages are lines of statements (<see cref="FeedAnswer.Statement"/>), stored instead of messages: a line told again is the same line.</summary>
public static class LedgerFeeds
{
    /// <summary>Books: posted invoices, open orders, posted credit memos, customers' payments, entries on the accounts that are reconciled.</summary>
    public const string Invoices = "ledger-invoices", Orders = "ledger-orders", Credits = "ledger-credits", Payments = "ledger-payments", Journal = "ledger-journal";

    /// <summary>Processors: payouts, and what moved the balance that they are paid from.</summary>
    public const string Payouts = "ledger-payouts";

    private const int MostReferences = 10, LongestReference = 200;

    public static bool IsOne(string feed) => feed.StartsWith("ledger-", StringComparison.Ordinal);

    public static FeedPlan Plan(string feed) => new(feed, TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(10));

    /// <summary>What a line names of the other side, surest first; what is empty or said before is left out.</summary>
    public static IReadOnlyList<string> References(params ReadOnlySpan<string?> names)
    {
        var list = new List<string>();
        foreach (var name in names)
        {
            if (VendorText.Plain(name, LongestReference) is { } plain && list.Count < MostReferences && !list.Contains(plain, StringComparer.Ordinal))
            {
                list.Add(plain);
            }
        }

        return list;
    }

    /// <summary>When a day of the books begins, in the connection's zone: books tell no time.</summary>
    public static DateTimeOffset StartOf(DateOnly day, string timeZone)
    {
        var midnight = day.ToDateTime(TimeOnly.MinValue);
        return new DateTimeOffset(midnight, TimeZoneInfo.TryFindSystemTimeZoneById(timeZone, out var zone) ? zone.GetUtcOffset(midnight) : TimeSpan.Zero).ToUniversalTime();
    }
}

/// <summary>
/// Where a feed of money stands: <c>from|high|part|page</c> within a run, the time reached between runs. The filter must not move while pages are read, so a run keeps its <paramref name="From"/>;
/// the next begins at the latest change seen.
/// </summary>
/// <param name="Part">Which of several lists is read; empty where there is one.</param>
/// <param name="Page">The vendor's own cursor; null before the first page.</param>
internal sealed record LedgerCursor(DateTimeOffset From, DateTimeOffset High, string Part, string? Page)
{
    private const string Form = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    public static LedgerCursor Of(FeedRequest request)
    {
        var parts = (request.Cursor ?? "").Split('|', 4);
        if (parts.Length == 4 && Time(parts[0]) is { } from && Time(parts[1]) is { } high)
        {
            return new LedgerCursor(from, high, parts[2], parts[3].Length > 0 ? parts[3] : null);
        }

        var reached = Time(parts[0]) ?? request.Since;
        return new LedgerCursor(reached - request.Overlap, reached, "", null);
    }

    public LedgerCursor Seen(DateTimeOffset? changed) => changed > High ? this with { High = changed.Value } : this;

    /// <param name="page">The vendor's cursor of the next page; null if this was the last of its list.</param>
    /// <param name="then">The list that comes after this one; null if none does.</param>
    public FeedAnswer.Statement Answer(IReadOnlyList<MoneyLine> lines, string? page, string? then = null) =>
        page is not null ? new(lines, (this with { Page = page }).ToString(), More: true)
        : then is not null ? new(lines, (this with { Part = then, Page = null }).ToString(), More: true)
        : new(lines, Iso(High), More: false);

    /// <summary>The vendor forgot its cursor: the run begins anew with the next poll.</summary>
    public FeedAnswer.Statement Anew() => new([], Iso(From), More: false);

    public override string ToString() => $"{Iso(From)}|{Iso(High)}|{Part}|{Page}";

    private static string Iso(DateTimeOffset time) => time.UtcDateTime.ToString(Form, CultureInfo.InvariantCulture);

    private static DateTimeOffset? Time(string text) =>
        DateTimeOffset.TryParseExact(text, Form, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;
}
