using System.Globalization;
using ControlTower.Data.Db;

namespace ControlTower.Data.Kpis;

/// <summary>How much was measured in a window up to now, and how much of it was not good.</summary>
public sealed record KpiWindow(TimeSpan Length, long N, long Bad);

/// <summary>What is left of an error budget: the part of what is measured that may be bad without the objective being missed.</summary>
/// <param name="Spent">Of the budget of the last 28 days: 1 is all of it; null if nothing was measured.</param>
/// <param name="Windows">The last 5 minutes, 30 minutes, hour and six hours. A span counts when it is done, or when it becomes too long; what still has time does not count.</param>
public sealed record KpiBudget(KpiDefinition Kpi, KpiTarget Target, double? Spent, IReadOnlyList<KpiWindow> Windows)
{
    public double Allowed => 1 - Target.Objective!.Value;

    /// <summary>How many times faster than allowed the budget is spent in a window; null if nothing was measured in it.</summary>
    public double? Burn(TimeSpan window) => Windows.FirstOrDefault(w => w.Length == window) is { N: > 0 } w ? (double)w.Bad / w.N / Allowed : null;
}

/// <summary>Error budgets of the figures that have an objective.</summary>
public sealed class KpiBudgets(TowerDataSources sources, KpiQueries figures)
{
    public static readonly TimeSpan Period = TimeSpan.FromDays(28);

    public static IReadOnlyList<TimeSpan> Windows { get; } = [TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30), TimeSpan.FromHours(1), TimeSpan.FromHours(6)];

    public async Task<IReadOnlyList<KpiBudget>> AllAsync(CancellationToken cancel)
    {
        var now = await sources.Read.Command("select now()").ScalarAsync<DateTime>(cancel);
        var set = await sources.Read.Command(
                "select distinct on (kpi, brand) kpi, target, objective, owner, set_by, since, words, brand from kpi_target order by kpi, brand, since desc, id desc")
            .ListAsync(r => (Kpi: KpiCatalogue.Find(r.GetString(0)), Target: KpiQueries.Target(r, 1)), cancel);
        var budgets = new List<KpiBudget>();
        foreach (var (kpi, target) in set)
        {
            if (kpi?.Source is not (KpiSource.Facts or KpiSource.Calls) || target.Objective is not { } objective)
            {
                continue;
            }

            var scope = new KpiScope(now - Period, new DateTimeOffset(now).AddHours(1), "month", Brand: target.Brand.Length == 0 ? null : target.Brand);
            var figure = (await figures.FiguresAsync([kpi], scope, cancel))[0];
            var bad = kpi.Unit == KpiUnit.Share && kpi.Statistic == KpiStatistic.Share && !kpi.LowerIsBetter ? figure.N - figure.Hits : figure.Hits;
            budgets.Add(new(kpi, target, figure.N == 0 ? null : (double)bad / figure.N / (1 - objective), await WindowsAsync(kpi, target, cancel)));
        }

        return budgets;
    }

    /// <summary>What was not good in the last six hours with the time at which it became so, oldest first, at most 2,000 of it; nothing of figures that do not count flows.</summary>
    public Task<List<(long Flow, DateTimeOffset At)>> BadAsync(KpiBudget budget, CancellationToken cancel) => budget.Kpi.Source is not KpiSource.Facts
        ? Task.FromResult(new List<(long, DateTimeOffset)>())
        : sources.Read.Command($"select m.flow_id, m.at from ({Measured(budget.Kpi, budget.Target)}) m where m.bad order by m.at limit 2000", Sql.Of(budget.Target.Brand), Sql.Of(budget.Kpi.Id))
            .ListAsync(r => (r.GetInt64(0), r.GetFieldValue<DateTimeOffset>(1)), cancel);

    private Task<List<KpiWindow>> WindowsAsync(KpiDefinition kpi, KpiTarget target, CancellationToken cancel) => sources.Read.Command(
            $"""
            select w.length, coalesce(sum(m.weight), 0)::bigint, coalesce(sum(m.weight) filter (where m.bad), 0)::bigint
            from unnest($3::interval[]) as w (length) left join ({Measured(kpi, target)}) m on m.at > now() - w.length group by 1 order by 1
            """,
            Sql.Of(target.Brand), Sql.Of(kpi.Id), Sql.Of(Windows.ToArray()))
        .ListAsync(r => new KpiWindow(r.GetTimeSpan(0), r.GetInt64(1), r.GetInt64(2)), cancel);

    // $1 brand, $2 figure
    private static string Measured(KpiDefinition kpi, KpiTarget target)
    {
        // What waits is bad from its limit on, what is done good from its end on: by its begin, a limit of an hour would never be missed within the hour.
        var limit = kpi.Limit ?? target.Value ?? 0;
        return kpi.Source is KpiSource.Calls calls
            ? $"""
               select null::bigint as flow_id, v.started_at as at, 1 as weight, kpi_call_class(v.verb, v.status, v.outcome) = '{calls.Column}' as bad
               from vendor_call v join connection c on c.id = v.connection_id where v.started_at > now() - interval '6 hours' and kpi_call_class(v.verb, v.status, v.outcome) <> 'absent' and ($1 = '' or c.brand = $1) and $2 <> ''
               """
            : string.Create(
                CultureInfo.InvariantCulture,
                $"""
                select f.flow_id, x.at, f.weight, x.bad from kpi_fact f join kpi_slice s on s.id = f.slice cross join lateral (
                    select case when f.hit is not null then f.at when x.bad then f.at + interval '1 second' * {limit:R} else f.until end as at, x.bad
                    from (select case when f.hit is null then kpi_seconds(f.at, coalesce(f.until, now())) > {limit:R} else f.hit = {(kpi.LowerIsBetter ? "true" : "false")} end as bad) x) x
                where f.kpi = $2 and f.at > now() - interval '6 hours' - interval '1 second' * {limit:R} and x.at > now() - interval '6 hours' and ($1 = '' or s.brand = $1)
                """);
    }
}
