using ControlTower.Data.Canonical;
using ControlTower.Data.Catalog;
using ControlTower.Data.Inventory;
using ControlTower.Data.Promotions;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Promotions;
using Xunit;
using static ControlTower.Tests.Sync.Promotions.PromotionWorld;

namespace ControlTower.Tests.Sync.Promotions;

/// <summary>What a check reckons with beside prices: costs in other currencies, how long stock lasts, and whose word prices are.</summary>
public sealed class PreflightReckoningTests
{
    private static readonly PromotionPlan OnSite = Plan("A", "B") with { Connections = [Site], Stores = [], Stages = [new PromotionStage("All", [], [])], Rules = new PromotionRules(MarginFloor: 20) };

    [Theory]
    [InlineData(OfferKind.Percent)]
    [InlineData(OfferKind.CheckoutPercent)]
    public async Task A_cost_that_the_ERP_states_in_another_currency_is_reckoned_at_the_stored_rate_and_its_day_is_said(OfferKind kind)
    {
        await using var world = await CostsAsync();
        await world.Database.ExecuteAsync("insert into currency_rate (currency, rate, as_of, changed_by) values ('EUR', 1, '2020-01-01', 'x'), ('GBP', 1.25, '2026-11-27', 'x')");
        var id = await world.CheckedAsync(OnSite with { Offer = new PromotionOffer(kind, 30) });
        var findings = await FindingsAsync(world, id);
        // 50 GBP are 62.50 EUR, of 70: 10.71 percent are left. 20 GBP are 25.
        Assert.Equal((FindingTone.Error, "1 SKU sell below the 20% floor"), (findings["margin"].Tone, findings["margin"].Words));
        Assert.Equal((FindingTone.Note, "The cost of 2 SKUs is stated in GBP and was reckoned in EUR at the rates as of 2026-11-27"), (findings["cost-rate"].Tone, findings["cost-rate"].Words));
        var cell = Assert.Single(await world.Engine.Get<PromotionQueries>().CellsAsync(id, 1, "margin", null, 0, 10, default));
        Assert.Equal(("A", 62.5m, "GBP", 10.71m), (cell.Sku, cell.Cost, cell.CostIn, cell.Margin));
        Assert.DoesNotContain("no-cost-rate", findings.Keys);
    }

    [Theory]
    [InlineData(OfferKind.Percent)]
    [InlineData(OfferKind.CheckoutPercent)]
    public async Task Where_there_is_no_rate_the_check_says_so_and_for_which_currencies(OfferKind kind)
    {
        await using var world = await CostsAsync();
        var findings = await FindingsAsync(world, await world.CheckedAsync(OnSite with { Offer = new PromotionOffer(kind, 30) }));
        Assert.Equal(
            (FindingTone.Warning, "The cost of 2 SKUs (A, B) is stated in GBP, and there is no rate to EUR: their margin was not checked. Have an administrator write the rate down"),
            (findings["no-cost-rate"].Tone, findings["no-cost-rate"].Words));
        Assert.Empty(findings.Keys.Intersect(["no-cost", "cost-rate"]));
    }

    [Fact]
    public async Task Stock_that_does_not_last_until_the_end_is_named_with_its_days()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A", "B", "C");
        await StockStore.AddLocationsAsync(world.Database.Sources.Work, [new("DC", "DC", "warehouse", "Northlane")], default);
        await StockStore.CountAsync(world.Database.Sources.Work, [new("A", "DC", 10), new("B", "DC", 1_000_000), new("C", "DC", 10)], "count/test", default);
        // 28 pieces of A and of B in 28 days at the site; another channel's, a cancelled and an older order say nothing.
        await world.Database.ExecuteAsync(
            """
            insert into flow (kind, source, source_id, currency, placed_at) select 'order-to-cash', case when i = 15 then 'outlet' else 'web' end, 'c' || i, 'EUR', now() - make_interval(days => case i when 16 then 40 when 1 then 28 else i end) + interval '1 minute' from generate_series(1, 17) i;
            insert into order_document (flow_id, version, body) select id, 1, jsonb_build_object('cancelledAt', case when source_id = 'c17' then now() end, 'lines', jsonb_build_array(
                jsonb_build_object('id', '1', 'sku', 'A', 'quantity', 2), jsonb_build_object('id', '2', 'sku', 'B', 'quantity', 2))) from flow where source_id like 'c%';
            """);
        var id = await world.CheckedAsync(OnSite with { Products = new PromotionProducts(["A", "B", "C"]), Rules = new PromotionRules() });
        var findings = await FindingsAsync(world, id);
        Assert.Equal(
            (FindingTone.Warning, 1L, "1 SKU will be sold out before it ends, at the pace of the last 28 days and without what is on its way: A in 10 days"),
            (findings["cover"].Tone, findings["cover"].Count, findings["cover"].Words));
        Assert.Equal([("A", 10m), ("B", 1_000_000m), ("C", null)], (await world.Engine.Get<PromotionQueries>().CellsAsync(id, 1, null, null, 0, 10, default)).Select(c => (c.Sku, c.Cover)).Order());

        // At stores that are priced apart, what lies and what is sold in the chosen ones counts.
        await StockStore.CountAsync(world.Database.Sources.Work, [new("A", "BER", 4)], "count/stores", default);
        await world.Database.ExecuteAsync("update flow set source = 'tills' where source = 'web'; update order_document set body = body || '{\"pickupLocation\": \"BER\"}' where flow_id in (select id from flow where source_id in ('c1', 'c2'))");
        var stores = await world.CheckedAsync(OnSite with { Name = "Stores", Connections = [Tills], Stores = ["BER"], Products = new PromotionProducts(["A"]), Rules = new PromotionRules() });
        Assert.Equal(28m, Assert.Single(await world.Engine.Get<PromotionQueries>().CellsAsync(stores, 1, "cover", null, 0, 10, default)).Cover);
    }

    [Fact]
    public async Task Without_sales_nothing_is_said_of_how_long_stock_lasts()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A", "B");
        Assert.DoesNotContain("cover", (await FindingsAsync(world, await world.CheckedAsync(OnSite))).Keys);
    }

    [Theory]
    [InlineData("allow", FindingTone.Passed)]
    [InlineData("quarantine", FindingTone.Warning)]
    [InlineData("enforce", FindingTone.Error)]
    public async Task Who_owns_the_prices_and_whether_the_tower_may_write_them_at_the_start_is_said(string mode, FindingTone tone)
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A", "B");
        // In force from the day before the start on.
        await RuleAsync(world, 7, $$"""[{"domain": "price", "owners": ["@erp"], "mode": "{{mode}}"}]""", "2031-11-27");
        var found = (await FindingsAsync(world, await world.CheckedAsync(OnSite)))["ownership"];
        Assert.Equal(tone, found.Tone);
        Assert.Contains("price of Site shop: owned by every ERP (change 7)", found.Words, StringComparison.Ordinal);
        Assert.Contains("compare-at price of Site shop", found.Words, StringComparison.Ordinal);
        var offer = (await FindingsAsync(world, await world.CheckedAsync(OnSite with { Name = "Offer", Offer = new PromotionOffer(OfferKind.CheckoutPercent, 30) })))["ownership"];
        Assert.Equal((tone, true), (offer.Tone, offer.Words.Contains("offer at the checkout of Site shop", StringComparison.Ordinal)));

        // Before that day it does not hold; named among the owners the tower's releases are let through.
        Assert.Equal(FindingTone.Passed, (await FindingsAsync(world, await world.CheckedAsync(OnSite with { Name = "Earlier", Starts = OnSite.Starts.AddDays(-5), Ends = OnSite.Ends.AddDays(-5) })))["ownership"].Tone);
        await RuleAsync(world, 8, $$"""[{"domain": "price", "channel": "web", "owners": ["@erp", "@tower"], "mode": "{{mode}}"}]""", "2031-11-27");
        Assert.Equal(FindingTone.Passed, (await FindingsAsync(world, await world.CheckedAsync(OnSite with { Name = "Named" })))["ownership"].Tone);
    }

    private static Task RuleAsync(PromotionWorld world, int number, string rules, string from) => world.Database.ExecuteAsync(
        $"insert into ownership_change (number, title, why, state, rules, from_at, author_name, decided_at, decided_name) values ({number}, 'A rule', '', 'approved', '{rules}', '{from}T00:00:00Z', 'x', now(), 'y')");

    /// <summary>The site's items are the ERP's, whose costs are in another currency; the site states none.</summary>
    private static async Task<PromotionWorld> CostsAsync()
    {
        var world = await CreateAsync();
        await world.Database.ExecuteAsync("update connection set posts_to = 'erp' where id = 'web'");
        await world.Engine.Get<ConnectionDirectory>().RefreshAsync(default);
        CatalogVariant Item(string sku, string currency, decimal? cost) => new(sku, null, $"Title of {sku}", sku, null, true, [new CatalogPrice(currency, 100m)], Noon, Cost: cost);
        await world.ListAsync(Site, Item("A", "EUR", null), Item("B", "EUR", null));
        await world.ListAsync("erp", Item("A", "GBP", 50m), Item("B", "GBP", 20m));
        await world.Database.ExecuteAsync("insert into catalog_match (connection_id, item, erp_item, how) values ('web', 'A', 'A', 'sku'), ('web', 'B', 'B', 'sku')");
        return world;
    }

    private static async Task<Dictionary<string, Finding>> FindingsAsync(PromotionWorld world, long id) =>
        (await world.Engine.Get<PromotionQueries>().FindingsAsync(id, 1, default)).ToDictionary(f => f.Check, StringComparer.Ordinal);
}
