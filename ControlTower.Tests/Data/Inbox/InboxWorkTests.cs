using ControlTower.Data.Inbox;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Data.Inbox;

public sealed class InboxWorkTests
{
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task An_attempt_taken_back_late_puts_the_count_right_and_leaves_the_new_claim_alone()
    {
        await using var world = await EngineWorld.CreateAsync();
        await world.ReceiveAsync(EngineWorld.Message(EngineWorld.Order("1")));
        var first = Assert.Single(await ClaimAsync(world, TimeSpan.Zero));
        var second = Assert.Single(await ClaimAsync(world, Lease));

        await InboxWork.ForgiveAsync(world.Database.Sources.Work, [first.Id], [first.Fence], default);

        Assert.Equal(2, second.Attempts);
        Assert.True(await world.Database.ScalarAsync<bool>($"select attempts = 1 and fence = {second.Fence} and lease_until > now() from inbox_work"));
        Assert.Empty(await ClaimAsync(world, Lease));
    }

    [Fact]
    public async Task An_attempt_taken_back_in_time_gives_the_message_back()
    {
        await using var world = await EngineWorld.CreateAsync();
        await world.ReceiveAsync(EngineWorld.Message(EngineWorld.Order("1")));
        var claim = Assert.Single(await ClaimAsync(world, Lease));

        await InboxWork.ForgiveAsync(world.Database.Sources.Work, [claim.Id], [claim.Fence], default);
        await world.HurryAsync();

        Assert.Equal((1, 1), Assert.Single(await ClaimAsync(world, Lease)) is var again ? (again.Attempts, again.Hiccups) : default);
    }

    [Fact]
    public async Task What_was_tried_before_is_claimed_alone_and_in_its_turn()
    {
        await using var world = await EngineWorld.CreateAsync();
        await world.ReceiveAsync([.. Enumerable.Range(1, 6).Select(i => EngineWorld.Message(EngineWorld.Order($"{i}")))]);
        await world.Database.ExecuteAsync("update inbox_work set attempts = 1, fence = 1 where message_id in (select id from inbox_message where event_id in ('3@1', '4@1'))");

        Assert.Equal(["1@1", "2@1"], (await ClaimAsync(world, Lease)).Select(m => m.EventId));
        Assert.Equal(["3@1"], (await ClaimAsync(world, Lease)).Select(m => m.EventId));
        Assert.Equal(["4@1"], (await ClaimAsync(world, Lease)).Select(m => m.EventId));
        Assert.Equal(["5@1", "6@1"], (await ClaimAsync(world, Lease)).Select(m => m.EventId));
    }

    private static Task<List<ClaimedMessage>> ClaimAsync(EngineWorld world, TimeSpan lease) => InboxWork.ClaimAsync(world.Database.Sources.Work, Guid.NewGuid(), lease, 100, default);
}
