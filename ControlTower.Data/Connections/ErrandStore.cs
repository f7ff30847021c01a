using System.Diagnostics;
using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.Connections;

/// <param name="Began">The database's clock before the first page of the run that this read begins or goes on with.</param>
public sealed record DueFeed(string Feed, string? Cursor, DateTimeOffset Since, DateTimeOffset Began)
{
    /// <summary>The database's clock before this page is read; of one that nobody noted, the run's.</summary>
    public DateTimeOffset Reads { get; init; } = Began;
}

/// <param name="Overdue">The oldest of the messages has waited for a day.</param>
public sealed record FetchWork(string Resource, long[] Messages, bool Overdue, ActivityContext? Trace = null);

/// <summary>What the owner of a connection has to do beside deliveries.</summary>
public static class ErrandStore
{
    /// <summary>Makes sure that these feeds have a cursor; a new one begins at <paramref name="since"/>.</summary>
    public static Task EnsureFeedsAsync(NpgsqlDataSource data, string connectionId, string[] feeds, DateTimeOffset since, CancellationToken cancel) =>
        data.Command(
                "insert into feed_cursor (connection_id, feed, since) select $1, f, $3 from unnest($2::text[]) f on conflict do nothing",
                Sql.Of(connectionId), Sql.Of(feeds), Sql.Of(since.ToUniversalTime()))
            .ExecuteAsync(cancel);

    public static Task<List<DueFeed>> DueFeedsAsync(NpgsqlDataSource data, string connectionId, CancellationToken cancel) =>
        data.Command("select feed, cursor, since, coalesce(run_at, now()), now() from feed_cursor where connection_id = $1 and due_at <= now() order by due_at", Sql.Of(connectionId))
            .ListAsync(r => new DueFeed(r.GetString(0), r.Maybe<string>(1), r.GetFieldValue<DateTimeOffset>(2), r.GetFieldValue<DateTimeOffset>(3)) { Reads = r.GetFieldValue<DateTimeOffset>(4) }, cancel);

    /// <summary>Moves a cursor, in the transaction that stored what was read. Only the last page of a run says that everything before its first was heard.</summary>
    public static Task AdvanceAsync(NpgsqlConnection connection, string connectionId, DueFeed read, string? cursor, bool more, TimeSpan next, CancellationToken cancel) =>
        connection.Command(
                """
                update feed_cursor set cursor = coalesce($3, cursor), read_at = now(), due_at = now() + $4, failures = 0, last_error = null,
                    run_at = case when $6 then $5 end, heard_at = case when $6 then heard_at else $5 end
                where connection_id = $1 and feed = $2
                """,
                Sql.Of(connectionId), Sql.Of(read.Feed), Sql.Of(cursor, NpgsqlTypes.NpgsqlDbType.Text), Sql.Of(next), Sql.Of(read.Began), Sql.Of(more))
            .ExecuteAsync(cancel);

    /// <summary>A failed read is due again after a pause that grows to a minute; the cursor stays.</summary>
    public static Task FeedFailedAsync(NpgsqlDataSource data, string connectionId, string feed, string error, CancellationToken cancel) =>
        data.Command(
                """
                update feed_cursor set failures = failures + 1, last_error = left($3, 500), due_at = now() + make_interval(secs => least(60, power(2, least(failures, 6))))
                where connection_id = $1 and feed = $2
                """,
                Sql.Of(connectionId), Sql.Of(feed), Sql.Of(error))
            .ExecuteAsync(cancel);

    /// <summary>Thin messages that wait for a read, by what must be read: many hints about one thing cost one read.</summary>
    public static Task<List<FetchWork>> FetchesAsync(NpgsqlDataSource data, string connectionId, int limit, CancellationToken cancel) =>
        data.Command(
                """
                select w.reason, array_agg(w.message_id order by w.message_id), min(m.received_at) < now() - interval '24 hours',
                    (array_agg(m.trace_id order by m.id))[1], (array_agg(m.trace_span order by m.id))[1]
                from inbox_work w join inbox_message m on m.id = w.message_id
                where w.connection_id = $1 and w.state = 2 and w.due_at <= now() and w.reason is not null
                group by w.reason order by min(w.message_id) limit $2
                """,
                Sql.Of(connectionId), Sql.Of(limit))
            .ListAsync(r => new FetchWork(r.GetString(0), r.GetFieldValue<long[]>(1), r.GetBoolean(2), TraceColumns.Read(r, 3, 4)), cancel);

    /// <summary>Ends thin messages whose data has been read, in the transaction that stored it.</summary>
    public static Task EndFetchAsync(NpgsqlConnection connection, long[] messages, CancellationToken cancel) =>
        connection.Command(
                """
                with gone as (delete from inbox_work where message_id = any($1) and state = 2 returning message_id, attempts)
                insert into inbox_outcome (message_id, outcome, detail, attempts) select message_id, 'processed', 'read from the vendor', greatest(attempts, 1) from gone
                """,
                Sql.Of(messages))
            .ExecuteAsync(cancel);

    /// <summary>Ends thin messages that cannot be read, inside the caller's transaction; returns those that were still waiting. A retry of their cases works them again from their bytes.</summary>
    public static Task<List<long>> SetFetchAsideAsync(NpgsqlConnection connection, long[] messages, string detail, CancellationToken cancel) =>
        connection.Command(
                """
                with gone as (delete from inbox_work where message_id = any($1) and state = 2 returning message_id, attempts)
                insert into inbox_outcome (message_id, outcome, detail, attempts) select message_id, 'excepted', $2, greatest(attempts, 1) from gone returning message_id
                """,
                Sql.Of(messages), Sql.Of(detail))
            .ListAsync(r => r.GetInt64(0), cancel);

    public static Task FetchFailedAsync(NpgsqlDataSource data, long[] messages, CancellationToken cancel) =>
        data.Command(
                """
                update inbox_work set attempts = attempts + 1, due_at = now() + make_interval(secs => least(60, power(2, least(attempts, 6)))) where message_id = any($1) and state = 2
                """,
                Sql.Of(messages))
            .ExecuteAsync(cancel);
}
