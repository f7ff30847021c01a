using System.Globalization;
using ControlTower.Data.Feeds;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Reconciliation;

/// <summary>A business day in the month of a feed.</summary>
/// <param name="Run">Its newest revision; null: none.</param>
/// <param name="Word">How it stands.</param>
public sealed record FeedDayCell(DateOnly Day, FeedRun? Run, Status? Status, string Word);

/// <summary>Feeds in words.</summary>
public static class FeedWords
{
    public static string Source(string what) => FeedSources.Find(what)?.Title ?? what;

    public static (Status Status, string Word) Standing(FeedRun run) => run.State switch
    {
        FeedRunState.Waiting => run.LateTold && run.Revision == 1 ? (Status.Warn, "Late") : run.Why is not null ? (Status.Warn, "Tried again") : (Status.Wait, "Waiting"),
        FeedRunState.Running => (Status.Run, "Running"),
        FeedRunState.Written => run.Why is not null ? (Status.Warn, "Not delivered yet") : (Status.Run, "Delivering"),
        FeedRunState.Delivered => (Status.Ok, "Delivered"),
        FeedRunState.Failed => (Status.Bad, "Failed"),
        _ => (Status.Off, "Replaced"),
    };

    /// <summary>What the clock and the calendar make of a day without a run.</summary>
    /// <param name="lastOver">The newest business day that is over.</param>
    public static FeedDayCell Cell(Feed feed, DateOnly day, FeedRun? run, DateOnly lastOver) => run is not null
        ? new FeedDayCell(day, run, Standing(run).Status, Standing(run).Word)
        : !feed.Calendar.Runs(day) ? new FeedDayCell(day, null, null, "left out")
        : day > lastOver ? new FeedDayCell(day, null, null, "to come")
        : new FeedDayCell(day, null, null, "not sent");

    /// <summary>Weeks of a month from Monday on; null where the week belongs to another month.</summary>
    public static IReadOnlyList<DateOnly?[]> Weeks(DateOnly month)
    {
        var first = new DateOnly(month.Year, month.Month, 1);
        var from = first.AddDays(-(((int)first.DayOfWeek + 6) % 7));
        return
        [
            .. Enumerable.Range(0, 6).Select(week => Enumerable.Range(0, 7).Select(day => from.AddDays((week * 7) + day)).Select(day => day.Month == first.Month ? day : (DateOnly?)null).ToArray())
                .Where(week => week.Any(day => day is not null)),
        ];
    }

    public static string Month(DateOnly month) => month.ToString("yyyy-MM", CultureInfo.InvariantCulture);

    public static string Day(DateOnly day) => day.ToString("ddd d MMM yyyy", CultureInfo.InvariantCulture);

    public static string Weekday(DateOnly day) => day.ToString("ddd", CultureInfo.InvariantCulture);

    public static string Bytes(long bytes, CultureInfo? culture) => bytes < 10_000 ? $"{Say.Count(bytes, culture)} bytes" : $"{Say.Count(bytes / 1_000, culture)} kB";

    public static string Amount(decimal amount) => amount.ToString("#,##0.00##", CultureInfo.InvariantCulture);
}
