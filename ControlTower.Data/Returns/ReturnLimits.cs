using ControlTower.Data.Canonical;
using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.Returns;

/// <summary>An order as a return sees it: its flow's state and newest statement as they are stored, and what is promised or given back of it already.</summary>
/// <param name="Document">The shop's newest statement as canonical JSON; null if it was never stored.</param>
/// <param name="GivenBack">Money that is refunded or promised.</param>
/// <param name="Back">Pieces that are back or promised, and the money that returns claimed for them, by order line.</param>
public sealed record SeenOrder(
    long FlowId, OrderKey Key, string Name, string Status, string? Erp, string State, string? Document, string? PostedAs, decimal GivenBack, int Returns,
    IReadOnlyDictionary<string, (int Pieces, decimal Claimed)> Back, IReadOnlyList<EarlyRefund> Early);

/// <summary>A refund of a return that has claimed nothing yet. It counts against everybody but that return.</summary>
/// <param name="Return">The channel's id of the return.</param>
/// <param name="LinesJson">An array of <c>{"line", "quantity"}</c> and more.</param>
public sealed record EarlyRefund(string Return, decimal Counted, string LinesJson);

/// <summary>A refund as its shop states it.</summary>
/// <param name="Key">The posting key that its note carries, if any.</param>
/// <param name="Return">The channel's id of the return that it pays out, if the channel says so.</param>
public sealed record StatedRefund(long OrderFlowId, string RefundId, Money Amount, decimal Captured, string? Key, string? Return, string LinesJson);

/// <summary>
/// What may still come back of orders. The rules are checks of the database, met by whoever claims; this only carries claims there and the answers back. All inside the caller's transaction:
/// the row of an order's limits is locked from the look to the commit, rows in the order of order flows.
/// </summary>
public static class ReturnLimits
{
    /// <summary>Locks the limits that a batch is about, in the order of order flows. Whoever locks rows of stock as well locks these first.</summary>
    /// <param name="flows">Flows of orders, and of returns, which stand for the orders that they claimed of.</param>
    /// <param name="orders">Orders that returns are about to look at.</param>
    public static Task LockAsync(NpgsqlConnection connection, IReadOnlyCollection<long> flows, IReadOnlyCollection<OrderKey> orders, CancellationToken cancel) =>
        connection.Command(
                """
                select from refund_limit l where l.flow_id in (
                    select unnest($1::bigint[]) union select c.order_flow_id from return_claim c where c.flow_id = any($1)
                    union select f.id from unnest($2::text[], $3::text[]) as a (source, id) join flow f on f.kind = 'order-to-cash' and f.source = a.source and f.source_id = a.id)
                order by l.flow_id for update
                """, Sql.Of(flows.ToArray()), Sql.Of(orders.Select(o => o.Source).ToArray()), Sql.Of(orders.Select(o => o.Id).ToArray()))
            .ExecuteAsync(cancel);

    /// <summary>Locks the limits of these orders and reads what is left. An order that the tower has not heard of is left out.</summary>
    public static async Task<Dictionary<OrderKey, SeenOrder>> SeeAsync(NpgsqlConnection connection, IReadOnlyCollection<OrderKey> orders, CancellationToken cancel)
    {
        var (sources, ids) = (Sql.Of(orders.Select(o => o.Source).ToArray()), Sql.Of(orders.Select(o => o.Id).ToArray()));
        var flows = await connection.Command(
                """
                with asked as (
                    select f.id, f.currency, coalesce((f.state ->> 'Captured')::numeric, 0) as captured
                    from unnest($1::text[], $2::text[]) as a (source, id) join flow f on f.kind = 'order-to-cash' and f.source = a.source and f.source_id = a.id where f.state is not null),
                made as (insert into refund_limit (flow_id, currency, captured) select id, currency, captured from asked order by id on conflict do nothing)
                select id from asked
                """, sources, ids)
            .ListAsync(r => r.GetInt64(0), cancel);
        await connection.Command("select from refund_limit where flow_id = any($1) order by flow_id for update", Sql.Of(flows.ToArray())).ExecuteAsync(cancel);

        // A node of an older release keeps refunds in the order only.
        await connection.Command(
                """
                select refund_count(f.id, r ->> 'Id', f.currency, coalesce((f.state ->> 'Captured')::numeric, 0), (r ->> 'Amount')::numeric, null, null, '[]')
                from flow f, jsonb_array_elements(f.state -> 'Refunds') r
                where f.id = any($1) and not exists (select from refund_stated s where s.order_flow_id = f.id and s.refund_id = r ->> 'Id') order by f.id, r ->> 'Id'
                """, Sql.Of(flows.ToArray()))
            .ExecuteAsync(cancel);

        // A statement of its own: only a new snapshot shows what those committed for whom the lock waited.
        var back = await connection.Command("select flow_id, order_line_id, claimed + stated, claimed_amount from return_limit where flow_id = any($1)", Sql.Of(flows.ToArray()))
            .ListAsync(r => (Flow: r.GetInt64(0), Line: r.GetString(1), Pieces: r.GetInt32(2), Claimed: r.GetDecimal(3)), cancel);
        var early = await connection.Command(
                "select order_flow_id, return_id, counted, lines::text from refund_stated where order_flow_id = any($1) and return_id is not null and return_flow_id is null", Sql.Of(flows.ToArray()))
            .ListAsync(r => (Flow: r.GetInt64(0), Refund: new EarlyRefund(r.GetString(1), r.GetDecimal(2), r.GetString(3))), cancel);
        var seen = await connection.Command(
                """
                select f.id, f.source, f.source_id, f.name, f.status, f.erp, f.state::text, d.body::text, l.claimed + l.stated,
                    (select p.key from posting p where p.flow_id = f.id and p.kind = 'PostSalesOrder' and p.state = 'confirmed' limit 1),
                    (select count(distinct c.flow_id)::integer from return_claim c where c.order_flow_id = f.id)
                from flow f join refund_limit l on l.flow_id = f.id
                left join order_document d on d.flow_id = f.id and d.version = coalesce((f.state ->> 'Document')::bigint, 0)
                where f.id = any($1)
                """, Sql.Of(flows.ToArray()))
            .ListAsync(r => new SeenOrder(
                r.GetInt64(0), new OrderKey(r.GetString(1), r.GetString(2)), r.GetString(3), r.GetString(4), r.Maybe<string>(5), r.GetString(6), r.Maybe<string>(7), r.Maybe<string>(9),
                r.GetDecimal(8), r.GetInt32(10), back.Where(b => b.Flow == r.GetInt64(0)).ToDictionary(b => b.Line, b => (b.Pieces, b.Claimed), StringComparer.Ordinal),
                [.. early.Where(e => e.Flow == r.GetInt64(0)).Select(e => e.Refund)]), cancel);
        return seen.ToDictionary(s => s.Key);
    }

    /// <summary>Claims all lines of a return or none; asking again gives the same answer.</summary>
    /// <param name="linesJson">An array of <c>{"line", "sku", "sold", "worth", "quantity", "amount"}</c>.</param>
    /// <returns>Null if they are claimed, else the name of the rule that would be broken.</returns>
    public static async Task<string?> ClaimAsync(NpgsqlConnection connection, long returnFlow, long orderFlow, Money captured, string linesJson, CancellationToken cancel)
    {
        var answer = await connection.Command("select return_claim_take($1, $2, $3, $4, $5)",
            Sql.Of(returnFlow), Sql.Of(orderFlow), Sql.Of(captured.Currency), Sql.Of(captured.Amount), Sql.Json(linesJson)).ScalarAsync<string>(cancel);
        return answer == "held" ? null : answer;
    }

    /// <param name="linesJson">An array of <c>{"line", "quantity", "amount"}</c>; null gives back everything that is still held.</param>
    public static Task ReleaseAsync(NpgsqlConnection connection, long returnFlow, string? linesJson, CancellationToken cancel) =>
        connection.Command("select return_claim_release($1, $2)", Sql.Of(returnFlow), Sql.Json(linesJson)).ExecuteAsync(cancel);

    /// <summary>Paid out; asked again for each further refund of the return. What all of them paid beyond the claim counts as the shop's own.</summary>
    /// <param name="refundId">The shop's id of the refund, or a person's reference; null if there is none.</param>
    /// <param name="byHand">The reference is a person's: the shop may tell of the refund later under an id of its own.</param>
    public static Task SettleAsync(NpgsqlConnection connection, long returnFlow, string? refundId, decimal amount, bool byHand, CancellationToken cancel) =>
        connection.Command("select return_claim_settle($1, $2, $3, $4)", Sql.Of(returnFlow), Sql.Of(refundId, NpgsqlTypes.NpgsqlDbType.Text), Sql.Of(amount), Sql.Of(byHand)).ExecuteAsync(cancel);

    /// <summary>Counts a refund once; one that a return of the tower paid out counts as that return's.</summary>
    public static Task CountAsync(NpgsqlConnection connection, StatedRefund refund, CancellationToken cancel) =>
        connection.Command("select refund_count($1, $2, $3, $4, $5, $6, $7, $8)",
                Sql.Of(refund.OrderFlowId), Sql.Of(refund.RefundId), Sql.Of(refund.Amount.Currency), Sql.Of(refund.Captured), Sql.Of(refund.Amount.Amount),
                Sql.Of(refund.Key, NpgsqlTypes.NpgsqlDbType.Text), Sql.Of(refund.Return, NpgsqlTypes.NpgsqlDbType.Text), Sql.Json(refund.LinesJson))
            .ExecuteAsync(cancel);

    /// <summary>Books goods where they lie, each inspection of a line once.</summary>
    /// <param name="itemsJson">An array of <c>{"flow", "inspection", "line", "sku", "location", "sound", "damaged"}</c>.</param>
    public static Task PutBackAsync(NpgsqlConnection connection, string itemsJson, CancellationToken cancel) =>
        connection.Command("select stock_return($1)", Sql.Json(itemsJson)).ExecuteAsync(cancel);
}
