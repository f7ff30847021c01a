using ControlTower.Data.Connections;
using ControlTower.Data.Flows;
using ControlTower.Data.Live;
using ControlTower.Data.Overview;
using ControlTower.Data.Triage;
using ControlTower.Sync.Flows.ReturnToRefund;
using ControlTower.Web.Hosting;
using ControlTower.Web.Live;
using ControlTower.Web.Pages.Connections;
using Microsoft.Extensions.Options;

namespace ControlTower.Web.Pages.Overview;

/// <summary>What the overview shows, a question per panel, asked once for everybody who looks at it on this node.</summary>
public sealed class OverviewFeed : IDisposable
{
    private const int WeeksCompared = 4;

    private readonly TimeZoneInfo zone;
    private readonly TimeProvider clock;

    public OverviewFeed(
        LiveFeed live, OverviewQueries overview, CaseQueries cases, ConnectionsFeed connections, ConnectionDetailQueries details, IOptions<StageLimits> limits,
        IOptions<TowerOptions> tower, TimeProvider clock, ILogger<OverviewFeed> log)
    {
        this.clock = clock;
        zone = TimeZoneInfo.FindSystemTimeZoneById(tower.Value.StoreZone);
        var minutes = new RollingMinutes(overview, details, clock);
        Stages = new("The stages", live, LiveTopics.Flows | LiveTopics.Connections, TimeSpan.FromSeconds(1), cancel => overview.StagesAsync(limits.Value, cancel: cancel), clock, log);
        Returns = new(
            "The returns", live, LiveTopics.Flows | LiveTopics.Connections, TimeSpan.FromSeconds(2), cancel => overview.StagesAsync(limits.Value, ReturnToRefundFlow.Name, cancel), clock, log);
        Figures = new("The figures", live, LiveTopics.Flows | LiveTopics.Cases, TimeSpan.FromSeconds(2), FiguresAsync, clock, log);
        Pulses = new("The shops' usual hour", live, LiveTopics.Flows, TimeSpan.FromSeconds(15), cancel => overview.PulsesAsync([.. Enumerable.Range(0, WeeksCompared + 1).Select(WeeksAgo)], cancel), clock, log);
        Causes = new("The causes", live, LiveTopics.Cases, TimeSpan.FromSeconds(1), cancel => cases.CausesAsync(new CaseFilter(), cancel), clock, log);
        Minutes = new("The chart", live, LiveTopics.Flows | LiveTopics.Connections, TimeSpan.FromSeconds(3), minutes.ReadAsync, clock, log);
        Connections = connections.All;

        Task<OverviewFigures> FiguresAsync(CancellationToken cancel) => overview.FiguresAsync(Midnight(0), Midnight(-7), cancel);
    }

    public SharedQuery<IReadOnlyList<StageFigure>> Stages { get; }

    public SharedQuery<IReadOnlyList<StageFigure>> Returns { get; }

    public SharedQuery<OverviewFigures> Figures { get; }

    public SharedQuery<IReadOnlyList<ShopPulse>> Pulses { get; }

    public SharedQuery<IReadOnlyList<Cause>> Causes { get; }

    public SharedQuery<OrderMinutes> Minutes { get; }

    /// <summary>The same as on the connections page.</summary>
    public SharedQuery<IReadOnlyList<ConnectionStatus>> Connections { get; }

    /// <summary>Calls <paramref name="changed"/> after each answer to any of them until disposed.</summary>
    public IReadOnlyList<IDisposable> Watch(Action changed) =>
        [Stages.Watch(changed), Returns.Watch(changed), Figures.Watch(changed), Pulses.Watch(changed), Causes.Watch(changed), Minutes.Watch(changed), Connections.Watch(changed)];

    public void Dispose()
    {
        Stages.Dispose();
        Returns.Dispose();
        Figures.Dispose();
        Pulses.Dispose();
        Causes.Dispose();
        Minutes.Dispose();
    }

    // This time of the day in the stores, weeks ago; not always a multiple of 168 hours before.
    private DateTimeOffset WeeksAgo(int weeks)
    {
        var then = TimeZoneInfo.ConvertTime(clock.GetUtcNow(), zone).DateTime.AddDays(-7 * weeks);
        return weeks == 0 ? clock.GetUtcNow() : new DateTimeOffset(then, zone.GetUtcOffset(then));
    }

    // The day of the stores; on two days of the year it has not 24 hours.
    private DateTimeOffset Midnight(int days)
    {
        var day = TimeZoneInfo.ConvertTime(clock.GetUtcNow(), zone).Date.AddDays(days);
        return new DateTimeOffset(day, zone.GetUtcOffset(day));
    }
}
