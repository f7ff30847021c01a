using System.Text.Json;
using ControlTower.Data.Flows;
using ControlTower.Data.Overview;
using ControlTower.Sync.Administration;
using ControlTower.Sync.Flows.ReturnToRefund;
using ControlTower.Web.Auth;
using ControlTower.Web.Pages.Overview;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Live.Streams;

/// <summary>The stream <c>flows</c>: every stage of both flows, an item each, keyed <c>order-to-cash/posted</c>. The figures are the overview's.</summary>
public sealed class FlowStream(ScopeFeeds feeds, BrandArgument brands, StageLimitBook limits, TimeProvider clock) : ILiveStream
{
    private const string OrderToCash = "order-to-cash";

    public string Name => "flows";

    public string Permission => Permissions.OverviewRead;

    public string Scope => Scopes.FlowsRead;

    public IReadOnlyList<string> Arguments { get; } = [BrandArgument.Name];

    public async Task<ILiveSource> OpenAsync(IReadOnlyDictionary<string, string> arguments, CancellationToken cancel) =>
        new Source(feeds.Of(await brands.OfAsync(arguments)), limits.Current, clock);

    private sealed class Source(ScopeFeed feed, StageLimits limits, TimeProvider clock) : ILiveSource
    {
        public IDisposable Watch(Action changed) => new Both(feed.Stages.Watch(changed), feed.Returns.Watch(changed));

        public IReadOnlyDictionary<string, JsonElement>? Read()
        {
            var (orders, returns, now) = (feed.Stages.Now, feed.Returns.Now, clock.GetUtcNow());
            if (orders.Value is not { } stages || returns.Value is not { } back)
                return null;
            var items = new Dictionary<string, JsonElement>(StringComparer.Ordinal) { [FeedItem.Key] = FeedItem.Of(orders.Fault, returns.Fault) };
            Add(OrderToCash, OverviewModel.Lane(stages, limits, now, orders: false), stages);
            Add(ReturnToRefundFlow.Name, OverviewModel.ReturnLane(back, limits, now, returns: false), back);
            return items;

            void Add(string flow, FlowLane lane, IReadOnlyList<StageFigure> figures)
            {
                foreach (var stage in lane.Stages)
                {
                    var figure = figures.FirstOrDefault(figure => figure.Stage == stage.Key);
                    items[$"{flow}/{stage.Key}"] = JsonSerializer.SerializeToElement(Item(flow, stage, figure), StreamJson.Default.StageItem);
                }
            }
        }

        private static StageItem Item(string flow, Stage stage, StageFigure? figure) => new(
            flow, stage.Key, stage.Name, stage.State.ToString().ToLowerInvariant(), stage.Count, stage.Values, figure?.Oldest.ToUniversalTime(), (int)(stage.Limit ?? default).TotalSeconds,
            figure?.Stuck ?? 0, figure?.Late ?? 0, Math.Round(stage.StuckShare, 4));
    }

    private sealed class Both(IDisposable one, IDisposable other) : IDisposable
    {
        public void Dispose()
        {
            one.Dispose();
            other.Dispose();
        }
    }
}
