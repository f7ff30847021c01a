using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Promotions;
using ControlTower.Web.Pages.Promotions;
using Xunit;

namespace ControlTower.Tests.Web.Promotions;

public sealed class PlanDraftTests
{
    internal static readonly PromotionPlan Plan = new(
        "Black Friday", new PromotionOffer(OfferKind.Percent, 30, Ending: 0.95m), new PromotionProducts(["A-1", "TEE M"], new ProductRule(["Storm Jacket"], "FJ-", "wool", 10, 99.5m), ["B-1"], [new SkuPrice("A-1", "EUR", 12.5m)]),
        ["shopify-eu", "bc-eu"], ["oslo"], new DateTime(2026, 11, 26, 13, 16, 0), new DateTime(2026, 12, 1),
        [new PromotionStage("ERP", ["bc-eu"], []), new PromotionStage("Web", ["shopify-eu"], ["oslo"], StageHold.Person, 0, "Trade", "Look at the till first."), new PromotionStage("Rest", [], [], StageHold.Minutes, 30)],
        new PromotionRules(99, OnBreach.RollBack, 60, OverlapRule.ThisOne, 22, 5_000, "EUR", [new PromotionGuard(GuardKind.Margin, 28, OnBreach.Pause)]), "MEMBER");

    [Fact]
    public void A_stored_plan_comes_back_from_its_form_as_it_was()
    {
        var (back, slips) = PlanDraft.Of(Plan).ToPlan();
        Assert.Empty(slips);
        Assert.Equal(System.Text.Json.JsonSerializer.Serialize(Plan), System.Text.Json.JsonSerializer.Serialize(back));
    }

    [Theory]
    [InlineData(OfferKind.Fixed)]
    [InlineData(OfferKind.CheckoutAmount)]
    public void Amounts_come_back_in_each_currency(OfferKind kind)
    {
        var plan = Plan with { Offer = new PromotionOffer(kind, Amounts: new Dictionary<string, decimal> { ["EUR"] = 9.95m, ["JPY"] = 1_000m }) };
        Assert.Equal(plan.Offer.Amounts, PlanDraft.Of(plan).ToPlan().Plan.Offer.Amounts);
    }

    [Theory]
    [InlineData(300, 5, 15)]
    [InlineData(300, 50, 150)]
    [InlineData(3, 5, 1)]
    [InlineData(2, 99, 1)]
    [InlineData(1, 50, 1)]
    public void A_stage_takes_a_share_of_the_stores_spread_over_them_and_the_same_each_time(int stores, int percent, int taken)
    {
        string[] all = [.. Enumerable.Range(0, stores).Select(i => $"S{i:000}")];
        var (stage, again) = (new StageDraft { Name = "Pilot" }, new StageDraft { Name = "Pilot" });
        stage.TakeShare(percent, all);
        again.TakeShare(10, all);
        again.TakeShare(percent, all);
        Assert.Equal(taken, stage.Stores.Distinct().Count(all.Contains));
        Assert.Equal(taken, stage.Stores.Count);
        Assert.Equal(stage.Stores, again.Stores);
        Assert.InRange(Array.IndexOf(all, stage.Stores[^1]), Math.Max(0, stores - (2 * stores / taken)), stores - 1);
        // Spread: no gap is wider than twice the mean.
        Assert.All(stage.Stores.Zip(stage.Stores.Skip(1)), pair => Assert.InRange(Array.IndexOf(all, pair.Second) - Array.IndexOf(all, pair.First), 1, 2 * stores / taken));
    }

    [Fact]
    public void The_end_of_a_day_is_stored_as_the_midnight_after_it_and_shown_as_its_last_second()
    {
        var draft = PlanDraft.New(new DateTime(2026, 11, 25));
        (draft.EndDay, draft.WholeDay) = ("2026-11-30", true);
        var plan = draft.ToPlan().Plan;
        Assert.Equal(new DateTime(2026, 12, 1), plan.Ends);
        Assert.Equal("Thu 26 Nov 00:00 to Mon 30 Nov 23:59:59", PromotionWords.Window(plan.Starts, plan.Ends));
        Assert.Equal(("2026-11-30", true), (PlanDraft.Of(plan).EndDay, PlanDraft.Of(plan).WholeDay));
        (draft.WholeDay, draft.EndTime) = (false, "18:30");
        Assert.Equal(new DateTime(2026, 11, 30, 18, 30, 0), draft.ToPlan().Plan.Ends);
    }

    [Fact]
    public void What_cannot_be_read_is_told_by_its_field_and_never_guessed()
    {
        var draft = PlanDraft.Of(Plan);
        (draft.Percent, draft.MarginFloor, draft.StartWithin, draft.StartDay, draft.Stages[2].Minutes) = ("30,5", "much", "", "tomorrow", "-5");
        draft.Guards[GuardKind.Drift].Limit = "1.2.3";
        Assert.Equal(["offer.percent", "starts", "stages.2.minutes", "rules.guards.1", "rules.startWithin", "rules.marginFloor"], draft.ToPlan().Slips.Select(s => s.Field));
    }

    [Fact]
    public void A_pasted_list_is_parted_by_lines_and_signs_keeps_spaces_and_names_nothing_twice()
    {
        var draft = PlanDraft.New(new DateTime(2026, 11, 25));
        draft.Skus.Add("A-1");
        Assert.Equal((3, 2), draft.Paste("A-1\nTEE M\r\nB-2;C-3\tB-2,\n\n"));
        Assert.Equal(["A-1", "TEE M", "B-2", "C-3"], draft.Skus);
    }

    [Fact]
    public void A_price_of_a_single_SKU_takes_the_place_of_the_one_in_the_same_currency()
    {
        var draft = PlanDraft.Of(Plan);
        draft.Price([new SkuPrice("A-1", "EUR", 14), new SkuPrice("A-1", "GBP", 11)]);
        Assert.Equal([new SkuPrice("A-1", "EUR", 14), new SkuPrice("A-1", "GBP", 11)], draft.Prices);
    }

    [Theory]
    [InlineData("name", PlanStep.Scope)]
    [InlineData("products.skus", PlanStep.Scope)]
    [InlineData("offer.amounts.EUR", PlanStep.Prices)]
    [InlineData("rules.marginFloor", PlanStep.Prices)]
    [InlineData("stages.1.name", PlanStep.Stages)]
    [InlineData("rules.guards.0", PlanStep.Stages)]
    [InlineData("ends", PlanStep.Schedule)]
    public void Each_problem_stands_in_the_step_that_has_its_field(string field, PlanStep step) => Assert.Equal(step, PlanQuery.Of(field));

    [Fact]
    public void Stages_that_nobody_touched_put_an_ERP_before_the_channels()
    {
        PromotionTarget Target(string id, SystemRole role) => new(id, id, "k", role, "", "EUR", "UTC", PriceAbilities.Everywhere);
        var editor = new PlanEditor { Targets = [Target("bc", SystemRole.Erp), Target("web", SystemRole.Shop)], Draft = PlanDraft.New(new DateTime(2026, 11, 26)) };
        string Choose(params string[] connections)
        {
            editor.Draft.Connections.Clear();
            editor.Draft.Connections.AddRange(connections);
            editor.StageByRole();
            return string.Join("; ", editor.Draft.Stages.Select(s => $"{s.Name} {string.Join(',', s.Connections)}"));
        }

        Assert.Equal("Everything ", Choose("web"));
        Assert.Equal("ERP bc; Everything ", Choose("web", "bc"));
        Assert.Equal("Everything ", Choose("bc"));
        Choose("web", "bc");
        editor.Draft.Stages[1].Name = "Web";
        Assert.Equal("ERP bc; Web ", Choose("web"));
    }

    [Fact]
    public void Two_revisions_are_told_apart_by_what_changed()
    {
        var later = Plan with { Offer = Plan.Offer with { Percent = 35 }, Products = Plan.Products with { Skus = ["A-1", "C-3"] }, Ends = new DateTime(2026, 12, 2), Connections = ["shopify-eu"] };
        var changes = PlanDifference.Of(Plan, later, id => id == "bc-eu" ? "Business Central" : id);
        Assert.Equal(["Window", "Offer", "SKUs", "Channels"], changes.Select(c => c.What));
        Assert.Equal(("without TEE M", "with C-3"), (changes[2].Before, changes[2].After));
        Assert.Equal("without Business Central", changes[3].Before);
        Assert.Empty(PlanDifference.Of(Plan, Plan, id => id));
    }

    [Fact]
    public void A_window_is_told_in_each_zone_with_the_clock_change_inside_it()
    {
        var zones = ZoneWindow.Of(new DateTime(2026, 10, 24), new DateTime(2026, 10, 26), ["Europe/Berlin", "Asia/Tokyo", "Mars/Olympus", "Europe/Berlin"]);
        Assert.Equal(["Asia/Tokyo", "Europe/Berlin"], zones.Select(z => z.Name));
        Assert.Equal(("Fri 23 Oct 22:00", "Sun 25 Oct 23:00", "inside the window; wall times stay"), (zones[1].Starts, zones[1].Ends, zones[1].Change));
        Assert.Equal("none", zones[0].Change);
    }
}
