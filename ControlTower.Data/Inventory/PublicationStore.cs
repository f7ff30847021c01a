using System.Text.Json;
using System.Text.Json.Serialization;
using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.Inventory;

/// <summary>
/// Cells of channels: marked when the stock moves, claimed by who holds the connection's gate, looked at, written in batches that are stored before they are sent. Each method is one
/// statement and commits; a process may die between any two of them.
/// </summary>
public static class PublicationStore
{
    /// <summary>Attempts of a cell until a person has to look at it.</summary>
    public const int MaxAttempts = 8;

    private const int MarkAtMost = 1_000;

    /// <summary>Reckons what channels should show of everything that moved.</summary>
    /// <returns>How many movements were reckoned; none if another caller is just doing it.</returns>
    public static Task<int> MarkAsync(NpgsqlDataSource data, CancellationToken cancel) =>
        data.Command("select publication_mark($1)", Sql.Of(MarkAtMost)).ScalarAsync<int>(cancel);

    /// <summary>
    /// Claims what is due at a connection: what a person wants first, then what has waited for long, then what changed last. Nobody else looks at it for a minute. What moved and is not reckoned yet waits.
    /// </summary>
    /// <param name="version">Of the connection as the caller knows it. Nothing is claimed by another: a place that it does not know yet would be taken for one that the channel does not list.</param>
    /// <param name="alone">One of the cells that are told alone has its turn, even if others are due.</param>
    public static async Task<PublicationClaim> ClaimAsync(NpgsqlDataSource data, string connectionId, int version, int most, bool alone, CancellationToken cancel)
    {
        var (now, heard) = (DateTimeOffset.MinValue, DateTimeOffset.MinValue);
        var cells = await data.Command(Claim, Sql.Of(connectionId), Sql.Of(most), Sql.Of(alone), Sql.Of(version)).ListAsync(
            r =>
            {
                (now, heard) = (r.GetFieldValue<DateTimeOffset>(13), r.GetFieldValue<DateTimeOffset>(14));
                return new PublicationCell(
                    r.GetString(0), r.GetString(1), r.GetInt64(2), r.GetInt32(3), r.Maybe<int?>(4), r.Maybe<int?>(5), r.Maybe<DateTimeOffset?>(6), r.GetBoolean(7), r.GetBoolean(8), r.GetInt32(9),
                    r.GetInt32(10), r.GetInt32(11), r.GetInt32(12));
            },
            cancel);
        return new PublicationClaim(cells, now, heard);
    }

    /// <summary>Stores what looks came to, with the checks that they end, and opens a batch of what is to be written. A cell that was claimed anew or whose figure changed meanwhile is left for its next look.</summary>
    /// <exception cref="PostgresException">Unique violation: another node has a batch open; nothing was stored.</exception>
    public static Task<int> SawAsync(NpgsqlDataSource data, string connectionId, string batchKey, IReadOnlyList<PublicationLook> looks, TimeSpan wait, CancellationToken cancel) =>
        data.Command(Saw, Sql.Of(connectionId), Sql.Of(batchKey), Sql.Json(JsonSerializer.Serialize([.. looks], PublicationJson.Default.PublicationLookArray)), Sql.Of(wait)).ExecuteAsync(cancel);

    /// <summary>The batch of a connection that has no answer yet and is due, counted as sent before it is.</summary>
    public static async Task<PublicationBatch?> OpenAsync(NpgsqlDataSource data, string connectionId, CancellationToken cancel) =>
        (await data.Command(
                """
                update publication_batch set sent = sent + 1, due_at = now() + interval '1 minute' where connection_id = $1 and settled_at is null and due_at <= now()
                returning key, opened_at, sent, changes::text
                """,
                Sql.Of(connectionId))
            .ListAsync(
                r => new PublicationBatch(
                    r.GetString(0), r.GetFieldValue<DateTimeOffset>(1), r.GetInt32(2), JsonSerializer.Deserialize(r.GetString(3), PublicationJson.Default.PublicationChangeArray)!),
                cancel)).FirstOrDefault();

    /// <summary>Whether a batch has no answer yet, due or not.</summary>
    public static Task<bool> IsWaitingAsync(NpgsqlDataSource data, string connectionId, CancellationToken cancel) =>
        data.Command("select exists (select from publication_batch where connection_id = $1 and settled_at is null)", Sql.Of(connectionId)).ScalarAsync<bool>(cancel);

    /// <summary>Nobody knows whether the batch was carried out: it is sent again under its key after the pause, and nothing else until then.</summary>
    public static Task<int> SendAgainAsync(NpgsqlDataSource data, string key, TimeSpan pause, CancellationToken cancel) =>
        data.Command("update publication_batch set due_at = now() + $2 where key = $1 and settled_at is null", Sql.Of(key), Sql.Of(pause)).ExecuteAsync(cancel);

    /// <summary>Ends a batch, once: a second end of it changes nothing.</summary>
    public static Task<int> SettleAsync(NpgsqlDataSource data, string key, PublicationEnd end, CancellationToken cancel) =>
        data.Command(
                Settle, Sql.Of(key), Sql.Of(end.Outcome), Sql.Of(end.Message, NpgsqlTypes.NpgsqlDbType.Text), Sql.Of(end.Culprit?.Sku, NpgsqlTypes.NpgsqlDbType.Text),
                Sql.Of(end.Culprit?.Location, NpgsqlTypes.NpgsqlDbType.Text), Sql.Of(end.Failure, NpgsqlTypes.NpgsqlDbType.Text), Sql.Of(end.Pause), Sql.Of(end.Counts), Sql.Of(MaxAttempts))
            .ExecuteAsync(cancel);

    /// <summary>Claimed cells whose levels could not be read are due again after the pause, or after the longer one of their own attempts; what used up its attempts waits for a person.</summary>
    /// <param name="alone">Each is read alone from now on: one of them is not taken, and which is not known.</param>
    public static Task<int> PutOffAsync(
        NpgsqlDataSource data, string connectionId, IReadOnlyList<PublicationCell> cells, TimeSpan pause, bool counts, bool alone, string failure, string message, CancellationToken cancel) =>
        data.Command(
                """
                update stock_publication c set attempts = c.attempts + $6::int, alone = c.alone or $10, repair = c.repair and c.attempts + $6::int < $9,
                    due_at = case when c.attempts + $6::int < $9 then now() + greatest($5, make_interval(secs => least(60, power(2, c.attempts) - 1))) end,
                    failure = case when c.attempts + $6::int >= $9 then $7 end, failure_message = case when c.attempts + $6::int >= $9 then left($8, 500) end,
                    failed_at = case when c.attempts + $6::int >= $9 then now() end
                where c.connection_id = $1 and exists (
                    select from unnest($2::text[], $3::text[], $4::bigint[]) as x (sku, location, fence) where x.sku = c.sku and x.location = c.location and x.fence = c.fence)
                """,
                Sql.Of(connectionId), Sql.Of(cells.Select(c => c.Sku).ToArray()), Sql.Of(cells.Select(c => c.Location).ToArray()), Sql.Of(cells.Select(c => c.Fence).ToArray()), Sql.Of(pause),
                Sql.Of(counts ? 1 : 0), Sql.Of(failure), Sql.Of(message), Sql.Of(MaxAttempts), Sql.Of(alone))
            .ExecuteAsync(cancel);

    /// <summary>Channels told levels by themselves. What they repeat of ours opens nothing; the rest is looked at. In the caller's transaction.</summary>
    public static Task<int> HintAsync(NpgsqlConnection connection, IReadOnlyList<LevelHint> hints, CancellationToken cancel) =>
        connection.Command(
                """
                update stock_publication c set fence = c.fence + 1, moved_at = coalesce(c.moved_at, now()), due_at = case when c.batch_key is null and c.failure is null then now() else c.due_at end
                from (
                    select s.connection_id, s.sku, s.location from unnest($1::text[], $2::text[], $3::text[], $4::int[]) as h (connection_id, item, location, level)
                    join stock_publication s on s.connection_id = h.connection_id and s.item = h.item and s.location = h.location
                    left join publication_batch b on b.key = s.batch_key
                    where s.seen is distinct from h.level
                      and not exists (
                          select from jsonb_to_recordset(b.changes) as x (sku text, location text, "to" int) where x.sku = s.sku and x.location = s.location and x."to" = h.level)
                    order by s.connection_id, s.sku collate "C", s.location collate "C" for no key update of s) h
                where c.connection_id = h.connection_id and c.sku = h.sku and c.location = h.location
                """,
                Sql.Of(hints.Select(h => h.ConnectionId).ToArray()), Sql.Of(hints.Select(h => h.Item).ToArray()), Sql.Of(hints.Select(h => h.Location).ToArray()),
                Sql.Of(hints.Select(h => h.Level).ToArray()))
            .ExecuteAsync(cancel);

    // What a channel sells comes pushed, and by its feed of orders for what pushes lose. Where nothing is polled, pushes have ten minutes.
    private const string Claim = """
        with due as (
            select exists (select from stock_publication where connection_id = $1 and due_at <= now() and batch_key is null and not alone) as plain,
                exists (select from stock_publication where connection_id = $1 and due_at <= now() and batch_key is null and alone) as single),
        turn as (
            select single and ($3 or not plain) as alone from due),
        picked as (
            select c.sku, c.location from stock_publication c, turn
            where c.connection_id = $1 and c.due_at <= now() and c.batch_key is null and c.alone = turn.alone
              and exists (select from connection where id = $1 and version = $4)
              and not exists (select from stock_moved m where m.sku = c.sku and m.location = c.location)
            order by c.repair desc, (c.due_at < now() - interval '5 minutes') desc, c.changed_at desc
            limit (select case when alone then 1 else $2 end from turn) for no key update of c skip locked),
        heard as (
            select least(
                coalesce((select min(coalesce(f.heard_at, '-infinity')) from feed_cursor f where f.connection_id = $1 and f.feed = 'orders'), now() - interval '10 minutes'),
                (select min(m.received_at) from inbox_work w join inbox_message m on m.id = w.message_id where w.connection_id = $1)) as until)
        update stock_publication c set fence = c.fence + 1, due_at = now() + interval '1 minute'
        from picked p, heard where c.connection_id = $1 and c.sku = p.sku and c.location = p.location
        returning c.sku, c.location, c.fence, c.expected, c.published, c.seen, c.moved_at, c.repair, c.checking, c.drift, c.drift_found, c.drift_clean,
            coalesce((select d.units from drift_buffer d where d.connection_id = c.connection_id and d.sku = c.sku and d.location = c.location), 0), now(), heard.until
        """;

    private const string Looks = """
        select * from jsonb_to_recordset($3) as x (sku text, location text, fence bigint, expected int, step text, level int, item text, moved text, "to" int, counted boolean, exact boolean,
            drift int, found int, clean int, buffer int, failure text, message text)
        """;

    private const string Saw = $"""
        with look as ({Looks}),
        held as (
            select c.sku, c.location from stock_publication c join look l on l.sku = c.sku and l.location = c.location and l.fence = c.fence
            where c.connection_id = $1 order by c.sku collate "C", c.location collate "C" for no key update of c),
        saw as (
            update stock_publication c set
                item = coalesce(l.item, c.item), seen = l.level, seen_at = now(), moved_at = case l.moved when 'now' then now() when 'keep' then c.moved_at end,
                published = case when l.step = 'agree' then l.level else c.published end, published_at = case when l.step = 'agree' then now() else c.published_at end,
                batch_key = case when l.step = 'write' and c.expected = l.expected then $2 end,
                due_at = case when l.step = 'fail' then null when c.expected <> l.expected then now() when l.step = 'wait' then now() + $4 when l.step = 'write' then c.due_at end,
                repair = c.repair and l.step in ('write', 'wait'), attempts = case when l.step = 'agree' then 0 else c.attempts end, alone = c.alone and l.step <> 'agree',
                failure = l.failure, failure_message = l.message, failed_at = case when l.step = 'fail' then now() end,
                checking = c.checking and not l.counted, checked_at = case when l.counted then now() else c.checked_at end,
                drift = case when l.counted or l.step in ('agree', 'adrift') then l.drift else c.drift end,
                drift_since = case when not l.counted and l.step not in ('agree', 'adrift') then c.drift_since when l.drift <> 0 then coalesce(c.drift_since, c.moved_at, now()) end,
                drift_found = case when l.counted then l.found else c.drift_found end, drift_clean = case when l.counted then l.clean else c.drift_clean end
            from look l join held h on h.sku = l.sku and h.location = l.location
            where c.connection_id = $1 and c.sku = l.sku and c.location = l.location
            returning c.sku, c.location, c.batch_key, l.level, l."to", l.counted, l.exact, l.drift, l.buffer),
        day as (
            insert into drift_day as d (connection_id, location, day, checked, exact, over, under)
            select $1, location, (now() at time zone 'UTC')::date, count(*), count(*) filter (where exact), coalesce(sum(drift) filter (where drift > 0), 0), coalesce(-sum(drift) filter (where drift < 0), 0)
            from saw where counted and level is not null group by location order by location
            on conflict (connection_id, day, location) do update
                set checked = d.checked + excluded.checked, exact = d.exact + excluded.exact, over = d.over + excluded.over, under = d.under + excluded.under),
        kept as (
            insert into drift_buffer as b (connection_id, sku, location, units) select $1, sku, location, buffer from saw where buffer > 0
            on conflict (sku, location, connection_id) do update set units = excluded.units, changed_at = now()),
        let_go as (
            delete from drift_buffer b using saw s where s.buffer = 0 and b.connection_id = $1 and b.sku = s.sku and b.location = s.location)
        insert into publication_batch (key, connection_id, changes)
        select $2, $1, jsonb_agg(jsonb_build_object('sku', sku, 'location', location, 'from', level, 'to', "to") order by sku, location) from saw where batch_key = $2
        having count(*) > 0
        """;

    private const string Settle = """
        with ended as (
            update publication_batch set settled_at = now(), outcome = $2, message = left($3, 500) where key = $1 and settled_at is null returning connection_id, changes, opened_at),
        change as (
            select e.connection_id, e.opened_at, x.*, coalesce(x.sku = $4 and x.location = $5, false) as named,
                $2 = 'refused' and (jsonb_array_length(e.changes) = 1 or coalesce(x.sku = $4 and x.location = $5, false)) as fails
            from ended e, jsonb_to_recordset(e.changes) as x (sku text, location text, "to" int)),
        held as (
            select c.sku, c.location from stock_publication c join change x on x.connection_id = c.connection_id and x.sku = c.sku and x.location = c.location
            order by c.sku collate "C", c.location collate "C" for no key update of c)
        update stock_publication c set
            batch_key = null,
            published = case when $2 = 'done' then x."to" else c.published end, published_at = case when $2 = 'done' then now() else c.published_at end,
            seen = case when $2 = 'done' then x."to" else c.seen end, seen_at = case when $2 = 'done' then now() else c.seen_at end,
            moved_at = case when $2 = 'done' and c.moved_at <= x.opened_at then null else c.moved_at end,
            repair = c.repair and $2 <> 'done' and not (x.fails or c.attempts + $8::int >= $9),
            attempts = case when $2 = 'done' then 0 else c.attempts + $8::int end,
            alone = $2 <> 'done' and (c.alone or ($2 = 'refused' and $4 is null) or ($2 = 'dropped' and $8)),
            drift = case when $2 = 'done' then 0 else c.drift end, drift_since = case when $2 <> 'done' then c.drift_since end,
            failure = case when x.fails or c.attempts + $8::int >= $9 then coalesce($6, $2) end,
            failure_message = case when x.fails or c.attempts + $8::int >= $9 then left($3, 500) end,
            failed_at = case when x.fails or c.attempts + $8::int >= $9 then now() end,
            due_at = case when x.fails or c.attempts + $8::int >= $9 then null
                when $2 = 'done' then case when c.expected <> x."to" or c.checking or c.moved_at > x.opened_at then now() end
                when $2 = 'dropped' and $8 then now() + greatest($7, make_interval(secs => least(60, power(2, c.attempts))))
                when $2 = 'dropped' or x.named then now() + $7 else now() end
        from change x join held h on h.sku = x.sku and h.location = x.location
        where c.connection_id = x.connection_id and c.sku = x.sku and c.location = x.location
        """;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(PublicationLook[]))]
[JsonSerializable(typeof(PublicationChange[]))]
internal sealed partial class PublicationJson : JsonSerializerContext;
