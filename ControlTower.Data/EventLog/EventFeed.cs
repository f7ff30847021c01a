using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.EventLog;

/// <summary>Which events a reader may and wants to have. An empty list leaves nothing out.</summary>
/// <param name="Types">As the flows name them, such as <c>order.posted</c>.</param>
/// <param name="Sources">Connections where the flow's subject was born.</param>
public sealed record FeedFilter(IReadOnlyList<string> Types, IReadOnlyList<string> Sources, IReadOnlyList<string> Brands)
{
    /// <summary>What the reader may have at all, whatever it wants; null: everything.</summary>
    public FeedFilter? Within { get; init; }

    public bool LeavesOut => Types.Count + Sources.Count + Brands.Count > 0 || Within?.LeavesOut == true;

    public bool Fits(LoggedEvent e) => Fits(Types, e.Type) && Fits(Sources, e.Source) && Fits(Brands, e.Brand) && Within?.Fits(e) != false;

    private static bool Fits(IReadOnlyList<string> wanted, string value) => wanted.Count == 0 || wanted.Contains(value, StringComparer.Ordinal);
}

/// <param name="Next">Where to go on: behind everything that was looked at, whether or not it was wanted.</param>
/// <param name="More">There is more of the log behind it already.</param>
public sealed record FeedPage(IReadOnlyList<LoggedEvent> Events, LogPosition Next, bool More);

/// <summary>Pages of the log for readers outside, who want some of it. In order, behind the fence of <see cref="EventLogReader"/>, and never more of the log looked at than a page is allowed to cost.</summary>
public static class EventFeed
{
    /// <summary>So many events are looked at for one page, however few of them are wanted.</summary>
    public const int Looked = 2_000;

    /// <summary>Up to <paramref name="limit"/> events that fit, after a place. None that fits is skipped.</summary>
    public static async Task<FeedPage> ReadAsync(NpgsqlDataSource data, LogPosition after, FeedFilter filter, int limit, CancellationToken cancel)
    {
        var most = filter.LeavesOut ? Looked : limit;
        var looked = await EventLogReader.ReadAsync(data, after, most, cancel);
        var page = Of(looked, after, filter, limit);
        return page with { More = page.More || looked.Count == most };
    }

    /// <summary>The same of events that were read already, for whoever stands at <paramref name="after"/>, directly before them.</summary>
    public static FeedPage Of(IReadOnlyList<LoggedEvent> looked, LogPosition after, FeedFilter filter, int limit)
    {
        var fit = looked.Where(filter.Fits).Take(limit).ToList();
        var next = looked.Count == 0 ? after : fit.Count == limit ? fit[^1].Position : looked[^1].Position;
        return new FeedPage(fit, next, looked.Count > 0 && next < looked[^1].Position);
    }

    /// <summary>The last event that can be read, or the start of an empty log: where a reader begins who wants only what comes.</summary>
    public static Task<LogPosition> EndAsync(NpgsqlDataSource data, CancellationToken cancel) =>
        PlaceAsync(data.Command("select txid, seq from event_log where txid < pg_snapshot_xmin(pg_current_snapshot()) order by txid desc, seq desc limit 1"), cancel);

    /// <summary>The place before the first event that was written at this time or later: going on from there, nothing of that time is missing.</summary>
    public static Task<LogPosition> BeforeAsync(NpgsqlDataSource data, DateTimeOffset time, CancellationToken cancel) =>
        PlaceAsync(
            data.Command(
                """
                select p.txid, p.seq from (select txid, seq from event_log where at >= $1 union all select '18446744073709551615', 0 order by 1, 2 limit 1) f
                cross join lateral (select txid, seq from event_log where (txid, seq) < (f.txid, f.seq) and txid < pg_snapshot_xmin(pg_current_snapshot()) order by txid desc, seq desc limit 1) p
                """,
                Sql.Of(time.ToUniversalTime())),
            cancel);

    /// <summary>Whether the log can be gone on with from here: from the start, or behind an event that is in it. Else the events in between may be gone, or the place is of another tower's log.</summary>
    public static async Task<bool> HasAsync(NpgsqlDataSource data, LogPosition place, CancellationToken cancel) =>
        place == LogPosition.Start
        || await data.Command("select exists (select from event_log where txid = $1 and seq = $2)", FollowerStore.TxId(place), Sql.Of(place.Seq)).ScalarAsync<bool>(cancel);

    /// <summary>When the oldest event was written that the log has; null for an empty log.</summary>
    public static async Task<DateTimeOffset?> BeginAsync(NpgsqlDataSource data, CancellationToken cancel) =>
        await data.Command("select at from event_log order by txid, seq limit 1").ListAsync(r => (DateTimeOffset?)r.GetFieldValue<DateTimeOffset>(0), cancel) is [var at] ? at : null;

    private static async Task<LogPosition> PlaceAsync(NpgsqlCommand command, CancellationToken cancel) =>
        await command.ListAsync(r => new LogPosition(r.GetFieldValue<ulong>(0), r.GetInt64(1)), cancel) is [var place] ? place : LogPosition.Start;
}
