using ControlTower.Data.Db;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Reconciliation;

/// <summary>How reconciliation works here: lags and limits, rules, reasons, who settles what.</summary>
public sealed class ReconSettings(TowerDataSources sources)
{
    public Task<List<ComparisonRow>> ComparisonsAsync(CancellationToken cancel) =>
        sources.Read.Command(
                """
                select c.name, c.lag, c.window_days, c.most_items, c.most_value, c.most_days, c.version, coalesce(i.n, 0), coalesce(i.value, 0)
                from recon_comparison c left join (select comparison, count(*) as n, sum(value) as value from recon_item where state = 'open' and due_at <= now() group by 1) i on i.comparison = c.name order by c.position
                """)
            .ListAsync(
                r => new ComparisonRow(r.GetString(0), r.GetTimeSpan(1), r.Maybe<int?>(2), r.Maybe<int?>(3), r.Maybe<decimal?>(4), r.Maybe<int?>(5), r.GetInt32(6), r.GetInt64(7), r.GetDecimal(8)), cancel);

    /// <summary>In the order in which they are tried.</summary>
    public Task<List<ReconRule>> RulesAsync(CancellationToken cancel) =>
        sources.Read.Command(
                $"""
                select {RuleColumns}, count(l.id) filter (where l.state = 'confirmed'), count(l.id) filter (where l.state = 'suggested'), count(l.id) filter (where l.state = 'refused'), count(l.id) filter (where l.state = 'undone')
                from recon_rule r join recon_comparison c on c.name = r.comparison left join recon_link l on l.rule_id = r.id group by r.id, c.position order by c.position, r.position, r.id
                """)
            .ListAsync(r => Rule(r) with { Confirmed = r.GetInt64(21), Suggested = r.GetInt64(22), Refused = r.GetInt64(23), Undone = r.GetInt64(24) }, cancel);

    /// <summary>Whose files can be handed in: processors and banks.</summary>
    public Task<List<(string Id, string Name)>> StatementSourcesAsync(CancellationToken cancel) =>
        sources.Read.Command("select id, name from connection where role in ('processor', 'bank') and disabled_at is null order by name, id").ListAsync(r => (r.GetString(0), r.GetString(1)), cancel);

    /// <summary>The files that were handed in for a connection, the newest first.</summary>
    public Task<List<StatementFileRow>> StatementsAsync(string connection, int most, CancellationToken cancel) => StatementFileStore.ListAsync(sources.Read, connection, most, cancel);

    public Task<List<ReconReason>> ReasonsAsync(CancellationToken cancel) =>
        sources.Read.Command("select code, title, account, active from recon_reason order by title").ListAsync(r => new ReconReason(r.GetString(0), r.GetString(1), r.Maybe<string>(2), r.GetBoolean(3)), cancel);

    /// <summary>Of every system that is at work.</summary>
    public Task<List<CutOff>> CutOffsAsync(CancellationToken cancel) =>
        sources.Read.Command("select c.id, c.name, c.time_zone, coalesce(u.ends_minute, 0) from connection c left join ledger_cutoff u on u.connection_id = c.id where c.disabled_at is null order by c.name, c.id")
            .ListAsync(r => new CutOff(r.GetString(0), r.GetString(1), r.GetString(2), TimeOnly.MinValue.AddMinutes(r.GetInt32(3))), cancel);

    public Task<List<ReconLimit>> LimitsAsync(CancellationToken cancel) =>
        sources.Read.Command("select role, currency, most from recon_limit order by role, currency").ListAsync(r => new ReconLimit(r.GetString(0), r.GetString(1), r.GetDecimal(2)), cancel);

    /// <summary>Every means of payment that was seen at a channel, those that nobody has assigned first.</summary>
    public Task<List<LedgerRoute>> RoutesAsync(CancellationToken cancel) =>
        sources.Read.Command(
                """
                select r.channel, c.name, r.method, r.processor, r.settled, (select count(*) from ledger_line l where l.connection_id = r.channel and l.kind = 'Tender' and l.method = r.method and l.status <> 'Gone' and l.at > now() - interval '30 days')
                from ledger_route r join connection c on c.id = r.channel order by r.settled is not null, c.name, r.method
                """)
            .ListAsync(r => new LedgerRoute(r.GetString(0), r.GetString(1), r.GetString(2), r.Maybe<string>(3), r.Maybe<bool?>(4), r.GetInt64(5)), cancel);

    /// <summary>Who could settle a means of payment: processors, and channels that pay out themselves.</summary>
    public Task<List<(string Id, string Name)>> ProcessorsAsync(CancellationToken cancel) =>
        sources.Read.Command("select c.id, c.name from connection c where c.role = 'processor' or exists (select from ledger_coverage v where v.connection_id = c.id and v.kind = 'payouts') order by c.name, c.id")
            .ListAsync(r => (r.GetString(0), r.GetString(1)), cancel);

    /// <summary>The months of each set of books, the newest first: those that were closed or opened again, and those in which anything stands.</summary>
    public Task<List<ReconPeriod>> PeriodsAsync(CancellationToken cancel) =>
        sources.Read.Command(
                """
                select p.id, c.id, c.name, m.month, coalesce(p.state, 'open'), p.signed_by, p.signed_at, p.words, coalesce(p.version, 0), coalesce(p.figures, recon_figures(c.id, m.month))::text
                from connection c
                join lateral (
                    select date_trunc('month', d.day)::date as month from recon_day d where d.books = c.id union select date_trunc('month', i.day)::date from recon_item i where i.books = c.id and i.state <> 'closed'
                    union select x.month from recon_period x where x.books = c.id) m on true
                left join recon_period p on p.books = c.id and p.month = m.month
                where c.role = 'erp' order by m.month desc, c.name limit 36
                """)
            .ListAsync(
                r => new ReconPeriod(
                    r.Maybe<long?>(0), r.GetString(1), r.GetString(2), DateOnly.FromDateTime(r.GetDateTime(3)), r.GetString(4), r.Maybe<string>(5), r.Maybe<DateTimeOffset?>(6), r.Maybe<string>(7), r.GetInt32(8),
                    System.Text.Json.JsonSerializer.Deserialize(r.GetString(9), ReconJson.Default.ListPeriodFigure) ?? []),
                cancel);

    /// <summary>What was done to a month, the newest first.</summary>
    public Task<List<ReconComment>> PeriodLogAsync(long id, CancellationToken cancel) =>
        sources.Read.Command("select id, act, words, by_name, at from recon_period_log where period_id = $1 order by id desc", Sql.Of(id))
            .ListAsync(r => new ReconComment(r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetFieldValue<DateTimeOffset>(4)), cancel);

    /// <returns>Null if there is none.</returns>
    public static async Task<ReconRule?> LockRuleAsync(NpgsqlConnection connection, long id, CancellationToken cancel) =>
        (await connection.Command($"select {RuleColumns} from recon_rule r where r.id = $1 for update", Sql.Of(id)).ListAsync(Rule, cancel)).FirstOrDefault();

    /// <returns>Its id; null if another rule of the comparison has the name.</returns>
    public static Task<long?> InsertRuleAsync(NpgsqlConnection connection, ReconRule rule, string by, CancellationToken cancel) =>
        connection.Command(
                """
                insert into recon_rule (comparison, name, kind, position, source, currency, above, below, above_percent, below_percent, days_before, days_after, pattern, method, confirms, account, active, changed_by)
                values ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19) on conflict (comparison, name) do nothing returning id
                """,
                [.. Values(rule, by)]).ScalarAsync<long?>(cancel);

    /// <returns>False if it is of another version by now, or another rule of the comparison has the name.</returns>
    public static async Task<bool> UpdateRuleAsync(NpgsqlConnection connection, ReconRule rule, string by, CancellationToken cancel) =>
        await connection.Command(
                """
                update recon_rule r set comparison = $2, name = $3, kind = $4, position = $5, source = $6, currency = $7, above = $8, below = $9, above_percent = $10, below_percent = $11, days_before = $12, days_after = $13, pattern = $14,
                    method = $15, confirms = $16, account = $17, active = $18, changed_by = $19, changed_at = now(), version = version + 1
                where id = $1 and version = $20 and not exists (select from recon_rule o where o.comparison = $2 and o.name = $3 and o.id <> $1)
                """,
                [.. Values(rule, by), Sql.Of(rule.Version)]).ExecuteAsync(cancel) == 1;

    /// <summary>Whether the database can use it. If not, the transaction is broken and can only be rolled back.</summary>
    public static async Task<bool> IsPatternAsync(NpgsqlConnection connection, string pattern, CancellationToken cancel)
    {
        try
        {
            await connection.Command("select 'STRIPE 1234' ~* $1", Sql.Of(pattern)).ScalarAsync<bool>(cancel);
            return true;
        }
        catch (PostgresException wrong) when (wrong.SqlState == PostgresErrorCodes.InvalidRegularExpression)
        {
            return false;
        }
    }

    private const string RuleColumns = """
        r.id, r.comparison, r.name, r.kind, r.position, r.source, r.currency, r.above, r.below, r.above_percent, r.below_percent, r.days_before, r.days_after, r.pattern, r.method, r.confirms, r.account, r.active, r.version,
        r.changed_by, r.changed_at
        """;

    private static NpgsqlParameter[] Values(ReconRule r, string by) =>
    [
        Sql.Of(r.Id), Sql.Of(r.Comparison), Sql.Of(r.Name), Sql.Of(r.Kind), Sql.Of(r.Position), Sql.Of(r.Source, NpgsqlDbType.Text), Sql.Of(r.Currency, NpgsqlDbType.Text), Sql.Of(r.Above), Sql.Of(r.Below), Sql.Of(r.AbovePercent),
        Sql.Of(r.BelowPercent), Sql.Of(r.DaysBefore), Sql.Of(r.DaysAfter), Sql.Of(r.Pattern, NpgsqlDbType.Text), Sql.Of(r.Method, NpgsqlDbType.Text), Sql.Of(r.Confirms), Sql.Of(r.Account, NpgsqlDbType.Text), Sql.Of(r.Active), Sql.Of(by),
    ];

    private static ReconRule Rule(NpgsqlDataReader r) => new(
        r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetInt32(4), r.Maybe<string>(5), r.Maybe<string>(6), r.GetDecimal(7), r.GetDecimal(8), r.GetDecimal(9), r.GetDecimal(10), r.GetInt32(11), r.GetInt32(12),
        r.Maybe<string>(13), r.Maybe<string>(14), r.GetBoolean(15), r.Maybe<string>(16), r.GetBoolean(17), r.GetInt32(18), r.GetString(19), r.GetFieldValue<DateTimeOffset>(20));
}
