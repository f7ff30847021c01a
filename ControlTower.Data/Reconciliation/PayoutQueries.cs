using ControlTower.Data.Canonical;
using ControlTower.Data.Db;
using NpgsqlTypes;

namespace ControlTower.Data.Reconciliation;

/// <summary>Payouts with what they carry, what the bank received and what the books hold; and how complete the books of each channel are.</summary>
public sealed class PayoutQueries(TowerDataSources sources)
{
    /// <summary>The newest first.</summary>
    /// <param name="connection">Null: of all who pay out.</param>
    public Task<List<PayoutRow>> ListAsync(string? connection, string? currency, string? books, DateTimeOffset? before, int most, CancellationToken cancel) =>
        sources.Read.Command(
                """
                select p.id, p.connection_id, c.name, p.external_id, recon_payout_status(p), p.amount, p.currency, p.at, coalesce(x.lines, 0)::integer, coalesce(x.gross, 0), coalesce(x.refunds, 0), coalesce(x.fees, 0), coalesce(x.disputes, 0),
                    coalesce(x.others, 0), case when x.lines > 0 then p.amount - x.net end, b.deposited, k.booked, exists (select from ledger_line r where r.connection_id = p.connection_id and r.kind = 'PayoutReturned' and r.payout = p.external_id and r.status <> 'Gone'),
                    f.id, (select q.state from posting q where q.flow_id = f.id order by q.intended_at desc limit 1), e.settings ->> 'account:bank' is not null and e.settings ->> 'account:clearing' is not null
                from ledger_line p join connection c on c.id = p.connection_id left join connection e on e.id = coalesce(c.posts_to, case when c.role = 'erp' then c.id end)
                left join lateral (
                    select count(*) as lines, sum(l.amount) filter (where l.kind = 'Charge') as gross, sum(l.amount) filter (where l.kind = 'ChargeRefund') as refunds, sum(l.fee) + coalesce(-sum(l.amount) filter (where l.kind = 'Fee'), 0) as fees,
                        sum(l.amount) filter (where l.kind = 'Dispute') as disputes, sum(l.amount) filter (where l.kind not in ('Charge', 'ChargeRefund', 'Fee', 'Dispute')) as others, sum(l.amount - l.fee) as net
                    from ledger_line l where l.connection_id = p.connection_id and l.payout = p.external_id and l.kind not in ('Payout', 'PayoutReturned') and l.status not in ('Gone', 'Failed', 'Cancelled')) x on true
                left join lateral (
                    select sum(o.amount) as deposited from recon_entry g join recon_entry o on o.comparison = 'deposit' and o.group_key = g.group_key and o.other and o.counts where g.comparison = 'deposit' and g.line_id = p.id and not g.other) b on true
                left join lateral (
                    select sum(o.amount) as booked from recon_entry g join recon_entry o on o.comparison = 'books' and o.group_key = g.group_key and o.other and o.counts where g.comparison = 'books' and g.line_id = p.id and not g.other) k on true
                left join flow f on f.kind = 'journal' and f.source = p.connection_id and f.source_id = p.external_id
                where p.kind = 'Payout' and p.status <> 'Gone' and ($1::text is null or p.connection_id = $1) and ($2::text is null or p.currency = $2) and ($3::text is null or c.posts_to = $3) and ($4::timestamptz is null or p.at < $4)
                order by p.at desc, p.id desc limit $5
                """,
                Sql.Of(connection, NpgsqlDbType.Text), Sql.Of(currency, NpgsqlDbType.Text), Sql.Of(books, NpgsqlDbType.Text), Sql.Of(before, NpgsqlDbType.TimestampTz), Sql.Of(most))
            .ListAsync(
                r => new PayoutRow(
                    r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3), Enum.Parse<MoneyStatus>(r.GetString(4)), r.GetDecimal(5), r.GetString(6), r.GetFieldValue<DateTimeOffset>(7), r.GetInt32(8), r.GetDecimal(9), r.GetDecimal(10),
                    r.GetDecimal(11), r.GetDecimal(12), r.GetDecimal(13), r.Maybe<decimal?>(14), r.Maybe<decimal?>(15), r.Maybe<decimal?>(16), r.GetBoolean(17), r.Maybe<long?>(18), r.Maybe<string>(19), r.GetBoolean(20)),
                cancel);

    /// <summary>The lines that a payout carries, as its processor tells them.</summary>
    public Task<List<ReconLine>> LinesAsync(string connection, string payout, int skip, int most, CancellationToken cancel) =>
        sources.Read.Command(
                """
                select l.id, l.connection_id, c.name, c.kind, true, l.kind, l.status, l.document, l.amount, l.currency, l.shown_amount, l.shown_currency, l.fee, l.tax, l.payout, l.method, l.words, l.account, l.at
                from ledger_line l join connection c on c.id = l.connection_id where l.connection_id = $1 and l.payout = $2 and l.kind not in ('Payout', 'PayoutReturned') and l.status <> 'Gone' order by l.at, l.id offset $3 limit $4
                """,
                Sql.Of(connection), Sql.Of(payout), Sql.Of(skip), Sql.Of(most)).ListAsync(ReconItemQueries.Line, cancel);

    /// <summary>Orders of the last day that should be in the books by now, and those that are, for each channel and each store whose tills sell through one.</summary>
    public Task<List<CompletenessRow>> CompletenessAsync(CancellationToken cancel) =>
        sources.Read.Command(
                """
                with due as (
                    select l.connection_id, l.store, count(*) as orders, count(*) filter (where i.id is null) as arrived, count(i.id) as missing, coalesce(sum(i.value), 0) as missing_value, min(l.currency) as currency
                    from ledger_line l join recon_comparison k on k.name = 'order'
                    left join recon_item i on i.comparison = 'order' and i.flow_id = l.flow_id and i.kind = 'missing-other' and i.state = 'open' and i.due_at <= now()
                    -- Those of which the books have told by now, or need not.
                    join connection c on c.id = l.connection_id left join ledger_coverage v on v.connection_id = c.posts_to and v.kind = 'books'
                    where l.kind = 'Order' and l.status in ('Pending', 'Final') and l.at > now() - interval '1 day' - k.lag and (l.at <= least(now(), v.told_at) - k.lag or i.id is not null) group by l.connection_id, l.store),
                place as (select connection_id, store from due union select c.id, null from connection c where c.role = 'shop' and c.disabled_at is null)
                select c.id, c.name, p.store, c.posts_to, coalesce(d.orders, 0), coalesce(d.arrived, 0), coalesce(d.missing, 0), coalesce(d.missing_value, 0), d.currency,
                    case when p.store is null then (select count(*) from exception_case x where x.connection_id = c.id and x.message_id is not null and x.flow_id is null and x.state in ('open', 'retrying')) else 0 end,
                    (select max(l.at) from ledger_line l where l.connection_id = c.id and l.kind = 'Order' and l.store is not distinct from p.store and l.at > now() - interval '30 days'), v.checked_to, s.expected, coalesce(s.recent, 0), coalesce(s.silent, false), v.since is not null
                from place p join connection c on c.id = p.connection_id left join due d on d.connection_id = p.connection_id and d.store is not distinct from p.store
                left join lateral (select v.since, v.told_at as checked_to from ledger_coverage v where v.connection_id = c.posts_to and v.kind = 'books') v on true
                left join recon_silence s on s.channel = c.id and s.store is not distinct from p.store
                order by coalesce(d.missing, 0) desc, c.name, p.store nulls first
                """)
            .ListAsync(
                r => new CompletenessRow(
                    r.GetString(0), r.GetString(1), r.Maybe<string>(2), r.Maybe<string>(3), r.GetInt64(4), r.GetInt64(5), r.GetInt64(6), r.GetDecimal(7), r.Maybe<string>(8), r.GetInt64(9), r.Maybe<DateTimeOffset?>(10),
                    r.Maybe<DateTimeOffset?>(11), r.Maybe<decimal?>(12), r.GetInt64(13), r.GetBoolean(14), r.GetBoolean(15)),
                cancel);
}
