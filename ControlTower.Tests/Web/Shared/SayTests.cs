using System.Globalization;
using ControlTower.Data.Canonical;
using ControlTower.Web.Shared;
using Xunit;

namespace ControlTower.Tests.Web.Shared;

public sealed class SayTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 26, 13, 32, 0, TimeSpan.Zero);
    private static readonly TimeZoneInfo Amsterdam = TimeZoneInfo.FindSystemTimeZoneById("Europe/Amsterdam");

    [Theory]
    [InlineData(-3, "0 s")]
    [InlineData(4, "4 s")]
    [InlineData(59, "59 s")]
    [InlineData(3060, "51 min")]
    [InlineData(11400, "3 h 10 m")]
    [InlineData(7200, "2 h")]
    [InlineData(154800, "1 d 19 h")]
    [InlineData(1382400, "16 d")]
    public void Ages_have_two_units_at_most(int seconds, string text) => Assert.Equal(text, Say.Age(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData("2026-11-26T13:32:00Z", "14:32 CET")]
    [InlineData("2026-11-25T17:05:00Z", "Wed 18:05")]
    [InlineData("2026-10-19T10:00:00Z", "19 Oct")]
    [InlineData("2025-10-19T10:00:00Z", "19 Oct 2025")]
    public void Times_say_as_much_as_is_needed(string at, string text) =>
        Assert.Equal(text, Say.Time(DateTimeOffset.Parse(at, CultureInfo.InvariantCulture), Now, Amsterdam));

    [Theory]
    [InlineData("Europe/Amsterdam", "2026-07-01T00:00:00Z", "CEST")]
    [InlineData("Europe/London", "2026-07-01T00:00:00Z", "BST")]
    [InlineData("America/New_York", "2026-01-01T00:00:00Z", "EST")]
    [InlineData("Asia/Kolkata", "2026-01-01T00:00:00Z", "UTC+5:30")]
    [InlineData("UTC", "2026-01-01T00:00:00Z", "UTC")]
    public void Zones_are_named_as_people_name_them(string zone, string at, string text) =>
        Assert.Equal(text, Zones.Abbreviation(TimeZoneInfo.FindSystemTimeZoneById(zone), DateTimeOffset.Parse(at, CultureInfo.InvariantCulture)));

    [Fact]
    public void Shares_have_two_decimals_near_the_top()
    {
        Assert.Equal("2.3%", Say.Percent(0.023));
        Assert.Equal("99.61%", Say.Percent(0.9961));
    }

    [Theory]
    [InlineData("de-DE,de;q=0.9", "1.204,80")]
    [InlineData("en-GB", "1,204.80")]
    [InlineData("", "1,204.80")]
    [InlineData("../../etc,*;q=0.1", "1,204.80")]
    public void Money_is_grouped_as_the_viewer_writes_it(string language, string digits) =>
        Assert.Equal("€" + digits, Say.Money(new Money(1204.8m, "EUR"), culture: Viewer.CultureOf(language)));
}
