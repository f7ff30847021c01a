using System.Globalization;

namespace ControlTower.Sync.Connectors.Square;

/// <summary>
/// Where a feed stands: <c>from|started|high|part|page</c> within a run, <c>from</c> alone between runs. The filter must not move while pages are read, so a run keeps its
/// <paramref name="From"/>. The next run begins at the latest change seen, yet never after this run began: what changes while pages are read is read again.
/// </summary>
/// <param name="Part">Which ten locations are read.</param>
/// <param name="Page">The vendor's own cursor.</param>
internal sealed record FeedCursor(DateTimeOffset From, DateTimeOffset Started, DateTimeOffset High, int Part, string? Page)
{
    private const string Form = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    public string FromText => Iso(From);

    public static FeedCursor Of(FeedRequest request, DateTimeOffset now)
    {
        var parts = request.Cursor?.Split('|', 5) ?? [];
        if (parts.Length == 5 && Time(parts[0]) is { } from && Time(parts[1]) is { } started && Time(parts[2]) is { } high
            && int.TryParse(parts[3], NumberStyles.None, CultureInfo.InvariantCulture, out var part))
        {
            return new FeedCursor(from, started, high, part, parts[4].Length > 0 ? parts[4] : null);
        }

        var reached = parts.Length == 1 && Time(parts[0]) is { } mark ? mark : request.Since;
        return new FeedCursor(reached - request.Overlap, now, reached, 0, null);
    }

    public FeedCursor Seen(DateTimeOffset? changed) => changed > High ? this with { High = changed.Value } : this;

    public FeedAnswer.Page Next(IReadOnlyList<FeedItem> items, string? page, bool moreParts)
        => page is not null ? new(items, (this with { Page = page }).ToString(), true)
            : moreParts ? new(items, (this with { Page = null, Part = Part + 1 }).ToString(), true)
            : new(items, Iso(High < Started ? High : Started), false);

    /// <summary>The vendor forgets its cursors after a while: the run begins anew with the next poll.</summary>
    public FeedAnswer.Page Anew() => new([], FromText, false);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Iso(From)}|{Iso(Started)}|{Iso(High)}|{Part}|{Page}");

    private static string Iso(DateTimeOffset time) => time.UtcDateTime.ToString(Form, CultureInfo.InvariantCulture);

    private static DateTimeOffset? Time(string text)
        => DateTimeOffset.TryParseExact(text, Form, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;
}
