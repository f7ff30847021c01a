using ControlTower.Data.Canonical;
using ControlTower.Data.Catalog;
using ControlTower.Data.Ownership;
using ControlTower.Sync.Ownership;
using Xunit;
using static ControlTower.Tests.Sync.Ownership.OwnershipWorld;

namespace ControlTower.Tests.Sync.Ownership;

/// <summary>One record out of many sources: where each value comes from, and what the others say.</summary>
public sealed class GoldenRecordTests
{
    private static readonly DateTimeOffset At = new(2026, 11, 20, 9, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task A_product_shows_each_fields_owner_and_every_other_word_and_other_rules_show_another_record()
    {
        await using var world = await CreateAsync();
        await ProductAsync(world);
        var record = await RecordAsync(world);
        Assert.Equal(("100 EUR", "erp", 1, false), Of(record, "price", "price"));
        Assert.Equal(("Parka, green", "shop", 1, false), Of(record, "product", "title"));
        Assert.Equal(["erp: Owns", "shop: Reads"], record.Single(f => f.Field == "price").Values.Select(v => $"{v.Source}: {v.Stance}"));

        var number = await world.InForceAsync(new OwnershipRule("price", Channel: "shop", Owners: ["shop"]));
        await world.FreshAsync();
        Assert.Equal(("90 EUR", "shop", number, false), Of(await RecordAsync(world), "price", "price"));
        Assert.Equal(("100 EUR", "erp", 1, false), Of(await RecordAsync(world, channel: ""), "price", "price"));
    }

    [Fact]
    public async Task What_was_let_through_holds_until_the_owner_speaks_again()
    {
        await using var world = await CreateAsync();
        await ProductAsync(world);
        await world.Database.ExecuteAsync("insert into catalog_match (connection_id, item, erp_item, how) values ('shop', 'S1', 'E1', 'sku')");
        await world.StoreAsync("shop", Item("S1", "Parka, green", 85m, minutes: 5));
        Assert.Equal(("85 EUR", "shop", 1, false), Of(await RecordAsync(world), "price", "price"));
        await world.StoreAsync("erp", Item("E1", "PARKA GRN", 99m, minutes: 6));
        Assert.Equal(("99 EUR", "erp", 1, false), Of(await RecordAsync(world), "price", "price"));
    }

    [Fact]
    public async Task A_customer_is_all_who_are_the_same_and_the_last_shop_that_wrote_wins()
    {
        await using var world = await CreateAsync();
        await using (var connection = await world.Database.Sources.Work.OpenConnectionAsync())
        {
            await CatalogStore.StoreAsync(connection, "shop", [new CatalogCustomer("c1", "ann@example.com", null, "L-1", "Ann", "Holm", At)], [], default);
            await CatalogStore.StoreAsync(connection, "erp", [new CatalogCustomer("10000", "old@example.com", null, "L-1", "Ann", "Holm", At.AddDays(1)), new CatalogCustomer("20000", "else@example.com", null, null, "Bo", "Else", At)], [], default);
        }

        var record = await world.Engine.Get<GoldenRecords>().CustomerAsync("erp", "10000", default);
        Assert.Equal(("ann@example.com", "shop", 1, false), Of(record, "customer", "email"));
        Assert.Equal(("L-1", "shop", 1, true), Of(record, "customer", "loyalty"));
        Assert.Equal(2, record.Single(f => f.Field == "email").Values.Count);
    }

    [Fact]
    public async Task An_order_shows_who_said_what_of_it()
    {
        await using var world = await CreateAsync();
        await world.Engine.PlaceAsync(1);
        var flow = await world.Database.ScalarAsync<long>("select id from flow");
        var record = await world.Engine.Get<GoldenRecords>().OrderAsync(flow, default);
        var contents = record.Single(f => f.Field == "contents");
        Assert.Equal(("shop", 1), (contents.Source, contents.SetNumber));
    }

    private static async Task ProductAsync(OwnershipWorld world)
    {
        await world.StoreAsync("erp", Item("E1", "PARKA GRN", 100m));
        await world.StoreAsync("shop", Item("S1", "Parka, green", 90m));
    }

    private static Task<IReadOnlyList<GoldenField>> RecordAsync(OwnershipWorld world, string channel = "shop") => world.Engine.Get<GoldenRecords>().ProductAsync("SKU-1", channel, default);

    private static (string? Value, string? Source, int Number, bool Agreed) Of(IReadOnlyList<GoldenField> record, string domain, string field)
    {
        var one = record.Single(f => f.Domain == domain && f.Field == field);
        return (one.Value, one.Source, one.SetNumber, one.Agreed);
    }

    private static CatalogVariant Item(string id, string title, decimal price, int minutes = 0) => new(id, null, title, "SKU-1", null, true, [new CatalogPrice("EUR", price, TaxIncluded: true)], At.AddMinutes(minutes));
}
