using ControlTower.Data.Db;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Kpis;

/// <summary>Key figures as screens and exports show them. Shares and quantiles are of all that was measured in the scope, never means of parts. Reading again is always safe.</summary>
public sealed partial class KpiQueries(TowerDataSources sources)
{
    /// <summary>Columns by which a figure may be told apart.</summary>
    public static IReadOnlyList<string> Dimensions { get; } = ["brand", "channel", "store", "system"];

    /// <summary>These figures over a scope, in the order in which they were asked for.</summary>
    public async Task<IReadOnlyList<KpiFigure>> FiguresAsync(IReadOnlyList<KpiDefinition> kpis, KpiScope scope, CancellationToken cancel)
    {
        var all = kpis.Concat(kpis.SelectMany(Factors)).DistinctBy(k => k.Id).ToList();
        var measured = await MeasureAsync(all, scope, null, cancel);
        var targets = await TargetsAsync(scope.Brand, cancel);
        var fresh = await FreshAsync(all, cancel);
        var figures = new List<KpiFigure>();
        foreach (var kpi in kpis)
        {
            if (scope.Narrowed.FirstOrDefault(d => !kpi.IsToldBy(d)) is { } unknown)
            {
                figures.Add(new(kpi.Id, 0, 0, 0, null, null, null, null, null, null, [], [], targets[kpi.Id], fresh[kpi.Id], [], unknown));
                continue;
            }

            figures.Add(kpi.Source is KpiSource.Level level
                ? await LevelAsync(kpi, level, scope, null, targets[kpi.Id], fresh[kpi.Id], cancel) is { Count: > 0 } found ? found[0].Figure : new(kpi.Id, 0, 0, 0, kpi.Statistic == KpiStatistic.Count ? 0 : null, null, null, null, null, null, [], [], targets[kpi.Id], fresh[kpi.Id], [])
                : Figure(kpi, id => measured.GetValueOrDefault(("", id)), targets, fresh));
        }

        return figures;
    }

    /// <summary>A figure by one of its dimensions, most measured first.</summary>
    /// <param name="dimension">One of <see cref="Dimensions"/>.</param>
    public async Task<IReadOnlyList<KpiShare>> SharesAsync(KpiDefinition kpi, KpiScope scope, string dimension, CancellationToken cancel)
    {
        if (!Dimensions.Contains(dimension))
        {
            throw new ArgumentOutOfRangeException(nameof(dimension), dimension, "Not a dimension of figures.");
        }

        var targets = await TargetsAsync(scope.Brand, cancel);
        var fresh = await FreshAsync([kpi, .. Factors(kpi)], cancel);
        var names = await NamesAsync(dimension, cancel);
        if (kpi.Source is KpiSource.Level level)
        {
            return [.. (await LevelAsync(kpi, level, scope, dimension, targets[kpi.Id], fresh[kpi.Id], cancel)).Select(s => s with { Name = names.GetValueOrDefault(s.Key, s.Key) }).OrderByDescending(s => s.Figure.N)];
        }

        var measured = await MeasureAsync([kpi, .. Factors(kpi)], scope, dimension, cancel);
        return
        [
            .. measured.Keys.Select(k => k.Key).Distinct(StringComparer.Ordinal)
                .Select(key => new KpiShare(key, names.GetValueOrDefault(key, key), Figure(kpi, id => measured.GetValueOrDefault((key, id)), targets, fresh)))
                .Where(s => s.Figure.N > 0).OrderByDescending(s => s.Figure.N).ThenBy(s => s.Name, StringComparer.Ordinal),
        ];
    }

    private static IEnumerable<KpiDefinition> Factors(KpiDefinition kpi) => kpi.Source is KpiSource.Product product ? product.Of.Select(id => KpiCatalogue.Find(id)!) : [];

    private static KpiFigure Figure(KpiDefinition kpi, Func<string, KpiMeasured?> measured, Dictionary<string, KpiTarget> targets, Dictionary<string, DateTimeOffset?> fresh)
    {
        if (kpi.Source is not KpiSource.Product)
        {
            return (measured(kpi.Id) ?? new KpiMeasured()).Figure(kpi, targets[kpi.Id], fresh[kpi.Id]);
        }

        var parts = Factors(kpi).Select(f => Figure(f, measured, targets, fresh)).ToList();
        var steps = parts[0].Curve.Select(p => p.At).Select(at => (At: at, Points: parts.Select(f => f.Curve.FirstOrDefault(p => p.At == at)).ToList()));
        return new(
            kpi.Id, parts[0].N, 0, 0, Multiply(parts.Select(p => p.Value)), null, null, null, null, null, [],
            [.. steps.Select(s => new KpiPoint(s.At, s.Points[0]?.N ?? 0, Multiply(s.Points.Select(p => p?.Value))))], targets[kpi.Id], fresh[kpi.Id], parts);
    }

    private static double? Multiply(IEnumerable<double?> shares) => shares.Aggregate((double?)1, (product, share) => product * share);

    private async Task<Dictionary<(string Key, string Kpi), KpiMeasured>> MeasureAsync(IReadOnlyList<KpiDefinition> kpis, KpiScope scope, string? dimension, CancellationToken cancel)
    {
        var measured = new Dictionary<(string Key, string Kpi), KpiMeasured>();
        var rolled = kpis.Where(k => k.Source is KpiSource.Facts or KpiSource.Calls).Select(k => k.Id).ToArray();
        if (rolled.Length > 0)
        {
            var key = dimension is null ? "''" : $"s.{dimension}";
            NpgsqlParameter[] Parameters() => [.. Places(scope), .. Times(scope), Sql.Of(rolled)];
            await sources.Read.Command(
                    $"""
                    select {key}, c.kpi, date_trunc($7, c.hour, $8), sum(c.n)::bigint, sum(c.hits)::bigint, sum(c.seconds)::float8
                    from kpi_cell c join kpi_slice s on s.id = c.slice where c.kpi = any($9) and c.hour >= $5 and c.hour < $6 {Where("s")} group by 1, 2, 3 having sum(c.n) > 0
                    """,
                    Parameters())
                .ListAsync(r => { Of(r).Count(r.GetFieldValue<DateTimeOffset>(2), r.GetInt64(3), r.GetInt64(4), r.GetDouble(5)); return 0; }, cancel);
            await sources.Read.Command(
                    $"""
                    select {key}, m.kpi, date_trunc($7, m.hour, $8), m.mark, sum(m.n)::bigint
                    from kpi_mark m join kpi_slice s on s.id = m.slice where m.kpi = any($9) and m.hour >= $5 and m.hour < $6 {Where("s")} group by 1, 2, 3, 4 having sum(m.n) > 0
                    """,
                    Parameters())
                .ListAsync(r => { Of(r).Mark(r.GetFieldValue<DateTimeOffset>(2), r.GetInt16(3), r.GetInt64(4)); return 0; }, cancel);
            // What still lasts is measured by the clock; there is never much of it.
            await sources.Read.Command(
                    $"""
                    select {key}, f.kpi, date_trunc($7, date_trunc('hour', f.at, 'UTC'), $8), kpi_mark_of(greatest(0, kpi_seconds(f.at, now()))), sum(f.weight)::bigint, sum(f.weight * greatest(0, kpi_seconds(f.at, now())))::float8
                    from kpi_fact f join kpi_slice s on s.id = f.slice where f.kpi = any($9) and f.until is null and f.hit is null and f.at >= $5 and f.at < $6 {Where("s")} group by 1, 2, 3, 4
                    """,
                    Parameters())
                .ListAsync(
                    r =>
                    {
                        var at = r.GetFieldValue<DateTimeOffset>(2);
                        Of(r).Mark(at, r.GetInt16(3), r.GetInt64(4));
                        Of(r).Count(at, r.GetInt64(4), 0, r.GetDouble(5), open: true);
                        return 0;
                    },
                    cancel);
        }

        foreach (var kpi in kpis)
        {
            var key = dimension is null ? "''" : $"x.{dimension}";
            if (kpi.Source is KpiSource.Counted counted)
            {
                await sources.Read.Command(
                        $"select {key}, '{kpi.Id}', date_trunc($7, x.hour, $8), sum(x.n)::bigint, sum(x.hits)::bigint from ({counted.Sql}) x where x.hour >= $5 and x.hour < $6 {Where("x")} group by 1, 3", [.. Places(scope), .. Times(scope)])
                    .ListAsync(r => { Of(r).Count(r.GetFieldValue<DateTimeOffset>(2), r.GetInt64(3), r.GetInt64(4)); return 0; }, cancel);
            }
            else if (kpi.Source is KpiSource.Spans spans)
            {
                await sources.Read.Command(
                        $"select {key}, '{kpi.Id}', date_trunc($7, x.at, $8), greatest(0, kpi_seconds(x.at, coalesce(x.until, now()))), x.until is null from ({spans.Sql}) x where x.at >= $5 and x.at < $6 {Where("x")}", [.. Places(scope), .. Times(scope)])
                    .ListAsync(
                        r =>
                        {
                            var at = r.GetFieldValue<DateTimeOffset>(2);
                            Of(r).Mark(at, KpiSketch.Mark(r.GetDouble(3)), 1);
                            Of(r).Count(at, 1, 0, r.GetDouble(3), r.GetBoolean(4));
                            return 0;
                        },
                        cancel);
            }
        }

        return measured;

        KpiMeasured Of(NpgsqlDataReader r) => measured.TryGetValue((r.GetString(0), r.GetString(1)), out var found) ? found : measured[(r.GetString(0), r.GetString(1))] = new KpiMeasured();
    }

    // $1 brand, $2 channel, $3 store, $4 system
    private static string Where(string of) => $"and ($1::text is null or {of}.brand = $1) and ($2::text is null or {of}.channel = $2) and ($3::text is null or {of}.store = $3) and ($4::text is null or {of}.system = $4)";

    private static NpgsqlParameter[] Places(KpiScope s) =>
        [Sql.Of(s.Brand, NpgsqlDbType.Text), Sql.Of(s.Channel, NpgsqlDbType.Text), Sql.Of(s.Store, NpgsqlDbType.Text), Sql.Of(s.System, NpgsqlDbType.Text)];

    // $5 from, $6 until, $7 step, $8 zone
    private static NpgsqlParameter[] Times(KpiScope s) => [Sql.Of(s.Begin), Sql.Of(s.End), Sql.Of(s.Step), Sql.Of(s.Zone)];
}
