using ControlTower.Data.Canonical;
using ControlTower.Data.Promotions;
using ControlTower.Sync.Promotions;
using ControlTower.Sync.Pumps;
using Xunit;
using static ControlTower.Tests.Sync.Promotions.PromotionWorld;
using static ControlTower.Tests.Sync.Promotions.ReleaseOrderTests;

namespace ControlTower.Tests.Sync.Promotions;

/// <summary>Stages that wait for people, and people who look after a release.</summary>
public sealed class ReleasePeopleTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_first_stage_that_waits_for_a_person_asks_once_at_its_hour_and_begins_with_their_word(bool advanced)
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A");
        var id = await world.ApprovedAsync(One("By hand", 30) with { Stages = [new PromotionStage("All", [], [], StageHold.Person)] });
        world.Now = Noon.AddMinutes(-1);
        await world.TurnAsync();
        Assert.Equal("state", Assert.IsType<PromotionAnswer.Refused>(await world.Releases.AdvanceAsync(id, await world.VersionAsync(id), 1, Sofie, default)).Rule);
        world.Now = Noon;
        var pump = world.Engine.Get<PromotionPump>();
        await pump.RunOnceAsync(default);
        Assert.False((await pump.RunOnceAsync(default)).Again);
        Assert.Equal(1, await world.Database.ScalarAsync<long>($"select count(*) from promotion_log where promotion_id = {id} and tone = 'hold'"));
        Assert.Equal("Stage 1, All, waits for a person", await world.Database.ScalarAsync<string>($"select question from promotion where id = {id}"));
        var seen = await world.VersionAsync(id);
        Done(advanced ? await world.Releases.AdvanceAsync(id, seen, 1, Sofie, default) : await world.Releases.ResumeAsync(id, seen, "Go.", Sofie, default));
        await world.TurnUntilAsync(id, "live");
        Assert.Equal(70m, world.Systems.Of(Site).Book[("A", "")].Amount);
    }

    [Fact]
    public async Task A_later_stage_that_waits_for_a_person_tells_them_once_what_comes_before_it_is_proven_and_begins_with_their_word()
    {
        await using var world = await CreateAsync();
        var id = await CalledAsync(world, new PromotionStage("Rest", [], [], StageHold.Person, 0, "Merchandising"));
        await TurnsAsync(world, 3);
        Assert.Equal(["Stage 2, Rest, waits for Merchandising to advance it"], (await world.Database.ScalarAsync<string[]>($"select array_agg(words) from promotion_log where promotion_id = {id} and tone = 'hold'"))!);
        world.Now = Noon.AddHours(6);
        await TurnsAsync(world, 3);
        Assert.Equal("releasing", await world.StateAsync(id));
        Done(await world.Releases.AdvanceAsync(id, await world.VersionAsync(id), 2, Sofie, default));
        await world.TurnUntilAsync(id, "live");
    }

    [Theory]
    [InlineData(OnBreach.Pause)]
    [InlineData(OnBreach.Ask)]
    [InlineData(OnBreach.RollBack)]
    public async Task A_later_stage_that_nobody_advances_in_its_time_is_held_or_brought_home(OnBreach what)
    {
        await using var world = await CreateAsync();
        var id = await CalledAsync(world, new PromotionStage("Rest", [], [], StageHold.Person, 30), what);
        world.Now = Noon.AddMinutes(29);
        await TurnsAsync(world, 2);
        Assert.Equal((0L, "releasing"), (await world.Database.ScalarAsync<long>($"select count(*) from promotion where id = {id} and held_at is not null"), await world.StateAsync(id)));
        world.Now = Noon.AddMinutes(31);
        if (what == OnBreach.RollBack)
        {
            await world.TurnUntilAsync(id, "rolled-back");
            Assert.Equal(100m, world.Systems.Of(Site).Book[("A", "")].Amount);
            return;
        }

        await world.TurnUntilAsync(async () => await world.Database.ScalarAsync<string>($"select held_why from promotion where id = {id}") == "Stage 2, Rest: nobody advanced it within 30 minutes");
        // Whoever goes on is told anew, and has the whole time again.
        Done(await world.Releases.ResumeAsync(id, await world.VersionAsync(id), "We are here now.", Sofie, default));
        await TurnsAsync(world, 3);
        Assert.Equal(2, await world.Database.ScalarAsync<long>($"select count(*) from promotion_log where promotion_id = {id} and words like '%to advance it'"));
        Assert.Null(await world.Database.ScalarAsync<string>($"select held_why from promotion where id = {id}"));
        Done(await world.Releases.AdvanceAsync(id, await world.VersionAsync(id), 2, Sofie, default));
        await world.TurnUntilAsync(id, "live");
    }

    private static async Task<long> CalledAsync(PromotionWorld world, PromotionStage later, OnBreach what = OnBreach.Pause)
    {
        await world.ListAsync(100m, "A");
        var plan = Plan("A") with { Connections = [Site, Outlet], Stores = [], Stages = [new PromotionStage("Web", [Site], []), later] };
        var id = await world.ApprovedAsync(plan with { Rules = plan.Rules with { OnBreach = what } });
        await world.TurnUntilAsync(async () => await world.Database.ScalarAsync<bool>($"select exists (select from promotion_stage where promotion_id = {id} and stage = 2 and asked_at is not null)"));
        return id;
    }

    [Fact]
    public async Task A_revision_tells_the_people_of_a_stage_anew_with_all_their_time()
    {
        await using var world = await CreateAsync();
        var id = await CalledAsync(world, new PromotionStage("Rest", [], [], StageHold.Person, 30));
        world.Now = Noon.AddMinutes(29);
        await TurnsAsync(world, 1);
        var plan = (await world.Engine.Get<PromotionQueries>().FindAsync(id, null, default))!.Revision.Plan;
        Done(await world.Plans.SaveAsync(id, await world.VersionAsync(id), plan with { Stages = [plan.Stages[0], plan.Stages[1] with { Team = "Trade" }] }, Sofie, default));
        Done(await world.Plans.CheckAsync(id, await world.VersionAsync(id), Sofie, default));
        await world.Engine.Get<Preflight>().RunDueAsync(default);
        Done(await world.Plans.SendAsync(id, await world.VersionAsync(id), null, Sofie, default));
        Done(await world.Plans.ApproveAsync(id, await world.VersionAsync(id), null, Ida, default));
        world.Now = Noon.AddMinutes(31);
        await TurnsAsync(world, 3);
        Assert.Null(await world.Database.ScalarAsync<string>($"select held_why from promotion where id = {id}"));
        Assert.Equal(1, await world.Database.ScalarAsync<long>($"select count(*) from promotion_log where promotion_id = {id} and words = 'Stage 2, Rest, waits for Trade to advance it'"));
    }

    [Fact]
    public async Task Who_looks_after_a_release_is_seen_by_all_until_they_leave_it_or_another_takes_it_over()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A");
        var id = await world.ApprovedAsync(One("Taken", 30));
        var queries = world.Engine.Get<PromotionQueries>();
        foreach (var (who, take, now) in new[] { (Sofie, true, Sofie.Name), (Ida, true, Ida.Name), (Ida, false, null) })
        {
            var seen = await world.VersionAsync(id);
            Done(await world.Releases.TakeAsync(id, seen, take, who, default));
            Assert.Equal(now, (await queries.FindAsync(id, null, default))!.TakenBy);
            Assert.Equal("moved", Assert.IsType<PromotionAnswer.Refused>(await world.Releases.TakeAsync(id, seen, take, who, default)).Rule);
        }

        Assert.Equal(3, await world.Database.ScalarAsync<long>($"select count(*) from audit where detail::text like '%\"taken\"%'"));
    }

    [Fact]
    public async Task A_first_stage_that_nobody_advances_expires()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A");
        var id = await world.ApprovedAsync(One("By hand", 30) with { Stages = [new PromotionStage("All", [], [], StageHold.Person)] });
        await world.TurnAsync();
        world.Now = Noon.AddMinutes(121);
        await world.TurnUntilAsync(id, "expired");
        Assert.True(await world.Database.ScalarAsync<bool>($"select question is null from promotion where id = {id}"));
        Assert.Contains(PromotionCheck.Of(One("By the clock", 30) with { Stages = [new PromotionStage("All", [], [], StageHold.Minutes, 5)] }), p => p.Field == "stages.0.hold");
    }
}
