using System.Text.Json;
using System.Text.Json.Serialization;
using ControlTower.Data.Db;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Catalog;

/// <summary>
/// Items of channels that are told what the ERP says: claimed by who holds the connection's gate, looked at, written in batches that are stored before they are sent. Each method is one statement
/// and commits; a process may die between any two of them.
/// </summary>
public static class ListingStore
{
    /// <summary>Attempts of an item until a person has to look at it.</summary>
    public const int MaxAttempts = 8;

    /// <summary>Claims what is due at a connection: what a person wants first, then what waits longest. What no batch could be written of goes alone. Nobody else looks at it for a minute.</summary>
    /// <param name="version">Of the connection as the caller knows it: who does not know its newest settings claims nothing.</param>
    public static Task<List<ListingCell>> ClaimAsync(NpgsqlDataSource data, string connectionId, int version, int most, CancellationToken cancel) =>
        data.Command(
                """
                with due as materialized (
                    select p.item, p.attempts from catalog_publication p where p.connection_id = $1 and p.due_at <= now() and p.batch_key is null
                      and exists (select from connection where id = $1 and version = $3) order by p.wanted desc, p.due_at limit $2),
                picked as (
                    select item from due where attempts = 0 or item = (select min(d.item) from due d where not exists (select from due o where o.attempts = 0)))
                update catalog_publication p set fence = p.fence + 1, due_at = now() + interval '1 minute'
                from (select item from catalog_publication where connection_id = $1 and item in (select item from picked) order by item for no key update) h
                where p.connection_id = $1 and p.item = h.item
                returning p.item, p.fence, p.price, p.currency, p.barcode, p.active, p.left_price, p.left_barcode, p.left_active, p.wanted
                """,
                Sql.Of(connectionId), Sql.Of(most), Sql.Of(version))
            .ListAsync(
                r => new ListingCell(
                    r.GetString(0), r.GetInt64(1), r.Maybe<decimal?>(2), r.Maybe<string>(3), r.Maybe<string>(4), r.Maybe<bool?>(5), r.Maybe<decimal?>(6), r.Maybe<string>(7), r.Maybe<bool?>(8),
                    r.GetBoolean(9)),
                cancel);

    /// <summary>Stores what looks came to and opens a batch of what is to be written. An item that was claimed anew or whose word changed meanwhile is left for its next look.</summary>
    /// <exception cref="PostgresException">Unique violation: another node has a batch open; nothing was stored.</exception>
    public static Task<int> SawAsync(NpgsqlDataSource data, string connectionId, string batchKey, IReadOnlyList<ListingLook> looks, CancellationToken cancel) =>
        data.Command(
                """
                with look as (
                    select l.item, l.fence, l.step, l.change, l.failure, l.message
                    from jsonb_to_recordset($3) as l (item text, fence bigint, step text, change jsonb, failure text, message text)),
                held as materialized (
                    select p.item from catalog_publication p join look l on l.item = p.item and l.fence = p.fence where p.connection_id = $1 order by p.item for no key update of p),
                seen as (
                    update catalog_publication p set
                        batch_key = case when l.step = 'write' then $2 end,
                        due_at = null,
                        left_price = case when l.step = 'agree' then coalesce(p.price, p.left_price) else p.left_price end, left_barcode = case when l.step = 'agree' then coalesce(p.barcode, p.left_barcode) else p.left_barcode end,
                        left_active = case when l.step = 'agree' then coalesce(p.active, p.left_active) else p.left_active end, left_at = case when l.step = 'agree' then now() else p.left_at end,
                        wanted = p.wanted and l.step = 'write', attempts = case when l.step = 'write' then p.attempts else 0 end,
                        failure = l.failure, failure_message = left(l.message, 500), failed_at = case when l.failure is not null then now() end
                    from look l join held h on h.item = l.item
                    where p.connection_id = $1 and p.item = l.item
                    returning case when l.step = 'write' then l.change end as change)
                insert into catalog_batch (key, connection_id, changes)
                select $2, $1, jsonb_agg(change order by change ->> 'item') from seen where change is not null having count(*) > 0
                """,
                Sql.Of(connectionId), Sql.Of(batchKey), Sql.Json(JsonSerializer.Serialize([.. looks], ListingJson.Default.ListingLookArray)))
            .ExecuteAsync(cancel);

    /// <summary>The batch of a connection that has no answer yet and is due, counted as sent before it is.</summary>
    public static async Task<ListingBatch?> OpenAsync(NpgsqlDataSource data, string connectionId, CancellationToken cancel) =>
        (await data.Command(
                """
                update catalog_batch set sent = sent + 1, due_at = now() + interval '1 minute' where connection_id = $1 and settled_at is null and due_at <= now()
                returning key, opened_at, sent, changes::text
                """,
                Sql.Of(connectionId))
            .ListAsync(
                r => new ListingBatch(r.GetString(0), r.GetFieldValue<DateTimeOffset>(1), r.GetInt32(2), JsonSerializer.Deserialize(r.GetString(3), ListingJson.Default.ListingAskedArray)!), cancel))
        .FirstOrDefault();

    /// <summary>Whether a batch has no answer yet, due or not.</summary>
    public static Task<bool> IsWaitingAsync(NpgsqlDataSource data, string connectionId, CancellationToken cancel) =>
        data.Command("select exists (select from catalog_batch where connection_id = $1 and settled_at is null)", Sql.Of(connectionId)).ScalarAsync<bool>(cancel);

    /// <summary>Nobody knows whether the batch was carried out: it is sent again under its key after the pause, and nothing else until then.</summary>
    public static Task<int> SendAgainAsync(NpgsqlDataSource data, string key, TimeSpan pause, CancellationToken cancel) =>
        data.Command("update catalog_batch set due_at = now() + $2 where key = $1 and settled_at is null", Sql.Of(key), Sql.Of(pause)).ExecuteAsync(cancel);

    /// <summary>
    /// Ends a batch, once: a second end of it changes nothing. What was written is noted as shown, so that the channel's own echo says nothing new, and the difference is closed.
    /// </summary>
    public static Task<int> SettleAsync(NpgsqlDataSource data, string key, ListingEnd end, CancellationToken cancel) =>
        data.Command(
                Settle, Sql.Of(key), Sql.Of(end.Outcome), Sql.Of(end.Message, NpgsqlDbType.Text), Sql.Of(end.Culprit, NpgsqlDbType.Text), Sql.Of(end.Failure, NpgsqlDbType.Text), Sql.Of(end.Pause),
                Sql.Of(end.Counts), Sql.Of(MaxAttempts))
            .ExecuteAsync(cancel);

    /// <summary>Claimed items that could not be read are due again after the pause; what used up its attempts waits for a person.</summary>
    public static Task<int> PutOffAsync(NpgsqlDataSource data, string connectionId, IReadOnlyList<ListingCell> cells, TimeSpan pause, bool counts, string failure, string message, CancellationToken cancel) =>
        data.Command(
                """
                update catalog_publication p set attempts = p.attempts + $5::int, wanted = p.wanted and p.attempts + $5::int < $8,
                    due_at = case when p.attempts + $5::int < $8 then now() + greatest($4, make_interval(secs => least(60, power(2, p.attempts) - 1))) end,
                    failure = case when p.attempts + $5::int >= $8 then $6 end, failure_message = case when p.attempts + $5::int >= $8 then left($7, 500) end,
                    failed_at = case when p.attempts + $5::int >= $8 then now() end
                from (select c.item from unnest($2::text[], $3::bigint[]) as x (item, fence) join catalog_publication c on c.connection_id = $1 and c.item = x.item and c.fence = x.fence
                    order by c.item for no key update of c) h
                where p.connection_id = $1 and p.item = h.item
                """,
                Sql.Of(connectionId), Sql.Of(cells.Select(c => c.Item).ToArray()), Sql.Of(cells.Select(c => c.Fence).ToArray()), Sql.Of(pause), Sql.Of(counts ? 1 : 0), Sql.Of(failure), Sql.Of(message),
                Sql.Of(MaxAttempts))
            .ExecuteAsync(cancel);

    /// <summary>Forgets batches that ended so long ago. Commits.</summary>
    public static Task<int> ForgetAsync(NpgsqlDataSource data, TimeSpan age, CancellationToken cancel) =>
        data.Command("delete from catalog_batch where settled_at < now() - $1", Sql.Of(age)).ExecuteAsync(cancel);

    private const string Settle =
        """
        with ended as (
            update catalog_batch set settled_at = now(), outcome = $2, message = left($3, 500) where key = $1 and settled_at is null returning connection_id, changes),
        change as materialized (
            select e.connection_id, c.*, $2 = 'refused' and ($4::text is null or $4 = c.item) as own
            from ended e cross join lateral jsonb_to_recordset(e.changes) as c (
                item text, "toPrice" numeric, "toBarcode" text, "toActive" boolean)),
        held as materialized (
            select p.item, case when x.own and $4::text is not null then $8 else x.own::int + ($2 = 'dropped' and $7)::int end + p.attempts as tried
            from catalog_publication p join change x on x.connection_id = p.connection_id and x.item = p.item where p.batch_key = $1 order by p.item for no key update of p),
        shown as (
            update catalog_item c set price = coalesce(x."toPrice", c.price), barcode = coalesce(x."toBarcode", c.barcode), active = coalesce(x."toActive", c.active), stored_at = now(), told_at = now()
            from change x where $2 = 'done' and c.connection_id = x.connection_id and c.item = x.item),
        told as (
            update catalog_publication p set
                batch_key = null,
                left_price = case when $2 = 'done' then coalesce(x."toPrice", p.left_price) else p.left_price end,
                left_barcode = case when $2 = 'done' then coalesce(x."toBarcode", p.left_barcode) else p.left_barcode end,
                left_active = case when $2 = 'done' then coalesce(x."toActive", p.left_active) else p.left_active end,
                left_at = case when $2 = 'done' then now() else p.left_at end,
                wanted = p.wanted and $2 <> 'done' and h.tried < $8,
                attempts = case when $2 = 'done' then 0 else least(h.tried, $8) end,
                failure = case when $2 <> 'done' and h.tried >= $8 then coalesce($5, $2) end, failure_message = case when $2 <> 'done' and h.tried >= $8 then left($3, 500) end,
                failed_at = case when $2 <> 'done' and h.tried >= $8 then now() end,
                due_at = case
                    when $2 = 'done' then case when (p.price, p.barcode, p.active) is distinct from (coalesce(x."toPrice", p.left_price), coalesce(x."toBarcode", p.left_barcode), coalesce(x."toActive", p.left_active)) then now() end
                    when h.tried >= $8 then null else now() + $6 end
            from change x join held h on h.item = x.item
            where p.connection_id = x.connection_id and p.item = x.item)
        select catalog_mark(connection_id) from ended where $2 = 'done'
        """;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ListingLook[]))]
[JsonSerializable(typeof(ListingAsked[]))]
internal sealed partial class ListingJson : JsonSerializerContext;
