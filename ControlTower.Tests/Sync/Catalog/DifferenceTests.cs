using ControlTower.Data.Catalog;
using ControlTower.Tests.Sync.Publishing;
using Xunit;
using static ControlTower.Tests.Sync.Publishing.PriceWorld;

namespace ControlTower.Tests.Sync.Catalog;

/// <summary>Every way in which a channel and its ERP say different things is one row, with its age, until it is over.</summary>
public sealed class DifferenceTests
{
    private static async Task<IReadOnlyList<(DifferenceKind Kind, string? Here, string? There)>> FoundAsync(PriceWorld world)
    {
        await world.PublishAsync();
        return [.. (await world.DifferencesAsync()).Select(d => (d.Kind, d.Here?.Item, d.There?.Item)).OrderBy(d => d.Kind).ThenBy(d => d.Item2, StringComparer.Ordinal).ThenBy(d => d.Item3, StringComparer.Ordinal)];
    }

    [Fact]
    public async Task What_agrees_is_no_difference()
    {
        await using var world = await CreateAsync("no");
        await world.ErpAsync(Item("e1", "A-1", 20m, "11"));
        await world.ShopAsync(Item("1", "A-1", 20m, "11"));
        Assert.Empty(await FoundAsync(world));
    }

    [Fact]
    public async Task Each_kind_is_told_by_its_name()
    {
        await using var world = await CreateAsync("no");
        await world.ErpAsync(
            Item("e1", "ONLY-ERP", 20m, "1"), Item("e2", "OFF", 20m, "2", active: false), Item("e3", "PRICE", 20m, "3"), Item("e4", "BAR", 20m, "4"), Item("e5", "NOBAR", 20m, "5"), Item("e6", "OTHER", 20m, "6"),
            Item("e7", "ABC 1", 20m, "7"), Item("e8", "GONE-OFF", 20m, "8", active: false));
        await world.ShopAsync(
            Item("1", "ONLY-SHOP", 20m, "91"), Item("2", "OFF", 20m, "2"), Item("3", "PRICE", 21m, "3"), Item("4", "BAR", 20m, "44"), Item("5", "NOBAR", 20m), Item("6", "SAME", 20m, "6"),
            Item("7", "\u0410BC1", 20m, "77"), Item("8", "TWICE", 20m, "98"), Item("9", "TWICE", 20m, "99"));
        Assert.Equal(
            [
                (DifferenceKind.MissingInChannel, null, "e1"), (DifferenceKind.MissingInErp, "1", null), (DifferenceKind.SameSku, "8", null), (DifferenceKind.SameSku, "9", null),
                (DifferenceKind.SameBarcode, "6", "e6"), (DifferenceKind.NearlySame, "7", "e7"), (DifferenceKind.Price, "3", "e3"), (DifferenceKind.Barcode, "4", "e4"), (DifferenceKind.Inactive, "2", "e2"),
                (DifferenceKind.NoBarcode, "5", "e5"),
            ],
            await FoundAsync(world));
    }

    [Fact]
    public async Task A_barcode_stands_in_for_a_SKU_that_is_missing_but_only_where_it_is_there_once()
    {
        await using var world = await CreateAsync("no");
        await world.ErpAsync(Item("e1", "A-1", 20m, "11"), Item("e2", "A-2", 20m, "22"));
        await world.ShopAsync(Item("1", null, 25m, "11"), Item("2", null, 25m, "22"), Item("3", null, 25m, "22"));
        var found = await FoundAsync(world);
        Assert.Contains((DifferenceKind.Price, "1", "e1"), found);
        Assert.DoesNotContain(found, d => d.Kind is DifferenceKind.Price && d.There == "e2");
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from catalog_match where how = 'barcode'"));
    }

    [Fact]
    public async Task Nothing_is_missing_before_both_sides_were_read_whole()
    {
        await using var world = await CreateAsync("no");
        await world.Database.ExecuteAsync("update feed_cursor set heard_at = null where connection_id = 'erp'");
        await world.ShopAsync(Item("1", "A-1", 20m));
        Assert.Empty(await FoundAsync(world));
    }

    [Fact]
    public async Task A_price_that_the_ERP_has_changed_since_the_preview_is_not_published_by_it()
    {
        await using var world = await CreateAsync("no");
        await world.ErpAsync(Item("e1", "A-1", 20m, "1"));
        await world.ShopAsync(Item("1", "A-1", 21m, "1"));
        await world.PublishAsync();
        var seen = Assert.Single(await world.DifferencesAsync());
        await world.ErpAsync(Item("e1", "A-1", 2m, "1"));
        Assert.Equal(0, await world.Desk.PublishAsync([seen], Ida, default));
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from catalog_publication where wanted"));
    }

    [Fact]
    public async Task A_difference_keeps_its_age_and_what_was_ignored_comes_back_once_it_is_another()
    {
        await using var world = await CreateAsync("no");
        await world.ErpAsync(Item("e1", "A-1", 20m, "1"));
        await world.ShopAsync(Item("1", "A-1", 21m, "1"));
        await world.PublishAsync();
        await world.Database.ExecuteAsync("update catalog_difference set since = now() - interval '3 days'");
        var one = Assert.Single(await world.DifferencesAsync());
        Assert.Equal(1, await world.Desk.IgnoreAsync([one], "On sale until Sunday.", Ida, default));
        Assert.Equal(0, await world.Desk.IgnoreAsync([one], "On sale until Sunday.", Ida, default));
        Assert.Empty(await world.DifferencesAsync());
        await world.ShopAsync(Item("2", "A-2", 5m, "2"));
        Assert.Equal([(DifferenceKind.MissingInErp, "2", null)], await FoundAsync(world));

        await world.ShopAsync(Item("1", "A-1", 22m, "1"));
        await world.PublishAsync();
        var back = Assert.Single(await world.DifferencesAsync(DifferenceKind.Price));
        Assert.Equal(one.Id, back.Id);
        Assert.True(back.Since < one.Since.AddSeconds(1));
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from audit where action = 'inventory:catalogue:ignore' and reason = 'On sale until Sunday.'"));
    }

    [Fact]
    public async Task A_person_links_what_no_rule_may_and_takes_it_back()
    {
        await using var world = await CreateAsync("no");
        await world.ErpAsync(Item("e1", "ABC 1", 20m, "1"), Item("e2", "X", 20m, "2"));
        await world.ShopAsync(Item("1", "abc1", 20m, "1"), Item("2", "X", 20m, "2"));
        Assert.Equal([(DifferenceKind.NearlySame, "1", "e1")], await FoundAsync(world));
        Assert.True(await world.Desk.LinkAsync("shop", "1", "e1", "The shop writes it small.", Ida, default));
        Assert.False(await world.Desk.LinkAsync("shop", "1", "e1", "The shop writes it small.", Ida, default));
        Assert.Empty(await FoundAsync(world));

        Assert.True(await world.Desk.LinkAsync("shop", "2", "e1", "It was the other one.", Ida, default));
        await world.PublishAsync();
        Assert.Equal(["2 e1 link"], await world.Database.ScalarAsync<string[]>("select array_agg(item || ' ' || erp_item || ' ' || how order by item) from catalog_match") ?? []);
        Assert.True(await world.Desk.UnlinkAsync("shop", "2", "Wrong.", Ida, default));
        Assert.False(await world.Desk.UnlinkAsync("shop", "2", "Wrong.", Ida, default));
        await world.PublishAsync();
        Assert.Equal(["2 e2 sku"], await world.Database.ScalarAsync<string[]>("select array_agg(item || ' ' || erp_item || ' ' || how order by item) from catalog_match") ?? []);
        Assert.Equal(3, await world.Database.ScalarAsync<long>("select count(*) from audit where action = 'inventory:catalogue:link'"));
        Assert.False(await world.Desk.LinkAsync("shop", "nowhere", "e1", "Typed wrongly.", Ida, default));
    }

    [Theory]
    [InlineData("\u0410-1", "A-1", true)]
    [InlineData("a -1", "A-1", true)]
    [InlineData("\uFF21-1", "A-1", true)]
    [InlineData("A-2", "A-1", false)]
    [InlineData("A1", "A-1", false)]
    public async Task What_looks_alike_is_shown_and_never_matched(string here, string there, bool near)
    {
        await using var world = await CreateAsync("all");
        await world.ErpAsync(Item("e1", there, 20m, "1"));
        await world.ShopAsync(Item("1", here, 15m, "2"));
        Assert.Equal(near, (await FoundAsync(world)).Any(d => d.Kind is DifferenceKind.NearlySame));
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from catalog_match"));
        Assert.Empty(world.Shop.Sent);
    }
}
