using System.Collections.Concurrent;
using ControlTower.Data.Connections;
using ControlTower.Data.Live;
using ControlTower.Web.Live;

namespace ControlTower.Web.Pages.Connections;

/// <summary>What the connections screens show, asked once for everybody who looks at it on this node.</summary>
public sealed class ConnectionsFeed : IDisposable
{
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(1);

    /// <summary>The chart reaches back at least this far, and further when something has waited longer.</summary>
    private static readonly TimeSpan LeastHistory = TimeSpan.FromHours(1);
    private static readonly TimeSpan MostHistory = TimeSpan.FromHours(12);
    private const int MostPoints = 90;

    private readonly ConcurrentDictionary<string, SharedQuery<ConnectionFound>> open = new(StringComparer.Ordinal);
    private readonly LiveFeed live;
    private readonly ConnectionQueries connections;
    private readonly ConnectionDetailQueries details;
    private readonly CallQueries calls;
    private readonly TimeProvider clock;
    private readonly ILogger<ConnectionsFeed> log;

    public ConnectionsFeed(
        LiveFeed live, ConnectionQueries connections, ConnectionDetailQueries details, CallQueries calls, TimeProvider clock, ILogger<ConnectionsFeed> log)
    {
        (this.live, this.connections, this.details, this.calls, this.clock, this.log) = (live, connections, details, calls, clock, log);
        All = new("The connections", live, LiveTopics.Connections, Pace, cancel => connections.StatusesAsync(cancel: cancel), clock, log);
    }

    public SharedQuery<IReadOnlyList<ConnectionStatus>> All { get; }

    /// <summary>As <see cref="All"/>, with what waits of one brand alone. The caller's to dispose of.</summary>
    public SharedQuery<IReadOnlyList<ConnectionStatus>> AllOf(string brand) =>
        new("The connections", live, LiveTopics.Connections, Pace, cancel => connections.StatusesAsync(null, brand, cancel), clock, log);

    /// <summary>One connection's page. Kept while somebody looks; call <see cref="Close"/> after the look has ended.</summary>
    public SharedQuery<ConnectionFound> Of(string id) =>
        open.GetOrAdd(id, key => new("The connection", live, LiveTopics.Connections, Pace, cancel => ReadAsync(key, cancel), clock, log));

    /// <summary>Forgets a page that nobody looks at any more.</summary>
    public void Close(string id)
    {
        if (open.TryGetValue(id, out var query) && !query.IsWatched && open.TryRemove(new(id, query)))
            query.Dispose();
    }

    public void Dispose()
    {
        All.Dispose();
        foreach (var query in open.Values)
            query.Dispose();
    }

    private async Task<ConnectionFound> ReadAsync(string id, CancellationToken cancel)
    {
        if (await connections.StatusesAsync(id, cancel: cancel) is not [var status] || await details.SetupAsync(id, cancel) is not { } setup)
            return new ConnectionFound(null);
        var (from, step) = Window(status, clock.GetUtcNow());
        return new ConnectionFound(new ConnectionShown(
            status, setup, await details.HealthAsync(id, cancel), await details.BacklogAsync(id, from, step, cancel), await details.TurnsAsync(id, from, cancel),
            await details.LatestTestAsync(id, cancel), await calls.LatestAsync(id, null, null, CallQueries.PageSize, cancel)));
    }

    private static (DateTimeOffset From, TimeSpan Step) Window(ConnectionStatus status, DateTimeOffset now)
    {
        // Somewhat before the oldest waiting posting, so that the calm before is seen.
        var back = status.DeferredOldest is { } oldest ? (now - oldest) * 1.2 : TimeSpan.Zero;
        back = back < LeastHistory ? LeastHistory : back > MostHistory ? MostHistory : back;
        var step = TimeSpan.FromMinutes(Math.Max(1, Math.Ceiling(back.TotalMinutes / MostPoints)));
        var from = now - back;
        return (new DateTimeOffset(from.UtcTicks / TimeSpan.TicksPerMinute * TimeSpan.TicksPerMinute, TimeSpan.Zero), step);
    }
}
