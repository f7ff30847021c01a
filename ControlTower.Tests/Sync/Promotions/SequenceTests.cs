using ControlTower.Data.Canonical;
using ControlTower.Data.Promotions;
using ControlTower.Sync.Promotions;
using ControlTower.Tests.Support;
using Xunit;
using static ControlTower.Tests.Sync.Promotions.PromotionWorld;

namespace ControlTower.Tests.Sync.Promotions;

/// <summary>In which order systems get what a promotion changes: rules as data, asked at planning and when a stage begins.</summary>
public sealed class SequenceTests
{
    private static readonly PromotionPlan Together = Plan("A") with { Connections = [Site, Outlet], Stores = [], Stages = [new PromotionStage("Both", [], [])] };

    private static readonly PromotionPlan Apart = Together with { Stages = [new PromotionStage("Site", [Site], []), new PromotionStage("Outlet", [], [])] };

    [Fact]
    public async Task A_plan_that_shows_it_somewhere_before_another_has_it_is_blocked_by_the_rule_and_free_without_it()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A");
        var rule = await RuleAsync(world, Site, Outlet);
        var id = await world.CheckedAsync(Together);
        var order = await OrderAsync(world, id);
        Assert.Equal(FindingTone.Error, order!.Tone);
        Assert.Contains($"S-{rule.Id}. Put Site shop into a stage of its own, before Outlet", order.Words, StringComparison.Ordinal);
        Assert.Equal(FindingTone.Passed, (await OrderAsync(world, await world.CheckedAsync(Apart)))!.Tone);
        Done(await Desk(world).PutAsync(rule with { Enabled = false }, Ida, default));
        Assert.Null(await OrderAsync(world, await world.CheckedAsync(Together)));
    }

    [Fact]
    public async Task A_rule_of_prices_says_nothing_of_reductions_at_the_checkout()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A");
        await RuleAsync(world, Site, Outlet);
        Assert.Null(await OrderAsync(world, await world.CheckedAsync(Together with { Offer = new PromotionOffer(OfferKind.CheckoutPercent, 10) })));
    }

    [Fact]
    public async Task A_rule_that_came_after_the_approval_stops_the_stage_tells_once_and_the_stage_begins_by_itself_when_it_is_changed()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A");
        var id = await world.ApprovedAsync(Together with { Stages = [new PromotionStage("Outlet", [Outlet], []), new PromotionStage("Site", [], [])] });
        var rule = await RuleAsync(world, Site, Outlet);
        for (var turn = 0; turn < 3; turn++)
        {
            await world.TurnAsync();
        }

        Assert.Equal("scheduled", await world.StateAsync(id));
        Assert.Equal(1, await world.Database.ScalarAsync<long>($"select count(*) from promotion_log where promotion_id = {id} and tone = 'hold' and words like '%S-{rule.Id}%'"));
        Assert.Contains($"S-{rule.Id}", (await world.Engine.Get<PromotionQueries>().FindAsync(id, null, default))!.OrderWait, StringComparison.Ordinal);
        Assert.Equal("state", Assert.IsType<PromotionAnswer.Refused>(await world.Releases.ResumeAsync(id, await world.VersionAsync(id), "Go.", Sofie, default)).Rule);
        Assert.Equal("waiting 2", await world.PhasesAsync(id));
        Assert.Equal(1, await world.Engine.Get<PromotionQueries>().WaitingAsync(default));
        Done(await Desk(world).PutAsync(rule with { Enabled = false }, Ida, default));
        await world.TurnUntilAsync(id, "live");
        Assert.Null(await world.Database.ScalarAsync<string>($"select order_wait from promotion where id = {id}"));
        Assert.False(await world.Database.ScalarAsync<bool>($"select bool_or(accepted) from promotion_stage where promotion_id = {id}"));
    }

    [Fact]
    public async Task A_hold_is_lifted_although_the_next_stage_is_out_of_order_and_that_stage_still_waits()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A");
        var id = await world.ApprovedAsync(Apart with { Connections = [Site, Outlet, Ledger], Stages = [new PromotionStage("Site", [Site], []), new PromotionStage("Outlet", [Outlet], []), new PromotionStage("Ledger", [], [])] });
        await RuleAsync(world, Ledger, Outlet);
        await world.TurnUntilAsync(async () => await world.Database.ScalarAsync<bool>($"select order_wait is not null from promotion where id = {id}"));
        Done(await world.Releases.HoldAsync(id, "Wait for the printer.", Sofie, default));
        await world.TurnAsync();
        Done(await world.Releases.ResumeAsync(id, await world.VersionAsync(id), "Printed.", Sofie, default));
        await world.TurnAsync();
        Assert.Equal(1, await world.Database.ScalarAsync<long>($"select count(*) from promotion_stage where promotion_id = {id} and started_at is not null"));
        Assert.Equal(1, await world.Database.ScalarAsync<long>($"select count(*) from promotion_log where promotion_id = {id} and words like 'Stage 2 would show%'"));
    }

    [Fact]
    public async Task A_person_cannot_advance_a_later_stage_against_its_rule()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A");
        var id = await world.ApprovedAsync(Apart with
        {
            Connections = [Site, Outlet, Ledger],
            Stages = [new PromotionStage("Site", [Site], []), new PromotionStage("Outlet", [Outlet], [], StageHold.Person), new PromotionStage("Ledger", [], [])],
        });
        await world.TurnUntilAsync(async () => await world.Database.ScalarAsync<long>($"select count(*) from promotion_stage where promotion_id = {id} and proven_at is not null") == 1);
        await RuleAsync(world, Ledger, Outlet);
        Assert.Equal("order", Assert.IsType<PromotionAnswer.Refused>(await world.Releases.AdvanceAsync(id, await world.VersionAsync(id), 2, Sofie, default)).Rule);
        Assert.Null(await world.Database.ScalarAsync<string>($"select started_by from promotion_stage where promotion_id = {id} and stage = 2"));
    }

    [Fact]
    public async Task Rules_that_go_round_are_refused_and_each_change_is_in_the_audit_with_its_version()
    {
        await using var world = await CreateAsync();
        var first = await RuleAsync(world, Site, Outlet);
        await RuleAsync(world, Outlet, Tills);
        Assert.Equal("circle", Assert.IsType<PromotionAnswer.Refused>(await Desk(world).PutAsync(New(Tills, Site), Ida, default)).Rule);
        Assert.Equal("circle", Assert.IsType<PromotionAnswer.Refused>(await Desk(world).PutAsync(New("@shop", "@erp"), Ida, default)).Rule);
        Done(await Desk(world).PutAsync(New(Tills, Site) with { Domain = SequenceRule.Checkout }, Ida, default));
        Done(await Desk(world).PutAsync(first with { Enabled = false }, Ida, default));
        Assert.Equal("moved", Assert.IsType<PromotionAnswer.Refused>(await Desk(world).PutAsync(first, Ida, default)).Rule);
        Assert.Equal("moved", Assert.IsType<PromotionAnswer.Refused>(await Desk(world).RemoveAsync(first, Ida, default)).Rule);
        Assert.Equal("moved", Assert.IsType<PromotionAnswer.Refused>(await Desk(world).PutAsync(New(Outlet, Tills), Ida, default)).Rule);
        Assert.Equal(["first", "later"], Assert.IsType<PromotionAnswer.Refused>(await Desk(world).PutAsync(New("nowhere", "nobody"), Ida, default)).Problems!.Select(p => p.Field));
        Done(await Desk(world).RemoveAsync(first with { Version = 2 }, Ida, default));
        Assert.Equal("add, add, add, change, remove", await world.Database.ScalarAsync<string>("select string_agg(detail::jsonb ->> 'act', ', ' order by seq) from audit where action = 'promotions:sequence:write'"));
    }

    private static SequenceDesk Desk(PromotionWorld world) => world.Engine.Get<SequenceDesk>();

    private static SequenceRule New(string first, string later) => new(0, SequenceRule.Price, first, later, true, 0, default, "");

    private static async Task<SequenceRule> RuleAsync(PromotionWorld world, string first, string later) =>
        New(first, later) with { Id = Done(await Desk(world).PutAsync(New(first, later), Ida, default)).Id, Version = 1 };

    private static async Task<Finding?> OrderAsync(PromotionWorld world, long id) => (await world.Engine.Get<PromotionQueries>().FindingsAsync(id, 1, default)).FirstOrDefault(f => f.Check == "order");
}
