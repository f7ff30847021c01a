using ControlTower.Data.Canonical;
using ControlTower.Data.Promotions;
using ControlTower.Sync.Promotions;
using ControlTower.Tests.Support;
using Xunit;
using static ControlTower.Tests.Sync.Promotions.PromotionWorld;

namespace ControlTower.Tests.Sync.Promotions;

/// <summary>A budget over currencies, and what is done when it is used up.</summary>
public sealed class BudgetTests
{
    private static readonly GuardFigures Spent = new(1000, 0, 0, 100, 0, 40, 100, 50, Noon.AddHours(-3), Spent: 100);

    private static readonly PromotionRules Rules = new(Budget: 100, BudgetCurrency: "EUR");

    [Fact]
    public void A_budget_that_is_used_up_does_what_its_release_says()
    {
        Assert.IsType<ReleaseStep.GoBack>(ReleaseGuards.Judge(Rules, Spent, Noon));
        Assert.IsType<ReleaseStep.Hold>(ReleaseGuards.Judge(Rules with { OnBudget = OnBreach.Pause }, Spent, Noon));
        Assert.IsType<ReleaseStep.Ask>(ReleaseGuards.Judge(Rules with { OnBudget = OnBreach.Ask }, Spent, Noon));
        Assert.Null(ReleaseGuards.Judge(Rules with { OnBudget = OnBreach.Pause }, Spent with { Spent = 99.99m }, Noon));
    }

    [Fact]
    public void Who_let_it_go_on_beyond_its_budget_is_not_asked_again_until_a_higher_one_is_used_up_and_a_guard_still_strikes()
    {
        var asks = Rules with { OnBudget = OnBreach.Ask };
        Assert.Null(ReleaseGuards.Judge(asks, Spent with { Spent = 140, BudgetLet = 100 }, Noon));
        Assert.Null(ReleaseGuards.Judge(asks with { Budget = 90 }, Spent with { Spent = 140, BudgetLet = 100 }, Noon));
        Assert.IsType<ReleaseStep.Ask>(ReleaseGuards.Judge(asks with { Budget = 130 }, Spent with { Spent = 140, BudgetLet = 100 }, Noon));
        Assert.IsType<ReleaseStep.Hold>(ReleaseGuards.Judge(asks with { Guards = [new PromotionGuard(GuardKind.Margin, 50, OnBreach.Pause)] }, Spent, Noon));
    }

    [Fact]
    public async Task An_answer_to_something_else_lets_no_budget_go()
    {
        await using var world = await CreateAsync();
        var id = await LiveAsync(world, OnBreach.Pause);
        await world.Database.ExecuteAsync($"update promotion set held_at = now(), held_by = '{PromotionActing.Tower.Name}', held_why = 'Prices were changed' where id = {id}");
        await SoldAsync(world, id, ("EUR", 120m));
        await world.TurnAsync();
        Done(await world.Releases.ResumeAsync(id, await world.VersionAsync(id), "They are right again.", Sofie, default));
        await world.TurnAsync();
        Assert.Equal("Its budget of 100 EUR is used up", await world.Database.ScalarAsync<string>($"select held_why from promotion where id = {id}"));
        Done(await world.Releases.ResumeAsync(id, await world.VersionAsync(id), "It sells well.", Sofie, default));
        await SoldAsync(world, id, ("EUR", 50m));
        await world.TurnAsync();
        Assert.Null(await world.Database.ScalarAsync<string>($"select held_why from promotion where id = {id}"));
    }

    [Fact]
    public async Task A_budget_that_is_used_up_while_something_else_is_asked_joins_the_question_once()
    {
        await using var world = await CreateAsync();
        var id = await LiveAsync(world, OnBreach.Ask);
        await world.Database.ExecuteAsync($"update promotion set question = 'Does it sell?' where id = {id}");
        await SoldAsync(world, id, ("EUR", 120m));
        await world.TurnAsync();
        await world.TurnAsync();
        const string Both = "Does it sell? Its budget of 100 EUR is used up";
        Assert.Equal(Both, await world.Database.ScalarAsync<string>($"select question from promotion where id = {id}"));
        Assert.Equal(1, await world.Database.ScalarAsync<long>($"select count(*) from promotion_log where promotion_id = {id} and words = '{Both}'"));
        Done(await world.Releases.ResumeAsync(id, await world.VersionAsync(id), "It does.", Sofie, default));
        await world.TurnAsync();
        Assert.Null(await world.Database.ScalarAsync<string>($"select question from promotion where id = {id}"));
        Assert.Equal("100 EUR", await world.Database.ScalarAsync<string>($"select budget_let || ' ' || budget_currency from promotion where id = {id}"));
    }

    [Fact]
    public async Task What_is_sold_in_other_currencies_counts_at_the_stored_rates_and_stays_as_it_was()
    {
        await using var world = await CreateAsync();
        await RatesAsync(world);
        await world.ListAsync(100m, "A");
        var id = await world.ApprovedAsync(Plan("A") with { Connections = [Site], Stores = [], Stages = [new PromotionStage("All", [], [])], Rules = new PromotionRules(Budget: 100, BudgetCurrency: "EUR", OnBudget: OnBreach.Pause) });
        await world.TurnUntilAsync(id, "live");
        // 30 EUR; 40 GBP at 1.15 to 1.00; 500 SEK without a rate.
        await SoldAsync(world, id, ("EUR", 30m), ("GBP", 40m), ("SEK", 500m));
        await using var connection = await world.Database.Sources.Work.OpenConnectionAsync();
        Assert.Equal(76m, (await ReleaseStore.FiguresAsync(connection, id, Noon.AddHours(1), default)).Spent);
        Assert.Equal(
            [new PromotionCost("SEK", 500m, null), new PromotionCost("GBP", 40m, 46m), new PromotionCost("EUR", 30m, 30m)],
            (await world.Engine.Get<ReleaseQueries>().ReadAsync(id, default)).Costs.Select(c => c with { Amount = decimal.Round(c.Amount, 2), InBudget = c.InBudget is { } b ? decimal.Round(b, 2) : null }));
        await world.TurnAsync();
        Assert.Equal("live", await world.StateAsync(id));
        Assert.Null(await world.Database.ScalarAsync<string>($"select held_by from promotion where id = {id}"));

        await SoldAsync(world, id, ("GBP", 30m));
        await world.TurnAsync();
        Assert.Equal("Its budget of 100 EUR is used up", await world.Database.ScalarAsync<string>($"select held_why from promotion where id = {id}"));
        Done(await world.Releases.ResumeAsync(id, await world.VersionAsync(id), "It sells well.", Sofie, default));
        await SoldAsync(world, id, ("EUR", 50m));
        await world.TurnAsync();
        Assert.Null(await world.Database.ScalarAsync<string>($"select held_why from promotion where id = {id}"));
        Assert.Equal("live", await world.StateAsync(id));
    }

    [Fact]
    public async Task A_plan_whose_budget_cannot_be_counted_in_every_currency_is_blocked_with_the_currency_named()
    {
        await using var world = await CreateAsync();
        await world.ListAsync(100m, "A");
        await world.ListAsync(Outlet, new CatalogVariant("A", null, "A", "A", null, true, [new CatalogPrice("GBP", 90m)], Noon.AddMinutes(1), Cost: 10m));
        var id = await world.CheckedAsync(Plan("A") with { Connections = [Site, Outlet], Stores = [], Stages = [new PromotionStage("All", [], [])], Rules = Rules });
        var findings = await world.Engine.Get<PromotionQueries>().FindingsAsync(id, 1, default);
        Assert.Contains("GBP", findings.Single(f => f is { Check: "no-rate", Tone: FindingTone.Error }).Words, StringComparison.Ordinal);
        await RatesAsync(world);
        Done(await world.Plans.CheckAsync(id, await world.VersionAsync(id), Sofie, default));
        await world.Engine.Get<Preflight>().RunDueAsync(default);
        Assert.DoesNotContain(await world.Engine.Get<PromotionQueries>().FindingsAsync(id, 1, default), f => f.Check == "no-rate");
    }

    /// <summary>One price that stands, with a budget of 100 EUR.</summary>
    private static async Task<long> LiveAsync(PromotionWorld world, OnBreach onBudget)
    {
        await RatesAsync(world);
        await world.ListAsync(100m, "A");
        var id = await world.ApprovedAsync(Plan("A") with { Connections = [Site], Stores = [], Stages = [new PromotionStage("All", [], [])], Rules = Rules with { OnBudget = onBudget } });
        await world.TurnUntilAsync(id, "live");
        return id;
    }

    private static Task RatesAsync(PromotionWorld world) => world.Database.ExecuteAsync("insert into currency_rate (currency, rate, as_of, changed_by) values ('EUR', 1, current_date, 'x'), ('GBP', 1.15, current_date, 'x')");

    private static async Task SoldAsync(PromotionWorld world, long id, params (string Currency, decimal Off)[] sales)
    {
        foreach (var (currency, off) in sales)
        {
            await world.Database.ExecuteAsync(FormattableString.Invariant(
                $"insert into promotion_sale (promotion_id, flow_id, line, connection_id, place, till, at, currency, quantity, paid, intended, former, net) select {id}, coalesce(max(flow_id), 0) + 1, '1', 'web', '', false, '{Noon.AddMinutes(30):O}', '{currency}', 1, 100, 100, 100 + {off}, 100 from promotion_sale"));
        }
    }
}
