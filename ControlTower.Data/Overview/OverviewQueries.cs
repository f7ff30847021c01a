using ControlTower.Data.Canonical;
using ControlTower.Data.Connections;
using ControlTower.Data.Db;
using ControlTower.Data.Flows;
using ControlTower.Data.Kpis;
using Npgsql;

namespace ControlTower.Data.Overview;

/// <summary>Reads for the overview. SQL by hand, for the plans. Reading again is always safe.</summary>
public sealed class OverviewQueries(TowerDataSources sources)
{
    /// <summary>Flows of a kind that are under way, by stage; stages without any are left out.</summary>
    /// <param name="brand">Of this brand alone; null: of all.</param>
    public async Task<IReadOnlyList<StageFigure>> StagesAsync(StageLimits limits, string kind = "order-to-cash", string? brand = null, CancellationToken cancel = default)
    {
        var rows = await sources.Read.Command(
                OverviewSql.Of(brand, OverviewSql.Stages, 4),
                [Sql.Of(limits.Stages.Keys.ToArray()), Sql.Of(limits.Stages.Values.ToArray()), Sql.Of(limits.Otherwise), Sql.Of(kind), .. Only(brand)])
            .ListAsync(
                r => new StageRow(
                    r.GetString(0), new CurrencySum(new Money(r.GetDecimal(3), r.GetString(1)), r.GetInt64(2)), r.GetFieldValue<DateTimeOffset>(4), r.GetInt64(5),
                    r.GetInt64(6), r.IsDBNull(7) ? 0 : r.GetDecimal(7), r.IsDBNull(8) ? 0 : r.GetDecimal(8)),
                cancel);
        return [.. rows.GroupBy(row => row.Stage, StringComparer.Ordinal).Select(Stage)];
    }

    /// <param name="midnight">Start of today in the stores.</param>
    /// <param name="midnightWeekAgo">Start of the same weekday a week ago, there; not always 168 hours before.</param>
    /// <param name="brand">Of this brand alone; null: of all.</param>
    public async Task<OverviewFigures> FiguresAsync(DateTimeOffset midnight, DateTimeOffset midnightWeekAgo, string? brand = null, CancellationToken cancel = default)
    {
        var targets = await new KpiQueries(sources).TargetsAsync(brand, cancel);
        await using var connection = await sources.Read.OpenConnectionAsync(cancel);
        return new OverviewFigures(
            await RiskAsync(connection, brand, cancel), await OrdersAsync(connection, midnight, midnightWeekAgo, brand, cancel), await AcknowledgedAsync(connection, brand, cancel),
            await FirstPassAsync(connection, brand, cancel))
        { Targets = FigureTargets.Of(id => targets[id].Value) };
    }

    /// <summary>How lively every shop in use is. A week counts for a shop from the day on which it was connected.</summary>
    /// <param name="hoursUntil">Ends of the hours to compare: now, then the same time of the same weekday in weeks before, in the stores' zone.</param>
    public async Task<IReadOnlyList<ShopPulse>> PulsesAsync(IReadOnlyList<DateTimeOffset> hoursUntil, CancellationToken cancel = default) =>
        await sources.Read.Command(OverviewSql.Pulses, Sql.Of(hoursUntil.Select(until => until.UtcDateTime).ToArray())).ListAsync(
            r => new ShopPulse(r.GetString(0), r.GetString(1), r.GetInt64(2), r.GetInt32(4) == 0 ? null : (double)r.GetInt64(3) / r.GetInt32(4), r.GetInt32(4)), cancel);

    /// <summary>Captured and acknowledged per minute since <paramref name="from"/>; minutes that saw neither are left out.</summary>
    public async Task<IReadOnlyList<OrderMinute>> MinutesAsync(DateTimeOffset from, CancellationToken cancel = default) =>
        await sources.Read.Command(OverviewSql.Minutes, Sql.Of(from.ToUniversalTime()))
            .ListAsync(r => new OrderMinute(r.GetFieldValue<DateTimeOffset>(0), r.GetInt64(1), r.GetInt64(2)), cancel);

    private static StageFigure Stage(IGrouping<string, StageRow> rows)
    {
        var count = rows.Sum(row => row.Sum.Count);
        var share = rows.Sum(row => (row.Sum.Value.Amount > 0 ? (double)(row.Blocked / row.Sum.Value.Amount) : 0) * row.Sum.Count) / count;
        return new StageFigure(
            rows.Key, count, rows.Min(row => row.Oldest), rows.Sum(row => row.Stuck), rows.Sum(row => row.Late), Math.Clamp(share, 0, 1), [.. rows.Select(row => row.Sum)],
            [.. rows.Where(row => row.Stuck > 0).Select(row => new CurrencySum(row.Sum.Value with { Amount = row.StuckValue }, row.Stuck))]);
    }

    private static async Task<RiskFigure> RiskAsync(NpgsqlConnection connection, string? brand, CancellationToken cancel)
    {
        var sums = await connection.Command(OverviewSql.Of(brand, OverviewSql.Risk, 0), Only(brand)).ListAsync(
            r => (Currency: r.GetString(0), Count: r.GetInt64(1), Value: r.GetDecimal(2)), cancel);
        var cases = sums.Sum(sum => sum.Count);
        var values = CurrencySum.Merge(sums.Where(sum => sum.Currency.Length == 3).Select(sum => new CurrencySum(new Money(sum.Value, sum.Currency), sum.Count)));
        if (values.Count == 0)
            return new RiskFigure(cases, values, null, []);
        var trend = await connection.Command(OverviewSql.Of(brand, OverviewSql.RiskTrend, 1), [Sql.Of(values[0].Currency), .. Only(brand)]).ListAsync(r => r.GetDecimal(0), cancel);
        return new RiskFigure(cases, values, values[0] with { Amount = trend[^1] - trend[^2] }, [.. trend.Select(value => (double)value)]);
    }

    private static async Task<OrdersFigure> OrdersAsync(NpgsqlConnection connection, DateTimeOffset midnight, DateTimeOffset weekAgo, string? brand, CancellationToken cancel)
    {
        var (today, before) = (await connection.Command(OverviewSql.Of(brand, OverviewSql.Orders, 2), [Sql.Of(midnight.ToUniversalTime()), Sql.Of(weekAgo.ToUniversalTime()), .. Only(brand)])
            .ListAsync(r => (r.GetInt64(0), r.GetInt64(1)), cancel))[0];
        var hours = await connection.Command(OverviewSql.Of(brand, OverviewSql.OrderHours, 0), Only(brand)).ListAsync(r => (double)r.GetInt64(0), cancel);
        return new OrdersFigure(today, before == 0 ? null : before, hours);
    }

    private static async Task<AcknowledgedFigure> AcknowledgedAsync(NpgsqlConnection connection, string? brand, CancellationToken cancel)
    {
        var trend = await connection.Command(OverviewSql.Of(brand, OverviewSql.AcknowledgedTrend, 0), Only(brand)).ListAsync(r => r.IsDBNull(0) ? (double?)null : r.GetDouble(0), cancel);
        return (await connection.Command(OverviewSql.Of(brand, OverviewSql.Acknowledged, 0), Only(brand)).ListAsync(
            r => new AcknowledgedFigure(r.GetInt64(0), r.GetInt64(1), Seconds(r, 2), Seconds(r, 3), trend), cancel))[0];
    }

    private static async Task<FirstPassFigure> FirstPassAsync(NpgsqlConnection connection, string? brand, CancellationToken cancel)
    {
        var buckets = await connection.Command(OverviewSql.Of(brand, OverviewSql.FirstPass, 0), Only(brand)).ListAsync(r => (Bucket: r.GetInt32(0), Started: r.GetInt64(1), Failed: r.GetInt64(2)), cancel);
        var by = buckets.ToDictionary(b => b.Bucket);
        var trend = Enumerable.Range(0, 12).Select(i => by.TryGetValue(11 - i, out var b) && b.Started > 0 ? (double?)b.Failed / b.Started : null);
        return new FirstPassFigure(buckets.Sum(b => b.Started), buckets.Sum(b => b.Failed), [.. trend]);
    }

    private static NpgsqlParameter[] Only(string? brand) => brand is null ? [] : [Sql.Of(brand)];

    private static TimeSpan? Seconds(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : TimeSpan.FromSeconds(reader.GetDouble(column));

    private sealed record StageRow(string Stage, CurrencySum Sum, DateTimeOffset Oldest, long Stuck, long Late, decimal StuckValue, decimal Blocked);
}
