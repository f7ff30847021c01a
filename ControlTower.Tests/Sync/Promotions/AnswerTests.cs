using ControlTower.Data.Canonical;
using ControlTower.Data.Promotions;
using Xunit;
using static ControlTower.Tests.Sync.Promotions.PromotionWorld;

namespace ControlTower.Tests.Sync.Promotions;

/// <summary>What a person's answer lets a release off, and what it does not.</summary>
public sealed class AnswerTests
{
    [Theory]
    [InlineData(OnBreach.Ask)]
    [InlineData(OnBreach.Pause)]
    public async Task An_answer_to_something_else_waives_no_share(OnBreach onBreach)
    {
        await using var world = await CreateAsync();
        var id = await LiveAsync(world, onBreach);
        await world.Database.ExecuteAsync($"update promotion set question = 'Does it sell?' where id = {id}");
        Done(await world.Releases.ResumeAsync(id, await world.VersionAsync(id), "It does.", Sofie, default));
        Assert.Equal("", await AcceptedAsync(world, id));

        world.Systems.Of(Site).Edit("A", 59m);
        await world.TurnUntilAsync(async () => (await WhyAsync(world, id)).Contains("Stage 1, Site", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_answer_about_a_share_waives_it_for_that_stage_alone()
    {
        await using var world = await CreateAsync();
        var id = await LiveAsync(world, OnBreach.Ask);
        world.Systems.Of(Site).Edit("A", 59m);
        await world.TurnUntilAsync(async () => (await WhyAsync(world, id)).Contains("Stage 1, Site", StringComparison.Ordinal));
        Done(await world.Releases.ResumeAsync(id, await world.VersionAsync(id), "The store manager did it.", Sofie, default));
        Assert.Equal("1", await AcceptedAsync(world, id));
        await world.TurnAsync();
        Assert.Equal("", await WhyAsync(world, id));

        world.Systems.Of(Outlet).Edit("A", 59m);
        await world.TurnUntilAsync(async () => (await WhyAsync(world, id)).Contains("Stage 2, Outlet", StringComparison.Ordinal));
        Assert.Equal("1", await AcceptedAsync(world, id));
    }

    [Fact]
    public async Task Another_question_that_joins_one_about_a_share_leaves_what_that_is_about()
    {
        await using var world = await CreateAsync();
        var id = await LiveAsync(world, OnBreach.Ask, new PromotionRules(OnBreach: OnBreach.Ask, Budget: 100, BudgetCurrency: "EUR", OnBudget: OnBreach.Ask));
        world.Systems.Of(Site).Edit("A", 59m);
        await world.TurnUntilAsync(async () => (await WhyAsync(world, id)).Contains("Stage 1, Site", StringComparison.Ordinal));
        await world.Database.ExecuteAsync($"insert into promotion_sale (promotion_id, flow_id, line, connection_id, place, till, at, currency, quantity, paid, intended, former, net) values ({id}, 1, '1', 'web', '', false, '{Noon.AddMinutes(30):O}', 'EUR', 1, 100, 100, 220, 100)");
        await world.TurnUntilAsync(async () => (await WhyAsync(world, id)).Contains("budget of 100 EUR", StringComparison.Ordinal));
        Done(await world.Releases.ResumeAsync(id, await world.VersionAsync(id), "Both are as they should be.", Sofie, default));
        Assert.Equal(("1", 100m), (await AcceptedAsync(world, id), await world.Database.ScalarAsync<decimal>($"select budget_let from promotion where id = {id}")));
    }

    [Fact]
    public async Task What_a_revision_takes_away_a_question_was_about_is_not_answered_by_the_next()
    {
        await using var world = await CreateAsync();
        var id = await LiveAsync(world, OnBreach.Ask);
        world.Systems.Of(Site).Edit("A", 59m);
        await world.TurnUntilAsync(async () => (await WhyAsync(world, id)).Contains("Stage 1, Site", StringComparison.Ordinal));
        // As the approval of a revision leaves it.
        await world.Database.ExecuteAsync($"update promotion set question = null where id = {id}");
        Done(await world.Releases.HoldAsync(id, "Wait for the printer.", Sofie, default));
        await world.Database.ExecuteAsync($"update promotion set question = 'Does it sell?' where id = {id}");
        Done(await world.Releases.ResumeAsync(id, await world.VersionAsync(id), "Printed, and it does.", Sofie, default));
        Assert.Equal("", await AcceptedAsync(world, id));
    }

    private static async Task<long> LiveAsync(PromotionWorld world, OnBreach onBreach, PromotionRules? rules = null)
    {
        await world.Database.ExecuteAsync("insert into currency_rate (currency, rate, as_of, changed_by) values ('EUR', 1, current_date, 'x')");
        await world.ListAsync(100m, "A", "B");
        var id = await world.ApprovedAsync(Plan("A", "B") with { Connections = [Site, Outlet], Stores = [], Stages = [new PromotionStage("Site", [Site], []), new PromotionStage("Outlet", [], [])], Rules = rules ?? new PromotionRules(OnBreach: onBreach) });
        await world.TurnUntilAsync(id, "live");
        return id;
    }

    private static async Task<string> AcceptedAsync(PromotionWorld world, long id) =>
        (await world.Database.ScalarAsync<string>($"select coalesce(string_agg(stage::text, ',' order by stage), '') from promotion_stage where promotion_id = {id} and accepted"))!;

    private static async Task<string> WhyAsync(PromotionWorld world, long id) => (await world.Database.ScalarAsync<string>($"select coalesce(question, held_why, '') from promotion where id = {id}"))!;
}
