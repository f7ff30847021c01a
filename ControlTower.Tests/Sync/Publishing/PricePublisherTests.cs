using ControlTower.Data.Catalog;
using ControlTower.Sync.Connectors;
using Xunit;
using static ControlTower.Tests.Sync.Publishing.PriceWorld;

namespace ControlTower.Tests.Sync.Publishing;

/// <summary>Channels are told what the ERP says: the newest word, once, never over what somebody changed there unless that is wanted.</summary>
public sealed class PricePublisherTests
{
    [Fact]
    public async Task What_the_ERP_changes_is_told_and_what_was_different_before_waits_for_a_person()
    {
        await using var world = await CreateAsync();
        await world.ErpAsync(Item("e1", "A-1", 20m, "4006381333931"), Item("e2", "A-2", 30m));
        await world.ShopAsync(Item("1", "A-1", 19m, "4006381333931"), Item("2", "A-2", 30m));
        await world.PublishAsync();
        Assert.Empty(world.Shop.Sent);
        Assert.Equal(["A-1"], (await world.DifferencesAsync(DifferenceKind.Price)).Select(d => d.Sku));

        await world.ErpAsync(Item("e1", "A-1", 21m, "4006381333931"));
        await world.PublishAsync();
        Assert.Equal((21m, 30m), (world.Shop.Price("1"), world.Shop.Price("2")));
        Assert.Single(world.Shop.Effects);
        Assert.Empty(await world.DifferencesAsync(DifferenceKind.Price));
    }

    [Fact]
    public async Task Ten_changes_of_the_ERP_are_one_thing_to_tell()
    {
        await using var world = await CreateAsync();
        await world.ErpAsync(Item("e1", "A-1", 20m));
        await world.ShopAsync(Item("1", "A-1", 20m));
        await world.PublishAsync();
        for (var price = 21m; price <= 30m; price++)
        {
            await world.ErpAsync(Item("e1", "A-1", price));
        }

        await world.PublishAsync();
        Assert.Equal(30m, world.Shop.Price("1"));
        Assert.Single(world.Shop.Sent);
    }

    [Fact]
    public async Task What_is_told_already_is_not_told_again_and_the_channels_echo_says_nothing_new()
    {
        await using var world = await CreateAsync("all");
        await world.ErpAsync(Item("e1", "A-1", 20m));
        await world.ShopAsync(Item("1", "A-1", 19m));
        await world.PublishAsync();
        var reads = world.Shop.Reads;
        await world.HearShopAsync();
        await world.PublishAsync();
        await world.PublishAsync();
        Assert.Single(world.Shop.Sent);
        Assert.Equal(reads, world.Shop.Reads);
        Assert.Empty(await world.DifferencesAsync(DifferenceKind.Price));
    }

    [Theory]
    [InlineData("changes", 15, 1)]
    [InlineData("all", 20, 0)]
    public async Task What_somebody_changed_at_the_channel_is_found_and_set_right_only_where_that_is_wanted(string publish, int shown, int found)
    {
        await using var world = await CreateAsync(publish);
        await world.ErpAsync(Item("e1", "A-1", 20m));
        await world.ShopAsync(Item("1", "A-1", 20m));
        await world.PublishAsync();
        world.Shop.Edit("1", 15m);
        await world.HearShopAsync();
        await world.PublishAsync();
        Assert.Equal(shown, world.Shop.Price("1"));
        Assert.Equal(found, (await world.DifferencesAsync(DifferenceKind.Price)).Count);
    }

    [Theory]
    [InlineData("no")]
    [InlineData("changes")]
    public async Task A_person_has_the_ERPs_price_put_there_once(string publish)
    {
        await using var world = await CreateAsync(publish);
        await world.ErpAsync(Item("e1", "A-1", 20m));
        await world.ShopAsync(Item("1", "A-1", 15m));
        await world.PublishAsync();
        Assert.Equal(15m, world.Shop.Price("1"));
        var frozen = await world.Desk.PreviewAsync(new DifferenceFilter(DifferenceKind.Price, null, null, false), default);
        Assert.Equal(1, await world.Desk.PublishAsync(frozen, Ida, default));
        Assert.Equal(0, await world.Desk.PublishAsync(frozen, Ida, default));
        await world.PublishAsync();
        Assert.Equal(20m, world.Shop.Price("1"));
        Assert.Empty(await world.DifferencesAsync(DifferenceKind.Price));
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from audit where action = 'inventory:catalogue:publish'"));
    }

    [Fact]
    public async Task A_difference_that_is_another_by_now_is_left_alone()
    {
        await using var world = await CreateAsync("no");
        await world.ErpAsync(Item("e1", "A-1", 20m));
        await world.ShopAsync(Item("1", "A-1", 15m));
        await world.PublishAsync();
        var frozen = await world.Desk.PreviewAsync(new DifferenceFilter(DifferenceKind.Price, null, null, false), default);
        await world.ErpAsync(Item("e1", "A-1", 2m));
        await world.PublishAsync();
        Assert.Equal(0, await world.Desk.PublishAsync(frozen, Ida, default));
        await world.PublishAsync();
        Assert.Equal(15m, world.Shop.Price("1"));
    }

    [Fact]
    public async Task A_lost_answer_is_sent_again_under_its_key_before_anything_newer()
    {
        await using var world = await CreateAsync();
        await world.ErpAsync(Item("e1", "A-1", 20m));
        await world.ShopAsync(Item("1", "A-1", 20m));
        await world.PublishAsync();
        world.Shop.Instead = _ => new Outcome.Unknown("No answer.");
        await world.ErpAsync(Item("e1", "A-1", 21m));
        await world.PublishAsync();
        await world.ErpAsync(Item("e1", "A-1", 22m));
        await world.PublishAsync();
        Assert.Single(world.Shop.Sent);
        world.Shop.Instead = _ => null;
        await world.DueAsync();
        await world.PublishAsync();
        Assert.Equal([21m, 21m, 22m], world.Shop.Sent.Select(s => s.Changes[0].To.Price!.Value));
        Assert.Equal(world.Shop.Sent[0].Key, world.Shop.Sent[1].Key);
        Assert.Equal(22m, world.Shop.Price("1"));
    }

    [Fact]
    public async Task What_hangs_in_the_network_and_arrives_late_does_not_undo_what_came_after_it()
    {
        await using var world = await CreateAsync();
        await world.ErpAsync(Item("e1", "A-1", 20m));
        await world.ShopAsync(Item("1", "A-1", 20m));
        await world.PublishAsync();
        world.Shop.Holds = _ => true;
        await world.ErpAsync(Item("e1", "A-1", 21m));
        await world.PublishAsync();
        world.Shop.Holds = _ => false;
        await world.ErpAsync(Item("e1", "A-1", 22m));
        await world.DueAsync();
        await world.PublishAsync();
        Assert.IsType<Outcome.Refused>(world.Shop.Arrive(world.Shop.Sent[0]));
        Assert.Equal(22m, world.Shop.Price("1"));
    }

    [Fact]
    public async Task What_changed_between_the_look_and_the_write_is_looked_at_again()
    {
        await using var world = await CreateAsync("all");
        await world.ErpAsync(Item("e1", "A-1", 20m));
        await world.ShopAsync(Item("1", "A-1", 15m));
        var once = true;
        world.Shop.Meanwhile = _ =>
        {
            if (once)
            {
                once = false;
                world.Shop.Edit("1", 16m);
            }
        };
        await world.PublishAsync();
        await world.DueAsync();
        await world.PublishAsync();
        Assert.Equal([15m, 16m], world.Shop.Sent.Select(s => s.Changes[0].From.Price!.Value));
        Assert.Equal(20m, world.Shop.Price("1"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task One_item_that_is_not_taken_keeps_no_other_waiting(bool terse)
    {
        await using var world = await CreateAsync("all");
        await world.ErpAsync(Item("e1", "A-1", 20m), Item("e2", "A-2", 20m), Item("e3", "A-3", 20m));
        await world.ShopAsync(Item("1", "A-1", 15m), Item("2", "A-2", 15m), Item("3", "A-3", 15m));
        world.Shop.Refuses.Add("2");
        world.Shop.IsTerse = terse;
        for (var turn = 0; turn < 14; turn++)
        {
            await world.PublishAsync();
            await world.DueAsync();
        }

        Assert.Equal((20m, 15m, 20m), (world.Shop.Price("1"), world.Shop.Price("2"), world.Shop.Price("3")));
        Assert.Equal(["2"], await world.Database.ScalarAsync<string[]>("select array_agg(item) from catalog_publication where failure is not null") ?? []);
        Assert.Contains("not taken", Assert.Single(await world.DifferencesAsync(DifferenceKind.Price)).Failure!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_price_in_another_currency_or_with_another_tax_is_never_put_there()
    {
        await using var world = await CreateAsync("all");
        await world.ErpAsync(Item("e1", "A-1", 20m), Item("e2", "A-2", 20m, taxed: false), Item("e3", "A-3", 0m));
        await world.ShopAsync(Item("1", "A-1", 15m, currency: "GBP"), Item("2", "A-2", 15m), Item("3", "A-3", 15m));
        await world.PublishAsync();
        Assert.Empty(world.Shop.Sent);
        Assert.Equal(["A-1", "A-2", "A-3"], (await world.DifferencesAsync(DifferenceKind.Currency)).Select(d => d.Sku).Order(StringComparer.Ordinal));
        Assert.Empty(await world.Desk.PreviewAsync(new DifferenceFilter(null, null, null, false), default));
    }

    [Fact]
    public async Task Barcodes_are_the_ERPs_too_and_titles_are_the_channels()
    {
        await using var world = await CreateAsync("all", ListingParts.Price | ListingParts.Barcode | ListingParts.Active);
        await world.ErpAsync(Item("e1", "A-1", 20m, "4006381333931", active: false) with { Title = "Another" });
        await world.ShopAsync(Item("1", "A-1", 20m, "4006381333948"));
        await world.PublishAsync();
        var shown = world.Shop.Items["1"];
        Assert.Equal(("4006381333931", false, "Title of 1"), (shown.Barcode, shown.Active, shown.Title));
    }
}
