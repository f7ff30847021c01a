using ControlTower.Web.Pages.Operations;
using Xunit;

namespace ControlTower.Tests.Web.Operations;

public sealed class CronWordsTests
{
    [Theory]
    [InlineData("* * * * *", "every minute")]
    [InlineData("*/5 * * * *", "every 5 minutes")]
    [InlineData("7 * * * *", "hourly at :07")]
    [InlineData("17 3 * * *", "daily at 03:17 UTC")]
    [InlineData("0 4 * * 1", "Mondays at 04:00 UTC")]
    [InlineData("0 4 1 * *", "0 4 1 * *")]
    public void A_schedule_is_read_in_words_and_an_unknown_shape_as_it_is_written(string cron, string words) => Assert.Equal(words, CronWords.Of(cron));
}
