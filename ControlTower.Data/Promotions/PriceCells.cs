using System.Text.Json;
using System.Text.Json.Serialization;
using ControlTower.Data.Db;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Promotions;

/// <summary>A price of a release, claimed to be looked at by who holds its connection's gate.</summary>
/// <param name="Fence">Of this claim; whoever lost it changes nothing.</param>
/// <param name="Former">What stood at the spot itself before; null with <paramref name="Captured"/>: no price of its own.</param>
/// <param name="Ours">Every price that the tower may have put there since.</param>
/// <param name="Silent">The store was not heard since it was written.</param>
/// <param name="Wanted">A person says: set it whatever stands there.</param>
/// <param name="Looked">It was looked at since it stands as it does.</param>
public sealed record ClaimedPrice(
    long Id, long PromotionId, long Fence, string Item, string Place, string Kind, string Currency, CellPhase Phase, decimal? Base, decimal? Price, decimal? Compare, bool WithCompare, string? Terms, bool Captured,
    bool Touched, decimal? Former, decimal? FormerCompare, IReadOnlyList<decimal> Ours, bool Silent, bool Wanted, DateTimeOffset Starts, DateTimeOffset Ends, bool Looked)
{
    /// <summary>The database's clock at the claim: what is read of it is read behind that.</summary>
    public DateTimeOffset ClaimedAt { get; init; }
}

/// <summary>What a look at a price came to.</summary>
/// <param name="Phase">As the price stands now; null: as before.</param>
/// <param name="Due">When it is looked at again, from now; null: not by itself.</param>
/// <param name="Move">What is asked of the channel.</param>
/// <param name="Counts">It uses up an attempt: what is asked and never shown ends with a person.</param>
public sealed record PriceLook(
    long Id, long Fence, CellPhase? Phase, bool Shown, decimal? Seen, decimal? SeenCompare, bool AsIntended, double? Due, PriceAsked? Move = null, bool Captures = false, decimal? Former = null, decimal? FormerCompare = null,
    string? Failure = null, string? Message = null, bool Counts = false);

/// <summary>One price of a batch: from what stood at the spot itself to what is to stand there.</summary>
public sealed record PriceAsked(
    long Id, string Item, string Place, string Currency, bool WithCompare, decimal? From, decimal? FromCompare, decimal? To, decimal? ToCompare, string? Terms = null, bool On = false);

/// <summary>What was asked of a channel and has no answer yet.</summary>
/// <param name="Sent">How often it was sent, this time included.</param>
public sealed record PriceBatch(string Key, DateTimeOffset OpenedAt, int Sent, IReadOnlyList<PriceAsked> Moves);

/// <summary>How a batch ended.</summary>
/// <param name="Outcome"><c>done</c>; <c>stale</c>, a price had changed meanwhile; <c>refused</c>; <c>dropped</c>, certainly not done.</param>
/// <param name="Culprit">The cell that the channel named.</param>
/// <param name="Counts">The failure is the prices' own and uses up an attempt.</param>
public sealed record PriceEnd(string Outcome, string? Message = null, long? Culprit = null, string? Failure = null, TimeSpan Pause = default, bool Counts = false);

/// <summary>
/// Prices of releases at one connection: claimed by who holds its gate, looked at, written in batches that are stored before they are sent, and read back. Each method is one statement and commits; a
/// process may die between any two of them.
/// </summary>
public static class PriceCells
{
    /// <summary>Attempts of a price until a person has to look at it.</summary>
    public const int MaxAttempts = 8;

    /// <summary>Claims what is due: what goes back first, then what takes effect, then read-backs, then the watch. What was refused goes alone. Nobody else looks at it for a minute.</summary>
    /// <param name="version">Of the connection as the caller knows it: who does not know its newest settings claims nothing.</param>
    /// <param name="silent">A store that nobody has heard for so long is offline.</param>
    public static Task<List<ClaimedPrice>> ClaimAsync(NpgsqlDataSource data, string connectionId, int version, string kind, int most, TimeSpan silent, CancellationToken cancel) =>
        data.Command(
                """
                with due as materialized (
                    select c.id, case when c.failure = 'not-shown' then 0 else c.attempts end as attempts from promotion_cell c
                    where c.connection_id = $1 and c.due_at <= now() and c.batch_key is null and c.kind = $3 and (c.phase <> 'applying' or not (select p.held_at is not null from promotion p where p.id = c.promotion_id))
                      and (c.phase <> 'reverted' or not exists (select from promotion_cell h where h.held and h.connection_id = c.connection_id and h.item = c.item and h.place = c.place))
                      and exists (select from connection where id = $1 and version = $2)
                    order by c.turn, c.due_at, c.id limit $4),
                picked as (
                    select id from due where attempts = 0 or id = (select min(d.id) from due d where not exists (select from due o where o.attempts = 0)))
                update promotion_cell c set fence = c.fence + 1, due_at = now() + interval '1 minute'
                from (select id from promotion_cell where id in (select id from picked) order by id for no key update) h
                where c.id = h.id
                returning c.id, c.promotion_id, c.fence, c.item, c.place, c.kind, c.currency, c.phase, c.base_price, c.price, c.compare, c.with_compare, c.terms::text, c.captured, c.touched, c.former_price, c.former_compare,
                    c.ours, c.place <> '' and promotion_heard(c.place) < now() - $5 and promotion_heard(c.place) < c.changed_at, c.wanted, c.starts_at, c.ends_at, coalesce(c.seen_at > c.changed_at, false), now()
                """,
                Sql.Of(connectionId), Sql.Of(version), Sql.Of(kind), Sql.Of(most), Sql.Of(silent))
            .ListAsync(
                r => new ClaimedPrice(
                    r.GetInt64(0), r.GetInt64(1), r.GetInt64(2), r.GetString(3), r.GetString(4), r.GetString(5), r.GetString(6), PromotionText.Parse<CellPhase>(r.GetString(7)), r.Maybe<decimal?>(8), r.Maybe<decimal?>(9),
                    r.Maybe<decimal?>(10), r.GetBoolean(11), r.Maybe<string>(12), r.GetBoolean(13), r.GetBoolean(14), r.Maybe<decimal?>(15), r.Maybe<decimal?>(16), r.GetFieldValue<decimal[]>(17),
                    r.Maybe<bool?>(18) == true, r.GetBoolean(19), r.GetFieldValue<DateTimeOffset>(20), r.GetFieldValue<DateTimeOffset>(21), r.GetBoolean(22))
                { ClaimedAt = r.GetFieldValue<DateTimeOffset>(23) },
                cancel);

    /// <summary>Stores what looks came to and opens a batch of what is to be written. A price that was claimed anew or whose wish changed meanwhile is left for its next look.</summary>
    /// <param name="read">The database's clock before the prices were read.</param>
    /// <exception cref="PostgresException">Unique violation: another node has a batch open; nothing was stored.</exception>
    public static Task<int> SawAsync(NpgsqlDataSource data, string connectionId, string batchKey, IReadOnlyList<PriceLook> looks, DateTimeOffset read, CancellationToken cancel) =>
        data.Command(Saw, Sql.Of(connectionId), Sql.Of(batchKey), Sql.Json(JsonSerializer.Serialize([.. looks.Select(LookRow.Of)], PriceCellJson.Default.LookRowArray)), Sql.Of(MaxAttempts), Sql.Of(read.ToUniversalTime())).ExecuteAsync(cancel);

    /// <summary>The batch of a connection that has no answer yet and is due, counted as sent before it is.</summary>
    public static async Task<PriceBatch?> OpenAsync(NpgsqlDataSource data, string connectionId, CancellationToken cancel) =>
        (await data.Command(
                """
                update promotion_batch set sent = sent + 1, due_at = now() + interval '1 minute' where connection_id = $1 and settled_at is null and due_at <= now() returning key, opened_at, sent, moves::text
                """,
                Sql.Of(connectionId))
            .ListAsync(r => new PriceBatch(r.GetString(0), r.GetFieldValue<DateTimeOffset>(1), r.GetInt32(2), JsonSerializer.Deserialize(r.GetString(3), PriceCellJson.Default.PriceAskedArray)!), cancel))
        .FirstOrDefault();

    /// <summary>Whether something asked of the connection has no answer yet: a batch of promotional prices, or of the ERP's, which must not arrive after them.</summary>
    public static Task<bool> IsWaitingAsync(NpgsqlDataSource data, string connectionId, CancellationToken cancel) =>
        data.Command(
                "select exists (select from promotion_batch where connection_id = $1 and settled_at is null) or exists (select from catalog_batch where connection_id = $1 and settled_at is null)", Sql.Of(connectionId))
            .ScalarAsync<bool>(cancel);

    /// <summary>Nobody knows whether the batch was carried out: it is sent again under its key after the pause, and nothing else until then.</summary>
    public static Task<int> SendAgainAsync(NpgsqlDataSource data, string key, TimeSpan pause, CancellationToken cancel) =>
        data.Command("update promotion_batch set due_at = now() + $2 where key = $1 and settled_at is null", Sql.Of(key), Sql.Of(pause)).ExecuteAsync(cancel);

    /// <summary>Ends a batch, once. What was written is read back next; only that proves it.</summary>
    /// <param name="readBack">How long after it a price is read back.</param>
    public static Task<int> SettleAsync(NpgsqlDataSource data, string key, PriceEnd end, TimeSpan readBack, CancellationToken cancel) =>
        data.Command(
                Settle, Sql.Of(key), Sql.Of(end.Outcome), Sql.Of(end.Message, NpgsqlDbType.Text), Sql.Of(end.Culprit, NpgsqlDbType.Bigint), Sql.Of(end.Failure, NpgsqlDbType.Text), Sql.Of(end.Pause), Sql.Of(end.Counts),
                Sql.Of(MaxAttempts), Sql.Of(readBack))
            .ExecuteAsync(cancel);

    /// <summary>Claimed prices that could not be read are due again after the pause. What goes back is tried for ever; the rest waits for a person once its attempts are used up.</summary>
    public static Task<int> PutOffAsync(NpgsqlDataSource data, IReadOnlyList<ClaimedPrice> cells, TimeSpan pause, bool counts, string failure, string message, CancellationToken cancel) =>
        data.Command(
                """
                update promotion_cell c set attempts = least(c.attempts + $4::int, $7), failure = $5, failure_message = left($6, 500), changed_at = now(),
                    phase = case when c.attempts + $4::int >= $7 and c.phase in ('applying', 'written') then 'failed' else c.phase end,
                    due_at = case when c.attempts + $4::int >= $7 and c.phase in ('applying', 'written') then null else now() + greatest($3, make_interval(secs => least(60, power(2, c.attempts) - 1))) end
                from (select p.id from unnest($1::bigint[], $2::bigint[]) as x (id, fence) join promotion_cell p on p.id = x.id and p.fence = x.fence order by p.id for no key update of p) h
                where c.id = h.id
                """,
                Sql.Of(cells.Select(c => c.Id).ToArray()), Sql.Of(cells.Select(c => c.Fence).ToArray()), Sql.Of(pause), Sql.Of(counts ? 1 : 0), Sql.Of(failure), Sql.Of(message), Sql.Of(MaxAttempts))
            .ExecuteAsync(cancel);

    /// <summary>Prices and reductions of plans that a dry run is to read: at most so many, for a minute nobody else's.</summary>
    public static Task<List<DryPrice>> DryAsync(NpgsqlDataSource data, string connectionId, int most, CancellationToken cancel) =>
        data.Command(
                """
                update promotion_plan_cell c set look_due = now() + interval '1 minute'
                from (select promotion_id, revision, id from promotion_plan_cell where connection_id = $1 and look_due <= now() order by look_due, id limit $2 for update skip locked) h
                join promotion_revision r on r.promotion_id = h.promotion_id and r.revision = h.revision
                where c.promotion_id = h.promotion_id and c.revision = h.revision and c.id = h.id
                returning c.promotion_id, c.revision, c.id, c.item, c.place, c.currency,
                    case when c.kind = 'checkout' then (c.terms || jsonb_build_object('offer', r.plan -> 'offer', 'name', r.plan ->> 'name'))::text end, c.starts_at, c.ends_at
                """,
                Sql.Of(connectionId), Sql.Of(most))
            .ListAsync(r => new DryPrice(r.GetInt64(0), r.GetInt32(1), r.GetInt64(2), r.GetString(3), r.GetString(4), r.Maybe<string>(5) ?? "XXX", r.Maybe<string>(6), r.Maybe<DateTimeOffset?>(7), r.Maybe<DateTimeOffset?>(8)), cancel);

    /// <summary>Keeps what a dry run read, and says when it is done.</summary>
    public static Task<int> DryLookedAsync(NpgsqlDataSource data, IReadOnlyList<DryLook> looks, CancellationToken cancel) =>
        data.Command(
                """
                with look as (select * from unnest($1::bigint[], $2::int[], $3::bigint[], $4::numeric[], $5::numeric[], $6::text[], $7::text[]) as l (promotion_id, revision, id, own, price, found, differs)),
                kept as (
                    update promotion_plan_cell c set look_due = null, seen_own = l.own, seen_price = l.price, dry_found = l.found, dry_differs = left(l.differs, 200), seen_at = clock_timestamp() from look l
                    where c.promotion_id = l.promotion_id and c.revision = l.revision and c.id = l.id returning c.promotion_id, c.revision, c.id)
                update promotion_revision r set dry_done_at = clock_timestamp(), dry_failure = case when exists (
                    select from promotion_plan_cell c where c.promotion_id = r.promotion_id and c.revision = r.revision and c.seen_at is null and promotion_tried(c.kind, c.item, c.flags)
                      and not exists (select from kept x where x.promotion_id = c.promotion_id and x.revision = c.revision and x.id = c.id)) then r.dry_failure end
                from (select distinct promotion_id, revision from kept) k
                where r.promotion_id = k.promotion_id and r.revision = k.revision
                  and not exists (select from promotion_plan_cell c where c.promotion_id = r.promotion_id and c.revision = r.revision and c.look_due is not null and not exists (select from kept x where x.promotion_id = c.promotion_id and x.revision = c.revision and x.id = c.id))
                """,
                Sql.Of(looks.Select(l => l.Cell.PromotionId).ToArray()), Sql.Of(looks.Select(l => l.Cell.Revision).ToArray()), Sql.Of(looks.Select(l => l.Cell.Id).ToArray()), Sql.Of(looks.Select(l => l.Own).ToArray()),
                Sql.Of(looks.Select(l => l.Price).ToArray()), Sql.Of(looks.Select(l => l.Found).ToArray()), Sql.Of(looks.Select(l => l.Differs).ToArray()))
            .ExecuteAsync(cancel);

    /// <summary>Says why prices could not be read by a dry run. They are due again in a minute, for ten minutes; then it ends without them.</summary>
    public static Task<int> DryFailedAsync(NpgsqlDataSource data, string connectionId, IReadOnlyList<DryPrice> cells, string why, CancellationToken cancel) =>
        data.Command(
                """
                with run as (
                    select r.promotion_id, r.revision, r.dry_asked_at < now() - interval '10 minutes' as over
                    from promotion_revision r join (select distinct * from unnest($2::bigint[], $3::int[]) as k (promotion_id, revision)) k on k.promotion_id = r.promotion_id and k.revision = r.revision),
                given as (
                    update promotion_plan_cell c set look_due = null from run r
                    where r.over and c.promotion_id = r.promotion_id and c.revision = r.revision and c.connection_id = $1 and c.look_due is not null returning c.promotion_id, c.revision)
                update promotion_revision r set dry_failure = left($4, 500), dry_done_at = case when k.over and not exists (
                    select from promotion_plan_cell c where c.promotion_id = r.promotion_id and c.revision = r.revision and c.look_due is not null and c.connection_id <> $1) then clock_timestamp() end
                from run k where r.promotion_id = k.promotion_id and r.revision = k.revision and (select count(*) from given) >= 0
                """,
                Sql.Of(connectionId), Sql.Of(cells.Select(c => c.PromotionId).ToArray()), Sql.Of(cells.Select(c => c.Revision).ToArray()), Sql.Of(why))
            .ExecuteAsync(cancel);

    /// <summary>Forgets batches that ended so long ago. Commits.</summary>
    public static Task<int> ForgetAsync(NpgsqlDataSource data, TimeSpan age, CancellationToken cancel) =>
        data.Command("delete from promotion_batch where settled_at < now() - $1", Sql.Of(age)).ExecuteAsync(cancel);

    private const string Saw =
        """
        with look as (
            select * from jsonb_to_recordset($3) as l (id bigint, fence bigint, phase text, shown boolean, seen numeric, "seenCompare" numeric, "asIntended" boolean, due double precision, move jsonb, captures boolean,
                former numeric, "formerCompare" numeric, failure text, message text, counts boolean)),
        held as materialized (
            select c.id from promotion_cell c join look l on l.id = c.id and l.fence = c.fence where c.connection_id = $1 order by c.id for no key update of c),
        seen as (
            update promotion_cell c set
                batch_key = case when l.move is not null then $2 end, touched = c.touched or l.move is not null,
                captured = c.captured or l.captures, former_price = case when l.captures then l.former else c.former_price end, former_compare = case when l.captures then l."formerCompare" else c.former_compare end,
                phase = case when l.counts and c.attempts + 1 >= $4 and l.phase = 'applying' then 'failed' else coalesce(l.phase, c.phase) end, held = c.held and coalesce(l.phase, c.phase) not in ('reverted', 'left-alone'),
                seen_price = case when l.shown then l.seen else c.seen_price end, seen_compare = case when l.shown then l."seenCompare" else c.seen_compare end, seen_at = case when l.shown then now() else c.seen_at end,
                effective_at = case when l."asIntended" and coalesce(l.phase, c.phase) in ('proven', 'offline') then coalesce(c.effective_at, now()) else c.effective_at end,
                proven_at = case when coalesce(l.phase, c.phase) = 'proven' then now() else c.proven_at end,
                ours = case when l.move ->> 'to' is null or (l.move ->> 'to')::numeric = any(c.ours) then c.ours else c.ours || (l.move ->> 'to')::numeric end,
                due_at = case when l.move is null and l.due is not null and not (l.counts and c.attempts + 1 >= $4 and l.phase = 'applying') then now() + make_interval(secs => l.due) end,
                attempts = case when l.counts then least(c.attempts + 1, $4) when l.move is not null or l.failure is not null then c.attempts else 0 end, wanted = c.wanted and l.move is not null,
                failure = l.failure, failure_message = left(l.message, 500),
                changed_at = case when l.phase is not null and l.phase <> c.phase then now() else c.changed_at end
            from look l join held h on h.id = l.id
            where c.id = l.id
            returning c.id, l.move),
        -- What a buyer of a price list is charged is known from here sooner than from the next reading of the list. Of two readings the later holds, whichever is stored first.
        listed as (
            update price_list_price p set price = l.seen, compare_at = l."seenCompare", currency = null, read_at = $5 from look l join held h on h.id = l.id join promotion_cell c on c.id = l.id
            where l.shown and l.seen is not null and promotion_is_list(c.place) and p.connection_id = c.connection_id and 'list:' || p.list = c.place and p.item = c.item and p.read_at <= $5)
        insert into promotion_batch (key, connection_id, moves)
        select $2, $1, jsonb_agg(move order by id) from seen where move is not null having count(*) > 0
        """;

    private const string Settle =
        """
        with ended as (
            update promotion_batch set settled_at = now(), outcome = $2, message = left($3, 500) where key = $1 and settled_at is null returning connection_id, moves),
        move as materialized (
            select e.connection_id, m.*, $2 = 'refused' and ($4::bigint is null or $4 = m.id) as own
            from ended e cross join lateral jsonb_to_recordset(e.moves) as m (id bigint, item text, place text, currency text, "to" numeric, "toCompare" numeric, "withCompare" boolean, "on" boolean)),
        held as materialized (
            select c.id, case when m.own and $4::bigint is not null then $8 else m.own::int + ($2 = 'dropped' and $7)::int end + c.attempts as tried
            from promotion_cell c join move m on m.id = c.id where c.batch_key = $1 order by c.id for no key update of c),
        told as (
            update promotion_cell c set
                batch_key = null,
                phase = case
                    -- What was meant may be another by now: a batch that was to begin a promotion does not bring it home.
                    when $2 = 'done' and c.phase = 'applying' and case when c.kind = 'checkout' then m."on" else m."to" = c.price end then 'written'
                    when $2 = 'done' and c.phase = 'reverting' and case when c.kind = 'checkout' then not m."on" else m."to" is not distinct from c.former_price end then 'returned'
                    when $2 <> 'done' and h.tried >= $8 and c.phase = 'applying' then 'failed' when $2 <> 'done' and h.tried >= $8 and c.phase = 'reverting' then 'stuck' else c.phase end,
                attempts = case when $2 = 'done' then c.attempts else least(h.tried, $8) end,
                failure = case when $2 <> 'done' then coalesce($5, $2) else c.failure end, failure_message = case when $2 <> 'done' then left($3, 500) else c.failure_message end,
                changed_at = now(),
                due_at = case when c.phase = 'waiting' then null when $2 = 'done' then now() + case when c.phase = 'applying' and m."to" is distinct from c.price and c.kind = 'price' or c.phase = 'reverting' and m."to" is distinct from c.former_price and c.kind = 'price' then interval '0' else $9 end when h.tried >= $8 and c.phase in ('applying', 'reverting') then null else now() + $6 end
            from move m join held h on h.id = m.id
            where c.id = m.id),
        shown as (
            update catalog_item i set price = m."to", compare_at = case when m."withCompare" then m."toCompare" else i.compare_at end, stored_at = now(), told_at = now()
            from move m where $2 = 'done' and m.place = '' and m."to" is not null and i.connection_id = m.connection_id and i.item = m.item and i.currency = m.currency)
        select 1
        """;
}

/// <summary>A price that a dry run reads, or a reduction that it looks up.</summary>
/// <param name="Terms">Of a reduction at a checkout, as a release would keep them; null: it is a price.</param>
public sealed record DryPrice(long PromotionId, int Revision, long Id, string Item, string Place, string Currency, string? Terms = null, DateTimeOffset? Starts = null, DateTimeOffset? Ends = null);

/// <summary>What a dry run has read.</summary>
/// <param name="Found">Of a reduction: <c>none</c>, <c>other</c> or <c>meant</c>, as what stands under its mark; null: it is a price.</param>
/// <param name="Differs">What of the other is not as meant.</param>
public sealed record DryLook(DryPrice Cell, decimal? Own, decimal? Price, string? Found = null, string? Differs = null);

internal sealed record LookRow(
    long Id, long Fence, string? Phase, bool Shown, decimal? Seen, decimal? SeenCompare, bool AsIntended, double? Due, PriceAsked? Move, bool Captures, decimal? Former, decimal? FormerCompare, string? Failure, string? Message, bool Counts)
{
    public static LookRow Of(PriceLook look) => new(
        look.Id, look.Fence, look.Phase is { } phase ? PromotionText.Of(phase) : null, look.Shown, look.Seen, look.SeenCompare, look.AsIntended, look.Due, look.Move, look.Captures, look.Former, look.FormerCompare,
        look.Failure, look.Message, look.Counts);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(LookRow[]))]
[JsonSerializable(typeof(PriceAsked[]))]
internal sealed partial class PriceCellJson : JsonSerializerContext;
