using ControlTower.Data.Catalog;
using ControlTower.Data.Ownership;
using ControlTower.Sync.Ownership;
using ControlTower.Tests.Sync.Publishing;
using Xunit;
using static ControlTower.Tests.Sync.Publishing.PriceWorld;

namespace ControlTower.Tests.Sync.Ownership;

/// <summary>Writes out: a channel that owns its price is not told another, and is told again once the rules are as before.</summary>
public sealed class OwnedPriceTests
{
    [Fact]
    public async Task A_channel_that_owns_its_price_is_not_told_the_ERPs()
    {
        await using var world = await CreateAsync("all");
        await world.ErpAsync(Item("e1", "A-1", 20m));
        await world.ShopAsync(Item("1", "A-1", 19m));
        await RulesAsync(world, "insert into ownership_change (number, title, why, state, rules, author_name, decided_at, decided_name) values (2, 't', 'w', 'approved', '[{\"domain\":\"price\",\"channel\":\"shop\",\"owners\":[\"shop\"]}]', 'x', now(), 'y')");
        await world.PublishAsync();
        Assert.Empty(world.Shop.Sent);
        Assert.Empty(await world.DifferencesAsync(DifferenceKind.Price));

        await RulesAsync(world, "update ownership_change set ended_at = now(), ended_by = 'y' where number = 2");
        await world.PublishAsync();
        Assert.Equal(20m, world.Shop.Price("1"));
    }

    [Fact]
    public async Task What_was_left_to_a_person_is_left_when_the_channels_week_is_over_and_a_barcode_that_is_told_brings_no_price_along()
    {
        await using var world = await CreateAsync("changes");
        await world.ErpAsync(Item("e1", "A-1", 20m, "4006381333931"));
        await world.ShopAsync(Item("1", "A-1", 25m));
        await world.PublishAsync();
        await RulesAsync(world, "insert into ownership_change (number, title, why, state, rules, author_name, decided_at, decided_name) values (2, 't', 'w', 'approved', '[{\"domain\":\"price\",\"channel\":\"shop\",\"owners\":[\"shop\"]}]', 'x', now(), 'y')");
        await world.PublishAsync();
        var frozen = await world.Desk.PreviewAsync(new DifferenceFilter(DifferenceKind.NoBarcode, null, null, false), default);
        await world.Desk.PublishAsync(frozen, Ida, default);
        await world.PublishAsync();
        Assert.Equal(25m, world.Shop.Price("1"));
        await RulesAsync(world, "update ownership_change set ended_at = now(), ended_by = 'y' where number = 2");
        await world.PublishAsync();
        Assert.Equal(25m, world.Shop.Price("1"));
        await world.ErpAsync(Item("e1", "A-1", 21m, "4006381333931"));
        await world.PublishAsync();
        Assert.Equal(21m, world.Shop.Price("1"));
    }

    [Theory]
    [InlineData("enforce", "changes", 20)]
    [InlineData("quarantine", "all", 19)]
    public async Task What_a_channel_may_not_say_is_set_right_and_what_waits_for_a_person_is_not(string mode, string publish, int shown)
    {
        await using var world = await CreateAsync(publish);
        await world.ErpAsync(Item("e1", "A-1", 20m));
        await world.ShopAsync(Item("1", "A-1", 20m));
        await RulesAsync(world, $"insert into ownership_change (number, title, why, state, rules, author_name, decided_at, decided_name) values (2, 't', 'w', 'approved', '[{{\"domain\":\"price\",\"owners\":[\"@erp\"],\"mode\":\"{mode}\"}}]', 'x', now(), 'y')");
        await world.PublishAsync();
        await world.ShopAsync(Item("1", "A-1", 19m));
        await world.PublishAsync();
        Assert.Equal(shown, world.Shop.Price("1"));
    }

    private static async Task RulesAsync(PriceWorld world, string sql)
    {
        await world.Database.ExecuteAsync(sql);
        var revision = await OwnershipStore.RevisionAsync(world.Database.Sources.Work, default);
        while ((await world.Engine.Get<OwnershipBook>().CurrentAsync(default)).Revision != revision)
        {
            await Task.Yield();
        }
    }
}
