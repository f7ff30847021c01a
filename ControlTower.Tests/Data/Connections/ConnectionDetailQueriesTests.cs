using ControlTower.Data.Connections;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Data.Connections;

public sealed class ConnectionDetailQueriesTests : IAsyncLifetime
{
    private TestDatabase database = null!;
    private OrderWorld world = null!;
    private ConnectionDetailQueries queries = null!;

    public async ValueTask InitializeAsync()
    {
        database = await TestDatabase.CreateAsync();
        world = await new OrderWorld(database).ConnectAsync();
        queries = new ConnectionDetailQueries(database.Sources);
    }

    public ValueTask DisposeAsync() => database.DisposeAsync();

    [Fact]
    public async Task Health_counts_technical_throttled_and_refused_apart_and_leaves_out_look_ups_that_find_nothing()
    {
        var order = await world.OrderAsync("#1");
        await world.CallAsync(order, "POST-A-1", status: 201, outcome: "ok", failure: null);
        await world.CallAsync(order, "POST-A-1", status: 503, outcome: "failed");
        await world.CallAsync(order, "POST-A-1", status: null, outcome: "no-answer");
        await world.CallAsync(order, "POST-A-1", status: 429, outcome: "throttled");
        await world.CallAsync(order, "POST-A-1", status: 400);
        await world.CallAsync(order, "POST-A-1", status: 404);
        await world.CallAsync(order, "POST-A-1", status: 500, outcome: "failed", ago: TimeSpan.FromHours(2));
        await database.ExecuteAsync("update vendor_call set verb = 'GET' where status = 404");

        var health = await queries.HealthAsync("bc-eu");

        Assert.Equal((6L, 2L, 1L, 1L), (health.Calls, health.Technical, health.Throttled, health.Refused));
        Assert.Equal(412, health.P95Ms);
        Assert.Equal(2 / 6.0, health.TechnicalShare);
    }

    [Fact]
    public async Task Without_calls_nothing_is_said_about_health()
    {
        var health = await queries.HealthAsync("bc-eu");
        Assert.Null(health.TechnicalShare);
        Assert.Null(health.P95Ms);
    }

    [Fact]
    public async Task The_backlog_rises_with_what_is_intended_and_falls_with_what_is_settled()
    {
        var now = await NowAsync();
        await IntendAsync("POST-OLD-1", minutesAgo: 600);
        await IntendAsync("POST-A-1", minutesAgo: 40, settledMinutesAgo: 10);
        await IntendAsync("POST-B-1", minutesAgo: 30);
        await IntendAsync("POST-HELD-1", minutesAgo: 30, state: 3);
        await IntendAsync("POST-QUICK-1", minutesAgo: 20, settledMinutesAgo: 20);

        var points = await queries.BacklogAsync("bc-eu", now.AddMinutes(-60), TimeSpan.FromMinutes(1));

        long At(int minutesAgo) => points.Last(p => p.At <= now.AddMinutes(-minutesAgo)).Count;
        Assert.Equal(1, At(50));
        Assert.Equal(2, At(35));
        Assert.Equal(3, At(15));
        Assert.Equal(2, At(5));
        Assert.Equal(2, points[^1].Count);
        Assert.InRange(points.Count, 60, 63);
    }

    [Fact]
    public async Task A_circuit_that_turns_and_a_pause_leave_a_mark_each_with_its_reason()
    {
        await database.ExecuteAsync("update connection_gate set breaker = 'open', breaker_reason = 'HTTP 503' where connection_id = 'bc-eu'");
        await database.ExecuteAsync("update connection_gate set breaker = 'open', updated_at = now() where connection_id = 'bc-eu'");
        await database.ExecuteAsync("update connection set paused_at = now(), paused_by = 'Tess', paused_reason = 'stocktake' where id = 'bc-eu'");
        await database.ExecuteAsync("update connection set paused_at = null, paused_by = null, paused_reason = null where id = 'bc-eu'");

        var turns = await queries.TurnsAsync("bc-eu", await NowAsync() - TimeSpan.FromHours(1));

        Assert.Equal([("open", "HTTP 503"), ("paused", "stocktake"), ("resumed", null)], turns.Select(t => (t.What, t.Reason)));
        Assert.All(turns, t => Assert.Equal("Business Central EU", t.Connection));
    }

    [Fact]
    public async Task The_last_turn_before_the_window_comes_with_it()
    {
        await database.ExecuteAsync("insert into connection_turn (connection_id, what, at) values ('bc-eu', 'open', now() - interval '3 hours'), ('bc-eu', 'closed', now() - interval '2 hours')");
        var turns = await queries.TurnsAsync("bc-eu", await NowAsync() - TimeSpan.FromHours(1));
        Assert.Equal("closed", Assert.Single(turns).What);
    }

    private async Task<DateTimeOffset> NowAsync() => new(await database.ScalarAsync<DateTime>("select now()"), TimeSpan.Zero);

    private async Task IntendAsync(string key, int minutesAgo, int? settledMinutesAgo = null, int state = 0)
    {
        var order = await world.OrderAsync($"#{key}");
        await world.PostingAsync(order, key, state: settledMinutesAgo is null ? "intended" : "confirmed");
        await database.ExecuteAsync($"update posting set intended_at = now() - interval '{minutesAgo} minutes' where key = '{key}'");
        if (settledMinutesAgo is { } settled)
            await database.ExecuteAsync($"update posting set settled_at = now() - interval '{settled} minutes' where key = '{key}'");
        else
            await world.DeliveryAsync(order, key, state);
    }
}
