using System.Text.Json;
using ControlTower.Data.Canonical;
using ControlTower.Data.Db;
using NpgsqlTypes;

namespace ControlTower.Data.Reconciliation;

/// <summary>A month of a set of books, as a filter.</summary>
public sealed record MonthFilter(string Books, DateOnly Month);

/// <summary>A line as evidence: what it says, and how each comparison that it takes part in stands.</summary>
public sealed record EvidenceRow(
    long Id, string Connection, MoneyKind Kind, MoneyStatus Status, string? Document, DateOnly Day, DateTimeOffset At, decimal Amount, string Currency, decimal? ShownAmount, string? ShownCurrency, decimal Fee, decimal? Tax, string? Payout,
    string? Method, string? Account, string? Store, string Refs, string? Words, string Stands, string Groups);

/// <summary>A decision of a person.</summary>
public sealed record DecidedRow(long Id, string Comparison, string? Document, decimal Amount, string Currency, string Reason, string Words, string By, DateTimeOffset At, DateTimeOffset? UndoneAt, string? UndoneBy, string? UndoneWhy, string? Booked);

/// <summary>What exports of reconciliation read: the keys of a whole list at once, then rows in slices.</summary>
public sealed class ReconExports(TowerDataSources sources)
{
    public static string Write(ReconFilter filter) => JsonSerializer.Serialize(filter, ReconJson.Default.ReconFilter);

    public static ReconFilter ReadItems(string filter) => JsonSerializer.Deserialize(filter, ReconJson.Default.ReconFilter)!;

    public static string Write(MonthFilter filter) => JsonSerializer.Serialize(filter, ReconJson.Default.MonthFilter);

    public static MonthFilter ReadMonth(string filter) => JsonSerializer.Deserialize(filter, ReconJson.Default.MonthFilter)!;

    private const string InMonth = """
        from ledger_line l join connection c on c.id = l.connection_id
        where l.day >= $2 and l.day < $2 + interval '1 month' and l.status <> 'Gone' and coalesce(case when c.role = 'erp' then c.id else c.posts_to end, '') in ($1, '')
        """;

    public Task<long> CountLinesAsync(MonthFilter month, CancellationToken cancel) => sources.Read.Command($"select count(*) {InMonth}", Sql.Of(month.Books), Sql.Of(month.Month)).ScalarAsync<long>(cancel);

    public Task<List<long>> LinesAsync(MonthFilter month, int most, CancellationToken cancel) =>
        sources.Read.Command($"select l.id {InMonth} order by l.day, l.connection_id, l.kind, l.id limit $3", Sql.Of(month.Books), Sql.Of(month.Month), Sql.Of(most)).ListAsync(r => r.GetInt64(0), cancel);

    public Task<List<EvidenceRow>> EvidenceAsync(IReadOnlyList<long> lines, CancellationToken cancel) =>
        sources.Read.Command(
                """
                select l.id, c.name, l.kind, l.status, l.document, l.day, l.at, l.amount, l.currency, l.shown_amount, l.shown_currency, l.fee, l.tax, l.payout, l.method, l.account, l.store, array_to_string(l.refs, ' '), l.words,
                    coalesce((select string_agg(e.comparison || ': ' || case when i.state is null or i.state = 'closed' then 'matched' else i.state end, ', ' order by e.comparison) from recon_entry e
                        left join recon_item i on i.comparison = e.comparison and i.group_key = e.group_key where e.line_id = l.id), 'not compared'),
                    coalesce((select string_agg(distinct e.group_key, ' ') from recon_entry e where e.line_id = l.id), '')
                from unnest($1::bigint[]) with ordinality k (id, n) join ledger_line l on l.id = k.id join connection c on c.id = l.connection_id order by k.n
                """,
                Sql.Of(lines.ToArray()))
            .ListAsync(
                r => new EvidenceRow(
                    r.GetInt64(0), r.GetString(1), Enum.Parse<MoneyKind>(r.GetString(2)), Enum.Parse<MoneyStatus>(r.GetString(3)), r.Maybe<string>(4), DateOnly.FromDateTime(r.GetDateTime(5)), r.GetFieldValue<DateTimeOffset>(6), r.GetDecimal(7),
                    r.GetString(8), r.Maybe<decimal?>(9), r.Maybe<string>(10), r.GetDecimal(11), r.Maybe<decimal?>(12), r.Maybe<string>(13), r.Maybe<string>(14), r.Maybe<string>(15), r.Maybe<string>(16), r.GetString(17), r.Maybe<string>(18),
                    r.GetString(19), r.GetString(20)),
                cancel);

    public Task<List<long>> ItemsAsync(ReconFilter filter, int most, CancellationToken cancel) => new ReconQueries(sources).IdsAsync(filter, most, cancel);

    public Task<List<ReconItemRow>> ItemsAsync(IReadOnlyList<long> items, CancellationToken cancel) =>
        sources.Read.Command(
                $"select {ReconQueries.Columns} from unnest($1::bigint[]) with ordinality k (id, n) join recon_item i on i.id = k.id left join connection c on c.id = i.source order by k.n", Sql.Of(items.ToArray()))
            .ListAsync(ReconQueries.Row, cancel);

    private const string OfBooks = """
        from recon_adjustment a join recon_item i on i.comparison = a.comparison and i.group_key = a.group_key
        where coalesce(i.books, '') in ($1, '') and i.day >= $2 and i.day < $2 + interval '1 month'
        """;

    public Task<List<long>> DecidedAsync(MonthFilter month, int most, CancellationToken cancel) =>
        sources.Read.Command($"select a.id {OfBooks} order by a.id limit $3", Sql.Of(month.Books), Sql.Of(month.Month), Sql.Of(most)).ListAsync(r => r.GetInt64(0), cancel);

    public Task<List<DecidedRow>> DecidedAsync(IReadOnlyList<long> adjustments, CancellationToken cancel) =>
        sources.Read.Command(
                """
                select a.id, a.comparison, i.document, a.amount, a.currency, coalesce(r.title, a.reason), a.words, a.by_name, a.at, a.undone_at, a.undone_by, a.undone_why,
                    (select coalesce(p.number, p.reference, p.state) from flow f join posting p on p.flow_id = f.id where f.kind = 'journal' and f.source = i.source and f.source_id = 'adjustment-' || a.id order by p.intended_at desc limit 1)
                from unnest($1::bigint[]) with ordinality k (id, n) join recon_adjustment a on a.id = k.id left join recon_reason r on r.code = a.reason left join recon_item i on i.comparison = a.comparison and i.group_key = a.group_key order by k.n
                """,
                Sql.Of(adjustments.ToArray()))
            .ListAsync(
                r => new DecidedRow(
                    r.GetInt64(0), r.GetString(1), r.Maybe<string>(2), r.GetDecimal(3), r.GetString(4), r.GetString(5), r.GetString(6), r.GetString(7), r.GetFieldValue<DateTimeOffset>(8), r.Maybe<DateTimeOffset?>(9), r.Maybe<string>(10),
                    r.Maybe<string>(11), r.Maybe<string>(12)),
                cancel);
}
