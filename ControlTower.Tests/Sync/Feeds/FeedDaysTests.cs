using ControlTower.Data.Feeds;
using ControlTower.Sync.Feeds;
using Xunit;

namespace ControlTower.Tests.Sync.Feeds;

/// <summary>Which business day is sent when, over weekends, holidays and the nights in which clocks change.</summary>
public sealed class FeedDaysTests
{
    private static readonly FeedCalendar Nightly = new("Europe/Berlin", "30 2 * * *", FeedCalendar.EveryDay, [], CatchesUp: true, new DateOnly(2020, 1, 1));

    [Fact]
    public void A_time_that_the_night_in_spring_leaves_out_comes_when_the_clock_goes_on_and_the_day_has_23_hours()
    {
        var (days, _) = FeedDays.Due(Nightly, At(2026, 3, 28, 12), At(2026, 3, 30, 12));

        Assert.Equal([new DateOnly(2026, 3, 28), new DateOnly(2026, 3, 29)], days.Select(d => d.Day));
        Assert.Equal(At(2026, 3, 29, 1), days[0].DueAt);
        Assert.Equal(TimeSpan.FromHours(23), days[1].Ends - days[1].Begins);
    }

    [Fact]
    public void A_time_that_the_night_in_autumn_has_twice_comes_once_and_the_day_has_25_hours()
    {
        var (days, _) = FeedDays.Due(Nightly, At(2026, 10, 24, 12), At(2026, 10, 26, 12));

        Assert.Equal([new DateOnly(2026, 10, 24), new DateOnly(2026, 10, 25)], days.Select(d => d.Day));
        Assert.Equal(TimeSpan.FromHours(25), days[1].Ends - days[1].Begins);
    }

    [Fact]
    public void Where_midnight_is_left_out_the_day_begins_when_the_clock_goes_on()
    {
        // In Cairo the last Friday of April begins at one o'clock.
        var day = FeedDays.Between(Nightly with { TimeZone = "Africa/Cairo" }, new DateOnly(2026, 4, 24), new DateOnly(2026, 4, 24), At(2026, 5, 1, 0))[0];

        Assert.Equal(TimeSpan.FromHours(23), day.Ends - day.Begins);
    }

    [Fact]
    public void Where_midnight_comes_twice_the_day_begins_with_the_first()
    {
        // In Havana one o'clock of 1 November is midnight again.
        var days = FeedDays.Between(Nightly with { TimeZone = "America/Havana" }, new DateOnly(2026, 10, 31), new DateOnly(2026, 11, 1), At(2026, 12, 1, 0));

        Assert.Equal([TimeSpan.FromHours(24), TimeSpan.FromHours(25)], days.Select(d => d.Ends - d.Begins));
        Assert.Equal(days[0].Ends, days[1].Begins);
    }

    [Fact]
    public void Weekdays_and_holidays_that_the_calendar_leaves_out_have_no_run_and_several_times_of_a_date_are_one()
    {
        var calendar = Nightly with { Cron = "0 2,14 * * *", Weekdays = 0b0011111, Holidays = [new DateOnly(2026, 12, 25)] };

        var (days, _) = FeedDays.Due(calendar, At(2026, 12, 24, 12), At(2026, 12, 30, 12));

        // Of 24 the time at 14:00 on the 24th is for the 23rd; Friday 25 is a holiday, 26 and 27 are the weekend.
        Assert.Equal(["2026-12-23", "2026-12-24", "2026-12-28", "2026-12-29"], days.Select(d => d.Day.ToString("yyyy-MM-dd", null)));
    }

    [Fact]
    public void What_was_missed_is_caught_up_piece_by_piece_or_only_its_last_day()
    {
        var (days, to) = FeedDays.Due(Nightly, At(2026, 1, 1, 0), At(2026, 11, 1, 0));
        Assert.Equal((FeedDays.Most, days[^1].DueAt), (days.Count, to));
        Assert.Equal(days[^1].Day.AddDays(1), FeedDays.Due(Nightly, to, At(2026, 11, 1, 0)).Days[0].Day);

        var (last, whole) = FeedDays.Due(Nightly with { CatchesUp = false }, At(2026, 1, 1, 0), At(2026, 11, 1, 0));
        Assert.Equal((new DateOnly(2026, 10, 30), At(2026, 11, 1, 0)), (Assert.Single(last).Day, whole));
    }

    [Fact]
    public void A_calendar_that_never_comes_has_no_next_time() => Assert.Null(FeedDays.Next(Nightly with { Cron = "0 4 31 2 *" }, At(2026, 1, 1, 0)));

    private static DateTimeOffset At(int year, int month, int day, int hour) => new(year, month, day, hour, 0, 0, TimeSpan.Zero);
}
