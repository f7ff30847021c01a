using ControlTower.Data.Canonical;
using ControlTower.Data.Promotions;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Promotions;
using Xunit;
using static ControlTower.Tests.Sync.Promotions.PromotionWorld;

namespace ControlTower.Tests.Sync.Promotions;

/// <summary>A release from its hour to its end, over four systems with price books of their own.</summary>
public sealed class ReleaseTests
{
    [Fact]
    public async Task A_release_goes_live_stage_by_stage_and_each_price_is_read_back()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A", "B");
        var id = await world.ApprovedAsync(Plan("A", "B"));
        world.Now = Noon.AddMinutes(-1);
        await world.TurnAsync();
        Assert.Equal("scheduled", await world.StateAsync(id));
        Assert.Equal(100m, world.Systems.Of(Site).Book[("A", "")].Amount);

        world.Now = Noon;
        await world.TurnUntilAsync(async () => await world.Database.ScalarAsync<bool>($"select exists (select from promotion_stage where promotion_id = {id} and stage = 1 and proven_at is not null)"));
        Assert.Equal(70m, world.Systems.Of(Ledger).Book[("A", "")].Amount);
        Assert.Equal(100m, world.Systems.Of(Site).Book[("A", "")].Amount);

        await world.TurnUntilAsync(async () => await world.Database.ScalarAsync<bool>($"select exists (select from promotion_stage where promotion_id = {id} and stage = 3 and started_at is not null)"));
        Assert.Equal(70m, world.Systems.Of(Tills).Book[("A", "BER")].Amount);
        await world.TurnUntilAsync(async () => await world.PhasesAsync(id) == "proven 10, waiting 2");

        // London is an hour later: its noon has not come.
        Assert.False(world.Systems.Of(Tills).Book.ContainsKey(("A", "LON")));
        Assert.Equal(new PriceTag(70m, 100m), world.Systems.Of(Site).Book[("A", "")]);
        world.Now = Noon.AddHours(1);
        await world.TurnUntilAsync(async () => await world.PhasesAsync(id) == "proven 12" && await world.StateAsync(id) == "live");
        Assert.Equal(70m, world.Systems.Of(Tills).Book[("B", "LON")].Amount);
    }

    [Fact]
    public async Task At_its_end_everything_is_as_it_was_each_place_at_its_own_hour()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A");
        world.Systems.Of(Site).Book[("A", "")] = new PriceTag(100m, 119m);
        var id = await world.ApprovedAsync(Plan("A"));
        world.Now = Noon.AddHours(1);
        await world.TurnUntilAsync(id, "live");

        world.Now = Noon.AddDays(1);
        await world.TurnUntilAsync(async () => !world.Systems.Of(Tills).Book.ContainsKey(("A", "BER")));
        Assert.Equal(70m, world.Systems.Of(Tills).Book[("A", "LON")].Amount);
        Assert.Equal("live", await world.StateAsync(id));
        world.Now = Noon.AddDays(1).AddHours(1);
        await world.TurnUntilAsync(id, "ended");
        Assert.Equal(new PriceTag(100m, 119m), world.Systems.Of(Site).Book[("A", "")]);
        Assert.Equal(100m, world.Systems.Of(Outlet).Book[("A", "")].Amount);
        Assert.False(world.Systems.Of(Tills).Book.ContainsKey(("A", "LON")));
    }

    [Fact]
    public async Task A_stage_below_its_share_is_not_followed_by_the_next()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A", "B");
        var id = await world.ApprovedAsync(Plan("A", "B"));
        world.Systems.Of(Tills).Lies = _ => true;
        await world.TurnUntilAsync(async () => await world.Database.ScalarAsync<bool>($"select held_at is not null from promotion where id = {id}"));
        Assert.Equal(100m, world.Systems.Of(Site).Book[("A", "")].Amount);
        Assert.Contains("0% of its prices were read back", await world.Database.ScalarAsync<string>($"select held_why from promotion where id = {id}"), StringComparison.Ordinal);

        world.Systems.Of(Tills).Lies = _ => false;
        var failed = await world.Engine.Get<ReleaseQueries>().CellsAsync(id, new CellFilter(Phase: CellPhase.Failed), 100, default);
        Done(await world.Releases.RetryAsync(id, [.. failed.Select(c => c.Id)], Sofie, default));
        Done(await world.Releases.ResumeAsync(id, await world.VersionAsync(id), "The tills listen again.", Sofie, default));
        world.Now = Noon.AddHours(1);
        await world.TurnUntilAsync(id, "live");
    }

    [Fact]
    public async Task Rolling_back_leaves_every_price_as_captured_also_where_a_system_is_down_just_then()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A", "B");
        var id = await world.ApprovedAsync(Plan("A", "B"));
        world.Now = Noon.AddHours(1);
        await world.TurnUntilAsync(id, "live");
        world.Systems.Of(Outlet).IsDown = true;
        Done(await world.Releases.RollBackAsync(id, "Wrong margin.", ends: false, Sofie, default));
        Assert.IsType<PromotionAnswer.Refused>(await world.Releases.RollBackAsync(id, "Pressed twice.", ends: false, Sofie, default));
        await world.TurnUntilAsync(async () => await world.Database.ScalarAsync<long>($"select count(*) from promotion_cell where promotion_id = {id} and phase = 'reverted'") == 10);
        for (var turn = 0; turn < 5; turn++)
        {
            await world.TurnAsync();
        }

        Assert.Equal("rolling-back", await world.StateAsync(id));
        world.Systems.Of(Outlet).IsDown = false;
        await world.TurnUntilAsync(id, "rolled-back");
        foreach (var system in All)
        {
            Assert.All(world.Systems.Of(system).Book.Where(b => b.Key.Place.Length == 0), b => Assert.Equal(100m, b.Value.Amount));
        }
    }

    [Fact]
    public async Task What_somebody_else_changed_is_left_alone_on_the_way_back_and_listed()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A", "B");
        var id = await world.ApprovedAsync(Plan("A", "B"));
        world.Now = Noon.AddHours(1);
        await world.TurnUntilAsync(id, "live");
        world.Systems.Of(Site).Edit("A", 59m);
        await world.TurnUntilAsync(async () => (await world.PhasesAsync(id)).Contains("drifted 1", StringComparison.Ordinal));
        Done(await world.Releases.RollBackAsync(id, "Enough.", ends: false, Sofie, default));
        await world.TurnUntilAsync(id, "rolled-back");
        Assert.Equal(59m, world.Systems.Of(Site).Book[("A", "")].Amount);
        var left = Assert.Single(await world.Engine.Get<ReleaseQueries>().CellsAsync(id, new CellFilter(Phase: CellPhase.LeftAlone), 10, default));
        Assert.Equal((59m, "changed"), (left.Seen, left.Failure));
    }

    [Fact]
    public async Task A_person_sets_a_price_again_that_somebody_else_changed()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A");
        var id = await world.ApprovedAsync(Plan("A"));
        world.Now = Noon.AddHours(1);
        await world.TurnUntilAsync(id, "live");
        world.Systems.Of(Site).Edit("A", 59m);
        await world.TurnUntilAsync(async () => (await world.PhasesAsync(id)).Contains("drifted 1", StringComparison.Ordinal));
        var cell = Assert.Single(await world.Engine.Get<ReleaseQueries>().CellsAsync(id, new CellFilter(Trouble: true), 10, default));
        Done(await world.Releases.SetAsync(id, [cell.Id], "Ours is right.", Sofie, default));
        await world.TurnUntilAsync(async () => await world.PhasesAsync(id) == "proven 6");
        Done(await world.Releases.RollBackAsync(id, "Enough.", ends: false, Sofie, default));
        await world.TurnUntilAsync(id, "rolled-back");
        Assert.Equal(100m, world.Systems.Of(Site).Book[("A", "")].Amount);
    }

    [Fact]
    public async Task Of_two_promotions_of_a_price_the_lowest_stands_and_the_other_follows_when_it_ends()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A");
        PromotionPlan One(string name, decimal percent, int hours) => Plan("A") with
        {
            Name = name,
            Offer = new PromotionOffer(OfferKind.Percent, percent, ShowFormer: false),
            Connections = [Site],
            Stores = [],
            Stages = [new PromotionStage("All", [], [])],
            Ends = new DateTime(2031, 11, 28, 13, 0, 0).AddHours(hours),
        };
        var wide = await world.ApprovedAsync(One("Wide", 20, 24));
        var deep = await world.ApprovedAsync(One("Deep", 50, 4));
        await world.TurnUntilAsync(async () => await world.StateAsync(wide) == "live" && await world.StateAsync(deep) == "live");
        Assert.Equal(50m, world.Systems.Of(Site).Book[("A", "")].Amount);
        Assert.Equal("outdone 1", await world.PhasesAsync(wide));
        world.Now = Noon.AddHours(4);
        await world.TurnUntilAsync(async () => await world.StateAsync(deep) == "ended" && await world.PhasesAsync(wide) == "proven 1");
        Assert.Equal(80m, world.Systems.Of(Site).Book[("A", "")].Amount);
        world.Now = Noon.AddHours(24);
        await world.TurnUntilAsync(wide, "ended");
        Assert.Equal(100m, world.Systems.Of(Site).Book[("A", "")].Amount);
    }

    [Fact]
    public async Task A_reduction_at_the_checkout_is_switched_on_read_back_and_off_again()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A");
        var id = await world.ApprovedAsync(Plan("A") with { Offer = new PromotionOffer(OfferKind.BuyXGetY, 100, Buy: 2, Get: 1), Connections = [Site], Stores = [], Stages = [new PromotionStage("All", [], [])] });
        await world.TurnUntilAsync(id, "live");
        var (terms, on) = Assert.Single(world.Systems.Of(Site).Discounts).Value;
        Assert.True(on);
        Assert.Equal(("A", 2, 1, $"Black Friday outerwear [R-{id}]"), (Assert.Single(terms.Items), terms.Buy, terms.Get, terms.Title));
        Done(await world.Releases.RollBackAsync(id, "Enough.", ends: true, Sofie, default));
        await world.TurnUntilAsync(id, "ended");
        Assert.False(world.Systems.Of(Site).Discounts.Values.Single().On);
    }

    [Fact]
    public async Task What_could_not_begin_in_time_expires_and_changes_nothing()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A");
        var id = await world.ApprovedAsync(Plan("A"));
        Done(await world.Releases.HoldAsync(id, "Wait.", Sofie, default));
        world.Now = Noon.AddMinutes(121);
        await world.TurnUntilAsync(id, "expired");
        Assert.Empty(world.Systems.Of(Ledger).Sent);
    }

    [Fact]
    public async Task A_new_revision_replaces_the_prices_of_a_live_one_and_brings_home_what_it_leaves_out()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A", "B");
        var plan = Plan("A", "B") with { Connections = [Site], Stores = [], Stages = [new PromotionStage("All", [], [])] };
        var id = await world.ApprovedAsync(plan);
        await world.TurnUntilAsync(id, "live");
        Done(await world.Plans.SaveAsync(id, await world.VersionAsync(id), plan with { Products = new PromotionProducts(["A"]), Offer = new PromotionOffer(OfferKind.Percent, 50) }, Sofie, default));
        Assert.Equal(70m, world.Systems.Of(Site).Book[("A", "")].Amount);
        Done(await world.Plans.CheckAsync(id, await world.VersionAsync(id), Sofie, default));
        await world.Engine.Get<Preflight>().RunDueAsync(default);
        Done(await world.Plans.SendAsync(id, await world.VersionAsync(id), null, Sofie, default));
        Done(await world.Plans.ApproveAsync(id, await world.VersionAsync(id), "Better.", Ida, default));
        await world.TurnUntilAsync(async () => await world.PhasesAsync(id) == "proven 1, reverted 1");
        Assert.Equal((50m, 100m), (world.Systems.Of(Site).Book[("A", "")].Amount, world.Systems.Of(Site).Book[("B", "")].Amount));
        Done(await world.Releases.RollBackAsync(id, "Enough.", ends: false, Sofie, default));
        await world.TurnUntilAsync(id, "rolled-back");
        Assert.Equal(100m, world.Systems.Of(Site).Book[("A", "")].Amount);
    }

    [Fact]
    public async Task A_release_that_is_over_in_one_zone_goes_on_in_the_others_whatever_is_to_be_done_on_a_breach()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A");
        var id = await world.ApprovedAsync(Plan("A") with { Rules = new PromotionRules(OnBreach: OnBreach.RollBack) });
        world.Now = Noon.AddHours(1);
        await world.TurnUntilAsync(id, "live");
        world.Now = Noon.AddDays(1);
        for (var turn = 0; turn < 8; turn++)
        {
            await world.TurnAsync();
        }

        Assert.Equal(("live", 70m), (await world.StateAsync(id), world.Systems.Of(Tills).Book[("A", "LON")].Amount));
    }

    [Fact]
    public async Task A_price_that_comes_back_to_a_promotion_after_others_had_it_goes_home_to_what_stood_there_before_them()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A");
        PromotionPlan One(string name, decimal percent) => Plan("A") with
        {
            Name = name,
            Offer = new PromotionOffer(OfferKind.Percent, percent, ShowFormer: false),
            Connections = [Site],
            Stores = [],
            Stages = [new PromotionStage("All", [], [])],
        };
        var a = await world.ApprovedAsync(One("A", 10));
        await world.TurnUntilAsync(a, "live");
        var b = await world.ApprovedAsync(One("B", 20));
        await world.TurnUntilAsync(b, "live");
        Done(await world.Releases.HoldAsync(a, "Wait.", Sofie, default));

        // Somebody else sets a price, so the second leaves it alone; the third starts from there.
        world.Systems.Of(Site).Edit("A", 95m);
        await world.TurnUntilAsync(async () => (await world.PhasesAsync(b)).Contains("drifted", StringComparison.Ordinal));
        Done(await world.Releases.RollBackAsync(b, "Enough.", ends: false, Sofie, default));
        await world.TurnUntilAsync(b, "rolled-back");
        await world.ListAsync(Site, new ControlTower.Data.Canonical.CatalogVariant("A", null, "A", "A", null, true, [new CatalogPrice("EUR", 95m)], Noon.AddMinutes(1)));
        var c = await world.ApprovedAsync(One("C", 30));
        await world.TurnUntilAsync(c, "live");
        Done(await world.Releases.ResumeAsync(a, await world.VersionAsync(a), "Go on.", Sofie, default));
        Done(await world.Releases.RollBackAsync(c, "Enough.", ends: false, Sofie, default));
        await world.TurnUntilAsync(async () => await world.StateAsync(c) == "rolled-back" && await world.PhasesAsync(a) == "proven 1");
        Done(await world.Releases.RollBackAsync(a, "Enough.", ends: false, Sofie, default));
        await world.TurnUntilAsync(a, "rolled-back");
        Assert.Equal(95m, world.Systems.Of(Site).Book[("A", "")].Amount);
    }
}
