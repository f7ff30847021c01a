using ControlTower.Data.Canonical;
using ControlTower.Data.Promotions;
using ControlTower.Web.Pages.Promotions;
using ControlTower.Web.Shared;
using Xunit;

namespace ControlTower.Tests.Web.Promotions;

public sealed class PromotionWordsTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 26, 13, 32, 0, TimeSpan.Zero);

    private static readonly MatrixCell None = new(1, "shopify-eu", 100, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, null);

    private static readonly PromotionRow Row = new(
        101, "R-101", "Fjell week", PromotionState.Planned, RevisionState.Draft, 1, null, false, null, null, null, new DateTime(2026, 11, 26), new DateTime(2026, 12, 3), OfferKind.Percent, 20, 1, 0, 0, 0, 0, "Sofie", Now);

    public static TheoryData<MatrixCell, bool, bool, bool, Status, string> Cells => new()
    {
        { None with { Proven = 100 }, false, false, true, Status.Proven, "100.0%" },
        { None with { Proven = 90, Aside = 10 }, false, false, true, Status.Proven, "100.0%" },
        { None with { Proven = 50, Moving = 50 }, false, false, true, Status.Run, "50.0%" },
        { None with { Proven = 99, Failed = 1 }, false, false, true, Status.Bad, "99.0%" },
        { None with { Proven = 99, Drifted = 1 }, false, false, true, Status.Bad, "99.0%" },
        { None with { Waiting = 100 }, false, false, false, Status.Wait, "ready" },
        { None with { Waiting = 100 }, true, false, false, Status.Held, "held" },
        { None with { Waiting = 100 }, false, true, true, Status.Wait, "deferred" },
        { None with { Waiting = 100, NextStart = Now.AddHours(1) }, false, false, true, Status.Wait, "from later" },
        { None with { GoingBack = 40, Reverted = 60 }, false, false, true, Status.Run, "going back" },
        { None with { Reverted = 99, LeftAlone = 1 }, false, false, true, Status.Proven, "back" },
        { None with { Stuck = 2, Reverted = 98 }, false, false, true, Status.Bad, "2 stuck" },
        { None with { Aside = 100 }, false, false, true, Status.Off, "aside" },
    };

    [Theory]
    [MemberData(nameof(Cells))]
    public void A_stage_at_a_channel_is_told_by_what_needs_most_to_be_known(MatrixCell cell, bool held, bool shut, bool started, Status status, string word) =>
        Assert.Equal((status, word), ReleaseWords.Cell(cell, held, shut, started, Now, _ => "later"));

    [Fact]
    public void The_next_stage_waits_for_the_one_before_and_for_a_hold()
    {
        ReleaseStage[] stages = [new(1, "Pilot", StageHold.None, 0, null, null, Now, "the tower", null, null), new(2, "Web", StageHold.Person, 0, "Trade", null, null, null, null, null)];
        Assert.Equal(2, ReleaseWords.Next(stages)!.Stage);
        Assert.Equal("Stage 1 is not proven yet.", ReleaseWords.NotYet(stages, held: false));
        stages[0] = stages[0] with { ProvenAt = Now };
        Assert.Null(ReleaseWords.NotYet(stages, held: false));
        Assert.Equal("It is held. Resume it first.", ReleaseWords.NotYet(stages, held: true));
    }

    [Theory]
    [InlineData(OfferKind.Percent, "\u221230%")]
    [InlineData(OfferKind.CheckoutPercent, "\u221230% at the checkout")]
    [InlineData(OfferKind.Fixed, "Fixed price")]
    public void An_offer_is_told_in_a_few_words(OfferKind kind, string words) => Assert.Equal(words, PromotionWords.Offer(kind, 30));

    [Fact]
    public void The_verdict_names_what_keeps_a_plan_from_being_sent()
    {
        var done = new CheckProgress(false, 5, 5, Now, null, null, null, 0, 0);
        Finding error = new("margin", FindingTone.Error, 6, "6 SKUs", null, null, null), warning = new("overlap", FindingTone.Warning, 2, "2 SKUs", null, null, null);
        Assert.Equal((Status.Bad, "1 check blocks this release."), CheckWords.Verdict(done, [error, warning]));
        Assert.Equal((Status.Warn, "1 warning waits to be acknowledged."), CheckWords.Verdict(done, [warning]));
        Assert.Equal((Status.Ok, "Nothing blocks it."), CheckWords.Verdict(done, [warning with { AcknowledgedBy = "Sofie" }]));
        Assert.Equal(Status.Wait, CheckWords.Verdict(done with { At = null }, []).Status);
        Assert.Equal(Status.Run, CheckWords.Verdict(done with { Running = true }, []).Status);
    }

    [Fact]
    public void A_promotion_lies_on_the_calendar_by_the_clocks_on_the_wall()
    {
        var plan = new CalendarPlan(new DateOnly(2026, 11, 26), new DateTime(2026, 11, 26, 12, 0, 0));
        Assert.Equal(new DateOnly(2026, 11, 23), plan.Monday);
        var (left, width) = plan.Bar(Row)!.Value;
        Assert.Equal((3 * 100 / 70.0, 10.0), (left, width), (a, b) => Math.Abs(a.Item1 - b.Item1) < 1e-6 && Math.Abs(a.Item2 - b.Item2) < 1e-6);
        Assert.Null(plan.Bar(Row with { WallStarts = new DateTime(2026, 9, 1), WallEnds = new DateTime(2026, 9, 8) }));
        Assert.Equal(0, plan.Bar(Row with { WallStarts = new DateTime(2026, 9, 1) })!.Value.Left);
        Assert.Null(new CalendarPlan(new DateOnly(2027, 6, 1), new DateTime(2026, 11, 26)).Now);
    }

    [Fact]
    public void Queries_come_back_from_their_own_addresses()
    {
        var list = new PromotionsQuery(true, true, "Fjell & co", new DateOnly(2026, 11, 23));
        Assert.Equal(list, PromotionsQuery.Parse("http://tower" + list.Href()));
        var release = new ReleaseQuery(101, "shopify-eu", 2, CellPhase.LeftAlone, "FJ-", 7);
        Assert.Equal(release, ReleaseQuery.Parse(101, "http://tower" + release.Href()));
        Assert.False(release.Filter.Trouble);
        Assert.True(ReleaseQuery.Parse(101, "http://tower/promotions/101/release?stage=x&phase=nonsense&after=-1&connection=%00").Filter.Trouble);
        var plan = new PlanQuery(101, PlanStep.Preflight, "margin", 3);
        Assert.Equal(plan, PlanQuery.Parse(101, "http://tower" + plan.Href()));
        Assert.Equal("/promotions/new", new PlanQuery(null, PlanStep.Scope, "", null).Href());
        Assert.Equal(new PlanQuery(null, PlanStep.Scope, "", null), PlanQuery.Parse(null, "http://tower/promotions/new?step=nonsense&revision=-1"));
    }
}
