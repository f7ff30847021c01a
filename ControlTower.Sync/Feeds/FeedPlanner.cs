using ControlTower.Data.Db;
using ControlTower.Data.Feeds;
using ControlTower.Data.Live;
using ControlTower.Sync.Pumps;

namespace ControlTower.Sync.Feeds;

/// <summary>Follows the calendars: plans the business days that are due, and says which are late. May run zero, one or many times, on several nodes at once: a day is planned once.</summary>
public sealed class FeedPlanner(TowerDataSources data, ChangeNotifier changes, Doorbell doorbell, TimeProvider clock)
{
    private const string Calendar = "calendar";

    /// <summary>How many days were planned.</summary>
    public async Task<int> RunAsync(CancellationToken cancel)
    {
        var (now, planned) = (clock.GetUtcNow(), 0);
        await using (var connection = await data.Work.OpenConnectionAsync(cancel))
        {
            // A node whose clock runs ahead would send a day that is not over.
            now = await FeedWork.NowAsync(connection, cancel) is var here && here < now ? here : now;
            await using var transaction = await connection.BeginTransactionAsync(cancel);
            await FeedStore.WriteLockAsync(connection, cancel);
            foreach (var feed in await FeedWork.PlannableAsync(connection, cancel))
            {
                var (days, to) = FeedDays.Due(CalendarOf(feed), feed.PlannedTo, now);
                if (days.Count > 0)
                {
                    planned += await FeedWork.PlanAsync(connection, feed.Id, days, Calendar, null, null, cancel);
                }

                await FeedWork.PlannedAsync(connection, feed.Id, to, cancel);
            }

            await transaction.CommitAsync(cancel);
        }

        if (planned + await FeedWork.TellLateAsync(data.Work, now, cancel) > 0)
        {
            changes.Announce(LiveTopics.Reconciliation);
            doorbell.Ring(Doorbell.Feeds);
        }

        return planned;
    }

    // Missed days of what is listed as it stands now would all be the same list.
    private static FeedCalendar CalendarOf(Feed feed) => FeedSources.Find(feed.What) is { IsOfNow: true } ? feed.Calendar with { CatchesUp = false } : feed.Calendar;
}
