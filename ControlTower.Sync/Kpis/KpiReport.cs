using System.Globalization;
using ControlTower.Data.Db;
using ControlTower.Data.Kpis;
using Hangfire;

namespace ControlTower.Sync.Kpis;

/// <summary>On Monday, the figures of the week before, where people want to read them (a notification of its own kind). A repeat tells nothing twice: a message is known by its week.</summary>
public sealed class KpiReport(TowerDataSources data, KpiQueries figures, KpiCosts costs, TimeProvider clock)
{
    [AutomaticRetry(Attempts = 3)]
    public async Task RunAsync(CancellationToken cancel)
    {
        var today = clock.GetUtcNow().UtcDateTime.Date;
        var monday = new DateTimeOffset(today.AddDays(-(((int)today.DayOfWeek + 6) % 7)), TimeSpan.Zero);
        var words = await WordsAsync(monday.AddDays(-7), monday, cancel);
        var week = string.Create(CultureInfo.InvariantCulture, $"figures/{ISOWeek.GetYear(monday.AddDays(-7).UtcDateTime)}-W{ISOWeek.GetWeekOfYear(monday.AddDays(-7).UtcDateTime):00}");
        await data.Work.Command("select notify_places('figures', $1, jsonb_build_object('found', $2::text))", Sql.Of(week), Sql.Of(words)).ExecuteAsync(cancel);
    }

    /// <summary>Reckons every figure anew from the log. Never by the clock: an admin asks for it under Operations, Jobs.</summary>
    [AutomaticRetry(Attempts = 0)]
    [DisableConcurrentExecution(60)]
    public Task RebuildAsync(CancellationToken cancel) => KpiWork.RebuildAsync(data.Work, cancel);

    /// <summary>How many reach their target, what does not, and what it cost. What was not measured is not told.</summary>
    public async Task<string> WordsAsync(DateTimeOffset from, DateTimeOffset until, CancellationToken cancel)
    {
        var all = await figures.FiguresAsync([.. KpiCatalogue.All.Where(k => k.PartOf is null)], new KpiScope(from, until, "week"), cancel);
        var judged = all.Where(f => f.OnTarget is not null).ToList();
        var missed = judged.Where(f => f.OnTarget == false).Select(f => (Kpi: KpiCatalogue.Find(f.Kpi)!, Figure: f))
            .Select(m => $"{m.Kpi.Title} {Number(m.Kpi, m.Kpi.Statistic == KpiStatistic.Count ? m.Figure.Hits : m.Figure.Value!.Value)} (target {Number(m.Kpi, m.Figure.Target!.Value!.Value)})").ToList();
        var cost = (await costs.WeeksAsync(from, until, "UTC", null, cancel)).Sum(w => w.Total);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"Week {ISOWeek.GetWeekOfYear(from.UtcDateTime)}: {judged.Count - missed.Count} of {judged.Count} figures reach their target. {(missed.Count == 0 ? "None misses it." : $"Missed: {string.Join("; ", missed)}.")} Weak synchronisation cost {cost:0} in the currency of the books.");
    }

    private static string Number(KpiDefinition kpi, double value) => kpi.Unit switch
    {
        KpiUnit.Share => string.Create(CultureInfo.InvariantCulture, $"{value * 100:0.##} %"),
        KpiUnit.Seconds when value >= 5400 => string.Create(CultureInfo.InvariantCulture, $"{value / 3600:0.#} h"),
        KpiUnit.Seconds when value >= 120 => string.Create(CultureInfo.InvariantCulture, $"{value / 60:0} min"),
        KpiUnit.Seconds => string.Create(CultureInfo.InvariantCulture, $"{value:0} s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{value:0}"),
    };
}
