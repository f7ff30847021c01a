using System.Globalization;
using ControlTower.Data.Canonical;
using ControlTower.Data.Overview;
using ControlTower.Data.Triage;
using ControlTower.Web.Pages.Overview;
using ControlTower.Web.Pages.Wall;
using ControlTower.Web.Shared;
using Xunit;

namespace ControlTower.Tests.Web.Wall;

public sealed class WallModelTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 26, 13, 32, 0, TimeSpan.Zero);
    private static readonly CultureInfo British = CultureInfo.GetCultureInfo("en-GB");

    [Fact]
    public void How_old_the_board_is_is_said_and_what_is_too_old_is_not_believed()
    {
        Assert.Equal(new WallAge("No data yet", Behind: true, Old: false), WallModel.Age(null, Now, TimeZoneInfo.Utc));
        Assert.Equal(new WallAge("Live, 2 s ago", Behind: false, Old: false), WallModel.Age(Now.AddSeconds(-2), Now, TimeZoneInfo.Utc));
        Assert.Equal(new WallAge("No data since 13:31", Behind: true, Old: false), WallModel.Age(Now.AddSeconds(-31), Now, TimeZoneInfo.Utc));
        Assert.Equal(new WallAge("No data since 13:29", Behind: true, Old: true), WallModel.Age(Now.AddSeconds(-121), Now, TimeZoneInfo.Utc));
    }

    [Fact]
    public void Figures_are_those_of_the_overview_and_without_an_answer_no_number_is_shown()
    {
        var figures = new OverviewFigures(
            new RiskFigure(214, [new Money(48310m, "EUR")], new Money(12440m, "EUR"), [1, 2]), new OrdersFigure(18412, 13342, [1]),
            new AcknowledgedFigure(120, 3, TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(252), []), new FirstPassFigure(0, 0, []));
        var shown = WallModel.Figures(figures, [], Now, TimeZoneInfo.Utc, British);
        Assert.Equal(["€48,310", "–", "4 m 12 s", "18,412"], shown.Select(figure => figure.Value));
        Assert.Equal("+€12,440 in the last hour", shown[0].Note);
        Assert.Equal("No ERP is connected here", shown[1].Note);
        Assert.Equal("target 1 min", shown[2].Note);
        Assert.Equal(Status.Bad, shown[2].Standing);
        Assert.StartsWith("+38% on last Thu", shown[3].Note, StringComparison.Ordinal);

        var abroad = figures with { Risk = figures.Risk with { Values = [new Money(48310m, "EUR"), new Money(900m, "GBP")] } };
        Assert.Equal("also £900.00", WallModel.Figures(abroad, [], Now, TimeZoneInfo.Utc, British)[0].Note);
        Assert.All(WallModel.Figures(null, null, Now, TimeZoneInfo.Utc, British), figure => Assert.Equal(("–", "No answer yet"), (figure.Value, figure.Note)));
    }

    [Theory]
    [InlineData(0, 0, null, "nobody yet", Status.Bad)]
    [InlineData(5, 0, null, "3 with nobody", Status.Warn)]
    [InlineData(8, 0, null, "several people", Status.Held)]
    [InlineData(8, 0, "Mats Krol", "Mats Krol", Status.Held)]
    [InlineData(8, 2, "Ida Holm", "Ida Holm, retrying", Status.Run)]
    [InlineData(0, 2, null, "retrying 2", Status.Run)]
    public void Who_is_on_a_cause_is_said_for_all_of_its_cases(int taken, int retrying, string? holder, string said, Status standing)
    {
        var cause = new Cause("f", "VAT code not set up", "missing", "tax-code", null, null, 8, 8, retrying, [new Money(100m, "EUR")], Now, Now, [], holder) { Taken = taken };
        var shown = Assert.Single(WallModel.Causes([cause], British));
        Assert.Equal((said, standing), (shown.Owner, shown.Standing));
    }
}
