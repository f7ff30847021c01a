using ControlTower.Data.Canonical;
using ControlTower.Data.Catalog;
using ControlTower.Data.Promotions;
using ControlTower.Sync.Promotions;
using ControlTower.Tests.Support;
using ControlTower.Web.Pages.Promotions;
using Xunit;
using static ControlTower.Tests.Sync.Promotions.PromotionWorld;

namespace ControlTower.Tests.Sync.Promotions;

/// <summary>Products of a promotion by collection and by attribute, frozen when it is sent, and what the rule would find differently since.</summary>
public sealed class ProductRuleTests
{
    private static readonly PromotionPlan Jackets = Plan() with
    {
        Connections = [Site],
        Stores = [],
        Stages = [new PromotionStage("All", [], [])],
        Products = new PromotionProducts(["NAMED"], new ProductRule(InCollections: ["outerwear", "Parkas"], Facets: [new CatalogFacet("type", "jackets"), new CatalogFacet("type", "Shells"), new CatalogFacet("tag", "winter")]), ["JKT-OUT"]),
    };

    [Fact]
    public async Task A_rule_finds_what_is_in_one_of_its_collections_and_has_a_value_of_each_attribute()
    {
        await using var world = await RangeAsync();
        var id = await world.CheckedAsync(Jackets);
        Assert.Equal("JKT,NAMED,SHL", await SkusAsync(world, id));
    }

    [Fact]
    public async Task What_a_rule_found_is_frozen_and_what_it_would_find_since_is_told_beside_it()
    {
        await using var world = await RangeAsync();
        var id = await world.CheckedAsync(Jackets);
        Done(await world.Plans.SendAsync(id, await world.VersionAsync(id), null, Sofie, default));
        Assert.Equal("", await SinceAsync(world, id));

        await ListAsync(world, "NEW", ["Outerwear"], ("type", "Jackets"), ("tag", "winter"));
        await ListAsync(world, "SHL", ["Outerwear"], ("type", "Shells"));
        Assert.Equal("+NEW -SHL", await SinceAsync(world, id));
        Done(await world.Plans.ApproveAsync(id, await world.VersionAsync(id), null, Ida, default));
        Assert.Equal("JKT,NAMED,SHL", await SkusAsync(world, id));
        Assert.Equal("JKT,NAMED,SHL", await world.Database.ScalarAsync<string>($"select string_agg(sku, ',' order by sku) from promotion_cell where promotion_id = {id}"));
        Assert.Equal("+NEW -SHL", await SinceAsync(world, id));
    }

    [Fact]
    public async Task Of_many_that_came_since_all_are_counted_and_the_first_are_named()
    {
        await using var world = await RangeAsync();
        var id = await world.CheckedAsync(Jackets);
        foreach (var number in Enumerable.Range(100, ProductsSince.MostNamed + 2))
        {
            await ListAsync(world, $"N{number}", ["Outerwear"], ("type", "Jackets"), ("tag", "winter"));
        }

        var since = await world.Engine.Get<PromotionQueries>().SinceAsync(id, 1, default);
        Assert.Equal((32L, 30, "N100", "N129", 0L), (since.Came, since.FirstCame.Count, since.FirstCame[0], since.FirstCame[^1], since.Went));
    }

    [Fact]
    public void An_attribute_that_is_called_like_a_collection_is_kept_apart_from_collections()
    {
        var facet = Assert.Single(CatalogFacet.Of([("Collection", "Autumn")]));
        Assert.Equal(new CatalogFacet("collection attribute", "Autumn"), facet);
        var (plan, _) = PlanDraft.Of(Jackets with { Products = new PromotionProducts([], new ProductRule(InCollections: ["Autumn"], Facets: [facet])) }).ToPlan();
        Assert.Equal(["Autumn"], plan.Products.Rule!.InCollections);
        Assert.Equal([facet], plan.Products.Rule.Facets);
    }

    [Fact]
    public async Task What_a_plan_names_one_by_one_never_comes_or_goes()
    {
        await using var world = await RangeAsync();
        var id = await world.CheckedAsync(Jackets with { Products = new PromotionProducts(["NAMED"]) });
        await ListAsync(world, "NEW", ["Outerwear"], ("type", "Jackets"), ("tag", "winter"));
        Assert.Equal("", await SinceAsync(world, id));
    }

    [Fact]
    public async Task A_reduction_at_the_checkout_tells_what_came_and_went_as_well()
    {
        await using var world = await RangeAsync();
        var id = await world.CheckedAsync(Jackets with { Offer = new PromotionOffer(OfferKind.CheckoutPercent, 10) });
        await ListAsync(world, "NEW", ["parkas"], ("type", "Jackets"), ("tag", "WINTER"));
        Assert.Equal("+NEW", await SinceAsync(world, id));
    }

    [Fact]
    public async Task A_read_that_does_not_tell_collections_keeps_those_that_were_known()
    {
        await using var world = await RangeAsync();
        await using (var open = await world.Database.Sources.Work.OpenConnectionAsync())
        {
            await CatalogStore.StoreAsync(open, Site, [new CatalogVariant("JKT", new CatalogProduct("p-JKT", "Jacket", true), "Jacket", "JKT", null, true, [new CatalogPrice("EUR", 101m)], Noon.AddMinutes(1))], [], default);
            Assert.Equal("Outerwear", await world.Database.ScalarAsync<string>("select array_to_string(collections, ',') from catalog_item where connection_id = 'web' and item = 'JKT'"));
            await CatalogStore.CollectionsAsync(open, Site, [new ProductCollections("p-JKT", ["Sale"]), new ProductCollections("p-SHL", [])], default);
        }

        Assert.Equal("JKT Sale {\"tag\": [\"winter\"], \"type\": [\"Jackets\"]}", await world.Database.ScalarAsync<string>("select item || ' ' || array_to_string(collections, ',') || ' ' || facets from catalog_item where connection_id = 'web' and item = 'JKT'"));
        Assert.Equal("", await world.Database.ScalarAsync<string>("select array_to_string(collections, ',') from catalog_item where connection_id = 'web' and item = 'SHL'"));
        var found = await world.Engine.Get<PromotionQueries>().FacetsAsync("sal", 10, default);
        Assert.Contains(new KnownFacet(new CatalogFacet("collection", "Sale"), 1), found);
        Assert.Contains(new KnownFacet(new CatalogFacet("tag", "sale"), 1), found);
    }

    [Fact]
    public async Task An_attribute_that_a_plan_from_outside_calls_collection_is_the_collection()
    {
        await using var world = await RangeAsync();
        Task<long> Found(params CatalogFacet[] facets) => world.CheckedAsync(Jackets with { Products = new PromotionProducts([], new ProductRule(InCollections: facets.Length == 1 ? null : ["Shirts"], Facets: facets)) });
        Assert.Equal("SHL", await SkusAsync(world, await Found(new CatalogFacet("Collection", "new"))));
        Assert.Equal("SHL,TEE", await SkusAsync(world, await Found(new CatalogFacet("collection", "New"), new CatalogFacet("Tag", "winter"))));
    }

    [Fact]
    public async Task Collections_and_attributes_are_kept_beside_the_items_as_they_come_change_and_go()
    {
        await using var world = await RangeAsync();
        await SameAsync(world);
        await ListAsync(world, "SHL", ["Outerwear"], ("type", "Shells"), ("tag", "sale"));
        await SameAsync(world);
        await world.Database.ExecuteAsync("update catalog_item set price = 90; update catalog_item set gone_at = now() where item in ('HAT', 'TEE')");
        await SameAsync(world);
        Assert.Empty(await world.Engine.Get<PromotionQueries>().FacetsAsync("hats", 10, default));
        await world.Database.ExecuteAsync("update catalog_item set gone_at = null where item = 'HAT'; delete from catalog_item where item = 'JKT'");
        await SameAsync(world);
        Assert.Equal(new KnownFacet(new CatalogFacet("type", "Hats"), 1), Assert.Single(await world.Engine.Get<PromotionQueries>().FacetsAsync("HATS", 10, default)));
    }

    private static async Task SameAsync(PromotionWorld world) => Assert.Equal(
        "",
        await world.Database.ScalarAsync<string>(
            """
            select coalesce(string_agg(format('%s: %s is %s, kept %s', coalesce(t.name, f.name), coalesce(t.value, f.value), t.items, f.items), '; '), '') from (
                select i.connection_id, x.name, x.value, count(*) as items from catalog_item i cross join lateral catalog_facets(i.collections, i.facets) x where i.gone_at is null group by 1, 2, 3) t
            full join (select * from catalog_facet where items > 0) f on f.connection_id = t.connection_id and f.name = t.name and f.value = t.value where t.items is distinct from f.items
            """));

    private static async Task<PromotionWorld> RangeAsync()
    {
        var world = await CreateAsync();
        await ListAsync(world, "JKT", ["Outerwear"], ("type", "Jackets"), ("tag", "winter"));
        await ListAsync(world, "SHL", ["Outerwear", "New"], ("type", "Shells"), ("tag", "Winter"), ("tag", "sale"));
        await ListAsync(world, "JKT-OUT", ["Outerwear"], ("type", "Jackets"), ("tag", "winter"));
        await ListAsync(world, "SUMMER", ["Outerwear"], ("type", "Jackets"), ("tag", "summer"));
        await ListAsync(world, "TEE", ["Shirts"], ("type", "Jackets"), ("tag", "winter"));
        await ListAsync(world, "HAT", ["Outerwear"], ("type", "Hats"), ("tag", "winter"));
        await ListAsync(world, "NAMED", []);
        return world;
    }

    private static Task ListAsync(PromotionWorld world, string sku, IReadOnlyList<string> collections, params (string Name, string? Value)[] facets) => world.ListAsync(
        Site, new CatalogVariant(sku, new CatalogProduct($"p-{sku}", sku, true), sku, sku, null, true, [new CatalogPrice("EUR", 100m)], Noon, Collections: collections, Facets: CatalogFacet.Of(facets)));

    /// <summary>What came and went, as <c>+NEW -OLD</c>.</summary>
    private static async Task<string> SinceAsync(PromotionWorld world, long id)
    {
        var since = await world.Engine.Get<PromotionQueries>().SinceAsync(id, 1, default);
        Assert.Equal((since.Came, since.Went), (since.FirstCame.Count, since.FirstWent.Count));
        return string.Join(' ', since.FirstCame.Select(s => $"+{s}").Concat(since.FirstWent.Select(s => $"-{s}")));
    }

    private static async Task<string> SkusAsync(PromotionWorld world, long id) =>
        (await world.Database.ScalarAsync<string>($"select string_agg(distinct sku, ',') from promotion_plan_cell where promotion_id = {id} and sku <> ''"))!;
}
