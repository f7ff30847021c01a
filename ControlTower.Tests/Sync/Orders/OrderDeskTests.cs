using ControlTower.Data.ApiClients;
using ControlTower.Data.Audit;
using ControlTower.Sync.Orders;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Sync.Orders;

public sealed class OrderDeskTests
{
    private static readonly Actor Partner = new(Guid.Parse("00000000-0000-4000-8000-000000000009"), "Partner", "client");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_cancellation_that_is_said_again_is_the_same_whatever_the_shop_said_meanwhile(bool erased)
    {
        await using var world = await EngineWorld.CreateAsync();
        await world.PlaceAsync(1);
        var (id, act) = (await world.Database.ScalarAsync<long>("select id from flow"), Guid.NewGuid());
        var version = await world.Database.ScalarAsync<int>("select version from flow");
        Assert.IsType<OrderAnswer.Stale>(await CancelAsync(version + 1, "found cheaper"));
        Assert.IsType<OrderAnswer.Taken>(await CancelAsync(version, "found cheaper"));
        await world.Database.ExecuteAsync("update flow set applied_version = applied_version + 1, version = version + 1");
        if (erased)
        {
            await world.Database.ExecuteAsync($"update inbox_message set body = ''::bytea where topic = '{OrderDesk.Topic}'");
        }

        Assert.IsType<OrderAnswer.Taken>(await CancelAsync(version, "found cheaper"));
        if (!erased)
        {
            Assert.IsType<OrderAnswer.Reused>(await CancelAsync(version, "another reason"));
        }

        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from audit where action = 'orders:order:cancel'"));
        Assert.Equal(1, await world.Database.ScalarAsync<long>($"select count(*) from inbox_message where topic = '{OrderDesk.Topic}'"));

        Task<OrderAnswer> CancelAsync(int seen, string reason) => world.Get<OrderDesk>().CancelAsync(act, id, seen, new ApiReach([], []), reason, Partner, default);
    }
}
