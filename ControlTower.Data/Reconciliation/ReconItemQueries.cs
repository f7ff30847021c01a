using ControlTower.Data.Canonical;
using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.Reconciliation;

/// <summary>One item with everything that is known about it.</summary>
public sealed class ReconItemQueries(TowerDataSources sources)
{
    /// <returns>Null if there is none.</returns>
    public async Task<ReconItemView?> FindAsync(long id, CancellationToken cancel)
    {
        await using var connection = await sources.Read.OpenConnectionAsync(cancel);
        var item = (await connection.Command($"select {ReconQueries.Columns} from recon_item i left join connection c on c.id = i.source where i.id = $1", Sql.Of(id)).ListAsync(ReconQueries.Row, cancel)).FirstOrDefault();
        if (item is null)
        {
            return null;
        }

        var key = new[] { Sql.Of(item.Comparison), Sql.Of(item.GroupKey) };
        var lines = await connection.Command(
                $"""
                select {LineColumns}, (select k.id from recon_link_moved m join recon_link k on k.id = m.link_id and k.state = 'confirmed' and k.comparison = e.comparison where m.line_id = e.line_id and m.other = e.other order by k.id desc limit 1)
                from recon_entry e join ledger_line l on l.id = e.line_id join connection c on c.id = l.connection_id where e.comparison = $1 and e.group_key = $2 order by e.other, l.at, l.id limit 500
                """,
                Copy(key)).ListAsync(Line, cancel);
        var links = await LinksAsync(connection, item, cancel);
        var comments = await connection.Command("select id, kind, words, by_name, at from recon_comment where item_id = $1 order by id desc limit 200", Sql.Of(id))
            .ListAsync(r => new ReconComment(r.GetInt64(0), r.GetString(1), r.GetString(2), r.Maybe<string>(3), r.GetFieldValue<DateTimeOffset>(4)), cancel);
        var adjustments = await connection.Command(
                """
                select a.id, a.amount, a.currency, a.reason, a.words, a.by_name, a.at, f.id, (select p.state from posting p where p.flow_id = f.id order by p.intended_at desc limit 1), a.undone_at, a.undone_by, a.rule_id is not null
                from recon_adjustment a left join recon_item i on i.comparison = a.comparison and i.group_key = a.group_key left join flow f on f.kind = 'journal' and f.source = i.source and f.source_id = 'adjustment-' || a.id where a.id in (
                    select x.id from recon_adjustment x where x.comparison = $1 and x.rule_id is not null and x.group_key = $2
                    union all select x.id from recon_adjustment x where x.comparison = $1 and x.rule_id is null and recon_led(x.comparison, x.group_key) = $2)
                order by a.id desc
                """,
                Copy(key))
            .ListAsync(
                r => new ReconAdjustment(
                    r.GetInt64(0), r.GetDecimal(1), r.GetString(2), r.GetString(3), r.GetString(4), r.GetString(5), r.GetFieldValue<DateTimeOffset>(6), r.Maybe<long?>(7), r.Maybe<string>(8), r.Maybe<DateTimeOffset?>(9),
                    r.Maybe<string>(10), r.GetBoolean(11)),
                cancel);
        var alike = links.FirstOrDefault(l => l.State == "suggested") is not { Rule: { } rule } ? 0 : await connection.Command(
                """
                select count(distinct i.id)::integer from recon_link l join recon_rule r on r.id = l.rule_id and r.name = $3 join recon_item i on i.comparison = l.comparison and i.group_key = l.to_key and i.state = 'open'
                where l.comparison = $1 and l.state = 'suggested' and i.kind = $2
                """,
                Sql.Of(item.Comparison), Sql.Of(item.Kind), Sql.Of(rule))
            .ScalarAsync<int>(cancel);
        return new ReconItemView(
            item, lines, item.Flow is { } flow ? await ChainAsync(connection, flow, cancel) : [], links.FindAll(l => l.State == "suggested"), links.FindAll(l => l.State != "suggested"), adjustments, comments,
            item.Flow is { } of ? await CasesAsync(connection, of, cancel) : [], item.Flow is { } about ? await CauseAsync(connection, item, about, cancel) : null, alike,
            await connection.Command("select recon_closed($1, $2)", Copy(key)).ScalarAsync<bool>(cancel));
    }

    /// <summary>What would be accepted together with a match on offer: all that the same rule offers for items of the same kind, by currency.</summary>
    public Task<List<(string Currency, long Count, decimal Value)>> AlikeAsync(long link, CancellationToken cancel) =>
        sources.Read.Command(
                """
                select x.currency, count(*), sum(x.value) from (
                    select min(j.currency) as currency, sum(j.value) as value from recon_link l join recon_item i on i.comparison = l.comparison and i.group_key = l.to_key
                    join recon_link o on o.comparison = l.comparison and o.rule_id is not distinct from l.rule_id and o.state = 'suggested' join recon_item j on j.comparison = o.comparison and j.group_key = o.to_key and j.kind = i.kind and j.state = 'open'
                    where l.id = $1 group by o.bundle) x
                group by 1 order by 1
                """,
                Sql.Of(link))
            .ListAsync(r => (r.GetString(0), r.GetInt64(1), r.GetDecimal(2)), cancel);

    private const string LineColumns = """
        l.id, l.connection_id, c.name, c.kind, coalesce(e.other, false), l.kind, l.status, l.document, l.amount, l.currency, l.shown_amount, l.shown_currency, l.fee, l.tax, l.payout, l.method, l.words, l.account, l.at
        """;

    internal static ReconLine Line(NpgsqlDataReader r) => new(
        r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetBoolean(4), Enum.Parse<MoneyKind>(r.GetString(5)), Enum.Parse<MoneyStatus>(r.GetString(6)), r.Maybe<string>(7), r.GetDecimal(8), r.GetString(9),
        r.Maybe<decimal?>(10), r.Maybe<string>(11), r.GetDecimal(12), r.Maybe<decimal?>(13), r.Maybe<string>(14), r.Maybe<string>(15), r.Maybe<string>(16), r.Maybe<string>(17), r.GetFieldValue<DateTimeOffset>(18),
        r.FieldCount > 19 ? r.Maybe<long?>(19) : null);

    // The lines of the order on every side, then the payouts that carry its charges.
    private static Task<List<ReconLine>> ChainAsync(NpgsqlConnection connection, long flow, CancellationToken cancel) =>
        connection.Command(
                $"""
                with own as (select l.* from ledger_line l where l.flow_id = $1 and l.status <> 'Gone'),
                chain as (select * from own union select p.* from own o join ledger_line p on p.connection_id = o.connection_id and p.kind = 'Payout' and p.external_id = o.payout)
                select {LineColumns.Replace("coalesce(e.other, false)", "c.role <> 'shop' or l.kind not in ('Order', 'Refund', 'Tender')", StringComparison.Ordinal)} from chain l join connection c on c.id = l.connection_id order by l.at, l.id limit 200
                """,
                Sql.Of(flow)).ListAsync(Line, cancel);

    private static async Task<List<ReconSuggestion>> LinksAsync(NpgsqlConnection connection, ReconItemRow item, CancellationToken cancel)
    {
        var heads = await connection.Command(
                """
                select min(l.id), l.bundle, min(l.state), min(r.name), max(coalesce(l.score, 100)), (select x.reasons from recon_link x where x.id = min(l.id)), min(l.decided_by), min(l.made_at), array_agg(distinct k.key), min(l.reason)
                from recon_link l cross join lateral (values (l.from_key), (l.to_key)) k (key) left join recon_rule r on r.id = l.rule_id
                where l.bundle in (select b.bundle from recon_link b where b.comparison = $1 and $2 in (b.from_key, b.to_key) and b.state in ('suggested', 'confirmed', 'undone', 'refused')) and l.state <> 'gone'
                group by l.bundle, l.state order by max(coalesce(l.score, 100)) desc, min(l.id) limit 20
                """,
                Sql.Of(item.Comparison), Sql.Of(item.GroupKey))
            .ListAsync(
                r => (Id: r.GetInt64(0), Bundle: r.GetGuid(1), State: r.GetString(2), Rule: r.Maybe<string>(3), Score: r.GetInt32(4), Reasons: r.GetFieldValue<string[]>(5), By: r.Maybe<string>(6),
                    Made: r.GetFieldValue<DateTimeOffset>(7), Keys: r.GetFieldValue<string[]>(8), Why: r.Maybe<string>(9)),
                cancel);
        var members = await connection.Command(
                $"select {ReconQueries.Columns} from recon_item i left join connection c on c.id = i.source where i.comparison = $1 and i.group_key = any($2) order by i.first_at, i.id",
                Sql.Of(item.Comparison), Sql.Of(heads.SelectMany(h => h.Keys).Distinct(StringComparer.Ordinal).ToArray()))
            .ListAsync(ReconQueries.Row, cancel);
        return heads.ConvertAll(h =>
        {
            var own = members.FindAll(m => h.Keys.Contains(m.GroupKey));
            return new ReconSuggestion(h.Id, h.Bundle, h.State, h.Rule, h.Score, h.Reasons, own, own.Sum(m => m.Difference), h.By, h.Made, h.Why);
        });
    }

    /// <summary>The cases that hold the entry of a payout.</summary>
    public Task<List<ReconCase>> JournalCasesAsync(string source, string payout, CancellationToken cancel) =>
        sources.Read.Command(
                "select x.id, x.title, x.state from exception_case x join flow f on f.id = x.flow_id where f.kind = 'journal' and f.source = $1 and f.source_id = $2 and x.state in ('open', 'retrying') order by x.id desc limit 20",
                Sql.Of(source), Sql.Of(payout))
            .ListAsync(r => new ReconCase(r.GetInt64(0), r.GetString(1), r.GetString(2)), cancel);

    /// <summary>The cases that hold what this item misses in the books: of an order its own alone, of a refund those of the order's returns as well.</summary>
    public Task<List<ReconCase>> HoldingCasesAsync(ReconItemRow item, CancellationToken cancel) =>
        sources.Read.Command(
                """
                select x.id, x.title, x.state from exception_case x
                where x.flow_id in (select $1::bigint union select c.flow_id from return_claim c where c.order_flow_id = $1 and $2) and x.state in ('open', 'retrying') order by x.id desc limit 20
                """,
                Sql.Of(item.Flow, NpgsqlTypes.NpgsqlDbType.Bigint), Sql.Of(item.Comparison == Comparisons.Refund))
            .ListAsync(r => new ReconCase(r.GetInt64(0), r.GetString(1), r.GetString(2)), cancel);

    private static Task<List<ReconCase>> CasesAsync(NpgsqlConnection connection, long flow, CancellationToken cancel) =>
        connection.Command(
                "select x.id, x.title, x.state from exception_case x where x.flow_id in (select $1::bigint union select c.flow_id from return_claim c where c.order_flow_id = $1) and x.state in ('open', 'retrying') order by x.id desc limit 20",
                Sql.Of(flow))
            .ListAsync(r => new ReconCase(r.GetInt64(0), r.GetString(1), r.GetString(2)), cancel);

    // The newest of what could have hindered it: a posting that was refused, is not known, or waits; checks that hold the order.
    private static async Task<string?> CauseAsync(NpgsqlConnection connection, ReconItemRow item, long flow, CancellationToken cancel) =>
        (await connection.Command(
                """
                select w.words from (
                    select 1 as n, x.title || case when x.message <> '' then ': ' || left(x.message, 300) else '' end as words, x.last_seen_at as at from exception_case x
                    where x.flow_id in (select $1::bigint union select c.flow_id from return_claim c where c.order_flow_id = $1) and x.state in ('open', 'retrying')
                    union all
                    select 2, c.name || ' has not taken it yet' || case when d.attempts > 0 then ', after ' || d.attempts || case d.attempts when 1 then ' attempt' else ' attempts' end else '' end
                        || coalesce('. ' || left(d.last_message, 300), '.'), d.created_at
                    from delivery d join connection c on c.id = d.connection_id where d.flow_id in (select $1::bigint union select c.flow_id from return_claim c where c.order_flow_id = $1)
                    union all
                    select 3, 'The order was cancelled at its channel after it was posted.', now() from flow f where f.id = $1 and f.status = 'cancelled' and $2 = 'status'
                    union all
                    select 4, 'Posted as ' || coalesce(p.number, p.reference) || ' on ' || to_char(p.settled_at at time zone 'UTC', 'DD Mon HH24:MI') || ' UTC; it has not been seen in the books since.', p.settled_at from posting p
                    where p.flow_id = $1 and p.state = 'confirmed' and p.kind = 'PostSalesOrder' and $2 = 'missing-other' and $3 = 'order') w
                order by w.n, w.at desc limit 1
                """,
                Sql.Of(flow), Sql.Of(item.Kind), Sql.Of(item.Comparison))
            .ListAsync(r => r.GetString(0), cancel)).FirstOrDefault();

    private static NpgsqlParameter[] Copy(NpgsqlParameter[] parameters) => [.. parameters.Select(p => p.Clone())];
}
