using System.Collections.Concurrent;
using ControlTower.Data.Connections;
using ControlTower.Data.Flows;
using ControlTower.Data.Live;
using ControlTower.Data.Overview;
using ControlTower.Data.Triage;
using ControlTower.Sync.Administration;
using ControlTower.Sync.Flows.ReturnToRefund;
using ControlTower.Web.Hosting;
using ControlTower.Web.Live;
using ControlTower.Web.Pages.Connections;
using Microsoft.Extensions.Options;

namespace ControlTower.Web.Pages.Overview;

/// <summary>
/// Where everything is and what it is worth, of all brands or of one: the overview, the wallboards and the programs outside take their figures from here, so that they say the same. Each question is
/// asked once for everybody who looks on this node.
/// </summary>
public sealed class ScopeFeed : IDisposable
{
    private readonly string? brand;
    private readonly TimeZoneInfo zone;
    private readonly TimeProvider clock;
    private readonly bool ownsConnections;

    /// <param name="brand">The only brand; null: all.</param>
    public ScopeFeed(
        string? brand, LiveFeed live, OverviewQueries overview, CaseQueries cases, ConnectionsFeed connections, StageLimitBook limits, IOptions<TowerOptions> tower, TimeProvider clock, ILogger log)
    {
        (this.brand, this.clock) = (brand, clock);
        zone = TimeZoneInfo.FindSystemTimeZoneById(tower.Value.StoreZone);
        Stages = new("The stages", live, LiveTopics.Flows | LiveTopics.Connections, TimeSpan.FromSeconds(1), cancel => overview.StagesAsync(limits.Current, brand: brand, cancel: cancel), clock, log);
        Returns = new(
            "The returns", live, LiveTopics.Flows | LiveTopics.Connections, TimeSpan.FromSeconds(2), cancel => overview.StagesAsync(limits.Current, ReturnToRefundFlow.Name, brand, cancel), clock, log);
        Figures = new("The figures", live, LiveTopics.Flows | LiveTopics.Cases, TimeSpan.FromSeconds(2), FiguresAsync, clock, log);
        var filter = brand is null ? new CaseFilter() : new CaseFilter { Brands = [brand] };
        Causes = new("The causes", live, LiveTopics.Cases, TimeSpan.FromSeconds(1), cancel => cases.CausesAsync(filter, cancel), clock, log);
        Connections = brand is null ? connections.All : connections.AllOf(brand);
        ownsConnections = brand is not null;

        Task<OverviewFigures> FiguresAsync(CancellationToken cancel) => overview.FiguresAsync(Midnight(0), Midnight(-7), brand, cancel);
    }

    public SharedQuery<IReadOnlyList<StageFigure>> Stages { get; }

    public SharedQuery<IReadOnlyList<StageFigure>> Returns { get; }

    public SharedQuery<OverviewFigures> Figures { get; }

    public SharedQuery<IReadOnlyList<Cause>> Causes { get; }

    /// <summary>Every connection, with what waits of this scope; <see cref="ConnectionsNow"/> are those that concern it.</summary>
    public SharedQuery<IReadOnlyList<ConnectionStatus>> Connections { get; }

    /// <summary>The connections of the brand, and those at which something of it waits, as they were read last; null before the first answer.</summary>
    public IReadOnlyList<ConnectionStatus>? ConnectionsNow =>
        Connections.Now.Value is not { } all || brand is null ? Connections.Now.Value : [.. all.Where(status => status.Brand == brand || status.Lanes.Count > 0 || status.Held > 0)];

    public void Dispose()
    {
        Stages.Dispose();
        Returns.Dispose();
        Figures.Dispose();
        Causes.Dispose();
        if (ownsConnections)
        {
            Connections.Dispose();
        }
    }

    // The day of the stores; on two days of the year it has not 24 hours.
    private DateTimeOffset Midnight(int days)
    {
        var day = TimeZoneInfo.ConvertTime(clock.GetUtcNow(), zone).Date.AddDays(days);
        return new DateTimeOffset(day, zone.GetUtcOffset(day));
    }
}

/// <summary>The feed of all brands and one of each brand that somebody looked at alone.</summary>
public sealed class ScopeFeeds(
    LiveFeed live, OverviewQueries overview, CaseQueries cases, ConnectionsFeed connections, StageLimitBook limits, IOptions<TowerOptions> tower, TimeProvider clock, ILogger<ScopeFeed> log)
    : IDisposable
{
    private readonly ConcurrentDictionary<string, ScopeFeed> feeds = new(StringComparer.Ordinal);

    /// <param name="brand">Null: all. Only brands that a connection has: a feed is kept.</param>
    public ScopeFeed Of(string? brand) => feeds.GetOrAdd(brand ?? "", _ => new ScopeFeed(brand, live, overview, cases, connections, limits, tower, clock, log));

    public void Dispose()
    {
        foreach (var feed in feeds.Values)
            feed.Dispose();
    }
}
