using System.Text.Json;
using ControlTower.Data.Connections;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Gateway;
using ControlTower.Web.Auth;
using ControlTower.Web.Pages.Overview;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Live.Streams;

/// <summary>The stream <c>connections</c>: every connection, an item each, keyed by its id. The figures are those of the connections page.</summary>
public sealed class ConnectionStream(ScopeFeeds feeds, BrandArgument brands, TimeProvider clock) : ILiveStream
{
    public string Name => "connections";

    public string Permission => Permissions.ConnectionsRead;

    public string Scope => Scopes.ConnectionsRead;

    public IReadOnlyList<string> Arguments { get; } = [BrandArgument.Name];

    public async Task<ILiveSource> OpenAsync(IReadOnlyDictionary<string, string> arguments, CancellationToken cancel) => new Source(feeds.Of(await brands.OfAsync(arguments)), clock);

    private sealed class Source(ScopeFeed feed, TimeProvider clock) : ILiveSource
    {
        public IDisposable Watch(Action changed) => feed.Connections.Watch(changed);

        public IReadOnlyDictionary<string, JsonElement>? Read()
        {
            if (feed.ConnectionsNow is not { } connections)
                return null;
            var now = clock.GetUtcNow();
            var items = connections.ToDictionary(status => status.Id, status => JsonSerializer.SerializeToElement(Item(status, now), StreamJson.Default.ConnectionItem), StringComparer.Ordinal);
            items[FeedItem.Key] = FeedItem.Of(feed.Connections.Now.Fault);
            return items;
        }

        private static ConnectionItem Item(ConnectionStatus status, DateTimeOffset now)
        {
            var (draining, empty) = DrainReading.Outlook(status, now) switch
            {
                DrainOutlook.Draining at => ("draining", (DateTimeOffset?)(now + at.Likely)),
                DrainOutlook.NotDraining => ("not-draining", null),
                _ => ("empty", null),
            };
            return new ConnectionItem(
                status.Id, status.Name, status.Kind, status.Role, status.Brand, status.Region, State(status), (status.Disabled?.At ?? status.Pause?.At ?? status.Gate.Since).ToUniversalTime(),
                status.DeferredCount, status.DeferredValues, status.DeferredOldest?.ToUniversalTime(), draining, Minute(empty), status.Held, status.Unknown);
        }

        private static string State(ConnectionStatus status) => ConnectionWords.CircuitOf(status) switch
        {
            Circuit.Disabled => "disabled",
            Circuit.Paused => "paused",
            _ => status.Gate.Breaker,
        };

        // To the second it would be another time at each look, and everybody would be told.
        private static DateTimeOffset? Minute(DateTimeOffset? at) => at is { } time ? new DateTimeOffset(time.UtcTicks / TimeSpan.TicksPerMinute * TimeSpan.TicksPerMinute, TimeSpan.Zero) : null;
    }
}
