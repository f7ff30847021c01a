using System.Text.Json;
using ControlTower.Data.Canonical;
using ControlTower.Data.Db;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Promotions;

/// <summary>A plan to be checked.</summary>
public sealed record DueCheck(long Id, int Revision, PromotionPlan Plan, DateTimeOffset AskedAt, DateTimeOffset Now);

/// <summary>How many cells of a plan have a flag, over how many SKUs, stores and connections, and one of them for words.</summary>
public sealed record FlagCount(string Flag, long Cells, long Skus, long Places, long Connections, string Sample, bool AllLose)
{
    /// <summary>Most that are named of anything.</summary>
    public const int MostNamed = 3;

    /// <summary>SKUs, currencies of their prices, and currencies that their costs are stated in: the first of each by name.</summary>
    public IReadOnlyList<string> Named { get; init; } = [];

    public IReadOnlyList<string> Currencies { get; init; } = [];

    public IReadOnlyList<string> CostsIn { get; init; } = [];
}

/// <summary>SKUs of a plan with a fixed price on a list in a currency that is not the list's.</summary>
public sealed record OddListPrice(string Connection, string List, string ListCurrency, string Currency, long Skus, IReadOnlyList<string> Named);

/// <summary>How long the stock of a plan's SKUs lasts.</summary>
/// <param name="Known">SKUs that were sold lately and lie somewhere, so that something can be said of them.</param>
/// <param name="Shortest">Of those that will be sold out before it ends: the first to be so.</param>
public sealed record PlanCover(long Known, IReadOnlyList<(string Sku, decimal Days)> Shortest);

/// <summary>Figures of a checked plan beside its flags.</summary>
public sealed record PlanFigures(long Cells, long Skus, long Places, long Connections, long Zones, DateTimeOffset? FirstStart, DateTimeOffset? LastEnd, decimal WorstCost, IReadOnlyList<string> Silent)
{
    /// <summary>Currencies of the plan that cannot be counted in the currency of its budget.</summary>
    public IReadOnlyList<string> NoRate { get; init; } = [];
}

/// <summary>Cells of a plan at a connection.</summary>
/// <param name="First">The first stage that releases some of them; null: none does.</param>
public sealed record PlanLoad(string Connection, long Cells, int? First, int? Last)
{
    /// <summary>When the first of them takes effect, and whether a compare-at price goes with some.</summary>
    public DateTimeOffset? Starts { get; init; }

    public bool WithCompare { get; init; }
}

public static class PreflightStore
{
    /// <summary>
    /// The check that was asked for longest ago, if nobody is at it; whoever dies leaves it to the next. The plan itself is not locked, for it may take minutes: who saves it or asks anew meanwhile does not
    /// wait, and <see cref="FinishAsync"/> drops what was found.
    /// </summary>
    public static async Task<DueCheck?> TakeAsync(NpgsqlConnection connection, CancellationToken cancel) =>
        (await connection.Command(
                """
                select promotion_id, revision, plan::text, check_asked_at, now()
                from (select * from promotion_revision where check_asked_at is not null and (checked_at is null or checked_at < check_asked_at) and state = 'draft' order by check_asked_at limit 5) r
                where pg_try_advisory_xact_lock(hashtextextended('promotion-check/' || promotion_id, 0)) limit 1
                """)
            .ListAsync(r => new DueCheck(r.GetInt64(0), r.GetInt32(1), JsonSerializer.Deserialize(r.GetString(2), CanonicalJson.Default.PromotionPlan)!, r.GetFieldValue<DateTimeOffset>(3), r.GetFieldValue<DateTimeOffset>(4)), cancel))
        .FirstOrDefault();

    /// <summary>Zones in which the plan's places live, by name.</summary>
    public static Task<List<string>> ZonesAsync(NpgsqlConnection connection, PromotionPlan plan, CancellationToken cancel) =>
        connection.Command(
                "select time_zone from connection where id = any($1) union select time_zone from location where id = any($2) and time_zone is not null",
                Sql.Of(plan.Connections.ToArray()), Sql.Of(plan.Stores.ToArray()))
            .ListAsync(r => r.GetString(0), cancel);

    /// <summary>Writes the cells of a draft anew. A large plan takes longer than other statements may.</summary>
    /// <returns>How many; null if it is no draft any more.</returns>
    public static async Task<long?> CellsAsync(NpgsqlConnection connection, DueCheck check, string windows, string abilities, CancellationToken cancel)
    {
        await LongAsync(connection, cancel);
        var cells = connection.Command("select promotion_plan_cells($1, $2, $3, $4)", Sql.Of(check.Id), Sql.Of(check.Revision), Sql.Json(windows), Sql.Json(abilities));
        cells.CommandTimeout = LongSeconds;
        if (await cells.ScalarAsync<long?>(cancel) is not { } count)
        {
            return null;
        }

        var effects = connection.Command("select promotion_plan_effects($1, $2)", Sql.Of(check.Id), Sql.Of(check.Revision));
        effects.CommandTimeout = LongSeconds;
        await effects.ExecuteAsync(cancel);
        var cover = connection.Command("select promotion_plan_cover($1, $2)", Sql.Of(check.Id), Sql.Of(check.Revision));
        cover.CommandTimeout = LongSeconds;
        await cover.ExecuteAsync(cancel);
        return count;
    }

    internal const int LongSeconds = 300;

    /// <summary>What comes next in the caller's transaction may take minutes.</summary>
    internal static Task LongAsync(NpgsqlConnection connection, CancellationToken cancel) => connection.Command($"set local statement_timeout = '{LongSeconds}s'").ExecuteAsync(cancel);

    // Over all prices of a plan: as long as the session may.
    private static NpgsqlCommand Patient(NpgsqlCommand command)
    {
        command.CommandTimeout = LongSeconds;
        return command;
    }

    public static Task<List<FlagCount>> FlagsAsync(NpgsqlConnection connection, DueCheck check, CancellationToken cancel) =>
        Patient(connection.Command(
                """
                select f, count(*), count(distinct c.sku), count(distinct c.place) filter (where c.place <> '' and not promotion_is_list(c.place)), count(distinct c.connection_id), min(coalesce(nullif(c.sku, ''), n.name)), not bool_or(coalesce(c.wins, true)),
                    coalesce((array_agg(distinct c.sku) filter (where c.sku <> ''))[1:$3], '{}'), coalesce((array_agg(distinct c.currency) filter (where c.currency is not null))[1:$3], '{}'), coalesce((array_agg(distinct c.cost_in) filter (where c.cost_in is not null))[1:$3], '{}')
                from promotion_plan_cell c cross join unnest(c.flags) f join connection n on n.id = c.connection_id where c.promotion_id = $1 and c.revision = $2 group by f
                """,
                Sql.Of(check.Id), Sql.Of(check.Revision), Sql.Of(FlagCount.MostNamed)))
            .ListAsync(
                r => new FlagCount(r.GetString(0), r.GetInt64(1), r.GetInt64(2), r.GetInt64(3), r.GetInt64(4), r.GetString(5), r.GetBoolean(6))
                { Named = r.GetFieldValue<string[]>(7), Currencies = r.GetFieldValue<string[]>(8), CostsIn = r.GetFieldValue<string[]>(9) },
                cancel);

    /// <summary>Fixed prices of the plan's lists in a currency that is not the list's, list by list.</summary>
    public static Task<List<OddListPrice>> OddListPricesAsync(NpgsqlConnection connection, DueCheck check, CancellationToken cancel) =>
        Patient(connection.Command(
                """
                select n.name, g.name, g.currency, coalesce(v.currency, '?'), count(distinct c.sku), (array_agg(distinct c.sku))[1:$3]
                from promotion_plan_cell c join connection n on n.id = c.connection_id join price_list g on g.connection_id = c.connection_id and 'list:' || g.list = c.place
                left join price_list_price v on v.connection_id = g.connection_id and v.list = g.list and v.item = c.item
                where c.promotion_id = $1 and c.revision = $2 and c.flags @> array['list-currency'] group by 1, 2, 3, 4 order by 1, 2, 4
                """,
                Sql.Of(check.Id), Sql.Of(check.Revision), Sql.Of(FlagCount.MostNamed)))
            .ListAsync(r => new OddListPrice(r.GetString(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetInt64(4), r.GetFieldValue<string[]>(5)), cancel);

    /// <summary>The oldest day of the rates at which costs of the plan were reckoned; null: none was. What a currency is worth in itself is of no day.</summary>
    public static Task<string?> RatesOfAsync(NpgsqlConnection connection, DueCheck check, CancellationToken cancel) =>
        connection.Command(
                """
                select to_char(min(r.as_of), 'YYYY-MM-DD') from (select distinct cost_in, currency from promotion_plan_cell where promotion_id = $1 and revision = $2 and flags @> array['cost-rate']) c
                join currency_rate r on r.currency in (c.cost_in, c.currency) and r.rate <> 1
                """,
                Sql.Of(check.Id), Sql.Of(check.Revision))
            .ScalarAsync<string>(cancel);

    public static async Task<PlanCover> CoverAsync(NpgsqlConnection connection, DueCheck check, CancellationToken cancel)
    {
        var known = await connection.Command("select count(distinct sku) from promotion_plan_cell where promotion_id = $1 and revision = $2 and cover is not null", Sql.Of(check.Id), Sql.Of(check.Revision)).ScalarAsync<long>(cancel);
        var shortest = await connection.Command(
                "select sku, min(cover) from promotion_plan_cell where promotion_id = $1 and revision = $2 and flags @> array['cover'] group by sku order by 2, 1 limit $3", Sql.Of(check.Id), Sql.Of(check.Revision), Sql.Of(FlagCount.MostNamed))
            .ListAsync(r => (r.GetString(0), r.GetDecimal(1)), cancel);
        return new PlanCover(known, shortest);
    }

    /// <param name="silent">A store that nobody has heard for so long counts as offline.</param>
    public static async Task<PlanFigures> FiguresAsync(NpgsqlConnection connection, DueCheck check, TimeSpan silent, string? currency, CancellationToken cancel)
    {
        var places = await connection.Command(
                """
                select l.name from (select distinct place from promotion_plan_cell where promotion_id = $1 and revision = $2 and place <> '') p join location l on l.id = p.place
                where promotion_heard(l.id) < now() - $3 order by 1 limit 200
                """,
                Sql.Of(check.Id), Sql.Of(check.Revision), Sql.Of(silent))
            .ListAsync(r => r.GetString(0), cancel);
        var unrated = currency is null ? [] : await connection.Command(
                "select distinct currency from promotion_plan_cell where promotion_id = $1 and revision = $2 and item <> '' and currency is not null and currency_factor(currency, $3) is null order by 1", Sql.Of(check.Id), Sql.Of(check.Revision), Sql.Of(currency))
            .ListAsync(r => r.GetString(0), cancel);
        return (await connection.Command(
                """
                select count(*) filter (where c.item <> ''), count(distinct c.sku) filter (where c.sku <> ''), count(distinct c.place) filter (where c.place <> '' and not promotion_is_list(c.place)), count(distinct c.connection_id),
                    count(distinct coalesce(l.time_zone, n.time_zone)), min(c.starts_at), max(c.ends_at),
                    -- What it costs at most: everything that lies there is sold, each piece at the widest cut of its SKU. What another promotion has taken off before is none of this one's cost.
                    coalesce((select sum(x.cut * greatest(s.free, 0)) from (
                            select p.sku, max((case when p.kind = 'effect' then coalesce(p.rival_price, p.base_price) else p.base_price end - p.price) * f.factor) as cut from promotion_plan_cell p join (select distinct currency, currency_factor(currency, $3) as factor from promotion_plan_cell where promotion_id = $1 and revision = $2) f on f.currency = p.currency
                            where p.promotion_id = $1 and p.revision = $2 and p.base_price > p.price group by p.sku) x
                        join lateral (select sum(on_hand - safety - reserved) as free from stock where stock.sku = x.sku) s on true), 0)
                from promotion_plan_cell c join connection n on n.id = c.connection_id left join location l on l.id = c.place where c.promotion_id = $1 and c.revision = $2
                """,
                Sql.Of(check.Id), Sql.Of(check.Revision), Sql.Of(currency, NpgsqlDbType.Text))
            .ListAsync(
                r => new PlanFigures(
                    r.GetInt64(0), r.GetInt64(1), r.GetInt64(2), r.GetInt64(3), r.GetInt64(4), r.Maybe<DateTimeOffset?>(5), r.Maybe<DateTimeOffset?>(6), r.GetDecimal(7), places)
                { NoRate = unrated },
                cancel))[0];
    }

    /// <summary>Cells at each connection, and the first and the last stage that they are in.</summary>
    public static Task<List<PlanLoad>> LoadAsync(NpgsqlConnection connection, DueCheck check, CancellationToken cancel) =>
        connection.Command(
                "select connection_id, count(*), min(stage), max(stage), min(starts_at), bool_or(with_compare) from promotion_plan_cell where promotion_id = $1 and revision = $2 and item <> '' group by connection_id order by connection_id", Sql.Of(check.Id), Sql.Of(check.Revision))
            .ListAsync(r => new PlanLoad(r.GetString(0), r.GetInt64(1), r.Maybe<int?>(2), r.Maybe<int?>(3)) { Starts = r.Maybe<DateTimeOffset?>(4), WithCompare = r.GetBoolean(5) }, cancel);

    /// <summary>Connections of the plan whose list was not read whole for so long, or never since it was asked for: what the check sees of them may be another by now.</summary>
    /// <param name="feed">Of price lists.</param>
    public static Task<List<string>> StaleAsync(NpgsqlConnection connection, PromotionPlan plan, string feed, TimeSpan age, CancellationToken cancel) =>
        connection.Command(
                """
                select n.name from connection n join feed_cursor f on f.connection_id = n.id and f.feed like 'products%' where n.id = any($1)
                group by n.id having max(f.heard_at) is null or max(f.heard_at) < now() - $2
                union
                select n.name || ' (price lists)' from connection n join feed_cursor f on f.connection_id = n.id and f.feed = $4 where n.id = any($3) and (f.heard_at is null or f.heard_at < now() - $2)
                order by 1
                """,
                Sql.Of(plan.Connections.ToArray()), Sql.Of(age), Sql.Of((plan.PriceLists ?? []).Select(l => l.Connection).ToArray()), Sql.Of(feed))
            .ListAsync(r => r.GetString(0), cancel);

    /// <summary>Price lists of the plan that their channel does not have, by its own name of them, or that the tower may not set.</summary>
    /// <param name="able">Connections with price lists that the tower may set.</param>
    public static Task<List<string>> UnknownListsAsync(NpgsqlConnection connection, PromotionPlan plan, string[] able, CancellationToken cancel) =>
        connection.Command(
                "select n.name || ': ' || w.list from unnest($1::text[], $2::text[]) as w (id, list) join connection n on n.id = w.id where w.id <> all($3) or not exists (select from price_list g where g.connection_id = w.id and g.list = w.list) order by 1",
                Sql.Of((plan.PriceLists ?? []).Select(l => l.Connection).ToArray()), Sql.Of((plan.PriceLists ?? []).Select(l => l.List).ToArray()), Sql.Of(able))
            .ListAsync(r => r.GetString(0), cancel);

    /// <summary>SKUs that came and went since the revision that was last approved.</summary>
    public static async Task<(long Came, long Went)> SinceAsync(NpgsqlConnection connection, DueCheck check, CancellationToken cancel) =>
        (await connection.Command(
                """
                with before as (
                    select distinct sku from promotion_plan_cell where promotion_id = $1 and sku <> ''
                      and revision = (select max(revision) from promotion_revision where promotion_id = $1 and revision < $2 and sent_at is not null)),
                now_there as (select distinct sku from promotion_plan_cell where promotion_id = $1 and revision = $2 and sku <> '')
                select case when exists (select from before) then (select count(*) from now_there where sku not in (select sku from before)) else 0 end, (select count(*) from before where sku not in (select sku from now_there))
                """,
                Sql.Of(check.Id), Sql.Of(check.Revision))
            .ListAsync(r => (r.GetInt64(0), r.GetInt64(1)), cancel))[0];

    /// <summary>Tells screens how far a check is; by itself, so that they see it while the check is one transaction.</summary>
    public static Task StepAsync(NpgsqlDataSource data, DueCheck check, int step, int steps, CancellationToken cancel) =>
        data.Command("insert into promotion_progress (promotion_id, revision, step, steps) values ($1, $2, $3, $4) on conflict (promotion_id, revision) do update set step = excluded.step, steps = excluded.steps", Sql.Of(check.Id), Sql.Of(check.Revision), Sql.Of(step), Sql.Of(steps)).ExecuteAsync(cancel);

    /// <summary>Keeps what was found. A warning that says the same as before stays acknowledged.</summary>
    /// <returns>False if the plan was saved, sent or asked for anew meanwhile: nothing is to be kept.</returns>
    public static async Task<bool> FinishAsync(NpgsqlConnection connection, DueCheck check, IReadOnlyList<Finding> findings, CancellationToken cancel)
    {
        // The promotion first, as every act does.
        await connection.Command("select from promotion where id = $1 for update", Sql.Of(check.Id)).ExecuteAsync(cancel);
        if (await connection.Command(
                "update promotion_revision set checked_at = clock_timestamp(), check_failure = null where promotion_id = $1 and revision = $2 and state = 'draft' and check_asked_at = $3",
                Sql.Of(check.Id), Sql.Of(check.Revision), Sql.Of(check.AskedAt))
            .ExecuteAsync(cancel) != 1)
        {
            return false;
        }

        await connection.Command(
                """
                update promotion set starts_at = x.starts_at, ends_at = x.ends_at
                from (select min(starts_at) as starts_at, max(ends_at) as ends_at from promotion_plan_cell where promotion_id = $1 and revision = $2) x where id = $1 and released is null
                """,
                Sql.Of(check.Id), Sql.Of(check.Revision))
            .ExecuteAsync(cancel);
        await connection.Command(
                """
                with found as (select * from unnest($3::text[], $4::text[], $5::bigint[], $6::text[]) with ordinality as f (check_name, tone, count, words, ordinal)),
                gone as (delete from promotion_finding where promotion_id = $1 and revision = $2 and check_name not in (select check_name from found))
                insert into promotion_finding as o (promotion_id, revision, check_name, ordinal, tone, count, words) select $1, $2, check_name, ordinal, tone, count, left(words, 500) from found
                on conflict (promotion_id, revision, check_name) do update set ordinal = excluded.ordinal, tone = excluded.tone, count = excluded.count, words = excluded.words,
                    acknowledged_by = case when (o.tone, o.words) = (excluded.tone, excluded.words) then o.acknowledged_by end, acknowledged_why = case when (o.tone, o.words) = (excluded.tone, excluded.words) then o.acknowledged_why end,
                    acknowledged_at = case when (o.tone, o.words) = (excluded.tone, excluded.words) then o.acknowledged_at end
                """,
                Sql.Of(check.Id), Sql.Of(check.Revision), Sql.Of(findings.Select(f => f.Check).ToArray()), Sql.Of(findings.Select(f => PromotionText.Of(f.Tone)).ToArray()), Sql.Of(findings.Select(f => f.Count).ToArray()),
                Sql.Of(findings.Select(f => f.Words).ToArray()))
            .ExecuteAsync(cancel);
        await connection.Command("delete from promotion_progress where promotion_id = $1 and revision = $2", Sql.Of(check.Id), Sql.Of(check.Revision)).ExecuteAsync(cancel);
        return true;
    }

    /// <summary>A check that broke is not asked for again; its people see why.</summary>
    public static Task FailAsync(NpgsqlDataSource data, DueCheck check, string why, CancellationToken cancel) =>
        data.Command("update promotion_revision set check_asked_at = null, check_failure = left($3, 500) where promotion_id = $1 and revision = $2 and check_asked_at = $4", Sql.Of(check.Id), Sql.Of(check.Revision), Sql.Of(why), Sql.Of(check.AskedAt)).ExecuteAsync(cancel);
}
