using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Pumps;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Sync.Pumps;

/// <summary>Messages that only hint at something: read from the vendor, or set aside, but never waiting for ever unseen.</summary>
public sealed class FetchesTests
{
    [Fact]
    public async Task What_the_vendor_will_not_tell_is_a_case_and_the_order_behind_it_is_worked()
    {
        await using var world = await WithHintAsync();
        await FetchAsync(world, new Outcome.Refused(FailureKind.Missing, "no-such-order", "There is no such order."));

        Assert.Equal("no-such-order", await world.Database.ScalarAsync<string>("select code from exception_case where state = 'open' and message_id is not null"));
        Assert.Equal("excepted", await world.Database.ScalarAsync<string>("select outcome from inbox_outcome"));
        await world.WorkInboxAsync();
        Assert.Equal("reserved", await world.StageAsync("1"));
    }

    [Fact]
    public async Task What_could_not_be_read_for_a_day_is_a_case()
    {
        await using var world = await WithHintAsync();
        var down = new Outcome.NotDone(FailureKind.Intermittent, "The service is unavailable.");
        await FetchAsync(world, down);
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from inbox_work where state = 2 and due_at > now()"));

        await world.Database.ExecuteAsync("update inbox_message set received_at = now() - interval '25 hours'");
        await world.HurryAsync();
        await FetchAsync(world, down);
        Assert.Equal("never-read", await world.Database.ScalarAsync<string>("select code from exception_case where state = 'open'"));
    }

    [Fact]
    public async Task Missing_rights_keep_messages_waiting_and_make_no_case_of_each()
    {
        await using var world = await WithHintAsync();
        await FetchAsync(world, new Outcome.Refused(FailureKind.Connection, "forbidden", "The credentials lack the right."));
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from inbox_work where state = 2"));
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from exception_case"));
    }

    // A hint, and behind it in the same lane an order.
    private static async Task<EngineWorld> WithHintAsync()
    {
        var world = await EngineWorld.CreateAsync();
        await world.ReceiveAsync(EngineWorld.Message(EngineWorld.Order("1"), "hint"));
        await world.Database.ExecuteAsync("update inbox_work set state = 2, reason = 'order/1'");
        await world.ReceiveAsync(EngineWorld.Message(EngineWorld.Order("1", version: 2)));
        return world;
    }

    private static async Task FetchAsync(EngineWorld world, Outcome answer)
    {
        world.Shop.Client.Reads = _ => new FeedAnswer.Failed(answer);
        await world.ClaimAsync(EngineWorld.ShopId);
        await world.Get<Fetches>().RunAsync(world.Gate(EngineWorld.ShopId), default);
    }
}
