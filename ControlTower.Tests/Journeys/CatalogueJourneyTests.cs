using Xunit;

namespace ControlTower.Tests.Journeys;

/// <summary>Prices, through the whole product, from the ERP of the estate to what its channels really show.</summary>
public sealed class CatalogueJourneyTests
{
    private const string FeedsNow = "update feed_cursor set due_at = now() where feed in ('products', 'products-all') and due_at > now() + interval '3 seconds'";

    private static CancellationToken Cancel => Xunit.TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_price_of_the_ERP_is_shown_by_web_shop_and_tills_and_what_is_edited_behind_the_towers_back_is_found_and_set_right()
    {
        await using var world = await ShopToErpWorld.StartAsync(tills: 2, Cancel);
        var (shop, pos, company) = (world.Estate.Estate.Shop("eu")!, world.Estate.Estate.Pos!, world.Estate.Estate.Erp("eu")!.Company);
        await world.RunSqlAsync("""update connection set settings = settings || '{"publishPrices":"changes"}', version = version + 1 where id in ('shopify-eu', 'square-eu')""");
        await world.UntilAsync("select count(distinct connection_id) from catalog_publication", 2, FeedsNow);
        Assert.Equal(0, await world.LongAsync("select count(*) from catalog_difference where kind = 'price'"));
        Assert.True(await world.LongAsync("select count(*) from catalog_difference where kind = 'missing-in-erp' and connection_id = 'shopify-eu'") > 0);
        Assert.True(await world.LongAsync("select count(*) from catalog_difference where kind = 'currency' and connection_id = 'shopify-uk'") > 0);

        var article = pos.Account.Articles[0];
        await company.PriceAsync(article.Sku, 222.25m);
        await world.UntilAsync($"select count(*) from catalog_item where sku = '{article.Sku}' and price = 222.25 and connection_id in ('shopify-eu', 'square-eu')", 2, FeedsNow);
        Assert.Equal((222.25m, 22225L), (shop.Read(() => shop.Listings.Of(article)).Price, pos.PriceOf(article)));
        await world.UntilAsync("select count(*) from catalog_difference where kind = 'price'", 0, FeedsNow);

        await shop.EditListingAsync(article, l => l with { Price = 1m });
        await world.UntilAsync($"select count(*) from catalog_difference where kind = 'price' and sku = '{article.Sku}' and connection_id = 'shopify-eu'", 1, FeedsNow);
        Assert.Equal(1m, shop.Read(() => shop.Listings.Of(article)).Price);
        await world.RunSqlAsync($"update catalog_publication set wanted = true, due_at = now(), fence = fence + 1 where connection_id = 'shopify-eu' and item = (select item from catalog_difference where kind = 'price' and sku = '{article.Sku}' limit 1)");
        await world.UntilAsync("select count(*) from catalog_difference where kind = 'price'", 0, FeedsNow);
        Assert.Equal(222.25m, shop.Read(() => shop.Listings.Of(article)).Price);
        Assert.Equal(0, await world.LongAsync("select count(*) from exception_case"));
    }
}
