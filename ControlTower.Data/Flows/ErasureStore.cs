using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.Flows;

/// <summary>An order whose buyer's data is to be erased.</summary>
/// <param name="DoneAt">Null while it waits for the order to end.</param>
public sealed record Erasure(long FlowId, string Who, string Why, DateTimeOffset AskedAt, DateTimeOffset? DoneAt);

/// <summary>What a case is about that has no order.</summary>
/// <param name="FlowId">The order or return that the message belongs to after all.</param>
/// <param name="IsOpen">It is in work, or a case of it is open: somebody needs what it says.</param>
public sealed record MessageOfCase(long Id, long? FlowId, bool IsOpen, bool IsErased);

/// <summary>
/// Takes the buyer out of an order that has ended: out of each statement of it, out of what people changed in it, out of messages, requests and answers, out of the words of its cases. Everything of
/// one order goes in one transaction. Keys, hashes, goods and amounts stay. Doing it again changes nothing.
/// </summary>
public static class ErasureStore
{
    private const int Slice = 2_000;

    // An order that somebody gave up never ends by itself: it has when nothing is to be sent for it any more and nothing has moved for a month.
    private const string Ended =
        """
        not exists (select from exception_case c where c.flow_id = f.id and c.state in ('open', 'retrying'))
        and (f.status in ('done', 'cancelled') or (f.updated_at < now() - interval '30 days' and not exists (select from delivery d where d.flow_id = f.id and d.state < 3)))
        """;

    // How it ended stays where the tower said it. What people wrote may name somebody.
    private const string Wordless = "message = '', ticket = null, shelf_note = null, resolution = case when closed_by = 'tower' then resolution when resolution is not null then '(erased)' end";

    // A message in work is left alone; its body goes after thirty days like any other's.
    private const string Erase =
        $$$"""
        with order_statements as (
            update order_document set body = body || '{"buyer": {}}' where flow_id = $1 and body -> 'buyer' <> '{}'),
        revisions as (
            update posting_revision set body = body || '{"buyer": {}}' where flow_id = $1 and body -> 'buyer' <> '{}'),
        messages as (
            update inbox_message m set body = null, body_erased_at = now() from inbox_outcome o
            where o.flow_id = $1 and m.id = o.message_id and m.body is not null and not exists (select from inbox_work w where w.message_id = m.id)),
        calls as (
            update vendor_call set request = null, response = null, headers = null where flow_id = $1 and (request is not null or response is not null)),
        deliveries as (
            update delivery set last_message = null where flow_id = $1 and last_message is not null),
        items as (
            update batch_item i set detail = null from exception_case c where c.flow_id = $1 and i.case_id = c.id and i.detail is not null),
        comments as (
            update case_comment m set text = '(erased)' from exception_case c where c.flow_id = $1 and m.case_id = c.id and m.text <> '(erased)'),
        cases as (
            update exception_case set {{{Wordless}}}, erased_at = now(), version = version + 1 where flow_id = $1 and erased_at is null)
        update erasure set done_at = now() where flow_id = $1 and done_at is null
        """;

    // The walk goes on where the last one ended: an order is met once when it is old enough, and waits in the list if it has not ended by then.
    private const string Walk =
        """
        with mark as (
            select upto from upkeep_mark where what = 'orders-by-age' for update),
        slice as materialized (
            select f.id, f.created_at from flow f, mark where f.id > mark.upto order by f.id limit $2),
        old as (
            select id from slice where created_at < now() - $1 and id < coalesce((select min(id) from slice where created_at >= now() - $1), 9223372036854775807)),
        listed as (
            insert into erasure (flow_id, who, why) select id, 'retention', 'by age' from old on conflict do nothing)
        update upkeep_mark set upto = (select max(id) from old) where what = 'orders-by-age' and exists (select from old)
        returning (select count(*) from old)
        """;

    private const string Words =
        $"""
        with old as materialized (
              select c.id from exception_case c left join case_class k on k.failure = c.failure
              where c.closed_at is not null and c.erased_at is null
                and c.closed_at < now() - case c.state when 'discarded' then coalesce(k.keep_discarded, '365 days') else coalesce(k.keep_resolved, '180 days') end
              order by c.closed_at limit $1),
        items as (
            update batch_item i set detail = null from old where i.case_id = old.id and i.detail is not null),
        comments as (
            update case_comment m set text = '(erased)' from old where m.case_id = old.id and m.text <> '(erased)')
        update exception_case e set {Wordless}, erased_at = now(), version = e.version + 1 from old where e.id = old.id
        """;

    // What was named for many at once names what one case would: it goes when the last of its cases' words may.
    private const string Tickets =
        """
        update batch set ticket = null where ticket is not null and finished_at < now() - greatest(
            coalesce((select max(greatest(keep_resolved, keep_discarded)) from case_class), '0'), interval '365 days')
        """;

    // The message keeps its key and hash, the guard against duplicates; each case of it keeps what it was, without its words.
    private const string EraseMessage =
        $"""
        with cases as (
            update exception_case set {Wordless}, erased_at = now(), version = version + 1 where message_id = $1 and erased_at is null returning id),
        every as (
            select id from exception_case where message_id = $1),
        items as (
            update batch_item i set detail = null from every c where i.case_id = c.id and i.detail is not null),
        comments as (
            update case_comment m set text = '(erased)' from every c where m.case_id = c.id and m.text <> '(erased)'),
        -- What was worked under an id of its own says the same.
        copies as (
            update inbox_message n set body = null, body_erased_at = now()
            from inbox_message m join exception_case c on c.message_id = m.id cross join lateral generate_series(1, c.version) v
            where m.id = $1 and n.connection_id = m.connection_id and n.topic = m.topic and n.event_id = m.event_id || '~again-' || v and n.body is not null)
        update inbox_message set body = null, body_erased_at = now() where id = $1 and body is not null
        """;

    // By the shop's own name of the buyer, also where nothing of them was read yet, and wherever the same address is known, unless so many have it that it is nobody's own.
    private const string Forget =
        """
        with buyer as materialized (
            select distinct f.source, d.body -> 'buyer' ->> 'id' as id, lower(btrim(d.body -> 'buyer' ->> 'email')) as email from flow f join order_document d on d.flow_id = f.id where f.id = $1),
        known as (
            select c.connection_id, c.customer from catalog_customer c join buyer b on c.connection_id = b.source and c.customer = b.id
            union select c.connection_id, c.customer from catalog_customer c join buyer b on c.email = b.email
            where (select count(*) from (select from catalog_customer n where n.email = b.email limit 11) n) <= 10
            order by 1, 2),
        remembered as (
            insert into catalog_customer (connection_id, customer, changed_at, erased_at) select distinct b.source, b.id, now(), now() from buyer b where b.id <> '' on conflict do nothing)
        select count(customer_erase(connection_id, customer)::text) from known
        """;

    /// <summary>
    /// Puts an order on the list; false if it stands there already, or was erased. What is known of its buyer as a customer goes at once: no books need it. Age alone erases no customer, who may have
    /// ordered yesterday.
    /// </summary>
    public static async Task<bool> AskAsync(NpgsqlConnection connection, long flowId, string who, string why, CancellationToken cancel)
    {
        await connection.Command(Forget, Sql.Of(flowId)).ExecuteAsync(cancel);
        return await connection.Command("insert into erasure (flow_id, who, why) values ($1, $2, $3) on conflict do nothing", Sql.Of(flowId), Sql.Of(who), Sql.Of(why)).ExecuteAsync(cancel) == 1;
    }

    /// <summary>Erases customers that their system has not had for so long.</summary>
    public static Task ForgetGoneAsync(NpgsqlDataSource data, TimeSpan age, CancellationToken cancel) =>
        data.Command(
                "select count(customer_erase(connection_id, customer)::text) from (select connection_id, customer from catalog_customer where gone_at < now() - $1 and erased_at is null order by 1, 2) c",
                Sql.Of(age))
            .ExecuteAsync(cancel);

    /// <summary>Erases one order that is on the list; false if it has not ended yet.</summary>
    public static async Task<bool> EraseAsync(NpgsqlConnection connection, long flowId, CancellationToken cancel)
    {
        // The lock that each step of the order takes: none of them runs meanwhile.
        var ended = await connection.Command($"select {Ended} from flow f where f.id = $1 for no key update of f", Sql.Of(flowId)).ScalarAsync<bool>(cancel);
        if (ended)
        {
            await connection.Command(Erase, Sql.Of(flowId)).ExecuteAsync(cancel);
        }

        return ended;
    }

    /// <summary>Puts orders on the list that came in longer ago than this.</summary>
    public static async Task ListOldAsync(NpgsqlDataSource data, TimeSpan age, CancellationToken cancel)
    {
        while (await data.Command(Walk, Sql.Of(age), Sql.Of(Slice)).ListAsync(r => r.GetInt64(0), cancel) is [Slice])
        {
        }
    }

    /// <summary>Orders on the list that have ended, behind this one.</summary>
    public static Task<List<long>> DueAsync(NpgsqlDataSource data, long after, CancellationToken cancel) =>
        data.Command($"select e.flow_id from erasure e join flow f on f.id = e.flow_id where e.done_at is null and e.flow_id > $1 and {Ended} order by e.flow_id limit {Slice}", Sql.Of(after))
            .ListAsync(r => r.GetInt64(0), cancel);

    /// <summary>Erases the words of cases that were closed longer ago than their class says, and the tickets of batches that are older than any of them.</summary>
    public static async Task EraseWordsAsync(NpgsqlDataSource data, CancellationToken cancel)
    {
        while (await data.Command(Words, Sql.Of(Slice)).ExecuteAsync(cancel) == Slice)
        {
        }

        await data.Command(Tickets).ExecuteAsync(cancel);
    }

    /// <summary>The message of a case, which nothing works on until the transaction ends; null if the case is about none.</summary>
    public static async Task<MessageOfCase?> LockMessageAsync(NpgsqlConnection connection, long caseId, CancellationToken cancel)
    {
        // First the locks, each in a statement of its own: what another transaction did while they were waited for is seen by the statement after them.
        if (await connection.Command("select m.id from exception_case c join inbox_message m on m.id = c.message_id where c.id = $1 for update of m", Sql.Of(caseId)).ListAsync(r => r.GetInt64(0), cancel) is not [var id])
        {
            return null;
        }

        await connection.Command("select from exception_case where message_id = $1 order by id for update", Sql.Of(id)).ExecuteAsync(cancel);
        return (await connection.Command(
                """
                select coalesce(c.flow_id, o.flow_id), exists (select from inbox_work w where w.message_id = m.id) or exists (select from exception_case x where x.message_id = m.id and x.state in ('open', 'retrying'))
                       or exists (select from inbox_message n join inbox_work w on w.message_id = n.id where n.connection_id = m.connection_id and n.topic = m.topic
                            and n.event_id in (select m.event_id || '~again-' || v from generate_series(1, c.version) v)),
                       m.body is null and not exists (select from exception_case x where x.message_id = m.id and x.erased_at is null)
                from inbox_message m left join inbox_outcome o on o.message_id = m.id join exception_case c on c.id = $2 where m.id = $1
                """,
                Sql.Of(id), Sql.Of(caseId))
            .ListAsync(r => new MessageOfCase(id, r.IsDBNull(0) ? null : r.GetInt64(0), r.GetBoolean(1), r.GetBoolean(2)), cancel))[0];
    }

    /// <summary>Erases what a message says, and the words of its cases. Doing it again changes nothing.</summary>
    public static Task EraseMessageAsync(NpgsqlConnection connection, long messageId, CancellationToken cancel) => connection.Command(EraseMessage, Sql.Of(messageId)).ExecuteAsync(cancel);

    public static async Task<Erasure?> FindAsync(NpgsqlDataSource data, long flowId, CancellationToken cancel) =>
        (await data.Command("select flow_id, who, why, asked_at, done_at from erasure where flow_id = $1", Sql.Of(flowId))
            .ListAsync(r => new Erasure(r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetFieldValue<DateTimeOffset>(3), r.Maybe<DateTimeOffset?>(4)), cancel)).FirstOrDefault();
}
