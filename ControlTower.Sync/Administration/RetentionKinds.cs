namespace ControlTower.Sync.Administration;

/// <summary>A kind of data that is not kept for ever.</summary>
/// <param name="What">What goes, and what stays.</param>
/// <param name="Shorter">What one loses by keeping it for a shorter time.</param>
/// <param name="Days">As shipped.</param>
/// <param name="Tables">Where it lies, for an estimate of how much there is.</param>
/// <param name="Oldest">A statement that answers with the time of the oldest of it without reading a table through.</param>
public sealed record RetentionKind(string Id, string Title, string What, string Shorter, int Least, int Days, int Most, IReadOnlyList<string> Tables, string Oldest);

/// <summary>All kinds of data that go by time. The one place of their bounds.</summary>
public static class RetentionKinds
{
    public const string Bodies = "bodies";
    public const string Calls = "calls";
    public const string Told = "told";
    public const string Checks = "checks";
    public const string Notices = "notices";
    public const string Exports = "exports";
    public const string Feeds = "feeds";
    public const string Levels = "levels";
    public const string Buyers = "buyers";
    public const string Writes = "writes";
    public const string Requests = "requests";

    public static IReadOnlyList<RetentionKind> All { get; } =
    [
        new(Bodies, "Bodies of messages and calls", "The raw words of messages and calls go. Their keys stay: they are the guard against doubles.", "What a system said can then not be read again, nor be taken in anew.", 7, 30, 400,
            ["inbox_message"], "select received_at from inbox_message where id > (select upto from upkeep_mark where what = 'inbox-bodies') order by id limit 1"),
        new(Calls, "Calls to systems", "Who was called when, with which answer. Whole months go.", "Answers and errors of older months are then gone from the screens of connections.", 60, 180, 1100,
            ["vendor_call"],
            "select min(to_timestamp(right(c.relname, 7), 'YYYY_MM')) from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'vendor_call'::regclass and c.relname ~ '[0-9]{4}_[0-9]{2}$' and c.reltuples > 0"),
        new(Told, "What channels were told", "Batches of stock, listings and promotional prices that were sent and settled.", "Of a dispute about what a channel was told there is then no paper.", 7, 30, 400,
            ["publication_batch", "catalog_batch", "promotion_batch"], "select min(settled_at) from publication_batch"),
        new(Checks, "Checks of the data", "What the checker found.", "You see a shorter history of checks.", 7, 90, 1100, ["integrity_run"], "select requested_at from integrity_run order by id limit 1"),
        new(Notices, "Notifications", "What was told to whom.", "You see a shorter history of what was sent.", 7, 90, 1100, ["notification"], "select created_at from notification order by id limit 1"),
        new(Exports, "Exports", "Lines about files that people asked for; the files themselves go after a day.", "People see a shorter list of their files.", 1, 30, 400, ["export", "export_part"], "select asked_at from export order by id limit 1"),
        new(Feeds, "Feeds", "Files that feeds sent. What was counted of them stays, and so do the files of each feed's newest day.", "The file of an older day cannot be fetched here any more; its hash still proves one that is shown.", 7, 400, 3650, ["feed_run", "feed_part"], "select min(finished_at) from feed_run where forgotten_at is null"),
        new(Levels, "Levels of key figures", "Backlogs and money at risk by the hour, and counts on the shelf.", "Their curves then end earlier, and a year cannot be compared to the one before.", 400, 800, 3650, ["kpi_level", "stock_count"], "select min(hour) from kpi_level"),
        new(Requests, "Requests of API clients", "Which client asked what, and how it was answered.", "The pages of API clients show fewer days.", 2, 14, 400, ["api_request"], "select min(at) from api_request"),
        new(Writes, "Writes of owned data", "Who wrote what to data that a system owns, and what was done with it; what waits for a person stays.", "A change of ownership can then be tried on fewer days.", 7, 31, 400, ["ownership_write"], "select min(at) from ownership_write"),
        new(Buyers, "Buyers of ended orders", "Name, addresses and raw messages of the buyer go; what was bought and the books stay.", "A buyer cannot be found by name any more when something comes back without a receipt.", 30, 365, 36_500,
            ["order_document"], "select placed_at from flow where id > (select upto from upkeep_mark where what = 'orders-by-age') order by id limit 1"),
    ];

    /// <summary>Null if there is no such kind.</summary>
    public static RetentionKind? Find(string id) => All.FirstOrDefault(kind => kind.Id == id);
}
