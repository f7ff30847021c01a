using ControlTower.Data.Canonical;
using ControlTower.Data.Connections;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Data.Connections;

public sealed class ConnectionQueriesTests : IAsyncLifetime
{
    private TestDatabase database = null!;
    private OrderWorld world = null!;
    private ConnectionQueries queries = null!;

    public async ValueTask InitializeAsync()
    {
        database = await TestDatabase.CreateAsync();
        world = await new OrderWorld(database).ConnectAsync();
        queries = new ConnectionQueries(database.Sources);
    }

    public ValueTask DisposeAsync() => database.DisposeAsync();

    [Fact]
    public async Task A_connection_that_was_never_called_is_shown_closed_and_empty()
    {
        var all = await queries.StatusesAsync();

        Assert.Equal(["bc-eu", "shopify-eu", "vendure-uk"], all.Select(c => c.Id));
        var erp = all[0];
        Assert.Equal("closed", erp.Gate.Breaker);
        Assert.False(erp.Gate.Owned);
        Assert.Equal(0, erp.DeferredCount);
        Assert.Null(erp.DeferredOldest);
        Assert.Null(erp.LastCall);
        Assert.Null(erp.Gate.Budget.Share);
    }

    [Fact]
    public async Task What_waits_is_counted_per_lane_and_currency_and_what_is_held_apart()
    {
        var order = await world.OrderAsync("#1");
        foreach (var (key, lane, state) in new[] { ("POST-LIVE-1", 0, 0), ("POST-DEFER-1", 1, 0), ("POST-DEFER-2", 1, 2), ("POST-HELD-1", 1, 3) })
        {
            await world.PostingAsync(order, key);
            await world.DeliveryAsync(order, key, state, lane);
        }

        await world.PostingAsync(order, "POST-GBP-1", value: 30m, currency: "GBP");
        await world.DeliveryAsync(order, "POST-GBP-1", lane: 1);
        await database.ExecuteAsync("update delivery set value = 30, currency = 'GBP' where posting_key = 'POST-GBP-1'");

        var erp = (await queries.StatusesAsync("bc-eu"))[0];

        Assert.Equal([(0, 1L), (1, 3L)], erp.Lanes.Select(l => (l.Lane, l.Waiting)));
        Assert.Equal((1, 1), (erp.Held, erp.Unknown));
        Assert.Equal(3, erp.DeferredCount);
        Assert.Equal([new Money(200, "EUR"), new Money(30, "GBP")], erp.DeferredValues);
    }

    [Fact]
    public async Task While_the_circuit_is_open_new_postings_count_as_deferred_too()
    {
        var order = await world.OrderAsync("#1");
        await world.PostingAsync(order, "POST-LIVE-1");
        await world.DeliveryAsync(order, "POST-LIVE-1");
        Assert.Equal(0, (await queries.StatusesAsync("bc-eu"))[0].DeferredCount);

        await database.ExecuteAsync("update connection_gate set breaker = 'open', breaker_reason = 'HTTP 503' where connection_id = 'bc-eu'");

        var erp = (await queries.StatusesAsync("bc-eu"))[0];
        Assert.Equal(1, erp.DeferredCount);
        Assert.Equal("HTTP 503", erp.Gate.Reason);
    }

    [Fact]
    public async Task The_pace_counts_requests_and_postings_that_were_answered_well_and_forgets_after_five_minutes()
    {
        var order = await world.OrderAsync("#1");
        await world.CallAsync(order, "POST-A-1", status: 200, outcome: "ok", failure: null);
        await world.CallAsync(order, "POST-A-1", status: 200, outcome: "ok", failure: null);
        await world.CallAsync(order, "POST-B-1", status: 503, outcome: "failed");
        await world.CallAsync(order, "POST-C-1", status: 200, outcome: "ok", failure: null, purpose: "look-up");
        await world.CallAsync(order, "POST-D-1", status: 200, outcome: "ok", failure: null, ago: TimeSpan.FromMinutes(6));

        var pace = (await queries.StatusesAsync("bc-eu"))[0].Pace.Of(0);

        Assert.Equal((4L, 1L, 1L), (pace.Requests, pace.Settled, pace.LastMinute));
        Assert.Equal(412, pace.AverageMs);
    }

    [Fact]
    public async Task The_budget_is_read_as_the_gate_wrote_it()
    {
        await database.ExecuteAsync(
            """
            update connection_gate set lease_until = now() + interval '10 seconds', owner = gen_random_uuid(),
                budget = '{"used":4440,"limit":6000,"windowSeconds":300,"usedByLane":[2760,1140,540,0],"concurrent":38,"concurrency":100}' where connection_id = 'bc-eu'
            """);

        var gate = (await queries.StatusesAsync("bc-eu"))[0].Gate;

        Assert.True(gate.Owned);
        Assert.Equal(0.74, gate.Budget.Share!.Value, 0.0001);
        Assert.Equal([0.46, 0.19, 0.09, 0], Enumerable.Range(0, 4).Select(lane => Math.Round(gate.Budget.ShareOf(lane), 4)));
    }

    [Fact]
    public void A_cost_bucket_is_read_from_what_is_left_in_it()
    {
        var budget = GateBudget.Parse("""{"used":10,"limit":null,"windowSeconds":300,"usedByLane":[5,5,0,0],"points":500,"pointsCapacity":2000,"pointsRestore":100,"concurrent":1,"concurrency":4}""");
        Assert.Equal(0.75, budget.Share);
        Assert.Equal(0.375, budget.ShareOf(1));
    }

    [Fact]
    public void A_budget_that_cannot_be_read_is_not_known() => Assert.Same(GateBudget.Empty, GateBudget.Parse("[1]"));
}
