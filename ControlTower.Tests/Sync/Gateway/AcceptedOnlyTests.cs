using ControlTower.Sync.Connectors;
using ControlTower.Sync.Gateway;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Sync.Gateway;

/// <summary>An ERP that says 202, as if it would do it later, and from which nobody ever hears again.</summary>
public sealed class AcceptedOnlyTests
{
    [Promise(5)]
    [Fact]
    public async Task What_is_only_accepted_is_asked_after_before_each_further_sending_and_at_the_end_a_person_decides()
    {
        await using var world = await EngineWorld.CreateAsync();
        await world.ReceiveAsync(EngineWorld.Message(EngineWorld.Order("1")));
        await world.WorkInboxAsync();
        world.Erp.Client.Answer = _ => new Outcome.Unknown("Answered with success, but the body is not JSON.");
        world.Erp.Client.CommitsAnyway = _ => false;

        for (var i = 0; i < 3 * DeliveryRules.MaxAttempts; i++)
        {
            await world.WorkOutboxAsync(limit: 1);
            await world.AgeSendingsAsync(TimeSpan.FromMinutes(11));
        }

        var (sent, asked) = (world.Erp.Client.Calls.Count, world.Erp.Client.LookUps.Count);
        Assert.Equal(DeliveryRules.MaxAttempts, sent);
        Assert.True(asked >= sent, $"Sent {sent} times, and asked after it {asked} times.");
        Assert.Empty(world.Erp.Client.Ledger);
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from exception_case where code = 'too-many-attempts' and state = 'open'"));
    }
}
