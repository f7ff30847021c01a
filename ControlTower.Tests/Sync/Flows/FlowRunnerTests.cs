using ControlTower.Data.Outbox;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Flows;
using ControlTower.Sync.Pumps;
using ControlTower.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ControlTower.Tests.Sync.Flows;

/// <summary>What a flow that breaks does to what it was told before, and to its neighbours in the batch.</summary>
public sealed class FlowRunnerTests
{
    private readonly TestFlow flow = new();

    [Fact]
    public async Task A_message_whose_flow_breaks_on_the_answer_of_the_stock_stays_in_work_and_moves_no_stock()
    {
        await using var world = await WorldAsync();
        flow.Breaks = (order, what) => order == "2" && IsStockAnswer(what);
        await world.ReceiveAsync(EngineWorld.Message(EngineWorld.Order("1")), EngineWorld.Message(EngineWorld.Order("2")), EngineWorld.Message(EngineWorld.Order("3")));

        await world.Get<InboxPump>().RunOnceAsync(default);

        Assert.Equal("1 3", await world.Database.ScalarAsync<string>(
            "select string_agg(f.source_id, ' ' order by f.source_id) from inbox_outcome o join flow f on f.id = o.flow_id where o.outcome = 'processed'"));
        Assert.Equal("2@1", await world.Database.ScalarAsync<string>("select string_agg(m.event_id, ' ') from inbox_work join inbox_message m on m.id = message_id"));
        Assert.Equal(2, await world.Database.ScalarAsync<int>("select reserved from stock where sku = 'SKU-1'"));

        flow.Breaks = (_, _) => false;
        await world.HurryAsync();
        await world.WorkInboxAsync();
        Assert.Equal(3, await world.Database.ScalarAsync<int>("select reserved from stock where sku = 'SKU-1'"));
        Assert.Equal(3, await world.Database.ScalarAsync<long>("select count(*) from flow where state is not null"));
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from inbox_work"));
    }

    [Fact]
    public async Task A_delivery_whose_flow_breaks_on_the_answer_of_the_stock_is_not_settled()
    {
        await using var world = await WorldAsync();
        var claims = await PostedAsync(world);
        flow.Breaks = (order, what) => order == "2" && IsStockAnswer(what);

        var answers = await world.Get<FlowRunner>().ApplyAsync([.. claims.Select(c => new FlowInput.Delivered(c, new Outcome.Accepted($"id-{c.SourceId}")))], default);

        Assert.Equal(["Applied", "Failed", "Applied"], answers.Select(a => a.GetType().Name));
        Assert.Equal("TEST-KEY-2", await world.Database.ScalarAsync<string>("select string_agg(key, ' ') from posting where state <> 'confirmed'"));
        Assert.Equal("TEST-KEY-2", await world.Database.ScalarAsync<string>("select string_agg(posting_key, ' ') from delivery"));
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from flow f where f.steps <> (select count(*) from event_log e where e.flow_id = f.id)"));
    }

    [Fact]
    public async Task Of_two_inputs_of_one_flow_only_the_one_that_breaks_it_fails()
    {
        await using var world = await WorldAsync();
        var claims = await PostedAsync(world);
        flow.Breaks = (_, what) => what is FlowEvent.Retried;

        var answers = await world.Get<FlowRunner>().ApplyAsync(
            [new FlowInput.Delivered(claims[0], new Outcome.Accepted("id-1")), new FlowInput.Retried(claims[0].FlowId, "somebody"), new FlowInput.Delivered(claims[1], new Outcome.Accepted("id-2"))],
            default);

        Assert.Equal(["Applied", "Failed", "Applied"], answers.Select(a => a.GetType().Name));
        Assert.Equal(2, await world.Database.ScalarAsync<long>("select count(*) from posting where state = 'confirmed'"));
        Assert.Equal(2, await world.Database.ScalarAsync<long>("select count(*) from event_log where type = 'test.Delivered'"));
    }

    [Fact]
    public async Task A_deadline_that_breaks_its_flow_stays_and_is_tried_again()
    {
        await using var world = await WorldAsync();
        await world.ReceiveAsync(EngineWorld.Message(EngineWorld.Order("1")), EngineWorld.Message(EngineWorld.Order("2")));
        await world.WorkInboxAsync();
        await world.Database.ExecuteAsync("insert into deadline (flow_id, name, due_at) select id, 'look', now() - interval '1 minute' from flow");
        flow.Breaks = (order, what) => order == "1" && what is FlowEvent.Due;

        var run = await world.Get<DeadlinePump>().RunOnceAsync(default);

        Assert.Equal((2, 1), (run.Taken, run.Failed));
        Assert.Equal("1", await world.Database.ScalarAsync<string>("select string_agg(f.source_id, ' ') from deadline d join flow f on f.id = d.flow_id where d.due_at > now()"));

        flow.Breaks = (_, _) => false;
        await world.Database.ExecuteAsync("update deadline set due_at = now()");
        await world.Get<DeadlinePump>().RunOnceAsync(default);
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from deadline"));
        Assert.Equal(2, await world.Database.ScalarAsync<long>("select count(*) from event_log where type = 'test.Due'"));
    }

    private static bool IsStockAnswer(FlowEvent what) => what is FlowEvent.Reserved or FlowEvent.NotReserved;

    private Task<EngineWorld> WorldAsync() => EngineWorld.CreateAsync(configure: services => services.AddSingleton(FlowHost.Of(flow, new FlowPolicy())));

    private static async Task<List<ClaimedDelivery>> PostedAsync(EngineWorld world)
    {
        await world.ReceiveAsync(EngineWorld.Message(EngineWorld.Order("1")), EngineWorld.Message(EngineWorld.Order("2")), EngineWorld.Message(EngineWorld.Order("3")));
        await world.WorkInboxAsync();
        var claims = await world.ClaimAsync();
        Assert.Equal(["1", "2", "3"], claims.Select(c => c.SourceId));
        return claims;
    }
}
