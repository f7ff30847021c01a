using ControlTower.Data.Canonical;
using ControlTower.Data.Promotions;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Promotions;
using ControlTower.Sync.Pumps;
using ControlTower.Tests.Support;
using Xunit;
using static ControlTower.Tests.Sync.Promotions.PromotionWorld;

namespace ControlTower.Tests.Sync.Promotions;

/// <summary>Nothing of a stage is shown before the stage before it stands, at whatever hour, after whatever revision.</summary>
public sealed class ReleaseOrderTests
{
    [Fact]
    public async Task A_pilot_whose_hour_has_not_come_is_not_proven_and_nothing_follows_it()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A");
        var id = await world.ApprovedAsync(Plan("A") with { Connections = [Tills, Site], Stages = [new PromotionStage("Pilot", [Tills], ["LON"]), new PromotionStage("All", [], [])] });
        await TurnsAsync(world, 6);
        Assert.Equal(("releasing", "waiting 4"), (await world.StateAsync(id), await world.PhasesAsync(id)));
        Assert.Equal(0, await StartedAsync(world, id, 2));

        world.Now = Noon.AddHours(1);
        await world.TurnUntilAsync(async () => await world.PhasesAsync(id) == "proven 4" && await world.StateAsync(id) == "live");
    }

    [Fact]
    public async Task At_each_later_hour_the_stages_take_their_order_again()
    {
        await using var world = await CreateAsync();
        await world.Database.ExecuteAsync("update connection set time_zone = 'Europe/London' where id = 'outlet'");
        await world.Engine.Get<ConnectionDirectory>().RefreshAsync(default);
        await world.ListAsync(100m, "A");
        var id = await world.ApprovedAsync(Plan("A") with
        {
            Connections = [Tills, Site, Outlet],
            Stores = ["BER", "LON"],
            Stages = [new PromotionStage("Pilot", [Tills], []), new PromotionStage("All", [], [])],
            Rules = new PromotionRules(OnBreach: OnBreach.Ask),
        });
        await world.TurnUntilAsync(async () => await world.PhasesAsync(id) == "proven 2, waiting 2");
        Assert.Equal(70m, world.Systems.Of(Site).Book[("A", "")].Amount);

        // London's hour: its pilot store takes the price and does not show it.
        world.Systems.Of(Tills).Lies = _ => true;
        world.Now = Noon.AddHours(1);
        await world.TurnUntilAsync(async () => (await world.PhasesAsync(id)).Contains("failed 1", StringComparison.Ordinal));
        await TurnsAsync(world, 3);
        Assert.Equal(100m, world.Systems.Of(Outlet).Book[("A", "")].Amount);
        world.Systems.Of(Tills).Lies = _ => false;
        await RetryAsync(world, id);
        await world.TurnUntilAsync(async () => await world.PhasesAsync(id) == "proven 4");
        Assert.Equal(70m, world.Systems.Of(Outlet).Book[("A", "")].Amount);
    }

    [Fact]
    public async Task A_revision_of_a_live_release_goes_by_its_stages_and_its_gate_holds_again()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A");
        var plan = Plan("A") with { Connections = [Ledger, Site], Stores = [], Stages = [new PromotionStage("ERP", [Ledger], []), new PromotionStage("Web", [], [])] };
        var id = await world.ApprovedAsync(plan);
        world.Systems.Of(Ledger).Lies = _ => true;
        await HeldAsync(world, id);
        world.Systems.Of(Ledger).Lies = _ => false;
        await RetryAsync(world, id);
        Done(await world.Releases.ResumeAsync(id, await world.VersionAsync(id), "The ERP listens again.", Sofie, default));
        await world.TurnUntilAsync(async () => await world.StateAsync(id) == "live" && await world.PhasesAsync(id) == "proven 2");

        world.Systems.Of(Ledger).Lies = _ => true;
        await world.ReviseAsync(id, plan with { Offer = new PromotionOffer(OfferKind.Percent, 50) });
        await HeldAsync(world, id);
        Assert.Equal((70m, "failed 1, waiting 1"), (world.Systems.Of(Site).Book[("A", "")].Amount, await world.PhasesAsync(id)));

        world.Systems.Of(Ledger).Lies = _ => false;
        await RetryAsync(world, id);
        Done(await world.Releases.ResumeAsync(id, await world.VersionAsync(id), "The ERP listens again.", Sofie, default));
        await world.TurnUntilAsync(async () => await world.StateAsync(id) == "live" && await world.PhasesAsync(id) == "proven 2");
        Assert.Equal(50m, world.Systems.Of(Site).Book[("A", "")].Amount);
        Done(await world.Releases.RollBackAsync(id, "Enough.", ends: false, Sofie, default));
        await world.TurnUntilAsync(id, "rolled-back");
        Assert.All([Ledger, Site], s => Assert.Equal(100m, world.Systems.Of(s).Book[("A", "")].Amount));
    }

    [Fact]
    public async Task What_a_revision_does_not_change_is_neither_written_nor_held_up_again()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A", "B");
        var plan = Plan("A", "B") with { Connections = [Ledger, Site], Stores = [], Stages = [new PromotionStage("ERP", [Ledger], []), new PromotionStage("Web", [], [], StageHold.Person)] };
        var id = await world.ApprovedAsync(plan);
        await world.TurnUntilAsync(async () => await world.Database.ScalarAsync<bool>($"select exists (select from promotion_stage where promotion_id = {id} and stage = 1 and proven_at is not null)"));
        Done(await world.Releases.AdvanceAsync(id, await world.VersionAsync(id), 2, Sofie, default));
        await world.TurnUntilAsync(id, "live");
        var sent = world.Systems.Of(Ledger).Sent.Count;
        await world.ReviseAsync(id, plan with { Rules = plan.Rules with { Parity = 90 } });
        await world.TurnAsync();
        Assert.Equal(("live", "proven 4", sent), (await world.StateAsync(id), await world.PhasesAsync(id), world.Systems.Of(Ledger).Sent.Count));

        // What does change waits for the person again.
        await world.ReviseAsync(id, plan with { Products = new PromotionProducts(["A", "B"], Prices: [new SkuPrice("B", "EUR", 60m)]) });
        await world.TurnUntilAsync(async () => await world.PhasesAsync(id) == "proven 3, waiting 1");
        await TurnsAsync(world, 3);
        Assert.Equal((60m, 70m), (world.Systems.Of(Ledger).Book[("B", "")].Amount, world.Systems.Of(Site).Book[("B", "")].Amount));
        Done(await world.Releases.AdvanceAsync(id, await world.VersionAsync(id), 2, Sofie, default));
        await world.TurnUntilAsync(async () => await world.StateAsync(id) == "live" && world.Systems.Of(Site).Book[("B", "")].Amount == 60m);
    }

    [Fact]
    public async Task Who_wins_a_price_is_decided_anew_with_a_revision_of_either()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A");
        var (wide, deep) = (await world.ApprovedAsync(One("Wide", 20)), await world.ApprovedAsync(One("Deep", 50)));
        await world.TurnUntilAsync(() => ShowsAsync(world, 50m, wide, deep));
        Assert.Equal("outdone 1", await world.PhasesAsync(wide));

        await world.ReviseAsync(wide, One("Wide", 60));
        await world.TurnUntilAsync(() => ShowsAsync(world, 40m, wide, deep));
        Assert.Equal(("proven 1", "outdone 1"), (await world.PhasesAsync(wide), await world.PhasesAsync(deep)));
        await world.ReviseAsync(wide, One("Wide", 10));
        await world.TurnUntilAsync(() => ShowsAsync(world, 50m, wide, deep));
        Assert.Equal(("outdone 1", "proven 1"), (await world.PhasesAsync(wide), await world.PhasesAsync(deep)));

        foreach (var id in new[] { deep, wide })
        {
            Done(await world.Releases.RollBackAsync(id, "Enough.", ends: false, Sofie, default));
        }

        await world.TurnUntilAsync(async () => await world.StateAsync(deep) == "rolled-back" && await world.StateAsync(wide) == "rolled-back");
        Assert.Equal(100m, world.Systems.Of(Site).Book[("A", "")].Amount);
    }

    [Fact]
    public async Task Of_two_that_say_they_win_the_one_that_starts_later_does_and_the_check_says_so_before()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A");
        var insists = new PromotionRules(Overlap: OverlapRule.ThisOne);
        await world.ApprovedAsync(One("Cheapest", 70));
        var late = await world.ApprovedAsync(One("Late", 10) with { Rules = insists, Starts = new DateTime(2031, 11, 28, 15, 0, 0) });
        var early = await world.ApprovedAsync(One("Early", 20) with { Rules = insists });
        var cell = Assert.Single(await world.Engine.Get<PromotionQueries>().CellsAsync(early, 1, "overlap", null, 0, 10, default));
        Assert.Equal((late, false), (cell.RivalId, cell.Wins));
        await world.TurnUntilAsync(async () => world.Systems.Of(Site).Book[("A", "")].Amount == 80m && await world.PhasesAsync(early) == "proven 1");
        world.Now = Noon.AddHours(2);
        await world.TurnUntilAsync(async () => world.Systems.Of(Site).Book[("A", "")].Amount == 90m && await world.PhasesAsync(late) == "proven 1");
        Assert.Equal("outdone 1", await world.PhasesAsync(early));

        // When it ends, the one that insists comes before the cheaper one that does not.
        Done(await world.Releases.RollBackAsync(late, "Enough.", ends: false, Sofie, default));
        await world.TurnUntilAsync(async () => world.Systems.Of(Site).Book[("A", "")].Amount == 80m && await world.PhasesAsync(early) == "proven 1");
    }

    [Fact]
    public async Task A_price_everywhere_and_one_of_a_store_yield_to_the_lower_of_them()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A");
        PromotionPlan At(string name, decimal percent, params string[] stores) => One(name, percent) with { Connections = [Tills], Stores = stores };
        var store = await world.ApprovedAsync(At("Store", 10, "BER"));
        await world.TurnUntilAsync(async () => world.Systems.Of(Tills).Book.GetValueOrDefault(("A", "BER"))?.Amount == 90m && await world.PhasesAsync(store) == "proven 1");
        var all = await world.ApprovedAsync(At("All", 20));
        await world.TurnUntilAsync(async () => await world.PhasesAsync(all) == "proven 1" && !world.Systems.Of(Tills).Book.ContainsKey(("A", "BER")));
        await world.TurnUntilAsync(async () => await world.PhasesAsync(store) == "reverted 1");
        Assert.Equal("live", await world.StateAsync(store));
        var later = await world.ApprovedAsync(At("Later", 15, "HAM"));
        await world.TurnUntilAsync(async () => await world.PhasesAsync(later) == "outdone 1");
        Assert.False(world.Systems.Of(Tills).Book.ContainsKey(("A", "HAM")));

        Done(await world.Releases.RollBackAsync(all, "Enough.", ends: false, Sofie, default));
        await world.TurnUntilAsync(async () => await world.PhasesAsync(store) == "proven 1" && await world.PhasesAsync(later) == "proven 1");
        Assert.Equal((90m, 85m), (world.Systems.Of(Tills).Book[("A", "BER")].Amount, world.Systems.Of(Tills).Book[("A", "HAM")].Amount));
        foreach (var id in new[] { store, later })
        {
            Done(await world.Releases.RollBackAsync(id, "Enough.", ends: false, Sofie, default));
        }

        await world.TurnUntilAsync(async () => await world.StateAsync(store) == "rolled-back" && await world.StateAsync(later) == "rolled-back");
        Assert.Equal(("A", ""), Assert.Single(world.Systems.Of(Tills).Book).Key);
    }

    [Fact]
    public async Task A_stage_of_which_nothing_could_be_read_back_asks_before_the_next()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A");
        var rival = await world.ApprovedAsync(One("Deep", 60));
        await world.TurnUntilAsync(rival, "live");
        var id = await world.ApprovedAsync(Plan("A") with { Connections = [Site, Outlet], Stores = [], Stages = [new PromotionStage("Web", [Site], []), new PromotionStage("Rest", [], [])] });
        await world.TurnUntilAsync(async () => await world.Database.ScalarAsync<bool>($"select question is not null from promotion where id = {id}"));
        await TurnsAsync(world, 3);
        Assert.Equal("outdone 1, waiting 1", await world.PhasesAsync(id));
        Done(await world.Releases.ResumeAsync(id, await world.VersionAsync(id), "We know.", Sofie, default));
        await world.TurnUntilAsync(id, "live");
        Assert.Equal(70m, world.Systems.Of(Outlet).Book[("A", "")].Amount);
    }

    [Fact]
    public async Task A_store_that_is_not_heard_is_listed_on_the_way_out_and_on_the_way_back_until_it_is()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A");
        await world.Database.ExecuteAsync("insert into pos_store (connection_id, store, business_at, heard_at) values ('tills', 'L1', now(), now() - interval '3 days')");
        var queries = world.Engine.Get<ReleaseQueries>();
        async Task<ReleaseCell> ListedAsync(long release) => Assert.Single(await queries.CellsAsync(release, new CellFilter(Trouble: true), 10, default));
        var id = await world.ApprovedAsync(Plan("A") with { Connections = [Tills], Stages = [new PromotionStage("All", [], [])], Rules = new PromotionRules(Parity: 99, OnBreach: OnBreach.Ask) });
        world.Now = Noon.AddHours(1);
        await world.TurnUntilAsync(async () => await world.PhasesAsync(id) == "offline 1, proven 2");
        await world.TurnAsync();
        Assert.Contains("66.66% of its prices were read back", await world.Database.ScalarAsync<string>($"select question from promotion where id = {id}"), StringComparison.Ordinal);
        Assert.Equal(("BER", CellPhase.Offline), ((await ListedAsync(id)).Place, (await ListedAsync(id)).Phase));

        await world.Database.ExecuteAsync("update pos_store set heard_at = now()");
        await world.TurnUntilAsync(async () => await world.PhasesAsync(id) == "proven 3");
        await world.Database.ExecuteAsync("update pos_store set heard_at = now() - interval '3 days'");
        Done(await world.Releases.RollBackAsync(id, "Enough.", ends: false, Sofie, default));
        await world.TurnUntilAsync(async () => await world.PhasesAsync(id) == "returned 1, reverted 2");
        await TurnsAsync(world, 4);
        Assert.Equal("rolling-back", await world.StateAsync(id));
        var left = await ListedAsync(id);
        Assert.Equal(("BER", CellPhase.Returned, "offline"), (left.Place, left.Phase, left.Failure));
        Assert.Contains("not heard", left.FailureMessage, StringComparison.Ordinal);

        await world.Database.ExecuteAsync("update pos_store set heard_at = now()");
        await world.TurnUntilAsync(id, "rolled-back");
        Assert.Equal("reverted 3", await world.PhasesAsync(id));
    }

    [Fact]
    public async Task A_store_that_never_comes_back_is_left_alone_by_a_person_and_the_rest_is_home()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A");
        await world.Database.ExecuteAsync("insert into pos_store (connection_id, store, business_at, heard_at) values ('tills', 'L1', now(), now() - interval '3 days')");
        var id = await world.ApprovedAsync(Plan("A") with { Connections = [Tills], Stores = ["BER"], Stages = [new PromotionStage("All", [], [])], Rules = new PromotionRules(OnBreach: OnBreach.Ask) });
        await world.TurnUntilAsync(async () => await world.PhasesAsync(id) == "offline 1");
        Done(await world.Releases.RollBackAsync(id, "Enough.", ends: false, Sofie, default));
        await world.TurnUntilAsync(async () => await world.Database.ScalarAsync<long>($"select count(*) from promotion_cell where promotion_id = {id} and phase = 'returned' and failure = 'offline'") == 1);
        var cell = Assert.Single(await world.Engine.Get<ReleaseQueries>().CellsAsync(id, new CellFilter(Trouble: true), 10, default));
        Done(await world.Releases.IgnoreAsync(id, [cell.Id], "The store is closed for good.", Sofie, default));
        await world.TurnUntilAsync(id, "rolled-back");
        Assert.Equal(("left-alone 1", false), (await world.PhasesAsync(id), await world.Database.ScalarAsync<bool>($"select held from promotion_cell where promotion_id = {id}")));
    }

    [Fact]
    public async Task A_stage_waits_its_minutes_after_the_one_before_is_proven()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A");
        var id = await world.ApprovedAsync(Plan("A") with { Connections = [Site, Outlet], Stores = [], Stages = [new PromotionStage("Web", [Site], []), new PromotionStage("Rest", [], [], StageHold.Minutes, 30)] });
        await world.TurnUntilAsync(async () => await world.Database.ScalarAsync<bool>($"select exists (select from promotion_stage where promotion_id = {id} and stage = 1 and proven_at is not null)"));
        world.Now = Noon.AddMinutes(29);
        await TurnsAsync(world, 3);
        Assert.Equal("proven 1, waiting 1", await world.PhasesAsync(id));
        world.Now = Noon.AddMinutes(30);
        await world.TurnUntilAsync(id, "live");
    }

    [Theory]
    [InlineData(OnBreach.Pause, typeof(ReleaseStep.Hold))]
    [InlineData(OnBreach.RollBack, typeof(ReleaseStep.GoBack))]
    [InlineData(OnBreach.Ask, typeof(ReleaseStep.Ask))]
    public void A_stage_below_its_share_does_what_its_release_says(OnBreach what, Type step)
    {
        StageStand Stage(int number, long proven, bool started) => new(
            number, $"S{number}", StageHold.None, 0, started ? Noon : null, null, false, Cells: 10, Waiting: started ? 0 : 10, Due: started ? 0 : 10, Moving: 0, Proven: proven, Offline: 0, Drifted: 0, Failed: started ? 10 - proven : 0, Aside: 0, GoingBack: 0,
            Stuck: 0, Open: 10, Away: 0);
        var release = new ReleaseHeld(1, PromotionState.Releasing, false, null, Noon, Noon.AddDays(1), new PromotionRules(Parity: 95, OnBreach: what), [Stage(1, 9, true), Stage(2, 0, false)], Noon.AddMinutes(5), Noon);
        Assert.IsType(step, Assert.Single(ReleaseRule.Decide(release)));
        Assert.Equal(1, ReleaseRule.MayBegin(release));
        Assert.Empty(ReleaseRule.Decide(release with { Question = "Asked." }));
        Assert.Equal([typeof(ReleaseStep.Proven), typeof(ReleaseStep.Start)], ReleaseRule.Decide(release with { Stages = [Stage(1, 10, true), Stage(2, 0, false)] }).Select(s => s.GetType()));
    }

    internal static PromotionPlan One(string name, decimal percent) => Plan("A") with
    {
        Name = name,
        Offer = new PromotionOffer(OfferKind.Percent, percent, ShowFormer: false),
        Connections = [Site],
        Stores = [],
        Stages = [new PromotionStage("All", [], [])],
    };

    private static async Task<bool> ShowsAsync(PromotionWorld world, decimal price, params long[] releases)
    {
        var waits = await world.Database.ScalarAsync<long>($"select count(*) from promotion_cell where promotion_id in ({string.Join(',', releases)}) and phase not in ('proven', 'outdone')");
        return waits == 0 && world.Systems.Of(Site).Book[("A", "")].Amount == price;
    }

    private static Task HeldAsync(PromotionWorld world, long id) => world.TurnUntilAsync(async () => await world.Database.ScalarAsync<bool>($"select held_at is not null from promotion where id = {id}"));

    private static Task<long> StartedAsync(PromotionWorld world, long id, int stage) => world.Database.ScalarAsync<long>($"select count(*) from promotion_stage where promotion_id = {id} and stage >= {stage} and started_at is not null");

    private static async Task RetryAsync(PromotionWorld world, long id) =>
        Done(await world.Releases.RetryAsync(id, [.. (await world.Engine.Get<ReleaseQueries>().CellsAsync(id, new CellFilter(Phase: CellPhase.Failed), 100, default)).Select(c => c.Id)], Sofie, default));

    internal static async Task TurnsAsync(PromotionWorld world, int turns)
    {
        for (var turn = 0; turn < turns; turn++)
        {
            await world.TurnAsync();
        }
    }
}
