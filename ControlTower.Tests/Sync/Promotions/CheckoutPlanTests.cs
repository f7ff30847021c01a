using ControlTower.Data.Canonical;
using ControlTower.Data.Inventory;
using ControlTower.Data.Promotions;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Promotions;
using ControlTower.Tests.Support;
using Xunit;
using static ControlTower.Tests.Sync.Promotions.PromotionWorld;

namespace ControlTower.Tests.Sync.Promotions;

/// <summary>A reduction at the checkout of a system with stores stands in all of them at once, each by its own clock.</summary>
public sealed class CheckoutPlanTests
{
    private static readonly PromotionStage All1 = new("All", [], []);

    private static readonly PromotionPlan Checkout = Plan("A") with { Connections = [Tills], Offer = new PromotionOffer(OfferKind.CheckoutPercent, 30), Stages = [All1] };

    [Fact]
    public async Task For_some_stores_or_in_steps_it_is_refused_and_for_all_of_them_in_one_stage_it_is_not()
    {
        await using var world = await TillsAsync();
        var pilot = new PromotionStage("Pilot", [Tills], ["BER"]);
        foreach (var plan in new[] { Checkout with { Stores = ["BER"] }, Checkout with { Stages = [pilot, All1] } })
        {
            var finding = await FoundAsync(world, plan);
            Assert.Equal((FindingTone.Error, "Tills grants a reduction in all its stores at once: choose all of them, in one stage"), (finding!.Tone, finding.Words));
        }

        Assert.Null(await FoundAsync(world, Checkout));
        Assert.Null(await FoundAsync(world, Checkout with { Stores = [] }));
        Assert.Null(await FoundAsync(world, Checkout with { Stages = [pilot, All1], Offer = new PromotionOffer(OfferKind.Percent, 30) }));
    }

    [Fact]
    public async Task Its_window_is_told_by_the_wall_of_the_stores_whatever_zones_they_are_in()
    {
        await using var world = await TillsAsync();
        var id = await world.ApprovedAsync(Checkout);
        await world.TurnUntilAsync(id, "live");
        var terms = world.Systems.Of(Tills).Sent.OfType<SetDiscount>().First().Terms;
        Assert.Equal((Checkout.Starts, Checkout.Ends), (terms.WallStarts, terms.WallEnds));
        // From noon in Berlin until one o'clock in London, UTC.
        Assert.Equal((Noon, Noon.AddHours(25)), (terms.StartsAt, terms.EndsAt));
    }

    [Fact]
    public async Task What_it_leaves_of_each_price_is_checked_against_cost_and_stock()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A", "B");
        await world.Database.ExecuteAsync("update catalog_item set cost = case when sku = 'A' then 80 else 20 end");
        await StockStore.AddLocationsAsync(world.Database.Sources.Work, [new("DC", "DC", "warehouse", "Northlane")], default);
        await StockStore.CountAsync(world.Database.Sources.Work, [new("A", "DC", 0), new("B", "DC", 10)], "count/test", default);
        var plan = Plan("A", "B") with { Connections = [Site], Stores = [], Stages = [All1], Offer = new PromotionOffer(OfferKind.CheckoutPercent, 30) };
        var id = await world.CheckedAsync(plan with { Rules = plan.Rules with { MarginFloor = 10, Budget = 200, BudgetCurrency = "EUR" } });
        var findings = await FindingsAsync(world, id);
        Assert.Equal((FindingTone.Error, "1 SKU sell below the 10% floor"), (findings["margin"].Tone, findings["margin"].Words));
        Assert.Equal((FindingTone.Warning, 1L), (findings["no-stock"].Tone, findings["no-stock"].Count));
        // Ten pieces of B, each 30 off; of A there are none.
        Assert.StartsWith("If everything in stock is sold it costs 300 EUR", findings["budget"].Words, StringComparison.Ordinal);
        var cell = Assert.Single(await world.Engine.Get<PromotionQueries>().CellsAsync(id, 1, "margin", null, 0, 10, default));
        Assert.Equal(("A", 100m, 70m, 80m), (cell.Sku, cell.Base!.Value, cell.Price!.Value, cell.Cost!.Value));
        // What is written is the one reduction.
        Assert.Equal(1, await world.Database.ScalarAsync<long>($"select count(*) from promotion_plan_cell where promotion_id = {id} and item <> ''"));
    }

    [Theory]
    [InlineData(OfferKind.CheckoutPercent, 70)]
    [InlineData(OfferKind.CheckoutAmount, 60)]
    [InlineData(OfferKind.BuyXGetY, 75)]
    public async Task Each_kind_is_judged_by_what_a_piece_costs_at_last(OfferKind kind, int left)
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A");
        await world.Database.ExecuteAsync("update catalog_item set cost = 99");
        var offer = kind switch
        {
            OfferKind.CheckoutAmount => new PromotionOffer(kind, Amounts: new Dictionary<string, decimal> { ["EUR"] = 40 }),
            OfferKind.BuyXGetY => new PromotionOffer(kind, 100, Buy: 3, Get: 1),
            _ => new PromotionOffer(kind, 30),
        };
        var plan = Plan("A") with { Connections = [Site], Stores = [], Stages = [All1], Offer = offer };
        var id = await world.CheckedAsync(plan with { Rules = plan.Rules with { MarginFloor = 10 } });
        Assert.Equal(left, Assert.Single(await world.Engine.Get<PromotionQueries>().CellsAsync(id, 1, "margin", null, 0, 10, default)).Price);
    }

    [Fact]
    public async Task What_has_no_price_or_no_amount_in_its_currency_is_said_and_not_taken_for_free()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A", "B");
        await world.Database.ExecuteAsync("update catalog_item set cost = 50; update catalog_item set price = null, currency = null where sku = 'B'");
        var plan = Plan("A", "B") with { Connections = [Site], Stores = [], Stages = [All1], Offer = new PromotionOffer(OfferKind.CheckoutAmount, Amounts: new Dictionary<string, decimal> { ["EUR"] = 10 }) };
        var findings = await FindingsAsync(world, await world.CheckedAsync(plan with { Rules = plan.Rules with { MarginFloor = 10 } }));
        Assert.Equal("1 SKU have no price at 1 channel", findings["no-price"].Words);
        Assert.DoesNotContain("free", findings.Keys);
        Assert.Equal(FindingTone.Passed, findings["margin"].Tone);
        var abroad = await FindingsAsync(world, await world.CheckedAsync(plan with { Name = "Abroad", Offer = plan.Offer with { Amounts = new Dictionary<string, decimal> { ["SEK"] = 10 } } }));
        Assert.Equal(FindingTone.Error, abroad["currency"].Tone);
        Assert.DoesNotContain("free", abroad.Keys);
    }

    [Fact]
    public async Task A_price_promotion_that_comes_to_its_items_after_the_check_is_seen_before_anybody_agrees()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A", "B");
        PromotionPlan Lower(string name, string sku) => Plan(sku) with { Name = name, Connections = [Site], Stores = [], Stages = [All1], Offer = new PromotionOffer(OfferKind.Percent, 40) };
        var id = await world.CheckedAsync(Plan("A") with { Name = "At the till", Connections = [Site], Stores = [], Stages = [All1], Offer = new PromotionOffer(OfferKind.CheckoutPercent, 50) });
        await world.ApprovedAsync(Lower("Of another item", "B"));
        Assert.Null(await ContestedAsync(world, id));
        var lower = await world.ApprovedAsync(Lower("Lower", "A"));
        Assert.Equal(lower, await ContestedAsync(world, id));
        Assert.Equal("overlap", Assert.IsType<PromotionAnswer.Refused>(await world.Plans.SendAsync(id, await world.VersionAsync(id), null, Sofie, default)).Rule);
    }

    private static Task<long?> ContestedAsync(PromotionWorld world, long id) => world.Database.ScalarAsync<long?>($"select promotion_contested({id}, 1)");

    [Fact]
    public async Task It_is_reckoned_from_the_price_that_another_promotion_makes_and_each_of_the_two_is_told_of_the_other()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A");
        var lower = await world.ApprovedAsync(Plan("A") with { Name = "Lower", Connections = [Site], Stores = [], Stages = [All1], Offer = new PromotionOffer(OfferKind.Percent, 40) });
        await world.TurnUntilAsync(lower, "live");
        var plan = Plan("A") with { Name = "At the till", Connections = [Site], Stores = [], Stages = [All1], Offer = new PromotionOffer(OfferKind.CheckoutPercent, 50) };
        var id = await world.CheckedAsync(plan);
        Assert.Equal("1 SKU have a lower price by another promotion in this time: this comes off that price", (await FindingsAsync(world, id))["overlap"].Words);
        var cell = Assert.Single(await world.Engine.Get<PromotionQueries>().CellsAsync(id, 1, "overlap", null, 0, 10, default));
        Assert.Equal((100m, 60m, 30m), (cell.Base!.Value, cell.RivalPrice!.Value, cell.Price!.Value));

        Done(await world.Plans.AcknowledgeAsync(id, "overlap", "We know.", Sofie, default));
        Done(await world.Plans.SendAsync(id, await world.VersionAsync(id), null, Sofie, default));
        Assert.Equal(FindingTone.Warning, (await FindingsAsync(world, await world.CheckedAsync(plan with { Name = "Once more" })))["stack"].Tone);
        Assert.Equal(FindingTone.Warning, (await FindingsAsync(world, await world.CheckedAsync(plan with { Name = "Deeper", Offer = new PromotionOffer(OfferKind.Percent, 45) })))["stack"].Tone);
        Assert.DoesNotContain("stack", (await FindingsAsync(world, await world.CheckedAsync(plan with { Name = "Later", Starts = plan.Starts.AddDays(30), Ends = plan.Ends.AddDays(30) }))).Keys);
    }

    private static async Task<Dictionary<string, Finding>> FindingsAsync(PromotionWorld world, long id) =>
        (await world.Engine.Get<PromotionQueries>().FindingsAsync(id, 1, default)).ToDictionary(f => f.Check, StringComparer.Ordinal);

    private static async Task<PromotionWorld> TillsAsync()
    {
        var world = await CreateAsync();
        await world.Database.ExecuteAsync(
            """
            update connection set settings = settings || '{"can": "Everywhere, Places, AutomaticDiscount", "location:L9": "WH"}', version = version + 1 where id = 'tills';
            insert into location (id, name, kind) values ('WH', 'Warehouse', 'warehouse');
            """);
        await world.Engine.Get<ConnectionDirectory>().RefreshAsync(default);
        await world.ListAsync(100m, "A");
        return world;
    }

    private static async Task<Finding?> FoundAsync(PromotionWorld world, PromotionPlan plan) =>
        (await world.Engine.Get<PromotionQueries>().FindingsAsync(await world.CheckedAsync(plan), 1, default)).FirstOrDefault(f => f.Check == "all-stores");
}
