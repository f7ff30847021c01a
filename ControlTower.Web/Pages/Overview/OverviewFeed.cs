using ControlTower.Data.Connections;
using ControlTower.Data.Live;
using ControlTower.Data.Overview;
using ControlTower.Data.Triage;
using ControlTower.Web.Hosting;
using ControlTower.Web.Live;
using Microsoft.Extensions.Options;

namespace ControlTower.Web.Pages.Overview;

/// <summary>What the overview shows, a question per panel, asked once for everybody who looks at it on this node.</summary>
public sealed class OverviewFeed : IDisposable
{
    private const int WeeksCompared = 4;

    private readonly ScopeFeed all;
    private readonly TimeZoneInfo zone;
    private readonly TimeProvider clock;

    public OverviewFeed(
        LiveFeed live, ScopeFeeds scopes, OverviewQueries overview, ConnectionDetailQueries details, IOptions<TowerOptions> tower, TimeProvider clock, ILogger<OverviewFeed> log)
    {
        (all, this.clock) = (scopes.Of(null), clock);
        zone = TimeZoneInfo.FindSystemTimeZoneById(tower.Value.StoreZone);
        var minutes = new RollingMinutes(overview, details, clock);
        Pulses = new("The shops' usual hour", live, LiveTopics.Flows, TimeSpan.FromSeconds(15), cancel => overview.PulsesAsync([.. Enumerable.Range(0, WeeksCompared + 1).Select(WeeksAgo)], cancel), clock, log);
        Minutes = new("The chart", live, LiveTopics.Flows | LiveTopics.Connections, TimeSpan.FromSeconds(3), minutes.ReadAsync, clock, log);
    }

    public SharedQuery<IReadOnlyList<StageFigure>> Stages => all.Stages;

    public SharedQuery<IReadOnlyList<StageFigure>> Returns => all.Returns;

    public SharedQuery<OverviewFigures> Figures => all.Figures;

    public SharedQuery<IReadOnlyList<ShopPulse>> Pulses { get; }

    public SharedQuery<IReadOnlyList<Cause>> Causes => all.Causes;

    public SharedQuery<OrderMinutes> Minutes { get; }

    /// <summary>The same as on the connections page.</summary>
    public SharedQuery<IReadOnlyList<ConnectionStatus>> Connections => all.Connections;

    /// <summary>Calls <paramref name="changed"/> after each answer to any of them until disposed.</summary>
    public IReadOnlyList<IDisposable> Watch(Action changed) =>
        [Stages.Watch(changed), Returns.Watch(changed), Figures.Watch(changed), Pulses.Watch(changed), Causes.Watch(changed), Minutes.Watch(changed), Connections.Watch(changed)];

    public void Dispose()
    {
        Pulses.Dispose();
        Minutes.Dispose();
    }

    // This time of the day in the stores, weeks ago; not always a multiple of 168 hours before.
    private DateTimeOffset WeeksAgo(int weeks)
    {
        var then = TimeZoneInfo.ConvertTime(clock.GetUtcNow(), zone).DateTime.AddDays(-7 * weeks);
        return weeks == 0 ? clock.GetUtcNow() : new DateTimeOffset(then, zone.GetUtcOffset(then));
    }
}
