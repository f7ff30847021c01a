using ControlTower.Data.Db;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Reconciliation;

/// <summary>The backlog as screens show it. Amounts of two currencies are never added: sums are of one currency. Reading again is always safe.</summary>
public sealed class ReconQueries(TowerDataSources sources)
{
    public const int PageSize = 200;

    internal const string Columns = """
        i.id, i.comparison, recon_category(i.comparison, i.kind), i.kind, case when i.state = 'open' and i.due_at > now() then 'coming' else i.state end, i.document, i.currency, i.first_amount, i.other_amount, i.other_currency,
        i.adjusted, i.difference, i.value, i.source, c.name, i.books, i.store, i.brand, i.flow_id, i.first_at, i.due_at, floor(extract(epoch from now() - i.due_at) / 86400)::integer,
        (select max(l.score) from recon_link l where l.comparison = i.comparison and i.group_key in (l.from_key, l.to_key) and l.state = 'suggested'), i.owner_id, i.owner, i.held_until, i.version, i.group_key,
        i.owner_role, case when i.state = 'open' then i.due_at + (select s.within from recon_sla s where s.kind = i.kind) end, i.state = 'open' and i.due_at + (select s.within from recon_sla s where s.kind = i.kind) <= now()
        """;

    // $1 state, $2 category, $3 kind, $4 first day, $5 day after the last, $6 currency, $7 books, $8 source, $9 owner, $10 words, $11 suggested, $12 flow
    private const string Where = """
        case $1 when 'open' then i.state = 'open' and i.due_at <= now() when 'overdue' then i.state = 'open' and i.due_at <= now() - (select s.within from recon_sla s where s.kind = i.kind) when 'coming' then i.state = 'open' and i.due_at > now() else i.state = $1 end
            and ($2::text is null or recon_category(i.comparison, i.kind) = $2) and ($3::text is null or i.kind = $3)
            and ($4::integer is null or i.due_at <= now() - $4 * interval '1 day') and ($5::integer is null or i.due_at > now() - $5 * interval '1 day')
            and ($6::text is null or i.currency = $6) and ($7::text is null or i.books = $7) and ($8::text is null or i.source = $8) and ($9::text is null or coalesce(i.owner_id::text, i.owner_role, 'nobody') = $9)
            and ($10::text is null or lower(i.document) like '%' || promotion_like($10) || '%' or lower(i.group_key) = lower($10))
            and (not $11 or exists (select from recon_link l where l.comparison = i.comparison and i.group_key in (l.from_key, l.to_key) and l.state = 'suggested')) and ($12::bigint is null or i.flow_id = $12)
        """;

    /// <summary>Oldest first, then by value.</summary>
    public Task<List<ReconItemRow>> ListAsync(ReconFilter filter, int skip, int most, CancellationToken cancel) =>
        sources.Read.Command(
                $"""
                select {Columns} from recon_item i left join connection c on c.id = i.source where {Where}
                order by case when $1 = 'closed' then -extract(epoch from i.closed_at) else floor(extract(epoch from i.due_at) / 86400) end, i.value desc, i.id offset $13 limit $14
                """,
                [.. Arguments(filter), Sql.Of(skip), Sql.Of(most)])
            .ListAsync(Row, cancel);

    /// <summary>The ids of the whole list in its order, at most so many.</summary>
    public Task<List<long>> IdsAsync(ReconFilter filter, int most, CancellationToken cancel) =>
        sources.Read.Command($"select i.id from recon_item i where {Where} order by floor(extract(epoch from i.due_at) / 86400), i.value desc, i.id limit $13", [.. Arguments(filter), Sql.Of(most)]).ListAsync(r => r.GetInt64(0), cancel);

    /// <summary>How many there are, and what they are worth where they are of one currency.</summary>
    public async Task<(long Count, decimal Value)> CountAsync(ReconFilter filter, CancellationToken cancel) =>
        (await sources.Read.Command($"select count(*), coalesce(sum(i.value), 0) from recon_item i where {Where}", Arguments(filter)).ListAsync(r => (r.GetInt64(0), r.GetDecimal(1)), cancel))[0];

    /// <summary>The backlog by kind of trouble and age, in one currency; cells without items are left out.</summary>
    public Task<List<ReconCell>> HeatAsync(string currency, string? books, CancellationToken cancel) =>
        sources.Read.Command(
                """
                select recon_category(i.comparison, i.kind), case when d.days < 2 then 0 when d.days < 4 then 1 when d.days < 8 then 2 when d.days < 15 then 3 else 4 end, count(*), coalesce(sum(i.value), 0)
                from recon_item i cross join lateral (select extract(epoch from now() - i.due_at) / 86400 as days) d
                where i.state = 'open' and i.due_at <= now() and i.currency = $1 and ($2::text is null or i.books = $2) group by 1, 2
                """,
                Sql.Of(currency), Sql.Of(books, NpgsqlDbType.Text))
            .ListAsync(r => new ReconCell(r.GetString(0), r.GetInt32(1), r.GetInt64(2), r.GetDecimal(3)), cancel);

    public async Task<ReconSummary> SummaryAsync(string currency, string? books, CancellationToken cancel)
    {
        var open = (await sources.Read.Command(
                """
                select count(*) filter (where i.due_at <= now()), coalesce(sum(i.value) filter (where i.due_at <= now()), 0),
                    coalesce(sum(i.value * floor(extract(epoch from now() - i.due_at) / 86400)) filter (where i.due_at <= now()), 0), count(*) filter (where i.due_at <= now() - interval '8 days'),
                    count(*) filter (where i.due_at > now()), coalesce(sum(i.value) filter (where i.due_at > now()), 0),
                    count(*) filter (where exists (select from recon_link l where l.comparison = i.comparison and i.group_key in (l.from_key, l.to_key) and l.state = 'suggested'))
                from recon_item i where i.state = 'open' and i.currency = $1 and ($2::text is null or i.books = $2)
                """,
                Sql.Of(currency), Sql.Of(books, NpgsqlDbType.Text))
            .ListAsync(r => (r.GetInt64(0), r.GetDecimal(1), r.GetDecimal(2), r.GetInt64(3), r.GetInt64(4), r.GetDecimal(5), r.GetInt64(6)), cancel))[0];
        var rate = (await sources.Read.Command(
                "select coalesce(sum(groups), 0)::bigint, coalesce(sum(matched), 0)::bigint, max(reckoned_at) from recon_day where currency = $1 and ($2::text is null or books = $2) and day > current_date - 30",
                Sql.Of(currency), Sql.Of(books, NpgsqlDbType.Text))
            .ListAsync(r => (r.GetInt64(0), r.GetInt64(1), r.Maybe<DateTimeOffset?>(2)), cancel))[0];
        return new ReconSummary(open.Item1, open.Item2, open.Item3, open.Item4, open.Item5, open.Item6, open.Item7, rate.Item1, rate.Item2, rate.Item3);
    }

    /// <summary>The currencies in which something is open, or was matched lately: those with most items first.</summary>
    public Task<List<string>> CurrenciesAsync(CancellationToken cancel) =>
        sources.Read.Command(
                "select x.currency from (select currency, 1000000 + count(*) as n from recon_item where state = 'open' group by 1 union all select currency, sum(groups) from recon_day where day > current_date - 60 group by 1) x group by 1 order by max(x.n) desc, 1")
            .ListAsync(r => r.GetString(0), cancel);

    /// <summary>The connections that keep books.</summary>
    public Task<List<(string Id, string Name)>> BooksAsync(CancellationToken cancel) =>
        sources.Read.Command("select id, name from connection where role = 'erp' order by name, id").ListAsync(r => (r.GetString(0), r.GetString(1)), cancel);

    /// <summary>What is late, in all currencies: what the navigation counts.</summary>
    public Task<long> LateAsync(CancellationToken cancel) => sources.Read.Command("select count(*) from recon_item where state = 'open' and due_at <= now()").ScalarAsync<long>(cancel);

    /// <summary>What is open about an order, for the pages of orders and cases.</summary>
    public Task<List<ReconItemRow>> OfOrderAsync(long flow, CancellationToken cancel) =>
        sources.Read.Command($"select {Columns} from recon_item i left join connection c on c.id = i.source where i.flow_id = $1 and i.state <> 'closed' order by i.due_at, i.id", Sql.Of(flow)).ListAsync(Row, cancel);

    internal static ReconItemRow Row(NpgsqlDataReader r) => new(
        r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetString(4), r.Maybe<string>(5), r.GetString(6), r.GetDecimal(7), r.GetDecimal(8), r.Maybe<string>(9), r.GetDecimal(10), r.GetDecimal(11), r.GetDecimal(12),
        r.Maybe<string>(13), r.Maybe<string>(14), r.Maybe<string>(15), r.Maybe<string>(16), r.GetString(17), r.Maybe<long?>(18), r.GetFieldValue<DateTimeOffset>(19), r.GetFieldValue<DateTimeOffset>(20), r.GetInt32(21),
        r.Maybe<int?>(22), r.Maybe<Guid?>(23), r.Maybe<string>(24), r.Maybe<DateTimeOffset?>(25), r.GetInt32(26), r.GetString(27), r.Maybe<string>(28),
        r.Maybe<DateTimeOffset?>(29), r.GetBoolean(30));

    private static NpgsqlParameter[] Arguments(ReconFilter f) =>
    [
        Sql.Of(f.State), Sql.Of(f.Category, NpgsqlDbType.Text), Sql.Of(f.Kind, NpgsqlDbType.Text), Sql.Of(f.Bucket is { } from ? AgeBuckets.From[from] : (int?)null, NpgsqlDbType.Integer),
        Sql.Of(f.Bucket is { } b && b + 1 < AgeBuckets.Count ? AgeBuckets.From[b + 1] : (int?)null, NpgsqlDbType.Integer), Sql.Of(f.Currency, NpgsqlDbType.Text), Sql.Of(f.Books, NpgsqlDbType.Text),
        Sql.Of(f.Source, NpgsqlDbType.Text), Sql.Of(f.Owner, NpgsqlDbType.Text), Sql.Of(string.IsNullOrWhiteSpace(f.Words) ? null : f.Words.Trim(), NpgsqlDbType.Text), Sql.Of(f.Suggested), Sql.Of(f.Flow, NpgsqlDbType.Bigint),
    ];
}
