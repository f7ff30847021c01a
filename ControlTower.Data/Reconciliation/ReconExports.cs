using System.Runtime.CompilerServices;
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

/// <summary>What came to nought.</summary>
/// <param name="By">Who or what linked it; null where its keys did.</param>
public sealed record MatchedRow(string Comparison, string Group, string? Document, DateOnly Day, string System, long FirstLines, decimal First, long OtherLines, decimal Other, string Currency, string? By);

public sealed record MonthFigures(string State, string? SignedBy, DateTimeOffset? SignedAt, IReadOnlyList<PeriodFigure> Figures);

/// <summary>A decision of a person, or what a rule tolerated.</summary>
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

    /// <summary>The lines of a month in pages: day by day and system by system, so that no page sorts more than a day of one system.</summary>
    public async IAsyncEnumerable<IReadOnlyList<long>> LinesAsync(MonthFilter month, int page, [EnumeratorCancellation] CancellationToken cancel)
    {
        var systems = await sources.Read.Command("select c.id from connection c where coalesce(case when c.role = 'erp' then c.id else c.posts_to end, '') in ($1, '') order by c.id", Sql.Of(month.Books)).ListAsync(r => r.GetString(0), cancel);
        for (var day = month.Month; day < month.Month.AddMonths(1); day = day.AddDays(1))
        {
            foreach (var system in systems)
            {
                (string Kind, long Id) last = ("", 0);
                List<(string Kind, long Id)> some;
                do
                {
                    some = await sources.Read.Command(
                            "select l.kind, l.id from ledger_line l where l.connection_id = $1 and l.day = $2 and l.status <> 'Gone' and (l.kind, l.id) > ($3, $4) order by l.kind, l.id limit $5",
                            Sql.Of(system), Sql.Of(day), Sql.Of(last.Kind), Sql.Of(last.Id), Sql.Of(page)).ListAsync(r => (r.GetString(0), r.GetInt64(1)), cancel);
                    if (some.Count > 0)
                    {
                        last = some[^1];
                        yield return some.ConvertAll(line => line.Id);
                    }
                }
                while (some.Count == page);
            }
        }
    }

    /// <summary>The groups that came to nought, each found by the oldest of its lines: a group counts in the month of that.</summary>
    public Task<List<MatchedRow>> MatchedAsync(IReadOnlyList<long> lines, CancellationToken cancel) =>
        sources.Read.Command(
                """
                select e.comparison, e.group_key, l.document, l.day, c.name, g.first_lines, g.first_amount, g.other_lines, g.other_amount, g.currency,
                    (select string_agg(distinct k.decided_by, ', ') from recon_link k where k.comparison = e.comparison and k.state = 'confirmed' and e.group_key in (k.from_key, k.to_key))
                from unnest($1::bigint[]) with ordinality n (id, n) join ledger_line l on l.id = n.id join connection c on c.id = l.connection_id join recon_entry e on e.line_id = l.id
                cross join lateral (select x.first_lines, x.first_amount, x.other_lines, x.other_amount, x.currency from recon_group x where x.comparison = e.comparison and x.group_key = e.group_key) g
                where e.counts and not exists (select from recon_item i where i.comparison = e.comparison and i.group_key = e.group_key and i.state <> 'closed')
                    and not exists (select from recon_entry o join ledger_line y on y.id = o.line_id where o.comparison = e.comparison and o.group_key = e.group_key and (y.day, y.id, o.other) < (l.day, l.id, e.other))
                order by n.n, e.comparison
                """,
                Sql.Of(lines.ToArray()))
            .ListAsync(
                r => new MatchedRow(
                    r.GetString(0), r.GetString(1), r.Maybe<string>(2), DateOnly.FromDateTime(r.GetDateTime(3)), r.GetString(4), r.GetInt64(5), r.GetDecimal(6), r.GetInt64(7), r.GetDecimal(8), r.GetString(9), r.Maybe<string>(10)),
                cancel);

    /// <summary>The figures of a month: those that were signed, or as they are now.</summary>
    public async Task<MonthFigures> FiguresAsync(MonthFilter month, CancellationToken cancel) =>
        (await sources.Read.Command(
                """
                select coalesce(p.state, 'open'), p.signed_by, p.signed_at, coalesce(p.figures, recon_figures($1, $2))::text from (select) one
                left join recon_period p on p.books = $1 and p.month = $2
                """,
                Sql.Of(month.Books), Sql.Of(month.Month))
            .ListAsync(r => new MonthFigures(r.GetString(0), r.Maybe<string>(1), r.Maybe<DateTimeOffset?>(2), JsonSerializer.Deserialize(r.GetString(3), ReconJson.Default.ListPeriodFigure) ?? []), cancel))[0];

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

    /// <summary>What stands in a month and did not come to nought by itself: open, tolerated or explained; behind the last one of the page before.</summary>
    public Task<List<long>> ItemsAsync(MonthFilter month, long after, int page, CancellationToken cancel) =>
        sources.Read.Command(
            "select i.id from recon_item i where i.id > $3 and i.state <> 'closed' and coalesce(i.books, '') in ($1, '') and i.day >= $2 and i.day < $2 + interval '1 month' order by i.id limit $4",
            Sql.Of(month.Books), Sql.Of(month.Month), Sql.Of(after), Sql.Of(page)).ListAsync(r => r.GetInt64(0), cancel);

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
                select a.id, a.comparison, i.document, a.amount, a.currency, coalesce(r.title, case when a.rule_id is not null then 'Within tolerance' end, a.reason), a.words, a.by_name, a.at, a.undone_at, a.undone_by, a.undone_why,
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
