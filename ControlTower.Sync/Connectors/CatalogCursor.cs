using System.Globalization;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors;

/// <summary>
/// Where a catalogue feed stands. Of what changed: <c>from|started|high|page</c> within a run, the time reached between runs; a run keeps its <paramref name="From"/>, and the next begins at the latest
/// change seen, yet never after this run began. Of everything: <c>|||page</c> within a run, nothing between runs.
/// </summary>
/// <param name="From">Changes since then are read; null: everything is.</param>
/// <param name="Page">The vendor's own cursor; null before the first page.</param>
internal sealed record CatalogCursor(DateTimeOffset? From, DateTimeOffset Started, DateTimeOffset High, string? Page)
{
    private const string Form = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    public static CatalogCursor Of(FeedRequest request, DateTimeOffset now)
    {
        var parts = (request.Cursor ?? "").Split('|', 4);
        var page = parts.Length == 4 && parts[3].Length > 0 ? parts[3] : null;
        if (CatalogFeeds.IsWhole(request.Feed))
        {
            return new CatalogCursor(null, now, now, page);
        }

        if (page is not null && Time(parts[0]) is { } from && Time(parts[1]) is { } started && Time(parts[2]) is { } high)
        {
            return new CatalogCursor(from, started, high, page);
        }

        var reached = Time(parts[0]) ?? request.Since;
        return new CatalogCursor(reached - request.Overlap, now, reached, null);
    }

    /// <summary>The page that was asked for with this cursor.</summary>
    /// <param name="next">The vendor's cursor of the next page; null if this was the last.</param>
    public FeedAnswer.Records Answer(IReadOnlyList<CatalogVariant> variants, IReadOnlyList<CatalogCustomer> customers, string? next)
    {
        var high = variants.Select(v => v.ChangedAt).Concat(customers.Select(c => c.ChangedAt)).Append(High).Max();
        var cursor = (From, next) switch
        {
            (null, null) => "",
            (null, _) => $"|||{next}",
            ({ } from, null) => Iso(high < Started ? high : Started > from ? Started : from),
            ({ } from, _) => $"{Iso(from)}|{Iso(Started)}|{Iso(high)}|{next}",
        };
        return new FeedAnswer.Records(variants, customers, cursor, More: next is not null, Begins: Page is null, Ends: next is null);
    }

    public FeedAnswer.Records Answer(IReadOnlyList<CatalogVariant> variants, string? next) => Answer(variants, [], next);

    public FeedAnswer.Records Answer(IReadOnlyList<CatalogCustomer> customers, string? next) => Answer([], customers, next);

    /// <summary>The vendor forgot its cursor: the run says nothing of what it did not get to and begins anew.</summary>
    public FeedAnswer.Records Anew() => new([], [], From is { } from ? Iso(from) : "", More: false, Begins: false, Ends: false);

    private static string Iso(DateTimeOffset time) => time.UtcDateTime.ToString(Form, CultureInfo.InvariantCulture);

    private static DateTimeOffset? Time(string text) =>
        DateTimeOffset.TryParseExact(text, Form, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;
}
