using System.Runtime.CompilerServices;
using System.Text.Json;
using ControlTower.Data.Db;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Feeds;

/// <summary>The right of one node to make and deliver a file, until its lease ends.</summary>
/// <param name="Before">The revision that stands; null: this is the first.</param>
public sealed record FeedTurn(FeedRun Run, Feed Feed, long Fence, (DateTimeOffset Begins, DateTimeOffset Ends) Span, byte[]? Secrets, FeedCount? Before);

/// <summary>A business day that is to be sent.</summary>
public sealed record FeedDay(DateOnly Day, DateTimeOffset Begins, DateTimeOffset Ends, DateTimeOffset DueAt);

/// <summary>Runs as the node sees them that carries them out. Every write names the fence: who lost a lease writes nothing, and notices.</summary>
public static class FeedWork
{
    /// <summary>Plans days that are not planned yet; a day stands once, however often it is asked for. Returns how many are new.</summary>
    public static Task<int> PlanAsync(NpgsqlConnection connection, long feed, IReadOnlyList<FeedDay> days, string by, string? reason, Guid? bundle, CancellationToken cancel) =>
        connection.Command(
                """
                insert into feed_run (feed_id, day, begins_at, ends_at, due_at, next_at, asked_by, reason, bundle)
                select $1, d, b, e, u, u, $6, $7, $8 from unnest($2::date[], $3::timestamptz[], $4::timestamptz[], $5::timestamptz[]) x (d, b, e, u)
                where not exists (select from feed_run r where r.feed_id = $1 and r.day = d) on conflict do nothing
                """,
                Sql.Of(feed), Sql.Of(days.Select(d => d.Day).ToArray()), Sql.Of(days.Select(d => d.Begins).ToArray()), Sql.Of(days.Select(d => d.Ends).ToArray()), Sql.Of(days.Select(d => d.DueAt).ToArray()), Sql.Of(by),
                Sql.Of(reason, NpgsqlDbType.Text), Sql.Of(bundle, NpgsqlDbType.Uuid))
            .ExecuteAsync(cancel);

    /// <summary>The feeds that are not paused, each locked until the end of the transaction; one that another node plans is left out.</summary>
    public static Task<List<Feed>> PlannableAsync(NpgsqlConnection connection, CancellationToken cancel) =>
        connection.Command($"select {FeedStore.FeedColumns} from feed f where f.paused_at is null order by f.id for update skip locked").ListAsync(FeedStore.ReadFeed, cancel);

    /// <summary>The clock of the database, by which days are over.</summary>
    public static async Task<DateTimeOffset> NowAsync(NpgsqlConnection connection, CancellationToken cancel) => (await connection.Command("select feed_now()").ListAsync(r => r.GetFieldValue<DateTimeOffset>(0), cancel))[0];

    public static Task PlannedAsync(NpgsqlConnection connection, long feed, DateTimeOffset to, CancellationToken cancel) =>
        connection.Command("update feed set planned_to = greatest(planned_to, $2) where id = $1", Sql.Of(feed), Sql.Of(to)).ExecuteAsync(cancel);

    /// <summary>Marks what is late, once each; a trigger tells of it. Days that were asked for by a person are late to nobody. Returns how many.</summary>
    public static Task<int> TellLateAsync(NpgsqlDataSource data, DateTimeOffset now, CancellationToken cancel) =>
        data.Command(
                """
                update feed_run r set late_told = true from feed f
                where f.id = r.feed_id and f.paused_at is null and r.state in ('waiting', 'running', 'written') and r.bundle is null and not r.late_told and r.due_at + f.late_minutes * interval '1 minute' <= $1
                """,
                Sql.Of(now))
            .ExecuteAsync(cancel);

    /// <summary>A day again: what failed is tried anew as the same revision; what stands gets the next one beside it. Null: it is under way.</summary>
    public static async Task<long?> AgainAsync(NpgsqlConnection connection, FeedRun of, DateTimeOffset now, string by, string reason, CancellationToken cancel) => of.State == FeedRunState.Failed
        ? await connection.Command(
                """
                update feed_run set state = 'waiting', next_at = $2, attempt = 0, asked_by = $3, reason = $4, why = null, finished_at = null, fence = fence + 1,
                    rows_read = null, rows_file = null, totals_read = null, totals_file = null, bytes = null, sha256 = null, file = null, differs = null, placed_at = null
                where id = $1 and state = 'failed' returning id
                """,
                Sql.Of(of.Id), Sql.Of(now), Sql.Of(by), Sql.Of(reason))
            .ScalarAsync<long?>(cancel)
        : await connection.Command(
                """
                insert into feed_run (feed_id, day, begins_at, ends_at, revision, due_at, next_at, asked_by, reason, late_told)
                select feed_id, day, begins_at, ends_at, revision + 1, $2, $2, $3, $4, true from feed_run where id = $1 and state = 'delivered'
                    and not exists (select from feed_run x where x.feed_id = feed_run.feed_id and x.day = feed_run.day and x.revision > feed_run.revision) on conflict do nothing returning id
                """,
                Sql.Of(of.Id), Sql.Of(now), Sql.Of(by), Sql.Of(reason))
            .ScalarAsync<long?>(cancel);

    /// <summary>
    /// Takes the run that is most due, waits for nothing and is in nobody's hand, or was left by a node whose lease ran out. What is not written yet is begun anew. Days of long ago come behind those of the calendar.
    /// </summary>
    public static async Task<FeedTurn?> TakeAsync(NpgsqlDataSource data, Guid node, TimeSpan lease, DateTimeOffset now, CancellationToken cancel)
    {
        await using var connection = await data.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var taken = await connection.Command(
                $"""
                update feed_run r set state = case r.state when 'written' then 'written' else 'running' end, fence = r.fence + 1, attempt = r.attempt + 1, lease_owner = $1, lease_until = now() + $2,
                    started_at = coalesce(r.started_at, now())
                from (
                    select x.id from feed_run x join feed g on g.id = x.feed_id
                    where x.state in ('waiting', 'running', 'written') and x.due_at <= least($3, feed_now()) and x.next_at <= least($3, feed_now()) and x.ends_at <= feed_now() and (x.lease_owner is null or x.lease_until < now() or node_is_silent(x.lease_owner)) and (g.paused_at is null or x.state <> 'waiting')
                        and (x.state <> 'waiting' or feed_waits(x.id) is null)
                    order by x.bundle is not null, x.due_at, x.day, x.id limit 1 for update of x skip locked) free
                where r.id = free.id
                returning {FeedStore.RunColumns}, r.fence, r.begins_at, r.ends_at,
                    (select b.rows_file from feed_run b where b.feed_id = r.feed_id and b.day = r.day and b.state = 'delivered'), (select b.totals_file::text from feed_run b where b.feed_id = r.feed_id and b.day = r.day and b.state = 'delivered')
                """,
                Sql.Of(node), Sql.Of(lease), Sql.Of(now))
            .ListAsync(
                r => (Run: FeedStore.ReadRun(r), Fence: r.GetInt64(24), Span: (r.GetFieldValue<DateTimeOffset>(25), r.GetFieldValue<DateTimeOffset>(26)),
                    Before: r.IsDBNull(27) ? null : new FeedCount(r.GetInt64(27), FeedReading.Totals(r.GetString(28))!)),
                cancel);
        if (taken is not [var found])
        {
            return null;
        }

        // One statement for both: a secret is never seen beside a place that it was not entered for.
        var (feed, secrets) = (await connection.Command($"select {FeedStore.FeedColumns}, f.secrets from feed f where f.id = $1", Sql.Of(found.Run.Feed)).ListAsync(r => (FeedStore.ReadFeed(r), r.Maybe<byte[]>(26)), cancel))[0];
        if (found.Run.State == FeedRunState.Running)
        {
            await connection.Command("delete from feed_part where run_id = $1", Sql.Of(found.Run.Id)).ExecuteAsync(cancel);
        }

        await transaction.CommitAsync(cancel);
        return new FeedTurn(found.Run, feed, found.Fence, found.Span, secrets, found.Before);
    }

    /// <summary>Adds the next piece and keeps the lease. False if the turn is lost: then nothing was written.</summary>
    public static async Task<bool> PutAsync(NpgsqlDataSource data, FeedTurn turn, TimeSpan lease, int part, ReadOnlyMemory<byte> bytes, CancellationToken cancel) =>
        await data.Command(
                """
                with mine as (update feed_run set lease_until = now() + $3 where id = $1 and fence = $2 and state = 'running' returning id)
                insert into feed_part (run_id, part, bytes) select id, $4, $5 from mine
                """,
                Sql.Of(turn.Run.Id), Sql.Of(turn.Fence), Sql.Of(lease), Sql.Of(part), Sql.Of(bytes))
            .ExecuteAsync(cancel) == 1;

    /// <summary>Keeps the lease. False if the turn is lost.</summary>
    public static async Task<bool> KeepAsync(NpgsqlDataSource data, FeedTurn turn, TimeSpan lease, CancellationToken cancel) =>
        await data.Command("update feed_run set lease_until = now() + $3 where id = $1 and fence = $2 and lease_owner is not null", Sql.Of(turn.Run.Id), Sql.Of(turn.Fence), Sql.Of(lease)).ExecuteAsync(cancel) == 1;

    /// <summary>What both sides count is written down, whether or not it agrees. False if the turn is lost.</summary>
    public static async Task<bool> CountedAsync(NpgsqlDataSource data, FeedTurn turn, string file, FeedCount read, FeedCount written, long bytes, byte[] sha256, string? differs, CancellationToken cancel) =>
        await data.Command(
                """
                update feed_run set file = $3, rows_read = $4, totals_read = $5, rows_file = $6, totals_file = $7, bytes = $8, sha256 = $9, differs = $10, written_at = now()
                where id = $1 and fence = $2 and state = 'running'
                """,
                Sql.Of(turn.Run.Id), Sql.Of(turn.Fence), Sql.Of(file), Sql.Of(read.Rows), Sql.Json(Text(read)), Sql.Of(written.Rows), Sql.Json(Text(written)), Sql.Of(bytes), Sql.Of(sha256), Sql.Of(differs, NpgsqlDbType.Text))
            .ExecuteAsync(cancel) == 1;

    /// <summary>The file is whole, agrees with its source and does not change any more. The database refuses what does not agree. False if the turn is lost.</summary>
    public static async Task<bool> WrittenAsync(NpgsqlDataSource data, FeedTurn turn, CancellationToken cancel) =>
        await data.Command("update feed_run set state = 'written', why = null where id = $1 and fence = $2 and state = 'running'", Sql.Of(turn.Run.Id), Sql.Of(turn.Fence)).ExecuteAsync(cancel) == 1;

    /// <summary>It lies under its name; nobody puts it there again. False if the turn is lost.</summary>
    public static async Task<bool> PlacedAsync(NpgsqlDataSource data, FeedTurn turn, CancellationToken cancel) =>
        await data.Command("update feed_run set placed_at = now() where id = $1 and fence = $2 and state = 'written'", Sql.Of(turn.Run.Id), Sql.Of(turn.Fence)).ExecuteAsync(cancel) == 1;

    /// <summary>It was put under its name, by this turn or one before it.</summary>
    public static Task<bool> IsPlacedAsync(NpgsqlDataSource data, FeedTurn turn, CancellationToken cancel) =>
        data.Command("select placed_at is not null from feed_run where id = $1", Sql.Of(turn.Run.Id)).ScalarAsync<bool>(cancel);

    /// <summary>It lies where it belongs; the revision before it stands no longer. False if the turn is lost.</summary>
    public static async Task<bool> DeliveredAsync(NpgsqlConnection connection, FeedTurn turn, CancellationToken cancel)
    {
        await connection.Command(
                "update feed_run set state = 'superseded' where feed_id = $1 and day = $2 and state = 'delivered' and revision < $3 and exists (select from feed_run where id = $4 and fence = $5 and state = 'written')",
                Sql.Of(turn.Feed.Id), Sql.Of(turn.Run.Day), Sql.Of(turn.Run.Revision), Sql.Of(turn.Run.Id), Sql.Of(turn.Fence))
            .ExecuteAsync(cancel);
        return await connection.Command(
                "update feed_run set state = 'delivered', why = null, finished_at = now(), lease_owner = null, lease_until = null where id = $1 and fence = $2 and state = 'written'", Sql.Of(turn.Run.Id), Sql.Of(turn.Fence))
            .ExecuteAsync(cancel) == 1;
    }

    /// <summary>It is tried again at this time. What is written stays so.</summary>
    public static Task LaterAsync(NpgsqlDataSource data, FeedTurn turn, DateTimeOffset at, string why, CancellationToken cancel) =>
        data.Command(
                "update feed_run set state = case state when 'running' then 'waiting' else state end, next_at = $3, why = left($4, 500), lease_owner = null, lease_until = null where id = $1 and fence = $2 and state in ('running', 'written')",
                Sql.Of(turn.Run.Id), Sql.Of(turn.Fence), Sql.Of(at), Sql.Of(why))
            .ExecuteAsync(cancel);

    /// <summary>It is not tried again by itself. False if the turn is lost.</summary>
    public static async Task<bool> FailAsync(NpgsqlConnection connection, FeedTurn turn, string why, CancellationToken cancel) =>
        await connection.Command(
                "update feed_run set state = 'failed', why = left($3, 500), finished_at = now(), lease_owner = null, lease_until = null where id = $1 and fence = $2 and state in ('running', 'written')",
                Sql.Of(turn.Run.Id), Sql.Of(turn.Fence), Sql.Of(why))
            .ExecuteAsync(cancel) == 1;

    /// <summary>Hands back what this node has, so that another goes on at once. That it was begun does not count.</summary>
    public static Task ReleaseAsync(NpgsqlDataSource data, Guid node, CancellationToken cancel) =>
        data.Command(
                "update feed_run set state = case state when 'running' then 'waiting' else state end, fence = fence + 1, attempt = greatest(attempt - 1, 0), lease_owner = null, lease_until = null where lease_owner = $1 and state in ('running', 'written')",
                Sql.Of(node))
            .ExecuteAsync(cancel);

    /// <summary>The bytes of a file, piece by piece.</summary>
    public static async IAsyncEnumerable<byte[]> PartsAsync(NpgsqlDataSource data, long run, [EnumeratorCancellation] CancellationToken cancel)
    {
        for (var part = 0; await data.Command("select bytes from feed_part where run_id = $1 and part = $2", Sql.Of(run), Sql.Of(part)).ScalarAsync<byte[]>(cancel) is { } bytes; part++)
        {
            yield return bytes;
        }
    }

    /// <summary>Lets the files of runs go that ended longer ago, one at a time; number, counts and hash of each stay, so that no file of that day ever gets the same name. The newest day of a feed is left alone. Safe to repeat.</summary>
    public static async Task ForgetAsync(NpgsqlDataSource data, TimeSpan age, CancellationToken cancel)
    {
        while (await data.Command(
                   """
                   with old as (
                       update feed_run set forgotten_at = now() where id = (
                           select r.id from feed_run r where r.finished_at < now() - $1 and r.forgotten_at is null and exists (select from feed_run n where n.feed_id = r.feed_id and n.day > r.day) order by r.finished_at limit 1)
                       returning id),
                   gone as (delete from feed_part p using old where p.run_id = old.id)
                   select count(*) from old
                   """,
                   Sql.Of(age))
               .ScalarAsync<long>(cancel) > 0)
        {
        }
    }

    private static string Text(FeedCount count) => JsonSerializer.Serialize(count.Totals, FeedJson.Default.IReadOnlyDictionaryStringDecimal);
}
