using ControlTower.Data.Canonical;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Data.Promotions;

/// <summary>Wall clocks of stores over two years of clock changes in twelve zones.</summary>
public sealed class PromotionWindowTests
{
    public static TheoryData<string> Zones { get; } =
    [
        "Europe/Berlin", "Europe/London", "Europe/Lisbon", "America/New_York", "America/Los_Angeles", "America/Sao_Paulo", "America/St_Johns", "Africa/Cairo", "Asia/Tokyo", "Asia/Kolkata", "Australia/Lord_Howe",
        "Pacific/Chatham",
    ];

    [Theory]
    [MemberData(nameof(Zones))]
    [Promise(25)]
    public void Every_quarter_of_an_hour_of_two_years_is_an_instant_that_the_wall_shows_or_the_first_after_a_gap(string name)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(name);
        var last = DateTimeOffset.MinValue;
        for (var wall = new DateTime(2026, 1, 1); wall < new DateTime(2028, 1, 1); wall = wall.AddMinutes(15))
        {
            var (start, end) = (PromotionWindow.Start(wall, zone), PromotionWindow.End(wall, zone));
            if (zone.IsInvalidTime(wall))
            {
                Assert.Equal(start, end);
                Assert.NotEqual(zone.GetUtcOffset(start.AddTicks(-1)), zone.GetUtcOffset(start));
                Assert.True(TimeZoneInfo.ConvertTime(start, zone).DateTime > wall);
            }
            else
            {
                Assert.Equal((wall, wall), (TimeZoneInfo.ConvertTime(start, zone).DateTime, TimeZoneInfo.ConvertTime(end, zone).DateTime));
                Assert.Equal(zone.IsAmbiguousTime(wall), start < end);
            }

            // A window is never the wrong way round, nor a day short: a later wall never starts before an earlier one.
            Assert.True(start >= last, $"{name} {wall:s}");
            Assert.True(PromotionWindow.End(wall.AddDays(1), zone) > start);
            last = start;
        }
    }

    [Fact]
    public void A_window_that_ends_at_midnight_holds_the_whole_day()
    {
        var berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
        var (start, end) = (PromotionWindow.Start(new DateTime(2026, 11, 27), berlin), PromotionWindow.End(new DateTime(2026, 11, 28), berlin));
        Assert.Equal(TimeSpan.FromHours(24), end - start);
        Assert.Equal(TimeSpan.FromHours(25), PromotionWindow.End(new DateTime(2026, 10, 26), berlin) - PromotionWindow.Start(new DateTime(2026, 10, 25), berlin));
        Assert.Equal(TimeSpan.FromHours(23), PromotionWindow.End(new DateTime(2027, 3, 29), berlin) - PromotionWindow.Start(new DateTime(2027, 3, 28), berlin));
    }

    [Fact]
    public void A_plan_is_the_same_after_every_save()
    {
        var plan = Sync.Promotions.PromotionWorld.Plan("A") with { Starts = new DateTime(2027, 3, 28, 2, 30, 0), Ends = new DateTime(2027, 3, 29) };
        var again = System.Text.Json.JsonSerializer.Deserialize(System.Text.Json.JsonSerializer.Serialize(plan, CanonicalJson.Default.PromotionPlan), CanonicalJson.Default.PromotionPlan)!;
        Assert.Equal((plan.Starts, plan.Ends, DateTimeKind.Unspecified), (again.Starts, again.Ends, again.Starts.Kind));
    }
}
