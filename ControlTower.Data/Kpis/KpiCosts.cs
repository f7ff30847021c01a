using ControlTower.Data.Db;
using NpgsqlTypes;

namespace ControlTower.Data.Kpis;

/// <summary>What weak synchronisation cost in a week, in the currency of the books.</summary>
/// <param name="Over">False: the week is not over.</param>
/// <param name="Manual">Null: not known of one brand.</param>
/// <param name="Touches">Null: not known of one brand, because what people do is written down without one.</param>
public sealed record KpiCostWeek(DateTimeOffset From, bool Over, decimal Cancelled, decimal LostSales, decimal? Manual, decimal Late, long CancelledOrders, long HiddenPieces, long? Touches, long LateOrders)
{
    /// <summary>Of what is known.</summary>
    public decimal Total => Cancelled + LostSales + (Manual ?? 0) + Late;
}

/// <summary>
/// The cost of weak synchronisation (KN6): refunds and cancelled orders by fault, sales lost while goods were not shown, people's touches, credits for late acknowledgements. Each is what was counted times an
/// assumption (<see cref="KpiAssumption"/>), so any of them can be reckoned by hand.
/// </summary>
public sealed class KpiCosts(TowerDataSources sources, KpiSettings settings)
{
    // $1 first week's begin, $2 end, $3 zone, $4 brand, $5 late after, in hours
    private const string Counts = """
        with rates as (
            select currency, rate from currency_rate
            union all select min(f.currency), 1 from flow f where f.kind = 'order-to-cash' and f.placed_at >= $1 and f.placed_at < $2 having count(distinct f.currency) = 1 and not exists (select from currency_rate r where r.currency = min(f.currency))),
        -- By local dates: a week with a change of clocks is an hour shorter or longer.
        weeks as (select w at time zone $3 as at, (w + interval '7 days') at time zone $3 as until from generate_series(date_trunc('week', $1 at time zone $3), ($2 at time zone $3) - interval '1 second', interval '7 days') w),
        cancelled as (
            select date_trunc('week', k.at, $3) as at, count(*) as n, coalesce(sum(f.value * r.rate), 0) as value
            from kpi_fact k join kpi_slice s on s.id = k.slice join flow f on f.id = k.flow_id left join rates r on r.currency = f.currency
            where k.kpi = 'oversell' and k.hit and f.status = 'cancelled' and k.at >= $1 and k.at < $2 and ($4::text is null or s.brand = $4) group by 1),
        cells as (select connection_id, location, count(*) as n from stock_publication group by 1, 2),
        hidden as (
            select date_trunc('week', d.day::timestamp at time zone $3, $3) as at, round(sum(d.under::numeric / d.checked * coalesce(l.n, 1))) as n
            from drift_day d join connection c on c.id = d.connection_id left join cells l on l.connection_id = d.connection_id and l.location = d.location
            where d.checked > 0 and d.day >= ($1 at time zone $3)::date and d.day < ($2 at time zone $3)::date and ($4::text is null or c.brand = $4) group by 1),
        touched as (
            select date_trunc('week', a.at, $3) as at, count(*) as n from audit a
            where a.outcome = 'done' and a.actor_id is not null and a.at >= $1 and a.at < $2 and (a.action like 'exceptions:case:%' or a.action like 'finance:break:%' or a.action like 'returns:return:%' or a.action = 'inventory:drift:repair')
            group by 1),
        late as (
            select date_trunc('week', k.at, $3) as at, count(*) as n from kpi_fact k join kpi_slice s on s.id = k.slice
            where k.kpi = 'order-acknowledgement' and k.at >= $1 and k.at < $2 and kpi_seconds(k.at, coalesce(k.until, now())) > $5 * 3600 and ($4::text is null or s.brand = $4) group by 1)
        select w.at, w.until <= now(), coalesce(c.n, 0), coalesce(c.value, 0)::numeric, coalesce(h.n, 0)::bigint, coalesce(t.n, 0), coalesce(l.n, 0)
        from weeks w left join cancelled c using (at) left join hidden h using (at) left join touched t using (at) left join late l using (at) order by w.at
        """;

    /// <summary>By the week, weeks begin on Monday in the zone; the last one may not be over. Touches are of all brands: what people do is written down without one, so with a brand they are not known.</summary>
    public async Task<IReadOnlyList<KpiCostWeek>> WeeksAsync(DateTimeOffset from, DateTimeOffset until, string zone, string? brand, CancellationToken cancel)
    {
        var by = (await settings.AssumptionsAsync(cancel)).ToDictionary(a => a.Name, a => a.Value, StringComparer.Ordinal);
        return await sources.Read.Command(Counts, Sql.Of(from.ToUniversalTime()), Sql.Of(until.ToUniversalTime()), Sql.Of(zone), Sql.Of(brand, NpgsqlDbType.Text), Sql.Of((double)by["late-after"]))
            .ListAsync(
                r =>
                {
                    var (orders, value, hidden, touches, late) = (r.GetInt64(2), r.GetDecimal(3), r.GetInt64(4), brand is null ? r.GetInt64(5) : (long?)null, r.GetInt64(6));
                    return new KpiCostWeek(
                        r.GetFieldValue<DateTimeOffset>(0), r.GetBoolean(1), Cents((value * by["fault-margin"]) + (orders * by["refund-fee"])), Cents(hidden * by["unit-value"] * by["lost-sale-chance"]),
                        touches is null ? null : Cents(touches.Value * by["touch-minutes"] / 60 * by["hour-rate"]), Cents(late * by["late-credit"]), orders, hidden, touches, late);
                },
                cancel);

        static decimal Cents(decimal amount) => decimal.Round(amount, 2, MidpointRounding.AwayFromZero);
    }
}
