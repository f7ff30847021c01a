using System.Collections.Concurrent;
using System.Diagnostics;
using ControlTower.Data.Connections;
using ControlTower.Data.Db;
using ControlTower.Data.Outbox;
using ControlTower.Sync.Catalog;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Gateway;
using ControlTower.Sync.Promotions;
using ControlTower.Sync.Publishing;
using ControlTower.Sync.Reconciliation;
using ControlTower.Sync.Telemetry;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ControlTower.Sync.Pumps;

/// <summary>
/// What a connection's owner does beside deliveries, one errand at a time: connection tests that somebody asked for, re-reads of thin events, due feeds, the stock that the channel shows, subscriptions. What is read
/// goes to the inbox in the transaction that moves the cursor: a read is never lost, and repeated it changes nothing.
/// </summary>
public sealed partial class ConnectionErrands(
    TowerDataSources data, Gateway.Gateway gateway, Fetches fetches, ReadArrivals arrivals, CatalogArrivals catalogue, LedgerArrivals ledger, StockPublisher publisher, PricePublisher prices, PromotionPublisher promotions, IOptions<TowerAddress> address, DatabaseWatch watch, TimeProvider clock, ILogger<ConnectionErrands> log)
{
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan StockAtLeastEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Resubscribe = TimeSpan.FromHours(12);
    private static readonly TimeSpan FirstLookBack = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<string, long> lastRound = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, WeakReference<ConnectionGate>> known = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> told = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> failures = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Id, int Version), DateTimeOffset> subscribed = new();

    /// <summary>A round once a second per connection, less often while they fail.</summary>
    public bool IsDue(string connectionId) => !lastRound.TryGetValue(connectionId, out var last) || clock.GetElapsedTime(last) >= PauseOf(connectionId);

    /// <param name="asked">What may be due. Without any, only what needs no look is done: a door that is to be tried, a subscription that is to be renewed.</param>
    /// <returns>False if it could not look at everything: it is to be asked again.</returns>
    public async Task<bool> RunAsync(ConnectionGate gate, CancellationToken cancel, GateWork asked = GateWork.Any)
    {
        lastRound[gate.Id] = clock.GetTimestamp();
        try
        {
            var whole = await RoundAsync(gate, asked, cancel);
            failures.TryRemove(gate.Id, out _);
            return whole;
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // The node stops.
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            failures.AddOrUpdate(gate.Id, 1, (_, before) => before + 1);
            if (!watch.Missed(gate.Id, error))
            {
                Failed(log, gate.Id, error);
            }
        }

        return false;
    }

    private async Task<bool> RoundAsync(ConnectionGate gate, GateWork asked, CancellationToken cancel)
    {
        if (asked.HasFlag(GateWork.Tests))
        {
            await ConnectionTests.RunAsync(data.Work, gateway, gate, clock, cancel);
        }

        if (gate.Connection.Paused || gate.FreeSlots == 0)
        {
            return gate.Connection.Paused;
        }

        if (gate.Breaker.State == BreakerState.HalfOpen)
        {
            await ProbeAsync(gate, cancel);
            return false;
        }

        var whole = !asked.HasFlag(GateWork.Fetches) || await fetches.RunAsync(gate, cancel);
        whole &= !asked.HasFlag(GateWork.Feeds) || await ReadFeedsAsync(gate, cancel);
        if (asked.HasFlag(GateWork.Stock))
        {
            whole = await TellStockAsync(gate, whole, cancel);
        }

        await SubscribeAsync(gate, cancel);
        return whole;
    }

    // Orders first: what they sold is then known before a level is told. But where orders never pause, levels still have a turn now and then; what is not heard yet only keeps a level from being raised.
    private async Task<bool> TellStockAsync(ConnectionGate gate, bool whole, CancellationToken cancel)
    {
        var last = told.GetOrAdd(gate.Id, _ => clock.GetTimestamp());
        if (!whole && clock.GetElapsedTime(last) < StockAtLeastEvery)
        {
            return false;
        }

        told[gate.Id] = clock.GetTimestamp();
        return await publisher.RunAsync(gate, cancel) & await prices.RunAsync(gate, cancel) & await promotions.RunAsync(gate, cancel) && whole;
    }

    /// <summary>Tries the door with the cheapest call there is. The last probe is left to a delivery; if none has taken it by the next round, nothing is waiting and a test will do.</summary>
    private async Task ProbeAsync(ConnectionGate gate, CancellationToken cancel)
    {
        do
        {
            await gateway.TestAsync(gate, cancel);
        }
        while (gate.Breaker is { State: BreakerState.HalfOpen, AdmitsWork: false } && gate.FreeSlots > 0);
    }

    private TimeSpan PauseOf(string connectionId) =>
        failures.TryGetValue(connectionId, out var count) && PumpProcess.PauseAfter(count) is var pause && pause > Pace ? pause : Pace;

    /// <returns>False if there is more to read at once.</returns>
    private async Task<bool> ReadFeedsAsync(ConnectionGate gate, CancellationToken cancel)
    {
        var plans = gate.Connection.Connector!.Feeds(gate.Connection.Profile).ToDictionary(p => p.Feed, StringComparer.Ordinal);
        if (plans.Count == 0)
        {
            return true;
        }

        // Once for each gate that is opened: a connection that was set up anew may have other feeds.
        if (!known.TryGetValue(gate.Id, out var last) || !last.TryGetTarget(out var same) || same != gate)
        {
            foreach (var feeds in plans.Keys.GroupBy(f => LedgerArrivals.LookBack(f, FirstLookBack)))
            {
                await ErrandStore.EnsureFeedsAsync(data.Work, gate.Id, [.. feeds], clock.GetUtcNow() - feeds.Key, cancel);
            }

            known[gate.Id] = new WeakReference<ConnectionGate>(gate);
        }

        var whole = true;
        foreach (var due in await ErrandStore.DueFeedsAsync(data.Work, gate.Id, cancel))
        {
            if (plans.TryGetValue(due.Feed, out var plan))
            {
                whole &= gate.FreeSlots > 0 && !await ReadFeedAsync(gate, plan, due, cancel);
            }
        }

        return whole;
    }

    /// <returns>True if another page waits.</returns>
    private async Task<bool> ReadFeedAsync(ConnectionGate gate, FeedPlan plan, DueFeed due, CancellationToken cancel)
    {
        using var span = TowerTelemetry.Start("tower.poll", ActivityKind.Internal, null);
        span?.SetTag("tower.connection", gate.Id).SetTag("tower.feed", due.Feed);
        var answer = (await gateway.ReadAsync(gate, new FeedRequest(due.Feed, due.Cursor, due.Since, plan.Overlap), CatalogFeeds.IsOne(due.Feed) ? DeliveryLane.Deferred : DeliveryLane.Batch, cancel)).What;
        switch (answer)
        {
            case FeedAnswer.Page page:
                // A page is one errand: between pages live traffic, tests and the breaker get their turn.
                var next = page.More ? TimeSpan.Zero : plan.Every;
                await arrivals.StoreAsync(gate.Id, page.Items, connection => ErrandStore.AdvanceAsync(connection, gate.Id, due, page.Cursor, page.More, next, cancel), cancel);
                return page.More;
            case FeedAnswer.Records records:
                await catalogue.StoreAsync(gate.Id, due, records, plan.Every, cancel);
                return records.More;
            case FeedAnswer.Collections collections:
                await catalogue.StoreAsync(gate.Id, due, collections, plan.Every, cancel);
                return collections.More;
            case FeedAnswer.PriceLists lists:
                await catalogue.StoreAsync(gate.Id, due, lists, plan.Every, cancel);
                return lists.More;
            case FeedAnswer.Statement statement:
                await ledger.StoreAsync(gate.Id, gate.Connection.Connector!.Role, due, plan, statement, cancel);
                return statement.More;
            case FeedAnswer.Failed { Why: var why }:
                await ErrandStore.FeedFailedAsync(data.Work, gate.Id, due.Feed, Words(why), cancel);
                break;
        }

        return false;
    }

    private async Task SubscribeAsync(ConnectionGate gate, CancellationToken cancel)
    {
        // A connection that was set up anew subscribes anew.
        var (now, setup) = (clock.GetUtcNow(), (gate.Id, gate.Connection.Version));
        if (address.Value.Base is not { } tower)
        {
            return;
        }

        var url = new Uri(tower, $"/ingress/{gate.Id}");
        if (now - (subscribed.TryGetValue(setup, out var at) ? at : StoredFor(gate.Connection, url)) < Resubscribe)
        {
            return;
        }

        var answer = (await gateway.SubscribeAsync(gate, url, cancel)).What;
        if (answer is Outcome.Accepted)
        {
            subscribed[setup] = now;
            await ConnectionStore.MarkSubscribedAsync(data.Work, gate.Id, url.AbsoluteUri, cancel);
        }
        else
        {
            // Polls carry on meanwhile; asked again in a minute.
            subscribed[setup] = now - Resubscribe + TimeSpan.FromMinutes(1);
            NotSubscribed(log, gate.Id, Words(answer));
        }
    }

    // Pushes to another address do not reach us, however new the subscription is.
    private static DateTimeOffset StoredFor(LiveConnection connection, Uri url) =>
        connection.SubscribedAt is { } at && connection.SubscribedUrl == url.AbsoluteUri ? at : DateTimeOffset.MinValue;

    private static string Words(Outcome outcome) => outcome switch
    {
        Outcome.Refused r => $"{r.Code}: {r.Message}",
        Outcome.NotDone n => n.Message,
        Outcome.Unknown u => u.Message,
        _ => "",
    };

    [LoggerMessage(EventId = 2431, Level = LogLevel.Error, Message = "An errand of {Connection} failed")]
    private static partial void Failed(ILogger log, string connection, Exception error);

    [LoggerMessage(EventId = 2432, Level = LogLevel.Warning, Message = "{Connection} could not be asked to push to us: {Reason}")]
    private static partial void NotSubscribed(ILogger log, string connection, string reason);
}
