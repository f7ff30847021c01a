using ControlTower.Data.Audit;
using ControlTower.Data.Flows;
using ControlTower.Data.Outbox;
using ControlTower.Data.Timeline;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Data.Timeline;

public sealed class OrderStoryQueriesTests : IAsyncLifetime
{
    private const string Key = "NL-1-0123456789ABCDEF";

    private TestDatabase database = null!;
    private OrderWorld world = null!;
    private OrderStoryQueries queries = null!;

    public async ValueTask InitializeAsync()
    {
        database = await TestDatabase.CreateAsync();
        world = await new OrderWorld(database).ConnectAsync();
        queries = new OrderStoryQueries(database.Sources);
    }

    public ValueTask DisposeAsync() => database.DisposeAsync();

    [Fact]
    public async Task A_message_that_waits_to_be_worked_is_part_of_the_story_of_its_lane_and_of_no_other()
    {
        var id = await world.OrderAsync("NL-1");
        var other = await world.OrderAsync("NL-2");
        await world.MessageAsync(id);
        var waiting = await world.MessageAsync(null, topic: "orders/updated", body: """{"late":true}""");
        var foreign = await world.MessageAsync(null, topic: "orders/edited");
        await database.ExecuteAsync(
            $"""
             insert into inbox_work (message_id, connection_id, lane, state) select id, connection_id, lane, 1 from inbox_message where id = {waiting};
             insert into inbox_work (message_id, connection_id, lane) values ({foreign}, '{OrderWorld.Shop}', 'order/2');
             """);

        var messages = (await queries.LoadAsync(id))!.Messages;

        Assert.Equal([("orders/create", "processed", null), ("orders/updated", null, "parked")], messages.Select(message => (message.Topic, message.Outcome, message.Detail)));
        Assert.Empty((await queries.LoadAsync(other))!.Messages);
        Assert.Equal("""{"late":true}""", await queries.MessageBodyAsync(id, waiting));
        Assert.Null(await queries.MessageBodyAsync(other, waiting));
    }

    [Fact]
    public async Task The_story_holds_everything_that_touched_the_order_and_nothing_of_another()
    {
        var id = await world.OrderAsync("NL-1", 784.90m, status: "attention");
        var other = await world.OrderAsync("NL-2");
        foreach (var order in (long[])[id, other])
        {
            await world.StepAsync(order, 1, "order.captured", "captured", OrderWorld.Shop, trace: "4bf92f3577b34da6a3ce929d0e0e4736");
            await world.MessageAsync(order);
            await world.CaseAsync(order);
        }

        await world.StepAsync(id, 2, "order.reserved", "reserved");
        await world.PostingAsync(id, Key);
        await world.DeliveryAsync(id, Key, state: 3, attempts: 2, failure: "refused");
        await world.CallAsync(id, Key);
        await world.CallAsync(id, Key, attempt: 2);
        await database.ExecuteAsync(
            $$"""insert into order_document (flow_id, version, body) values ({{id}}, 1, '{"Lines":[{},{},{}],"Fulfilment":"ShipFromStore"}'), ({{other}}, 1, '[]')""");
        await new AuditLog(database.Sources, TimeProvider.System).AppendAsync(
            new AuditEntry(new Actor(null, "Ida Holm", "Operations"), "exceptions:case:retry", $"case:{await FirstCaseAsync(id)}", Reason: "mapped"));

        var story = (await queries.LoadAsync(id))!;

        Assert.Equal(("NL-1", 3, "ShipFromStore", 784.90m), (story.Head.Name, story.Head.Lines, story.Head.Fulfilment, story.Head.Value.Amount));
        Assert.Equal("4bf92f3577b34da6a3ce929d0e0e4736", story.Head.TraceId);
        Assert.Equal([1, 2], story.Steps.Select(step => step.Step));
        Assert.Single(story.Messages);
        Assert.Equal([1, 2], story.Calls.Select(call => call.Attempt));
        Assert.Equal((DeliveryState.Held, 2), (story.Deliveries.Single().State, story.Deliveries.Single().Attempts));
        Assert.Equal(Key, story.Postings.Single().Key);
        Assert.Single(story.Cases);
        Assert.Equal(("Ida Holm", "mapped"), (story.Acts.Single().Who, story.Acts.Single().Reason));
        Assert.Equal([OrderWorld.Erp, OrderWorld.Shop], story.Systems.Select(system => system.Id).Order(StringComparer.Ordinal));
        Assert.False(story.IsCut);
        Assert.Null((await queries.LoadAsync(other))!.Head.Lines);
    }

    [Fact]
    public async Task An_order_that_is_not_there_has_no_story() => Assert.Null(await queries.LoadAsync(404));

    [Fact]
    public async Task A_long_story_keeps_its_newest_part_and_says_so()
    {
        var id = await world.OrderAsync("NL-1");
        await database.ExecuteAsync($"insert into event_log (flow_id, step, type, stage) select {id}, n, 'order.edited', 'posted' from generate_series(1, 400) n");
        var story = (await queries.LoadAsync(id))!;
        Assert.True(story.IsCut);
        Assert.Equal((101, 400), (story.Steps[0].Step, story.Steps[^1].Step));
    }

    [Fact]
    public async Task Bodies_are_given_only_with_the_order_they_belong_to()
    {
        var id = await world.OrderAsync("NL-1");
        var other = await world.OrderAsync("NL-2");
        var call = await world.CallAsync(id, Key, request: "sent", response: null);
        var message = await world.MessageAsync(id, body: "{\"é\":1}");

        Assert.Equal(new CallBody("sent", null), await queries.CallBodyAsync(id, call));
        Assert.Null(await queries.CallBodyAsync(other, call));
        Assert.Equal("{\"é\":1}", await queries.MessageBodyAsync(id, message));
        Assert.Null(await queries.MessageBodyAsync(other, message));
    }

    [Fact]
    public async Task A_message_larger_than_a_screen_is_cut()
    {
        var id = await world.OrderAsync("NL-1");
        var message = await world.MessageAsync(id, body: new string('x', OrderStoryQueries.BodyLimit + 1000));
        Assert.Equal(OrderStoryQueries.BodyLimit, (await queries.MessageBodyAsync(id, message))!.Length);
    }

    private async Task<long> FirstCaseAsync(long order) => await database.ScalarAsync<long>($"select id from exception_case where flow_id = {order}");
}
