using System.Globalization;
using ControlTower.Data.Overview;
using ControlTower.Web.Pages.Overview;
using ControlTower.Web.Shared;
using Xunit;

namespace ControlTower.Tests.Web.Overview;

public sealed class QuietNoticeTests
{
    [Fact]
    public void A_shop_is_quiet_below_its_share_of_the_usual_hour_and_silent_is_worse()
    {
        var quiet = Of(new ShopPulse("a", "Shopify EU", 11, 41.2, 4), new ShopPulse("b", "Shopify UK", 0, 60, 1), new ShopPulse("c", "Shopify US", 13, 41.2, 4));

        Assert.Equal([("b", Tone.Bad), ("a", Tone.Warn)], quiet.Select(notice => (notice.ConnectionId, notice.Tone)));
        Assert.StartsWith("No order came in the last hour; this hour brought 60 last Wednesday.", quiet[0].Text, StringComparison.Ordinal);
        Assert.StartsWith("11 orders came in the last hour; this hour brought 41 the last 4 Wednesdays on average.", quiet[1].Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, null)]
    [InlineData(0, 9.5)]
    public void Where_nothing_is_known_or_little_is_usual_silence_is_no_news(long lastHour, double? usual) =>
        Assert.Empty(Of(new ShopPulse("a", "Shopify EU", lastHour, usual, usual is null ? 0 : 4)));

    private static IReadOnlyList<QuietNotice> Of(params ShopPulse[] pulses) => QuietNotice.Of(pulses, new OverviewTargets(), "Wednesday", CultureInfo.InvariantCulture);
}
