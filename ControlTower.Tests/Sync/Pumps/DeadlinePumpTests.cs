using ControlTower.Sync.Pumps;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Sync.Pumps;

public sealed class DeadlinePumpTests
{
    [Fact]
    public async Task Deadlines_that_cannot_be_told_do_not_stand_before_the_others_for_ever()
    {
        await using var world = await EngineWorld.CreateAsync();
        await world.ReceiveAsync(EngineWorld.Message(EngineWorld.Order("1")), EngineWorld.Message(EngineWorld.Order("2")));
        await world.WorkInboxAsync();
        await world.Database.ExecuteAsync(
            """
            delete from deadline;
            update flow set state = '"not a state"' where source_id = '1';
            insert into deadline (flow_id, name, due_at) select id, 'broken-' || n, now() - interval '1 hour' from flow, generate_series(1, 200) n where source_id = '1';
            insert into deadline (flow_id, name, due_at) select id, 'good', now() - interval '1 minute' from flow where source_id = '2';
            """);

        var first = await world.Get<DeadlinePump>().RunOnceAsync(default);
        Assert.Equal((200, 200, true), (first.Taken, first.Failed, first.Again));
        await world.Get<DeadlinePump>().RunOnceAsync(default);

        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from deadline where name = 'good'"));
        Assert.Equal(200, await world.Database.ScalarAsync<long>("select count(*) from deadline where due_at > now()"));
    }
}
