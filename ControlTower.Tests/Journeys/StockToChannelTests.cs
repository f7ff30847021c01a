using ControlTower.Simulator.Shopify;
using ControlTower.Simulator.Square;
using Xunit;

namespace ControlTower.Tests.Journeys;

/// <summary>What may be sold, through the whole product, against what the channels of the estate really show.</summary>
public sealed class StockToChannelTests
{
    private const string Settled = "select count(*) from stock_publication where due_at is not null and not checking";

    private static CancellationToken Cancel => Xunit.TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_sale_at_a_till_lowers_the_web_shops_figure_and_a_level_edited_behind_the_towers_back_is_found_shown_and_set_right()
    {
        await using var world = await ShopToErpWorld.StartAsync(tills: 2, Cancel);
        var (shop, pos) = (world.Estate.Estate.Shop("eu")!, world.Estate.Estate.Pos!);
        var store = pos.Account.Stores[0];

        // The first till stands in the store in Berlin, which the web shop shows, too.
        await world.UntilAsync("select count(distinct connection_id) from stock_publication where seen is not null", 5, ShopToErpWorld.FeedsNow);
        await world.RunSqlAsync($$"""update connection set settings = settings || '{"store:{{store.LocationId}}":"EU-BER1"}', version = version + 1 where id = 'square-eu'""");
        await world.UntilAsync("select count(*) from stock_publication where connection_id = 'square-eu' and location = 'EU-BER1' and seen = expected", 12, ShopToErpWorld.FeedsNow);
        await pos.Tills.SellAsync(store, SaleKind.Card);
        var sold = (await world.LedgerAsync("square-eu")).Single(e => e.Kind == "order-placed").Lines;
        await world.UntilAsync("select count(*) from stock_ledger where reason = 'commit' and location = 'EU-BER1'", sold.Select(l => l.Sku).Distinct().Count(), ShopToErpWorld.FeedsNow);
        await world.UntilAsync(
            $"""
            select count(*) from stock_publication c join stock s using (sku, location)
            where c.connection_id = 'shopify-eu' and c.location = 'EU-BER1' and c.sku in ('{string.Join("','", sold.Select(l => l.Sku))}') and c.published = s.on_hand and c.seen = s.on_hand
            """,
            sold.Select(l => l.Sku).Distinct().Count(), ShopToErpWorld.FeedsNow);
        foreach (var sku in sold.Select(l => l.Sku).Distinct())
        {
            var item = Ids.InventoryItem(shop.Market, shop.Stock.Articles.Values.Single(a => a.Sku == sku));
            Assert.Equal(await world.LongAsync($"select on_hand::bigint from stock where sku = '{sku}' and location = 'EU-BER1'"), shop.Read(() => shop.Stock.Find(item, Ids.Location(shop.Market, 1))!.Available));
        }

        // Somebody counts at the second till, and nobody tells the tower.
        await world.FaultAsync("square-eu", new { kind = "webhook-drop", share = 1.0 });
        var other = pos.Account.Stores[1];
        var article = pos.Account.Assortment(other).First();
        var cell = $"connection_id = 'square-eu' and location = '{other.Code}' and sku = '{article.Sku}'";
        await world.UntilAsync($"select count(*) from stock_publication where {cell} and seen = 20", 1, ShopToErpWorld.FeedsNow);
        await pos.EditAsync(other, article, 26);
        await world.RunSqlAsync($"update stock_publication set checking = true, due_at = now() where {cell}");
        await world.UntilAsync($"select count(*) from stock_publication where {cell} and drift = 6 and seen = 26", 1, ShopToErpWorld.FeedsNow);
        Assert.Equal(26, pos.Level(other, article));
        Assert.Equal(6, await world.LongAsync($"select sum(over)::bigint from drift_day where connection_id = 'square-eu' and location = '{other.Code}'"));

        await world.RunSqlAsync($"update stock_publication set repair = true, due_at = now() where {cell}");
        await world.UntilAsync($"select count(*) from stock_publication where {cell} and drift = 0 and seen = 20", 1, ShopToErpWorld.FeedsNow);
        Assert.Equal(20, pos.Level(other, article));
        await world.UntilAsync(Settled, 0, ShopToErpWorld.FeedsNow);
        Assert.Equal(0, await world.LongAsync("select count(*) from stock_publication where failure is not null"));
        Assert.Equal(0, await world.LongAsync("select count(*) from exception_case"));
    }
}
