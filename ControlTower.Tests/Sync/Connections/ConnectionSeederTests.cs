using ControlTower.Sync.Connections;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Sync.Connections;

public sealed class ConnectionSeederTests
{
    [Fact]
    public async Task A_seed_that_says_what_is_there_changes_nothing_and_one_that_differs_does()
    {
        await using var world = await EngineWorld.CreateAsync();
        await ApplyAsync(world, "one", "secret");
        var before = await StateAsync(world);
        await ApplyAsync(world, "one", "secret");
        Assert.Equal(before, await StateAsync(world));
        Assert.StartsWith("1 ", before, StringComparison.Ordinal);

        await ApplyAsync(world, "one", "another secret");
        Assert.StartsWith("2 ", await StateAsync(world), StringComparison.Ordinal);
        await ApplyAsync(world, "two", "another secret");
        Assert.StartsWith("3 ", await StateAsync(world), StringComparison.Ordinal);
        await world.Get<ConnectionDirectory>().RefreshAsync(default);
        Assert.Equal("another secret", world.Get<ConnectionDirectory>().Find("third")!.Secret("token"));
    }

    [Fact]
    public async Task A_seed_without_secrets_keeps_those_that_are_stored_and_each_change_is_told_in_the_audit()
    {
        await using var world = await EngineWorld.CreateAsync();
        await ApplyAsync(world, "one", "secret");
        await ApplyAsync(world, "one", "secret");
        await world.Get<ConnectionSeeder>().ApplyAsync(
            new ConnectionSeed([new SeedConnection("third", "test-erp", "two", null, null, "EUR", null, null, new() { ["a"] = "1" }, null)], [], []), default);
        await world.Get<ConnectionDirectory>().RefreshAsync(default);
        Assert.Equal("secret", world.Get<ConnectionDirectory>().Find("third")!.Secret("token"));
        Assert.Equal(2L, await world.Database.ScalarAsync<long>("select count(*) from audit where subject = 'connection:third' and actor_name = 'seed'"));
    }

    private static Task ApplyAsync(EngineWorld world, string name, string secret) => world.Get<ConnectionSeeder>().ApplyAsync(
        new ConnectionSeed([new SeedConnection("third", "test-erp", name, null, null, "EUR", null, null, new() { ["a"] = "1" }, new() { ["token"] = secret })], [], []), default);

    private static async Task<string?> StateAsync(EngineWorld world) =>
        await world.Database.ScalarAsync<string>("select version || ' ' || updated_at || encode(secrets, 'hex') from connection where id = 'third'");
}
