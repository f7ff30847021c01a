using ControlTower.Data.Db;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Incidents;

/// <summary>Reads of incidents. Reading again is always safe.</summary>
public sealed class IncidentQueries(TowerDataSources sources)
{
    /// <summary>Transactions that one incident's page shows; the others are counted.</summary>
    public const int Shown = 100;

    /// <summary>Open ones first, the worst at the top; then what was detected last.</summary>
    public Task<List<IncidentRow>> ListAsync(IncidentFilter filter, int most, CancellationToken cancel) =>
        sources.Read.Command(
                $"""
                select {Columns} from incident i {Joins} where {Where}
                order by case i.status when 'open' then 0 when 'drained' then 1 else 2 end, case when i.status = 'open' then incident_weight(i.severity) end desc nulls last, i.detected_at desc, i.id desc limit $5
                """,
                [.. Values(filter), Sql.Of(most)])
            .ListAsync(Row, cancel);

    /// <summary>Incidents behind one, in the order in which they were opened.</summary>
    /// <param name="brands">Empty: all, and those of no brand.</param>
    public async Task<List<IncidentRow>> OpenedAsync(IReadOnlyList<string> statuses, IReadOnlyList<string> kinds, IReadOnlyList<string> brands, long after, int most, CancellationToken cancel)
    {
        var where = new SqlFilter();
        where.In("i.status", statuses);
        where.In("i.kind", kinds);
        where.In("i.brand", brands);
        where.Add($"i.id > {where.Value(after)}");
        return await where.Command(sources.Read, $"select {Columns} from incident i {Joins}{where.Where} order by i.id limit {where.Value(most)}").ListAsync(Row, cancel);
    }

    /// <summary>Over all that the filter lets through, not only over those that are shown.</summary>
    public async Task<IncidentFigures> FiguresAsync(IncidentFilter filter, CancellationToken cancel) =>
        IncidentFigures.Of(await sources.Read.Command($"select i.status, i.began_at, i.detected_at, i.restored_at, i.drained_at, i.closed_at from incident i where {Where}", Values(filter)).ListAsync(r => (r.GetString(0), Times(r, 1)), cancel));

    /// <summary>How many are open, and when the last one that is not was detected.</summary>
    public async Task<(int Open, long? LastId, DateTimeOffset? LastAt)> OpenAsync(CancellationToken cancel) =>
        (await sources.Read.Command(
                """
                select (select count(*)::integer from incident where status = 'open'), l.id, l.detected_at
                from (select 1) one left join lateral (select id, detected_at from incident where status <> 'open' order by detected_at desc, id desc limit 1) l on true
                """)
            .ListAsync(r => (r.GetInt32(0), r.Maybe<long?>(1), r.Maybe<DateTimeOffset?>(2)), cancel))[0];

    /// <summary>Systems that an incident can be opened about.</summary>
    public Task<List<(string Id, string Name)>> SystemsAsync(CancellationToken cancel) =>
        sources.Read.Command("select id, name from connection where disabled_at is null order by name, id").ListAsync(r => (r.GetString(0), r.GetString(1)), cancel);

    /// <summary>Brands that incidents are about.</summary>
    public Task<List<string>> BrandsAsync(CancellationToken cancel) => sources.Read.Command("select distinct brand from incident where brand <> '' order by 1").ListAsync(r => r.GetString(0), cancel);

    /// <param name="brands">It has to be of one of these; none: whatever it is of.</param>
    /// <returns>Null if there is none.</returns>
    public async Task<IncidentView?> FindAsync(long id, CancellationToken cancel, IReadOnlyList<string>? brands = null)
    {
        await using var connection = await sources.Read.OpenConnectionAsync(cancel);
        // One snapshot: the counts in the head are those of the rows below.
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancel);
        if (await connection.Command($"select {Columns} from incident i {Joins} where i.id = $1 and (cardinality($2) = 0 or i.brand = any ($2))", Sql.Of(id), Sql.Of((brands ?? []).ToArray())).ListAsync(Row, cancel) is not [var row])
        {
            return null;
        }

        var log = await connection.Command("select id, kind, words, by_name, at from incident_log where incident_id = $1 order by id desc limit 500", Sql.Of(id))
            .ListAsync(r => new IncidentEntry(r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetFieldValue<DateTimeOffset>(4)), cancel);
        var holding = await connection.Command("select words, act_key is not null from incident_signal where incident_id = $1 and ended_at is null order by id limit 50", Sql.Of(id))
            .ListAsync(r => (Words: r.GetString(0), Flag: r.GetBoolean(1)), cancel);
        var at = await connection.Command("select now()").ScalarAsync<DateTime>(cancel);
        return new IncidentView(row, log, await TransactionsAsync(connection, id, Shown, cancel), holding.ConvertAll(h => h.Words), holding.Exists(h => h.Flag), new DateTimeOffset(at, TimeSpan.Zero));
    }

    /// <summary>What an incident harmed, what waits first.</summary>
    public async Task<List<IncidentTransaction>> TransactionsAsync(long id, int most, CancellationToken cancel)
    {
        await using var connection = await sources.Read.OpenConnectionAsync(cancel);
        return await TransactionsAsync(connection, id, most, cancel);
    }

    /// <summary>All rules, in their order.</summary>
    public Task<List<IncidentRule>> RulesAsync(CancellationToken cancel) => RulesAsync(sources.Read, cancel);

    internal static Task<List<IncidentRule>> RulesAsync(NpgsqlDataSource data, CancellationToken cancel) =>
        data.Command("select kind, active, after_minutes, most, severity, take_minutes, version, changed_by, changed_at from incident_rule order by position")
            .ListAsync(
                r => new IncidentRule(r.GetString(0), r.GetBoolean(1), r.GetInt32(2), r.GetInt32(3), r.GetString(4), r.GetInt32(5), r.GetInt32(6), r.GetString(7), r.GetFieldValue<DateTimeOffset>(8)), cancel);

    private static Task<List<IncidentTransaction>> TransactionsAsync(NpgsqlConnection connection, long id, int most, CancellationToken cancel) =>
        connection.Command(
                """
                select t.flow_id, f.kind, f.name, f.stage, t.harmed_at, t.value, t.currency, t.settled_at, (select max(x.id) from exception_case x where x.flow_id = t.flow_id and x.state in ('open', 'retrying'))
                from incident_transaction t join flow f on f.id = t.flow_id where t.incident_id = $1 order by t.settled_at is not null, t.harmed_at, t.flow_id limit $2
                """,
                Sql.Of(id), Sql.Of(most))
            .ListAsync(
                r => new IncidentTransaction(
                    r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetFieldValue<DateTimeOffset>(4), r.GetDecimal(5), r.GetString(6), r.Maybe<DateTimeOffset?>(7), r.Maybe<long?>(8)),
                cancel);

    private const string Where = """
        (cardinality($1) = 0 or i.status = any ($1)) and (cardinality($2) = 0 or i.kind = any ($2)) and ($3::text is null or i.brand = $3) and ($4::timestamptz is null or i.detected_at >= $4 or i.status = 'open')
        """;

    private static NpgsqlParameter[] Values(IncidentFilter filter) =>
        [Sql.Of(filter.Statuses.ToArray()), Sql.Of(filter.Kinds.ToArray()), Sql.Of(filter.Brand, NpgsqlDbType.Text), Sql.Of(filter.From?.ToUniversalTime(), NpgsqlDbType.TimestampTz)];

    private const string Columns = """
        i.id, i.kind, i.subject, i.title, i.severity, i.status, i.brand, i.system, c.name, i.began_at, i.detected_at, i.restored_at, i.drained_at, i.closed_at, o.name, i.lead, l.name, i.comms, m.name, i.stakeholder_status,
        i.stakeholder_at, i.review, i.version, w.currencies, w.counts, w.sums, w.unsettled, w.unsettled_sums
        """;

    private const string Joins = """
        left join connection c on c.id = i.system left join account o on o.id = i.opened_by left join account l on l.id = i.lead left join account m on m.id = i.comms
        left join lateral (
            select array_agg(t.currency order by t.n desc, t.currency) as currencies, array_agg(t.n order by t.n desc, t.currency) as counts, array_agg(t.sum order by t.n desc, t.currency) as sums,
                array_agg(t.unsettled order by t.n desc, t.currency) as unsettled, array_agg(t.unsettled_sum order by t.n desc, t.currency) as unsettled_sums
            from (select currency, count(*) as n, sum(value) as sum, count(*) filter (where settled_at is null) as unsettled, coalesce(sum(value) filter (where settled_at is null), 0) as unsettled_sum
                from incident_transaction where incident_id = i.id group by currency) t) w on true
        """;

    private static IncidentRow Row(NpgsqlDataReader r) => new(
        r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetString(4), r.GetString(5), r.GetString(6), r.GetString(7), r.Maybe<string>(8), Times(r, 9), r.Maybe<string>(14), r.Maybe<Guid?>(15), r.Maybe<string>(16),
        r.Maybe<Guid?>(17), r.Maybe<string>(18), r.GetString(19), r.Maybe<DateTimeOffset?>(20), r.GetString(21), r.GetInt32(22), Worth(r, 23));

    private static IncidentTimes Times(NpgsqlDataReader r, int first) => new(
        r.GetFieldValue<DateTimeOffset>(first), r.GetFieldValue<DateTimeOffset>(first + 1), r.Maybe<DateTimeOffset?>(first + 2), r.Maybe<DateTimeOffset?>(first + 3), r.Maybe<DateTimeOffset?>(first + 4));

    private static List<IncidentWorth> Worth(NpgsqlDataReader r, int first)
    {
        if (r.IsDBNull(first))
        {
            return [];
        }

        var (currencies, counts, sums) = (r.GetFieldValue<string[]>(first), r.GetFieldValue<long[]>(first + 1), r.GetFieldValue<decimal[]>(first + 2));
        var (unsettled, unsettledSums) = (r.GetFieldValue<long[]>(first + 3), r.GetFieldValue<decimal[]>(first + 4));
        return [.. currencies.Select((currency, n) => new IncidentWorth(currency, counts[n], sums[n], unsettled[n], unsettledSums[n]))];
    }
}
