using ControlTower.Data.Db;
using NpgsqlTypes;

namespace ControlTower.Data.Kpis;

public sealed partial class KpiQueries
{
    /// <summary>What every figure is to reach, where a brand has no target of its own by that of all.</summary>
    public async Task<Dictionary<string, KpiTarget>> TargetsAsync(string? brand, CancellationToken cancel)
    {
        var set = (await sources.Read.Command(
                "select distinct on (kpi) kpi, target, objective, owner, set_by, since, words, brand from kpi_target where brand in ('', $1) order by kpi, brand = '', since desc, id desc", Sql.Of(brand ?? ""))
            .ListAsync(r => (Kpi: r.GetString(0), Target: Target(r, 1)), cancel)).ToDictionary(t => t.Kpi, t => t.Target, StringComparer.Ordinal);
        return KpiCatalogue.All.ToDictionary(k => k.Id, k => set.GetValueOrDefault(k.Id) ?? new KpiTarget(k.Target, null, k.Owner, null, null, ""), StringComparer.Ordinal);
    }

    /// <summary>What a figure was to reach, the newest first.</summary>
    public Task<List<KpiTarget>> TargetHistoryAsync(string kpi, CancellationToken cancel) =>
        sources.Read.Command("select target, objective, owner, set_by, since, words, brand from kpi_target where kpi = $1 order by since desc, id desc limit 200", Sql.Of(kpi)).ListAsync(r => Target(r, 0), cancel);

    /// <summary>The very things that a figure over flows counts, the newest first.</summary>
    /// <param name="over">Of spans: only those longer than so many seconds.</param>
    /// <param name="hits">Only those that count as hits.</param>
    /// <param name="before">The last row of the page before; null for the first page.</param>
    public Task<List<KpiRow>> RowsAsync(KpiDefinition kpi, KpiScope scope, double? over, bool hits, (DateTimeOffset At, long Flow, string Subject)? before, int most, CancellationToken cancel) =>
        sources.Read.Command(
                $"""
                select f.flow_id, w.kind, w.name, w.source, f.subject, s.brand, s.store, s.system, f.at, f.until, case when f.hit is null then greatest(0, kpi_seconds(f.at, coalesce(f.until, now()))) end, f.hit, w.stage, w.value, w.currency
                from kpi_fact f join kpi_slice s on s.id = f.slice join flow w on w.id = f.flow_id
                where f.kpi = $7 and f.at >= $5 and f.at < $6 {Where("s")}
                  and ($8::float8 is null or kpi_seconds(f.at, coalesce(f.until, now())) > $8) and (not $9 or f.hit) and ($10::timestamptz is null or (f.at, f.flow_id, f.subject) < ($10, $11, $12))
                order by f.at desc, f.flow_id desc, f.subject desc limit $13
                """,
                [
                    .. Places(scope), Sql.Of(scope.Begin), Sql.Of(scope.End), Sql.Of(kpi.Id), Sql.Of(over, NpgsqlDbType.Double), Sql.Of(hits), Sql.Of(before?.At.ToUniversalTime(), NpgsqlDbType.TimestampTz), Sql.Of(before?.Flow ?? 0), Sql.Of(before?.Subject ?? ""),
                    Sql.Of(most),
                ])
            .ListAsync(
                r => new KpiRow(
                    r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetString(4), r.GetString(5), r.GetString(6), r.GetString(7), r.GetFieldValue<DateTimeOffset>(8), r.Maybe<DateTimeOffset?>(9), r.Maybe<double?>(10),
                    r.Maybe<bool?>(11), r.GetString(12), r.GetDecimal(13), r.GetString(14)),
                cancel);

    /// <summary>Whether the database knows a zone.</summary>
    public Task<bool> KnowsZoneAsync(string zone, CancellationToken cancel) =>
        sources.Read.Command("select exists (select from pg_timezone_names where name = $1)", Sql.Of(zone)).ScalarAsync<bool>(cancel);

    // What stands now, or, of a time that is over, what stood at its end; its curve is what stood at the last hour of each step, of money in the currency in which most stands now.
    private async Task<List<KpiShare>> LevelAsync(KpiDefinition kpi, KpiSource.Level level, KpiScope scope, string? dimension, KpiTarget target, DateTimeOffset? fresh, CancellationToken cancel)
    {
        var key = dimension is null ? "''" : $"x.{dimension}";
        // The hour at which what stood was last kept, of a time that is over; what stands now belongs to a time that is not.
        var kept = (await sources.Read.Command(
                "select l.hour from (select 1 where $1 <= now() - interval '2 hours') over left join lateral (select max(hour) as hour from kpi_level where hour < $1 and hour >= $1 - interval '1 day') l on true", Sql.Of(scope.End))
            .ListAsync(r => r.Maybe<DateTimeOffset?>(0), cancel));
        if (kept is [null])
        {
            return dimension is null ? [new KpiShare("", "", new(kpi.Id, 0, 0, 0, null, null, null, null, null, null, [], [], target, fresh, []))] : [];
        }

        var now = await (kept is [{ } hour]
                ? sources.Read.Command(
                    $"select {key}, x.currency, sum(x.n)::bigint, sum(x.hits)::bigint, sum(x.value)::numeric from kpi_level x where x.kpi = $5 and x.hour = $6 {Where("x")} group by 1, 2",
                    [.. Places(scope), Sql.Of(kpi.Id), Sql.Of(hour.ToUniversalTime())])
                : sources.Read.Command($"select {key}, x.currency, sum(x.n)::bigint, sum(x.hits)::bigint, sum(x.value)::numeric from ({level.Sql}) x where true {Where("x")} group by 1, 2", Places(scope)))
            .ListAsync(r => (Key: r.GetString(0), Currency: r.GetString(1), N: r.GetInt64(2), Hits: r.GetInt64(3), Value: r.GetDecimal(4)), cancel);
        var main = now.GroupBy(n => n.Currency, StringComparer.Ordinal).OrderByDescending(g => g.Sum(n => n.Value)).Select(g => g.Key).FirstOrDefault() ?? "";
        var money = kpi.Statistic == KpiStatistic.Value;
        var curve = (await sources.Read.Command(
                $"""
                with level as (
                    select {key} as key, x.hour, sum(x.n) as n, coalesce(sum(x.value) filter (where $10::text is null or x.currency = $10), 0) as value
                    from kpi_level x where x.kpi = $9 and x.hour >= $5 and x.hour < $6 {Where("x")} group by 1, 2),
                hours as (select max(l.hour) as hour from kpi_level l where l.kpi = $9 and l.hour >= $5 and l.hour < $6 group by date_trunc($7, l.hour, $8))
                select k.key, date_trunc($7, h.hour, $8), coalesce(l.n, 0)::bigint, coalesce(l.value, 0)::float8
                from hours h cross join (select distinct key from level) k left join level l on l.key = k.key and l.hour = h.hour order by 2
                """,
                [.. Places(scope), .. Times(scope), Sql.Of(kpi.Id), Sql.Of(money ? main : null, NpgsqlDbType.Text)])
            .ListAsync(r => (Key: r.GetString(0), Point: new KpiPoint(r.GetFieldValue<DateTimeOffset>(1), r.GetInt64(2), money ? r.GetDouble(3) : r.GetInt64(2))), cancel)).ToLookup(c => c.Key, c => c.Point, StringComparer.Ordinal);
        return
        [
            .. now.Select(n => n.Key).Concat(curve.Select(c => c.Key)).Distinct(StringComparer.Ordinal).Select(of =>
            {
                var here = now.Where(n => n.Key == of).ToList();
                var n = here.Sum(x => x.N);
                return new KpiShare(of, of, new(
                    kpi.Id, n, 0, here.Sum(x => x.Hits), money ? null : n, null, null, null, null, null, [.. here.Where(x => x.Value != 0).OrderByDescending(x => x.Value).Select(x => new KpiAmount(x.Currency, x.Value))], [.. curve[of]],
                    target, fresh, []));
            }),
        ];
    }

    private async Task<Dictionary<string, DateTimeOffset?>> FreshAsync(IReadOnlyList<KpiDefinition> kpis, CancellationToken cancel)
    {
        var asked = kpis.Select(k => k.Fresh ?? KpiWork.Followed).Distinct(StringComparer.Ordinal).ToList();
        var times = await sources.Read.Command($"select {string.Join(", ", asked.Select(q => $"({q})"))}")
            .ListAsync(r => Enumerable.Range(0, asked.Count).Select(i => r.Maybe<DateTimeOffset?>(i)).ToList(), cancel);
        return kpis.ToDictionary(k => k.Id, k => times[0][asked.IndexOf(k.Fresh ?? KpiWork.Followed)], StringComparer.Ordinal);
    }

    private async Task<Dictionary<string, string>> NamesAsync(string dimension, CancellationToken cancel) =>
        dimension == "brand"
            ? []
            : (await sources.Read.Command(dimension == "store" ? "select id, name from location" : "select id, name from connection").ListAsync(r => (Id: r.GetString(0), Name: r.GetString(1)), cancel))
            .ToDictionary(n => n.Id, n => n.Name, StringComparer.Ordinal);

    internal static KpiTarget Target(Npgsql.NpgsqlDataReader r, int first) => new(
        r.Maybe<double?>(first), r.Maybe<double?>(first + 1), r.GetString(first + 2), r.GetString(first + 3), r.GetFieldValue<DateTimeOffset>(first + 4), r.GetString(first + 5), r.GetString(first + 6));
}
