using ControlTower.Data.Canonical;
using ControlTower.Data.Db;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Promotions;

/// <summary>A release as screens show it. Reading again is always safe.</summary>
public sealed class ReleaseQueries(TowerDataSources sources)
{
    /// <summary>Stages, connections, the matrix and the figures above it.</summary>
    public async Task<ReleaseView> ReadAsync(long id, CancellationToken cancel)
    {
        var stages = await StagesAsync(id, cancel);
        var connections = await sources.Read.Command(
                """
                select n.id, n.name, n.kind, n.role, coalesce(g.breaker, 'closed') <> 'closed' or n.paused_at is not null, (select max(f.heard_at) from feed_cursor f where f.connection_id = n.id)
                from connection n left join connection_gate g on g.connection_id = n.id
                where n.id in (select connection_id from promotion_cell where promotion_id = $1) order by n.role desc, n.name, n.id
                """,
                Sql.Of(id))
            .ListAsync(r => new ReleaseConnection(r.GetString(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetBoolean(4), r.Maybe<DateTimeOffset?>(5)), cancel);
        var matrix = await sources.Read.Command(Matrix, Sql.Of(id)).ListAsync(
            r => new MatrixCell(
                r.GetInt32(0), r.GetString(1), r.GetInt64(2), r.GetInt64(3), r.GetInt64(4), r.GetInt64(5), r.GetInt64(6), r.GetInt64(7), r.GetInt64(8), r.GetInt64(9), r.GetInt64(10), r.GetInt64(11), r.GetInt64(12),
                r.GetInt64(13), r.Maybe<DateTimeOffset?>(14)),
            cancel);
        var (skew, over, under) = (await sources.Read.Command(Spread, Sql.Of(id)).ListAsync(r => (r.Maybe<TimeSpan?>(0), r.GetInt64(1), r.GetInt64(2)), cancel))[0];
        var sold = (await sources.Read.Command(Sold, Sql.Of(id)).ListAsync(r => (Lines: r.GetInt64(0), Dearer: r.GetInt64(1), Margin: r.Maybe<decimal?>(2), Spent: r.GetDecimal(3), Currency: r.Maybe<string>(4)), cancel))[0];
        var costs = await sources.Read.Command("select currency, amount, in_budget from promotion_spent($1) order by amount desc", Sql.Of(id)).ListAsync(r => new PromotionCost(r.GetString(0), r.GetDecimal(1), r.Maybe<decimal?>(2)), cancel);
        var trend = await sources.Read.Command(Trend, Sql.Of(id)).ListAsync(r => r.GetDecimal(0), cancel);
        return new ReleaseView(stages, connections, matrix, skew, over, under, sold.Lines, sold.Dearer, sold.Margin, sold.Spent, sold.Currency, trend) { Costs = costs };
    }

    public Task<List<ReleaseStage>> StagesAsync(long id, CancellationToken cancel) =>
        sources.Read.Command(
                "select stage, name, hold, hold_minutes, team, instructions, started_at, started_by, proven_at, advanced_by, asked_at from promotion_stage where promotion_id = $1 order by stage", Sql.Of(id))
            .ListAsync(
                r => new ReleaseStage(
                    r.GetInt32(0), r.GetString(1), PromotionText.Parse<StageHold>(r.GetString(2)), r.GetInt32(3), r.Maybe<string>(4), r.Maybe<string>(5), r.Maybe<DateTimeOffset?>(6), r.Maybe<string>(7),
                    r.Maybe<DateTimeOffset?>(8), r.Maybe<string>(9))
                { AskedAt = r.Maybe<DateTimeOffset?>(10) },
                cancel);

    /// <summary>Promotions that are out or are to begin, by words of the name and a connection that they change prices at.</summary>
    public Task<List<long>> MatchingAsync(string? words, string? connection, CancellationToken cancel) =>
        sources.Read.Command(
                """
                select p.id from promotion p join promotion_revision r on r.promotion_id = p.id and r.revision = p.released
                where p.state in ('scheduled', 'releasing', 'live') and ($1::text is null or lower(p.name) like '%' || promotion_like($1) || '%') and ($2::text is null or r.plan -> 'connections' ? $2) order by p.id
                """,
                Sql.Of(words, NpgsqlDbType.Text), Sql.Of(connection, NpgsqlDbType.Text))
            .ListAsync(r => r.GetInt64(0), cancel);

    /// <summary>Prices of a release in their order.</summary>
    public Task<List<ReleaseCell>> CellsAsync(long id, CellFilter filter, int most, CancellationToken cancel) =>
        sources.Read.Command(
                """
                select c.id, c.connection_id, n.name, c.kind, c.sku, coalesce(nullif(concat_ws(', ', nullif(i.product_title, ''), nullif(i.title, '')), ''), ''), c.place, coalesce(l.name, g.name), c.currency, c.stage, c.phase, c.price, c.compare,
                    c.former_price, c.former_compare, c.captured, c.seen_price, c.seen_at, c.starts_at, c.ends_at, c.failure, c.failure_message, c.ignored_by, c.ignored_why, c.outdone_by, c.changed_at,
                    case when c.kind = 'price' and (c.phase in ('drifted', 'left-alone') or c.failure = 'base-changed')
                        then promotion_changed_by(c.connection_id, c.item, c.place, c.sku, c.promotion_id, c.seen_price, coalesce(c.effective_at, c.starts_at) - interval '1 day') end
                from promotion_cell c join connection n on n.id = c.connection_id left join catalog_item i on i.connection_id = c.connection_id and i.item = c.item left join location l on l.id = c.place
                left join price_list g on g.connection_id = c.connection_id and 'list:' || g.list = c.place
                where c.promotion_id = $1 and c.id > $2 and ($3::text is null or c.connection_id = $3) and ($4::int is null or c.stage = $4) and ($5::text is null or c.phase = $5)
                  and ($6::text is null or lower(c.sku) like promotion_like($6) || '%') and (not $7 or c.phase in ('drifted', 'failed', 'stuck', 'offline', 'left-alone') or c.phase in ('applying', 'reverting', 'returned') and c.failure <> 'not-shown')
                order by c.id limit $8
                """,
                [Sql.Of(id), Sql.Of(filter.After), .. Of(filter), Sql.Of(most)])
            .ListAsync(
                r => new ReleaseCell(
                    r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetString(4), r.GetString(5), r.GetString(6), r.Maybe<string>(7), r.GetString(8), r.GetInt32(9),
                    PromotionText.Parse<CellPhase>(r.GetString(10)), r.Maybe<decimal?>(11), r.Maybe<decimal?>(12), r.Maybe<decimal?>(13), r.Maybe<decimal?>(14), r.GetBoolean(15), r.Maybe<decimal?>(16),
                    r.Maybe<DateTimeOffset?>(17), r.GetFieldValue<DateTimeOffset>(18), r.GetFieldValue<DateTimeOffset>(19), r.Maybe<string>(20), r.Maybe<string>(21), r.Maybe<string>(22), r.Maybe<string>(23),
                    r.Maybe<long?>(24), r.GetFieldValue<DateTimeOffset>(25))
                { ChangedBy = r.Maybe<string>(26) },
                cancel);

    /// <summary>How many prices of a release match.</summary>
    public Task<long> CountAsync(long id, CellFilter filter, CancellationToken cancel) =>
        sources.Read.Command(
                """
                select count(*) from promotion_cell c
                where c.promotion_id = $1 and ($2::text is null or c.connection_id = $2) and ($3::int is null or c.stage = $3) and ($4::text is null or c.phase = $4)
                  and ($5::text is null or lower(c.sku) like promotion_like($5) || '%') and (not $6 or c.phase in ('drifted', 'failed', 'stuck', 'offline', 'left-alone') or c.phase in ('applying', 'reverting', 'returned') and c.failure <> 'not-shown')
                """,
                [Sql.Of(id), .. Of(filter)])
            .ScalarAsync<long>(cancel);

    /// <summary>What happened, the newest first.</summary>
    public Task<List<ReleaseLogEntry>> LogAsync(long id, int most, CancellationToken cancel) =>
        sources.Read.Command("select id, at, tone, words, who from promotion_log where promotion_id = $1 order by id desc limit $2", Sql.Of(id), Sql.Of(most))
            .ListAsync(r => new ReleaseLogEntry(r.GetInt64(0), r.GetFieldValue<DateTimeOffset>(1), r.GetString(2), r.GetString(3), r.Maybe<string>(4)), cancel);

    /// <summary>What rolling back now would do, as each price was last seen.</summary>
    /// <param name="perSecond">Prices that are written in a second, as measured or limited.</param>
    public async Task<BackPreview> BackAsync(long id, double perSecond, CancellationToken cancel)
    {
        var (back, changed, later, never) = (await sources.Read.Command(
                """
                select count(*) filter (where c.touched and c.phase <> 'drifted' and c.phase <> 'offline' and coalesce(g.breaker, 'closed') <> 'open'),
                    count(*) filter (where c.touched and c.phase = 'drifted'), count(*) filter (where c.touched and c.phase <> 'drifted' and (c.phase = 'offline' or coalesce(g.breaker, 'closed') = 'open')), count(*) filter (where not c.touched)
                from promotion_cell c left join connection_gate g on g.connection_id = c.connection_id
                where c.promotion_id = $1 and c.phase not in ('reverted', 'left-alone', 'never')
                """,
                Sql.Of(id))
            .ListAsync(r => (r.GetInt64(0), r.GetInt64(1), r.GetInt64(2), r.GetInt64(3)), cancel))[0];
        var places = later == 0 ? [] : await sources.Read.Command(
                """
                select distinct coalesce(l.name, n.name) from promotion_cell c join connection n on n.id = c.connection_id left join connection_gate g on g.connection_id = n.id left join location l on l.id = c.place and c.phase = 'offline'
                where c.promotion_id = $1 and c.touched and (c.phase = 'offline' or coalesce(g.breaker, 'closed') = 'open') and c.phase not in ('reverted', 'left-alone', 'never', 'drifted') order by 1 limit 20
                """,
                Sql.Of(id))
            .ListAsync(r => r.GetString(0), cancel);
        return new BackPreview(back, changed, later, never, places, TimeSpan.FromSeconds(back / Math.Max(perSecond, 0.001)));
    }

    private static NpgsqlParameter[] Of(CellFilter filter) =>
    [
        Sql.Of(filter.ConnectionId, NpgsqlDbType.Text), Sql.Of(filter.Stage, NpgsqlDbType.Integer), Sql.Of(filter.Phase is { } phase ? PromotionText.Of(phase) : null, NpgsqlDbType.Text),
        Sql.Of(filter.Sku, NpgsqlDbType.Text), Sql.Of(filter.Trouble),
    ];

    private const string Matrix =
        """
        select stage, connection_id, count(*) filter (where phase <> 'never'), count(*) filter (where phase = 'waiting'), count(*) filter (where phase in ('applying', 'written')), count(*) filter (where phase = 'proven'),
            count(*) filter (where phase = 'offline'), count(*) filter (where phase = 'drifted'), count(*) filter (where phase = 'failed'), count(*) filter (where phase in ('ignored', 'outdone')),
            count(*) filter (where phase in ('reverting', 'returned')), count(*) filter (where phase = 'stuck'), count(*) filter (where phase = 'reverted'), count(*) filter (where phase = 'left-alone'),
            min(starts_at) filter (where phase = 'waiting')
        from promotion_cell where promotion_id = $1 group by stage, connection_id order by stage, connection_id
        """;

    // Places whose own hour comes later are no skew: only what begins at the same moment is compared.
    private const string Spread =
        """
        select (select max(x.last - x.first) from (
                select min(y.at) as first, max(y.at) as last from (
                    select connection_id, starts_at, min(effective_at) as at from promotion_cell where promotion_id = $1 and effective_at is not null group by connection_id, starts_at) y
                group by y.starts_at having count(*) > 1) x),
            count(*) filter (where seen_price > price), count(*) filter (where seen_price < price)
        from promotion_cell where promotion_id = $1 and phase in ('written', 'offline', 'drifted', 'failed', 'applying') and seen_price is not null
        """;

    private const string Sold =
        """
        select count(*), count(*) filter (where till and paid > intended), round(100 * sum(net - cost) filter (where cost is not null) / nullif(sum(net) filter (where cost is not null), 0), 2),
            coalesce((select sum(in_budget) from promotion_spent($1)), 0), min(x.currency)
        from promotion_sale s
        left join (select r.plan -> 'rules' ->> 'budgetCurrency' as currency from promotion p join promotion_revision r on r.promotion_id = p.id and r.revision = p.released where p.id = $1) x on true
        where s.promotion_id = $1
        """;

    private const string Trend =
        "select round(100.0 * sum(as_intended) / nullif(sum(checked), 0), 3) from promotion_check_day where promotion_id = $1 group by day having sum(checked) > 0 order by day desc limit 14";
}
