using ControlTower.Data.Canonical;
using ControlTower.Data.Promotions;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Connectors;
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
