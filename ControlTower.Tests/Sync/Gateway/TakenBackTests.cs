using ControlTower.Data.Audit;
using ControlTower.Data.Canonical;
using ControlTower.Data.Outbox;
using ControlTower.Data.Triage;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Gateway;
using ControlTower.Sync.Triage;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Sync.Gateway;

public sealed class TakenBackTests
{
    [Fact]
    public async Task A_case_that_ends_because_nobody_wants_its_delivery_any_more_is_not_called_proven()
    {
        await using var world = await EngineWorld.CreateAsync();
        await world.ReceiveAsync(EngineWorld.Message(EngineWorld.Order("1")));
        await world.WorkInboxAsync();
        world.Erp.Client.Answer = _ => new Outcome.Refused(FailureKind.Missing, "tax-code", "No such tax code.");
        await world.WorkOutboxAsync();
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from exception_case where state = 'open'"));

        await world.ReceiveAsync(EngineWorld.Message(new OrderCancelled("cancelled", EngineWorld.Order("1").Key, 2, "customer", EngineWorld.Order("1").PlacedAt), "order/1"));
        await world.WorkInboxAsync();

        Assert.Equal("resolved/tower/false", await world.Database.ScalarAsync<string>("select state || '/' || closed_by || '/' || proven from exception_case"));
        Assert.Equal(0, (await new CaseQueries(world.Database.Sources).TotalAsync(new CaseFilter { States = ["resolved"], ProvenOnly = true })).Count);
    }
}
