using System.Diagnostics.Metrics;
using ControlTower.Data.Db;
using ControlTower.Data.Kpis;
using ControlTower.Sync.Telemetry;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ControlTower.Sync.Kpis;

/// <summary>
/// Business series for outside boards: key figures of the last 24 hours, their targets and budgets, and what is open at each stage. Asked for once a minute, whoever reads them; what could not be asked for in
/// five minutes is not told any more.
/// </summary>
public sealed partial class KpiGauges : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Stale = TimeSpan.FromMinutes(5);

    private readonly TowerDataSources data;
    private readonly KpiQueries figures;
    private readonly KpiBudgets budgets;
    private readonly TimeProvider clock;
    private readonly ILogger<KpiGauges> log;
    private readonly Meter meter = new(TowerTelemetry.Name);
    private volatile Shot? shot;

    public KpiGauges(TowerDataSources data, KpiQueries figures, KpiBudgets budgets, TimeProvider clock, ILogger<KpiGauges> log)
    {
        (this.data, this.figures, this.budgets, this.clock, this.log) = (data, figures, budgets, clock, log);
        meter.CreateObservableGauge("tower.kpi.value", () => Now?.Values ?? [], description: "Key figure of the last 24 hours, in seconds, a share from 0 to 1, or things");
        meter.CreateObservableGauge("tower.kpi.measured", () => Now?.Measured ?? [], description: "What the figure was measured over");
        meter.CreateObservableGauge("tower.kpi.target", () => Now?.Targets ?? [], description: "What the figure is to reach");
        meter.CreateObservableGauge("tower.kpi.on_target", () => Now?.OnTarget ?? [], description: "1 if the figure reaches its target, else 0");
        meter.CreateObservableGauge("tower.kpi.budget_spent", () => Now?.Spent ?? [], description: "Part of the error budget of 28 days that is spent; 1 is all of it");
        meter.CreateObservableGauge("tower.money_at_risk", () => Now?.Risk ?? [], description: "Money at risk, by currency");
        meter.CreateObservableGauge("tower.flow.open", () => Now?.Open ?? [], description: "Orders and returns that are open at a stage");
        meter.CreateObservableGauge("tower.flow.oldest", () => Now?.Oldest ?? [], "s", "How long the oldest of them has been at the stage");
    }

    private Shot? Now => shot is { } taken && clock.GetUtcNow() - taken.At < Stale ? taken : null;

    public override void Dispose()
    {
        meter.Dispose();
        base.Dispose();
    }

    /// <summary>Asks for everything once. What is told from then on is this.</summary>
    public async Task LookAsync(CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var all = await figures.FiguresAsync(KpiCatalogue.All, new KpiScope(now.AddHours(-24), now.AddHours(1)), cancel);
        var open = await data.Read.Command(
                """
                select kind, stage, count(*), extract(epoch from now() - min(stage_since))::float8 from flow where status in ('open', 'attention') and kind in ('order-to-cash', 'return-to-refund') group by 1, 2
                """)
            .ListAsync(r => (Tags: Tags(("flow", r.GetString(0)), ("stage", r.GetString(1))), N: r.GetInt64(2), Oldest: r.GetDouble(3)), cancel);
        shot = new Shot(
            now,
            [.. all.Where(f => f.Value is not null).Select(f => new Measurement<double>(f.Value!.Value, Of(f)))],
            [.. all.Select(f => new Measurement<long>(f.N, Of(f)))],
            [.. all.Where(f => f.Target?.Value is not null).Select(f => new Measurement<double>(f.Target!.Value!.Value, Of(f)))],
            [.. all.Where(f => f.OnTarget is not null).Select(f => new Measurement<int>(f.OnTarget!.Value ? 1 : 0, Of(f)))],
            [.. (await budgets.AllAsync(cancel)).Where(b => b.Spent is not null).Select(b => new Measurement<double>(b.Spent!.Value, Tags(("kpi", b.Kpi.Id), ("brand", b.Target.Brand))))],
            [.. all.Where(f => f.Kpi == "money-at-risk").SelectMany(f => f.Amounts).Select(a => new Measurement<double>((double)a.Amount, Tags(("currency", a.Currency))))],
            [.. open.Select(o => new Measurement<long>(o.N, o.Tags))],
            [.. open.Select(o => new Measurement<double>(o.Oldest, o.Tags))]);

        static KeyValuePair<string, object?>[] Of(KpiFigure figure) => Tags(("kpi", figure.Kpi), ("unit", KpiCatalogue.Find(figure.Kpi)!.Unit.ToString().ToLowerInvariant()));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, clock);
        do
        {
            try
            {
                await LookAsync(stoppingToken);
            }
            catch (Exception error) when (DatabaseTrouble.Is(error))
            {
                Failed(log, error);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private static KeyValuePair<string, object?>[] Tags(params (string Name, string Value)[] tags) => [.. tags.Select(t => new KeyValuePair<string, object?>(t.Name, t.Value))];

    [LoggerMessage(EventId = 2650, Level = LogLevel.Warning, Message = "Figures for outside boards could not be read; they are asked for again in a minute")]
    private static partial void Failed(ILogger log, Exception error);

    private sealed record Shot(
        DateTimeOffset At, IReadOnlyList<Measurement<double>> Values, IReadOnlyList<Measurement<long>> Measured, IReadOnlyList<Measurement<double>> Targets, IReadOnlyList<Measurement<int>> OnTarget,
        IReadOnlyList<Measurement<double>> Spent, IReadOnlyList<Measurement<double>> Risk, IReadOnlyList<Measurement<long>> Open, IReadOnlyList<Measurement<double>> Oldest);
}
