namespace ControlTower.Sync.Administration;

/// <summary>A job of the calendar, as it is shipped.</summary>
/// <param name="What">What it does, for people.</param>
/// <param name="Without">What happens while it is paused.</param>
/// <param name="Cron">In UTC; null: it runs only when somebody asks.</param>
/// <param name="LeastMinutes">It may not be set to run more often.</param>
public sealed record RecurringJob(string Id, string Title, string What, string Without, string? Cron, int LeastMinutes);

/// <summary>All jobs of the calendar. Each may run zero, one or many times and does the same.</summary>
public static class RecurringJobs
{
    private const string EachMinute = "* * * * *";

    public static IReadOnlyList<RecurringJob> All { get; } =
    [
        new("retention", "Retention", "Erases what is past its time and makes room for the next months.", "Nothing is erased: personal data is kept for longer than you promised.",
            "17 3 * * *", 60),
        new("desk-upkeep", "Upkeep of the desk", "Gives back retries of dead processes, reckons what is due, adds up the counts of the desk.", "Counts of the desk stand still, and cases do not become due.",
            EachMinute, 1),
        new("audit-anchor", "Anchor of the audit trail", "Writes the head of the audit chain down, outside of the database.", "What is cut off the audit trail after the last anchor cannot be proven.",
            EachMinute, 1),
        new("stock-drift", "Drift of stock", "Adds up where channels showed something else than the tower left there.", "The drift page stands still.",
            EachMinute, 1),
        new("stock-gaps", "Cells that channels were never told", "Looks for goods at places of channels that nobody has published yet.", "New goods reach channels with their first movement only.",
            "37 * * * *", 15),
        new("reconciliation", "Reconciliation from scratch", "Settles all groups anew; it must find nothing new.", "What arrives is still settled at once; a slip would be found later.",
            "7 * * * *", 15),
        new("reconciliation-limits", "Limits of reconciliation", "Tells when a backlog is beyond its limits or a channel fell silent.", "Nobody is told of a backlog beyond its limits.",
            "*/5 * * * *", 1),
        new("feeds", "Calendar of feeds", "Plans the business days that feeds are to send, and tells of late ones.", "No feed begins by itself; days that were missed are sent afterwards.",
            EachMinute, 1),
        new("key-figures", "Report of key figures", "Sends the key figures of the week before to whoever wants them.", "No report is sent.",
            "0 5 * * 1", 60),
        new("key-figures-anew", "Key figures from scratch", "Reckons all key figures anew from the log.", "It runs only when somebody asks.",
            null, 60),
        new("integrity", "Check of the data", "Begins a check of the tower's own data when one is due.", "The data is checked only when somebody asks.",
            EachMinute, 1),
    ];

    /// <summary>Null if there is no such job.</summary>
    public static RecurringJob? Find(string id) => All.FirstOrDefault(job => job.Id == id);
}

/// <summary>Where the jobs stand with their times.</summary>
public interface ICalendar
{
    /// <summary>Puts all jobs in, each at the times that an admin set, else at those that are shipped. Safe to repeat: a job whose times did not change keeps its next run.</summary>
    Task SetAsync(CancellationToken cancel);
}
