using ControlTower.Data.Db;
using ControlTower.Data.Exports;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Feeds;

/// <summary>What is fed, and each business day of it, as people see them. Reading again is always safe; writes belong to the caller's transaction.</summary>
public sealed class FeedStore(TowerDataSources sources)
{
    internal const string FeedColumns =
        """
        f.id, f.name, f.what, f.format, f.brand, f.target, f.path, f.host, f.port, f.username, f.host_key, f.secrets is not null, f.time_zone, f.cron, f.weekdays, f.holidays, f.catches_up, f.since, f.waits_complete,
        array(select w.on_feed from feed_wait w where w.feed_id = f.id order by 1), f.late_minutes, f.planned_to, f.paused_at, f.paused_by, f.paused_reason, f.version
        """;

    internal const string RunColumns =
        """
        r.id, r.feed_id, r.day, r.revision, r.state, r.due_at, r.next_at, r.bundle, r.asked_by, r.reason, r.attempt, case r.state when 'waiting' then feed_waits(r.id) end, r.file, r.rows_read, r.totals_read::text,
        r.rows_file, r.totals_file::text, r.bytes, encode(r.sha256, 'hex'), r.differs, r.why, r.late_told, r.finished_at, exists (select from feed_part p where p.run_id = r.id)
        """;

    private static readonly string Feeds = $"select {FeedColumns} from feed f";

    private static readonly string Runs = $"select {RunColumns} from feed_run r";

    public Task<List<Feed>> ListAsync(CancellationToken cancel) => sources.Read.Command($"{Feeds} order by f.name").ListAsync(ReadFeed, cancel);

    /// <summary>As the caller's transaction sees them.</summary>
    public static Task<List<Feed>> ListAsync(NpgsqlConnection connection, CancellationToken cancel) => connection.Command($"{Feeds} order by f.name").ListAsync(ReadFeed, cancel);

    /// <summary>All feeds with how they stand.</summary>
    public async Task<List<FeedLine>> LinesAsync(CancellationToken cancel)
    {
        var feeds = await ListAsync(cancel);
        var last = await sources.Read.Command(
                $"select {RunColumns} from feed f cross join lateral (select * from feed_run x where x.feed_id = f.id order by x.day desc, x.revision desc limit 1) r").ListAsync(ReadRun, cancel);
        var bundles = await sources.Read.Command(
                """
                select f.id, (select count(*) from feed_run r where r.bundle = b.bundle and r.state in ('delivered', 'superseded'))::integer, (select count(*) from feed_run r where r.bundle = b.bundle)::integer
                from feed f cross join lateral (select r.bundle from feed_run r where r.feed_id = f.id and r.bundle is not null and r.state in ('waiting', 'running', 'written') order by r.id desc limit 1) b
                """)
            .ListAsync(r => (Feed: r.GetInt64(0), Done: r.GetInt32(1), All: r.GetInt32(2)), cancel);
        return [.. feeds.Select(f => Line(f, last.FirstOrDefault(r => r.Feed == f.Id), bundles.FirstOrDefault(b => b.Feed == f.Id)))];
    }

    /// <summary>Null if there is none.</summary>
    public async Task<Feed?> FindAsync(long id, CancellationToken cancel) => await sources.Read.Command($"{Feeds} where f.id = $1", Sql.Of(id)).ListAsync(ReadFeed, cancel) is [var feed] ? feed : null;

    /// <summary>The runs of these business days, the newest revision of a day first.</summary>
    public Task<List<FeedRun>> RunsAsync(long feed, DateOnly from, DateOnly to, CancellationToken cancel) =>
        sources.Read.Command($"{Runs} where r.feed_id = $1 and r.day between $2 and $3 order by r.day desc, r.revision desc", Sql.Of(feed), Sql.Of(from), Sql.Of(to)).ListAsync(ReadRun, cancel);

    /// <summary>Null if there is none.</summary>
    public async Task<FeedRun?> RunAsync(long id, CancellationToken cancel) => await sources.Read.Command($"{Runs} where r.id = $1", Sql.Of(id)).ListAsync(ReadRun, cancel) is [var run] ? run : null;

    /// <summary>A run as the node must see it that carries it out, whatever a replica knows.</summary>
    public async Task<FeedRun> FreshAsync(long id, CancellationToken cancel) => (await sources.Work.Command($"{Runs} where r.id = $1", Sql.Of(id)).ListAsync(ReadRun, cancel))[0];

    /// <summary>The bytes of a run's file from its beginning; none where they are no longer kept.</summary>
    public IAsyncEnumerable<byte[]> PartsAsync(long run, CancellationToken cancel) => FeedWork.PartsAsync(sources.Read, run, cancel);

    public Task<List<string>> BrandsAsync(CancellationToken cancel) => sources.Read.Command("select distinct brand from connection where brand <> '' order by 1").ListAsync(r => r.GetString(0), cancel);

    /// <summary>Before rows are locked to be changed: who applies a configuration file locks the table first and rows after it.</summary>
    public static Task WriteLockAsync(NpgsqlConnection connection, CancellationToken cancel) => connection.Command("lock table feed in row exclusive mode").ExecuteAsync(cancel);

    /// <summary>Locks a feed until the end of the transaction; null if there is none.</summary>
    public static async Task<Feed?> LockAsync(NpgsqlConnection connection, long id, CancellationToken cancel) =>
        await connection.Command($"{Feeds} where f.id = $1 for update", Sql.Of(id)).ListAsync(ReadFeed, cancel) is [var feed] ? feed : null;

    public static Task<long> AddAsync(NpgsqlConnection connection, Feed feed, string by, CancellationToken cancel) =>
        connection.Command(
                """
                insert into feed (name, what, format, brand, target, path, host, port, username, host_key, time_zone, cron, weekdays, holidays, catches_up, since, waits_complete, late_minutes, planned_to, changed_by)
                values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20) returning id
                """,
                [.. Values(feed), Sql.Of(feed.PlannedTo), Sql.Of(by)])
            .ScalarAsync<long>(cancel);

    /// <summary>False if it is no longer the version that was read.</summary>
    public static async Task<bool> ChangeAsync(NpgsqlConnection connection, Feed feed, string by, CancellationToken cancel) =>
        await connection.Command(
                """
                update feed set name = $1, what = $2, format = $3, brand = $4, target = $5, path = $6, host = $7, port = $8, username = $9, host_key = $10, time_zone = $11, cron = $12, weekdays = $13, holidays = $14,
                    catches_up = $15, since = $16, waits_complete = $17, late_minutes = $18, secrets = case $5 when 'sftp' then secrets end, changed_by = $19, changed_at = now(), version = version + 1
                where id = $20 and version = $21
                """,
                [.. Values(feed), Sql.Of(by), Sql.Of(feed.Id), Sql.Of(feed.Version)])
            .ExecuteAsync(cancel) == 1;

    public static Task SealAsync(NpgsqlConnection connection, long id, byte[] secrets, CancellationToken cancel) =>
        connection.Command("update feed set secrets = $2 where id = $1", Sql.Of(id), Sql.Of(secrets)).ExecuteAsync(cancel);

    public static async Task WaitForAsync(NpgsqlConnection connection, long id, IReadOnlyList<long> others, CancellationToken cancel)
    {
        await connection.Command("delete from feed_wait where feed_id = $1", Sql.Of(id)).ExecuteAsync(cancel);
        await connection.Command("insert into feed_wait (feed_id, on_feed) select $1, x from unnest($2::bigint[]) x", Sql.Of(id), Sql.Of(others.ToArray())).ExecuteAsync(cancel);
    }

    /// <summary>Null goes on. False if it is no longer the version that was read.</summary>
    public static async Task<bool> PauseAsync(NpgsqlConnection connection, long id, int version, (string By, string Reason)? pause, CancellationToken cancel) =>
        await connection.Command(
                "update feed set paused_at = case when $3::text is not null then now() end, paused_by = $3, paused_reason = $4, version = version + 1 where id = $1 and version = $2",
                Sql.Of(id), Sql.Of(version), Sql.Of(pause?.By, NpgsqlDbType.Text), Sql.Of(pause?.Reason, NpgsqlDbType.Text))
            .ExecuteAsync(cancel) == 1;

    internal static Feed ReadFeed(NpgsqlDataReader r) => new(
        r.GetInt64(0), r.GetString(1), r.GetString(2), ExportFormats.Of(r.GetString(3)), r.GetString(4),
        new FeedPlace(r.GetString(5), r.GetString(6), r.Maybe<string>(7), r.GetInt32(8), r.Maybe<string>(9), r.Maybe<string>(10)), r.GetBoolean(11),
        new FeedCalendar(r.GetString(12), r.GetString(13), r.GetInt16(14), r.GetFieldValue<DateOnly[]>(15), r.GetBoolean(16), r.GetFieldValue<DateOnly>(17)), r.GetBoolean(18), r.GetFieldValue<long[]>(19), r.GetInt32(20),
        r.GetFieldValue<DateTimeOffset>(21), r.IsDBNull(22) ? null : new FeedPause(r.GetFieldValue<DateTimeOffset>(22), r.GetString(23), r.GetString(24)), r.GetInt32(25));

    internal static FeedRun ReadRun(NpgsqlDataReader r) => new(
        r.GetInt64(0), r.GetInt64(1), r.GetFieldValue<DateOnly>(2), r.GetInt32(3), r.GetString(4), r.GetFieldValue<DateTimeOffset>(5), r.GetFieldValue<DateTimeOffset>(6), r.Maybe<Guid?>(7), r.GetString(8), r.Maybe<string>(9),
        r.GetInt32(10), r.Maybe<string>(11), r.Maybe<string>(12), Count(r, 13), Count(r, 15), r.Maybe<long?>(17), r.Maybe<string>(18), r.Maybe<string>(19), r.Maybe<string>(20), r.GetBoolean(21),
        r.IsDBNull(22) ? null : r.GetFieldValue<DateTimeOffset>(22), r.GetBoolean(23));

    private static FeedCount? Count(NpgsqlDataReader r, int at) => r.IsDBNull(at) ? null : new FeedCount(r.GetInt64(at), FeedReading.Totals(r.GetString(at + 1))!);

    private static FeedLine Line(Feed feed, FeedRun? last, (long Feed, int Done, int All) bundle) => new(feed, last, bundle.Done, bundle.All);

    private static IEnumerable<NpgsqlParameter> Values(Feed f) =>
    [
        Sql.Of(f.Name), Sql.Of(f.What), Sql.Of(f.Format.Word()), Sql.Of(f.Brand), Sql.Of(f.Place.Target), Sql.Of(f.Place.Path), Sql.Of(f.Place.Host, NpgsqlDbType.Text), Sql.Of(f.Place.Port),
        Sql.Of(f.Place.User, NpgsqlDbType.Text), Sql.Of(f.Place.HostKey, NpgsqlDbType.Text), Sql.Of(f.Calendar.TimeZone), Sql.Of(f.Calendar.Cron), Sql.Of((short)f.Calendar.Weekdays), Sql.Of(f.Calendar.Holidays.ToArray()),
        Sql.Of(f.Calendar.CatchesUp), Sql.Of(f.Calendar.Since), Sql.Of(f.WaitsComplete), Sql.Of(f.LateMinutes),
    ];
}
