using ControlTower.Data.Connections;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Data.Connections;

public sealed class CallQueriesTests : IAsyncLifetime
{
    private TestDatabase database = null!;
    private OrderWorld world = null!;
    private CallQueries queries = null!;

    public async ValueTask InitializeAsync()
    {
        database = await TestDatabase.CreateAsync();
        world = await new OrderWorld(database).ConnectAsync();
        queries = new CallQueries(database.Sources);
    }

    public ValueTask DisposeAsync() => database.DisposeAsync();

    [Fact]
    public async Task Calls_come_newest_first_and_go_on_where_the_page_ended()
    {
        var order = await world.OrderAsync("#1");
        var ids = new List<long>();
        for (var i = 0; i < 5; i++)
            ids.Add(await world.CallAsync(order, "POST-A-1"));

        var first = await queries.LatestAsync("bc-eu", null, null, 3);
        var rest = await queries.LatestAsync("bc-eu", null, first[^1].Id, 3);

        Assert.Equal(ids.AsEnumerable().Reverse(), first.Concat(rest).Select(c => c.Id));
        Assert.Empty(await queries.LatestAsync("shopify-eu", null, null));
    }

    [Fact]
    public async Task An_outcome_narrows_the_list_and_what_counts_as_new()
    {
        var order = await world.OrderAsync("#1");
        var old = await world.CallAsync(order, "POST-A-1");
        await world.CallAsync(order, "POST-A-1", status: 200, outcome: "ok", failure: null);
        var failed = await world.CallAsync(order, "POST-A-1", status: 503, outcome: "failed");

        Assert.Equal([failed], (await queries.LatestAsync("bc-eu", "failed", null)).Select(c => c.Id));
        Assert.Equal(2, await queries.NewerAsync("bc-eu", null, old));
        Assert.Equal(1, await queries.NewerAsync("bc-eu", "failed", old));
    }

    [Fact]
    public async Task The_bodies_of_another_connections_call_are_not_handed_out()
    {
        var order = await world.OrderAsync("#1");
        var id = await world.CallAsync(order, "POST-A-1", request: "{}", response: "no");

        var call = await queries.FindAsync("bc-eu", id, bodies: true);
        Assert.Equal(("{}", "no"), (call!.Request, call.Response));
        Assert.Null(await queries.FindAsync("shopify-eu", id, bodies: true));
    }

    [Fact]
    public async Task Without_the_permission_a_call_comes_without_what_was_said()
    {
        var order = await world.OrderAsync("#1");
        var id = await world.CallAsync(order, "POST-A-1", request: "{}", response: "no");

        var call = await queries.FindAsync("bc-eu", id, bodies: false);

        Assert.Equal((400, null, null), (call!.Line.Status, call.Request, call.Response));
    }
}
