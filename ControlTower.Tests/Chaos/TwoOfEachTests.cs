using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Chaos;

/// <summary>Two webs and two workers on one database: what one node does, no other does again, also when the sending one dies in the middle of it.</summary>
[Collection(UnderFire.Name)]
public sealed class TwoOfEachTests
{
    private const int Orders = 40;
    private const string Erp = "bc-eu";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Promise(4)]
    [Fact]
    public async Task Orders_through_both_webs_are_posted_once_each_although_the_sending_worker_is_killed_midway()
    {
        await using var world = await ChaosWorld.StartAsync(seed: 5, Cancel);
        await world.UntilSubscribedAsync(Cancel);
        world.Postman.Manners = new PostManners(Copies: 2, LateShare: 0, Detour: TimeSpan.Zero);
        await world.Estate.PlaceAsync("shopify-eu", Orders / 2);
        await world.UntilAsync("select count(*) > 3 from posting where kind = 'PostSalesOrder' and state = 'confirmed'", TimeSpan.FromMinutes(4), Cancel);

        var sending = await world.OwnerOfAsync(Erp);
        Assert.NotNull(sending);
        var before = await world.TryAsync<long>("select fence from connection_gate where connection_id = $1", Erp);
        var killed = sending.KillAsync(TimeSpan.FromSeconds(20));
        await world.Estate.PlaceAsync("shopify-eu", Orders / 2);
        await killed;

        await world.UntilAsync($"select count(*) = {Orders} from flow where status = 'done'", TimeSpan.FromMinutes(6), Cancel);
        Assert.True(await world.TryAsync<long>("select fence from connection_gate where connection_id = $1", Erp) > before);
        Assert.All(world.Webs, web => Assert.True(world.Postman.Taken[web.Address!] > Orders));
        var verdict = await new Judge(world).JudgeAsync(Cancel);
        Assert.True(verdict.IsSound, verdict.ToString());
        Assert.Equal(Orders, verdict.Orders);
    }
}
