using ControlTower.Sync.Connections;
using ControlTower.Sync.Pumps;
using ControlTower.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ControlTower.Tests.Sync.Pumps;

public sealed class ConnectionErrandsTests
{
    [Fact]
    public async Task Subscriptions_follow_the_tower_to_another_address_at_once_and_are_left_alone_otherwise()
    {
        await using var world = await AtAsync(null, 5080);
        await RoundAsync(world);
        await RoundAsync(world);
        await RoundAsync(await AtAsync(world, 5080));
        Assert.Equal(["http://127.0.0.1:5080/ingress/shop"], world.Shop.Client.Subscribed.Select(url => url.AbsoluteUri));

        var moved = await AtAsync(world, 5081);
        await RoundAsync(moved);
        await RoundAsync(moved);
        Assert.Equal("http://127.0.0.1:5081/ingress/shop", world.Shop.Client.Subscribed.Skip(1).Single().AbsoluteUri);
        Assert.Equal("http://127.0.0.1:5081/ingress/shop", await world.Database.ScalarAsync<string>("select subscribed_url from connection where id = 'shop'"));
    }

    private static Task<EngineWorld> AtAsync(EngineWorld? other, int port) => EngineWorld.CreateAsync(
        other, configure: services => services.Configure<TowerAddress>(address => address.PublicUrl = $"http://127.0.0.1:{port}"));

    private static async Task RoundAsync(EngineWorld world)
    {
        using var gate = world.OpenGate(EngineWorld.ShopId);
        await world.Get<ConnectionErrands>().RunAsync(gate, default);
    }
}
