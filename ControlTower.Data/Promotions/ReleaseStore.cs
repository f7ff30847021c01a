using ControlTower.Data.Canonical;
using ControlTower.Data.Db;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Promotions;

/// <summary>A release under its lock, as the pump finds it.</summary>
/// <param name="StateAt">When it came to be in its state: approved, for one that waits for its hour.</param>
public sealed record ReleaseHeld(
    long Id, PromotionState State, bool Held, string? Question, DateTimeOffset? Starts, DateTimeOffset? Ends, PromotionRules Rules, IReadOnlyList<StageStand> Stages, DateTimeOffset Now, DateTimeOffset StateAt)
{
    /// <summary>The budget that the standing question or hold is about, in the currency of the rules; null: it is about something else.</summary>
    public decimal? BudgetAsked { get; init; }

    /// <summary>Why its next stage does not begin: the rule of sequence that it would break.</summary>
    public string? OrderWait { get; init; }

    /// <summary>The standing question is about guards that cannot be judged, and about nothing else.</summary>
    public bool WaitsForGuards { get; init; }
}

/// <summary>How a stage stands. <paramref name="Waiting"/> have not begun, for their hour has not come or their stage has not.</summary>
/// <param name="Due">Of the waiting ones, those whose hour has come.</param>
/// <param name="Accepted">A person let the release go on below the share that it needs.</param>
/// <param name="Away">Of those on their way, out or back, what its channel has not answered for since <see cref="ReleaseStore.AwayAfter"/>.</param>
public sealed record StageStand(
    int Stage, string Name, StageHold Hold, int Minutes, DateTimeOffset? StartedAt, DateTimeOffset? ProvenAt, bool Accepted, long Cells, long Waiting, long Due, long Moving, long Proven, long Offline, long Drifted,
    long Failed, long Aside, long GoingBack, long Stuck, long Open, long Away)
{
    /// <summary>When people were told that it waits for them; null: not yet, or it has begun.</summary>
    public DateTimeOffset? AskedAt { get; init; }

    /// <summary>Who is asked, in words.</summary>
    public string? Team { get; init; }

    /// <summary>A person let it begin though guards could not be judged.</summary>
    public bool UnjudgedLet { get; init; }

    /// <summary>Some of it stands where people buy: sales come of it.</summary>
    public bool Sells { get; init; }

    /// <summary>Share of what was to be shown by now that was read back as intended, 0 to 1.</summary>
    public decimal Parity => Judged > 0 ? (decimal)Proven / Judged : 1;

    /// <summary>Nothing of it moves by itself any more, as far as its hour has come; and the hour of some has, if any are to come.</summary>
    public bool IsSettled => Moving == 0 && Due == 0 && (Judged > 0 || Waiting == 0);

    /// <summary>What was to be shown by now.</summary>
    public long Judged => Cells - Aside - GoingBack - Stuck - (Waiting - Due);

    /// <summary>Prices that do not stand as they should and need somebody: changed, failed, stuck, or at a channel that does not answer.</summary>
    public long Trouble => Drifted + Failed + Stuck + Away;
}

/// <summary>Moves releases, in the caller's transaction and under the promotion's lock.</summary>
public static class ReleaseStore
{
    /// <summary>How long a channel may leave a price without an answer until that counts as trouble.</summary>
    public static readonly TimeSpan AwayAfter = TimeSpan.FromMinutes(10);

    /// <summary>Promotions that something may have to be done about; those that are live stand still most of the time.</summary>
    /// <param name="now">Null: the database's clock.</param>
    public static Task<List<(long Id, bool Live)>> OpenAsync(NpgsqlDataSource data, DateTimeOffset? now, CancellationToken cancel) =>
        data.Command(
                """
                select id, state = 'live' and held_at is null from promotion
                where state in ('releasing', 'live', 'ending', 'rolling-back') or (state = 'scheduled' and starts_at <= coalesce($1, now())) order by id limit 500
                """,
                Sql.Of(now, NpgsqlDbType.TimestampTz))
            .ListAsync(r => (r.GetInt64(0), r.GetBoolean(1)), cancel);

    /// <param name="now">Null: the database's clock, which alone decides in production.</param>
    /// <returns>Null if another node has it, or nothing of it is open.</returns>
    public static async Task<ReleaseHeld?> LockAsync(NpgsqlConnection connection, long id, DateTimeOffset? now, CancellationToken cancel)
    {
        var head = (await connection.Command(
                """
                with held as materialized (
                    select * from promotion where id = $1 and state in ('scheduled', 'releasing', 'live', 'ending', 'rolling-back') for update skip locked)
                select p.state, p.held_at is not null, p.question, p.starts_at, p.ends_at, r.plan::text, coalesce($2, now()), p.state_at,
                    case when p.budget_currency = r.plan -> 'rules' ->> 'budgetCurrency' then p.budget_asked end, p.order_wait, p.question is not null and p.guards_asked is not null and p.stage_asked is null and p.budget_asked is null
                from held p join promotion_revision r on r.promotion_id = p.id and r.revision = p.released
                """,
                Sql.Of(id), Sql.Of(now, NpgsqlDbType.TimestampTz))
            .ListAsync(
                r => new ReleaseHeld(
                    id, PromotionText.Parse<PromotionState>(r.GetString(0)), r.GetBoolean(1), r.Maybe<string>(2), r.Maybe<DateTimeOffset?>(3), r.Maybe<DateTimeOffset?>(4),
                    System.Text.Json.JsonSerializer.Deserialize(r.GetString(5), CanonicalJson.Default.PromotionPlan)!.Rules, [], r.GetFieldValue<DateTimeOffset>(6), r.GetFieldValue<DateTimeOffset>(7))
                { BudgetAsked = r.Maybe<decimal?>(8), OrderWait = r.Maybe<string>(9), WaitsForGuards = r.GetBoolean(10) },
                cancel))
            .FirstOrDefault();
        return head is null ? null : head with { Stages = await StandAsync(connection, id, head.Now, cancel) };
    }

    /// <summary>How each stage stands now.</summary>
    public static Task<List<StageStand>> StandAsync(NpgsqlConnection connection, long id, DateTimeOffset now, CancellationToken cancel) =>
        connection.Command(
                """
                select s.stage, s.name, s.hold, s.hold_minutes, s.started_at, s.proven_at, s.accepted, count(c.id) filter (where c.phase <> 'never' and not (c.phase = 'waiting' and c.ends_at <= $2)), count(*) filter (where c.phase = 'waiting' and c.ends_at > $2),
                    count(*) filter (where c.phase = 'waiting' and c.starts_at <= $2 and c.ends_at > $2), count(*) filter (where c.phase in ('applying', 'written')), count(*) filter (where c.phase = 'proven'),
                    count(*) filter (where c.phase = 'offline'), count(*) filter (where c.phase = 'drifted'), count(*) filter (where c.phase = 'failed'),
                    count(*) filter (where c.phase in ('ignored', 'outdone', 'reverted', 'left-alone')), count(*) filter (where c.phase in ('reverting', 'returned')), count(*) filter (where c.phase = 'stuck'),
                    count(*) filter (where c.phase in ('waiting', 'applying', 'written', 'offline', 'proven', 'drifted', 'failed', 'outdone', 'ignored')),
                    count(*) filter (where c.failure <> 'not-shown' and case c.phase when 'applying' then greatest(s.started_at, c.starts_at) < $2 - $3 when 'reverting' then p.state_at < $2 - $3 end),
                    s.asked_at, s.team, s.unjudged_let, coalesce(bool_or(n.role = 'shop'), false)
                from promotion_stage s join promotion p on p.id = s.promotion_id left join promotion_cell c on c.promotion_id = s.promotion_id and c.stage = s.stage left join connection n on n.id = c.connection_id where s.promotion_id = $1 group by s.promotion_id, s.stage order by s.stage
                """,
                Sql.Of(id), Sql.Of(now), Sql.Of(AwayAfter))
            .ListAsync(
                r => new StageStand(
                    r.GetInt32(0), r.GetString(1), PromotionText.Parse<StageHold>(r.GetString(2)), r.GetInt32(3), r.Maybe<DateTimeOffset?>(4), r.Maybe<DateTimeOffset?>(5), r.GetBoolean(6), r.GetInt64(7), r.GetInt64(8),
                    r.GetInt64(9), r.GetInt64(10), r.GetInt64(11), r.GetInt64(12), r.GetInt64(13), r.GetInt64(14), r.GetInt64(15), r.GetInt64(16), r.GetInt64(17), r.GetInt64(18), r.GetInt64(19))
                { AskedAt = r.Maybe<DateTimeOffset?>(20), Team = r.Maybe<string>(21), UnjudgedLet = r.GetBoolean(22), Sells = r.GetBoolean(23) },
                cancel);

    /// <summary>Stages as an act sees them.</summary>
    public static Task<List<StageStand>> StagesAsync(NpgsqlConnection connection, long id, CancellationToken cancel) => StandAsync(connection, id, DateTimeOffset.MinValue, cancel);

    /// <summary>A person lets the release go on although what the tower stopped or asked for is as it is. The stage whose share was asked about is not judged by it any more, and no other; one that waited for guards that cannot be judged waits for them no more, and what they have to judge by stays; its budget is let go beyond only if it was asked about.</summary>
    public static Task AcceptAsync(NpgsqlConnection connection, long id, string tower, CancellationToken cancel) =>
        connection.Command(
                """
                with was as (select id, stage_asked, guards_asked, guards_asked is not null and stage_asked is null and budget_asked is null and held_at is null as guards_only from promotion where id = $1 and (question is not null or held_by = $2)),
                let as (update promotion p set judged_from = case when was.guards_only then p.judged_from else now() end, budget_let = coalesce(p.budget_asked, p.budget_let), budget_asked = null, stage_asked = null, guards_asked = null from was where p.id = was.id),
                unjudged as (update promotion_stage s set unjudged_let = true from was where s.promotion_id = was.id and s.stage = was.guards_asked and s.started_at is null)
                update promotion_stage s set accepted = true from was where s.promotion_id = was.id and s.stage = was.stage_asked and s.started_at is not null
                """,
                Sql.Of(id), Sql.Of(tower))
            .ExecuteAsync(cancel);

    /// <summary>Prices that the tower's standing question or hold is about and that can be tried again: of the stage that it names, else of all.</summary>
    /// <param name="tower">Who holds, where the tower does; what a person holds waits for a person's word.</param>
    public static Task<List<long>> AskedAboutAsync(NpgsqlConnection connection, long id, string tower, int most, CancellationToken cancel) =>
        connection.Command(
                """
                select c.id from promotion p join promotion_cell c on c.promotion_id = p.id
                where p.id = $1 and (p.question is not null and p.held_at is null or p.held_by = $2) and (p.stage_asked is null or c.stage = p.stage_asked) and c.batch_key is null
                  and (c.phase in ('failed', 'drifted', 'stuck') or c.phase in ('applying', 'written') and c.failure is not null) order by c.id limit $3
                """,
                Sql.Of(id), Sql.Of(tower), Sql.Of(most))
            .ListAsync(r => r.GetInt64(0), cancel);

    /// <summary>A stage waits for a person, who is told.</summary>
    public static Task CalledAsync(NpgsqlConnection connection, long id, int stage, DateTimeOffset now, CancellationToken cancel) =>
        connection.Command("update promotion_stage set asked_at = $3 where promotion_id = $1 and stage = $2 and started_at is null", Sql.Of(id), Sql.Of(stage), Sql.Of(now)).ExecuteAsync(cancel);

    public static Task ProvenAsync(NpgsqlConnection connection, long id, int stage, DateTimeOffset now, CancellationToken cancel) =>
        connection.Command("update promotion_stage set proven_at = $3 where promotion_id = $1 and stage = $2 and proven_at is null", Sql.Of(id), Sql.Of(stage), Sql.Of(now)).ExecuteAsync(cancel);

    /// <summary>Lets prices whose hour has come take effect, as far as their stage has begun.</summary>
    /// <param name="upTo">The last stage that may.</param>
    /// <returns>How many moved.</returns>
    public static Task<int> BeginAsync(NpgsqlConnection connection, long id, int upTo, int most, DateTimeOffset now, CancellationToken cancel) =>
        connection.Command("select promotion_begin($1, $2, $3, $4)", Sql.Of(id), Sql.Of(most), Sql.Of(now), Sql.Of(upTo)).ScalarAsync<int>(cancel);

    /// <summary>Sends prices back: all of them, or those whose window is over.</summary>
    /// <returns>How many were sent.</returns>
    public static Task<int> BackAsync(NpgsqlConnection connection, long id, bool all, int most, DateTimeOffset now, CancellationToken cancel) =>
        connection.Command(
                """
                select promotion_back($1, array(
                    select id from promotion_cell where promotion_id = $1 and phase in ('waiting', 'applying', 'written', 'offline', 'proven', 'drifted', 'failed', 'outdone', 'ignored') and ($2 or ends_at <= $4)
                    order by stage desc, id limit $3), $4)
                """,
                Sql.Of(id), Sql.Of(all), Sql.Of(most), Sql.Of(now))
            .ScalarAsync<int>(cancel);

    /// <summary>Prices that waited for a store, on the way out or back, are looked at again once it was heard.</summary>
    public static Task<int> HeardAsync(NpgsqlConnection connection, long id, DateTimeOffset now, CancellationToken cancel) =>
        connection.Command(
                """
                update promotion_cell c set due_at = $2 from (select distinct place, promotion_heard(place) as at from promotion_cell where promotion_id = $1 and phase in ('offline', 'returned') and due_at is null) h
                where c.promotion_id = $1 and (c.phase = 'offline' or c.phase = 'returned' and c.failure = 'offline') and c.due_at is null and c.batch_key is null and c.place = h.place and h.at > c.changed_at
                """,
                Sql.Of(id), Sql.Of(now))
            .ExecuteAsync(cancel);

    /// <summary>Remembers how many prices are in trouble, for people to be told once.</summary>
    /// <returns>True if they are to be told: there was none, or there are twice as many by now.</returns>
    public static async Task<bool> TroubleAsync(NpgsqlConnection connection, long id, long trouble, CancellationToken cancel) =>
        await connection.Command(
                """
                with was as (select told_trouble from promotion where id = $1),
                told as (update promotion set told_trouble = $2 where id = $1 and ($2 = 0 and told_trouble > 0 or $2 > 0 and ($2 >= 2 * told_trouble)) returning id)
                select exists (select from told) and $2 > 0 from was
                """,
                Sql.Of(id), Sql.Of(trouble))
            .ScalarAsync<bool>(cancel);

    /// <summary>Where prices in trouble are, as people are told: how many at which channel.</summary>
    public static Task<List<(string Connection, long Prices)>> TroublesAsync(NpgsqlConnection connection, long id, CancellationToken cancel) =>
        connection.Command(
                """
                select n.name, count(*) from promotion_cell c join connection n on n.id = c.connection_id
                where c.promotion_id = $1 and (c.phase in ('drifted', 'failed', 'stuck') or c.phase in ('applying', 'reverting') and c.failure <> 'not-shown') group by n.name order by 2 desc, 1
                """,
                Sql.Of(id))
            .ListAsync(r => (r.GetString(0), r.GetInt64(1)), cancel);

    /// <summary>
    /// Counts each price of a release that is to stand somewhere now, once in a quarter of an hour, by what was last read back: a price that stood wrong all day weighs as much as one that stood right. What
    /// was never read, or not lately, is not counted; a store that is not heard does not show what was set.
    /// </summary>
    public static Task CountAsync(NpgsqlConnection connection, long id, DateTimeOffset now, CancellationToken cancel) =>
        connection.Command(
                """
                with due as (update promotion set counted_at = $2 where id = $1 and (counted_at is null or counted_at <= $2 - interval '15 minutes') returning id)
                insert into promotion_check_day as d (promotion_id, connection_id, day, checked, as_intended, over, under)
                select c.promotion_id, c.connection_id, ($2 at time zone 'UTC')::date, count(*), count(*) filter (where c.phase = 'proven'),
                    count(*) filter (where c.phase <> 'proven' and c.seen_price > c.price), count(*) filter (where c.phase <> 'proven' and c.seen_price < c.price)
                from due join promotion_cell c on c.promotion_id = due.id
                where c.starts_at <= $2 and c.ends_at > $2 and c.seen_at is not null and (c.phase in ('offline', 'failed', 'drifted') or c.phase = 'proven' and c.seen_at > now() - interval '1 hour')
                group by c.promotion_id, c.connection_id
                on conflict (promotion_id, connection_id, day) do update set checked = d.checked + excluded.checked, as_intended = d.as_intended + excluded.as_intended, over = d.over + excluded.over, under = d.under + excluded.under
                """,
                Sql.Of(id), Sql.Of(now))
            .ExecuteAsync(cancel);

    /// <summary>Connections at which something of a release is to be done.</summary>
    public static Task<List<string>> BusyAsync(NpgsqlDataSource data, long id, CancellationToken cancel) =>
        data.Command("select distinct connection_id from promotion_cell where promotion_id = $1 and due_at is not null", Sql.Of(id)).ListAsync(r => r.GetString(0), cancel);

    /// <summary>It is over: what catalogues differ in is reckoned anew.</summary>
    public static Task ReckonAsync(NpgsqlConnection connection, long id, CancellationToken cancel) =>
        connection.Command("select catalog_mark(c) from (select distinct connection_id as c from promotion_cell where promotion_id = $1 order by 1) x", Sql.Of(id)).ExecuteAsync(cancel);

    /// <summary>Keeps what these flows have sold of what is promoted, in place of what was kept of them before.</summary>
    /// <returns>How many lines.</returns>
    public static Task<int> SoldAsync(NpgsqlConnection connection, long[] flows, CancellationToken cancel) =>
        connection.Command("select promotion_sales($1)", Sql.Of(flows)).ScalarAsync<int>(cancel);

    /// <summary>What the guards judge by.</summary>
    public static async Task<GuardFigures> FiguresAsync(NpgsqlConnection connection, long id, DateTimeOffset now, CancellationToken cancel) =>
        (await connection.Command(
                """
                select count(*) filter (where c.phase not in ('waiting', 'never', 'outdone', 'ignored')),
                    count(*) filter (where c.phase in ('failed', 'stuck') and c.changed_at > f.at or c.phase = 'applying' and c.failure <> 'not-shown' and greatest(g.started_at, c.starts_at, f.at) < $2 - $3),
                    count(*) filter (where c.phase = 'drifted' and c.changed_at > f.at), max(s.till), max(s.dearer), max(s.margin), max(s.costed), max(s.orders), case when count(c.effective_at) > 0 then greatest(min(c.effective_at), nullif(max(f.at), '-infinity')) end, max(b.spent), max(f.budget_let)
                from promotion_cell c left join promotion_stage g on g.promotion_id = c.promotion_id and g.stage = c.stage
                cross join (select coalesce(p.judged_from, '-infinity') as at, case when p.budget_currency = r.plan -> 'rules' ->> 'budgetCurrency' then p.budget_let end as budget_let
                    from promotion p left join promotion_revision r on r.promotion_id = p.id and r.revision = p.released where p.id = $1) f
                cross join (select coalesce(sum(in_budget), 0) as spent from promotion_spent($1)) b
                cross join lateral (
                    select count(*) filter (where x.till and x.intended is not null and x.at > f.at) as till, count(*) filter (where x.till and x.at > f.at and x.paid > x.intended) as dearer,
                        round(100 * sum(x.net - x.cost) filter (where x.cost is not null and x.at > f.at) / nullif(sum(x.net) filter (where x.cost is not null and x.at > f.at), 0), 2) as margin,
                        count(*) filter (where x.cost is not null and x.at > f.at) as costed, count(distinct x.flow_id) filter (where x.at > $2 - interval '1 hour') as orders
                    from promotion_sale x where x.promotion_id = $1) s
                where c.promotion_id = $1
                """,
                Sql.Of(id), Sql.Of(now), Sql.Of(AwayAfter))
            .ListAsync(
                r => new GuardFigures(
                    r.GetInt64(0), r.GetInt64(1), r.GetInt64(2), r.Maybe<long>(3), r.Maybe<long>(4), r.Maybe<decimal?>(5), r.Maybe<long>(6), r.Maybe<long>(7), r.Maybe<DateTimeOffset?>(8), r.Maybe<decimal>(9), r.Maybe<decimal?>(10)),
                cancel))[0];

    /// <summary>The last hour that is over, beside the same hour of the weeks before; null: there is nothing to compare with.</summary>
    public static async Task<UsualHour?> UsualAsync(NpgsqlConnection connection, long id, DateTimeOffset now, CancellationToken cancel) =>
        (await connection.Command("select hour, orders, usual from promotion_hour_orders($1, $2) where usual is not null", Sql.Of(id), Sql.Of(now)).ListAsync(r => new UsualHour(r.GetFieldValue<DateTimeOffset>(0), r.GetInt64(1), r.GetDecimal(2)), cancel)).FirstOrDefault();
}

/// <summary>What the guards judge by.</summary>
/// <param name="Prices">That were begun.</param>
/// <param name="Failed">Refused, or not answered for since <see cref="ReleaseStore.AwayAfter"/>.</param>
/// <param name="Till">Promoted lines sold at places; <paramref name="Dearer"/> of them for more than the promotional price.</param>
/// <param name="Margin">Percent of net sales, over lines of known cost (<paramref name="Costed"/>).</param>
/// <param name="Orders">With promoted lines, in the last hour.</param>
/// <param name="Began">When the first price was read back as intended, or a person last let it go on.</param>
/// <param name="Spent">Taken off what was sold, in the budget's currency.</param>
/// <param name="BudgetLet">The budget beyond which a person let it go on, in the same currency; null: none.</param>
public sealed record GuardFigures(
    long Prices, long Failed, long Drifted, long Till, long Dearer, decimal? Margin, long Costed, long Orders, DateTimeOffset? Began, decimal Spent, decimal? BudgetLet = null)
{
    /// <summary>The last hour that is over, beside what it usually brings; null: nothing is known to compare with, or nobody asked.</summary>
    public UsualHour? Hour { get; init; }
}

/// <summary>Orders with promoted SKUs in an hour.</summary>
/// <param name="Usual">That the same hour of the four weeks before brought, in the mean.</param>
public sealed record UsualHour(DateTimeOffset From, long Orders, decimal Usual);
