using System.Globalization;
using ControlTower.Data.Exports;

namespace ControlTower.Data.Feeds;

/// <summary>Where the files of a feed go.</summary>
/// <param name="Target"><c>folder</c>: below the root of this installation; <c>sftp</c>.</param>
/// <param name="Path">Below the root, or below where the account of the server begins; empty: there.</param>
/// <param name="HostKey">SHA-256 of the server's key, base64 without padding, as <c>ssh-keygen -l</c> shows it behind <c>SHA256:</c>.</param>
public sealed record FeedPlace(string Target, string Path, string? Host = null, int Port = 22, string? User = null, string? HostKey = null)
{
    public const string Folder = "folder";
    public const string Sftp = "sftp";

    public bool IsSftp => Target == Sftp;

    /// <summary>The same server, with the same user and key: a secret that was entered for one is never shown to another.</summary>
    public bool IsServerOf(FeedPlace other) => (Host, Port, User, HostKey) == (other.Host, other.Port, other.User, other.HostKey);

    /// <summary>For people; no secret is in it.</summary>
    public string Words => IsSftp ? $"sftp://{User}@{Host}{(Port == 22 ? "" : ":" + Port.ToString(CultureInfo.InvariantCulture))}/{Path}" : Path.Length == 0 ? "the folder of feeds" : $"folder {Path}";
}

/// <summary>When a feed goes.</summary>
/// <param name="Cron">When the business day before is sent, in <paramref name="TimeZone"/>; of several times of one date the first counts.</param>
/// <param name="Weekdays">Business days that it has, a bit each; 1: Monday, 64: Sunday.</param>
/// <param name="Holidays">Business days that it leaves out.</param>
/// <param name="CatchesUp">Days that were missed while nothing ran are sent later; else only the last of them.</param>
/// <param name="Since">Its first business day.</param>
public sealed record FeedCalendar(string TimeZone, string Cron, int Weekdays, IReadOnlyList<DateOnly> Holidays, bool CatchesUp, DateOnly Since)
{
    public const int EveryDay = 127;

    /// <summary>A business day that it sends by itself.</summary>
    public bool Has(DateOnly day) => day >= Since && Runs(day);

    /// <summary>Neither a weekday nor a holiday that it leaves out.</summary>
    public bool Runs(DateOnly day) => (Weekdays & (1 << (((int)day.DayOfWeek + 6) % 7))) != 0 && !Holidays.Contains(day);
}

public sealed record FeedPause(DateTimeOffset At, string By, string Reason);

/// <summary>A list that goes somewhere once for each business day.</summary>
/// <param name="Brand">Empty: all.</param>
/// <param name="WaitsComplete">It goes when every system has told its whole day, or the month is signed.</param>
/// <param name="WaitsFor">Feeds of the same business day that go before it.</param>
/// <param name="LateMinutes">So long after its time people are told that it is late.</param>
/// <param name="PlannedTo">Up to here its calendar was followed.</param>
public sealed record Feed(
    long Id, string Name, string What, ExportFormat Format, string Brand, FeedPlace Place, bool HasSecret, FeedCalendar Calendar, bool WaitsComplete, IReadOnlyList<long> WaitsFor, int LateMinutes,
    DateTimeOffset PlannedTo, FeedPause? Paused, int Version);

/// <summary>States of a run, as stored.</summary>
public static class FeedRunState
{
    public const string Waiting = "waiting";
    public const string Running = "running";
    public const string Written = "written";
    public const string Delivered = "delivered";
    public const string Failed = "failed";
    public const string Superseded = "superseded";
}

/// <summary>What a file holds, from one side.</summary>
/// <param name="Totals">By the name of the column and the currency, such as <c>Amount EUR</c>.</param>
public sealed record FeedCount(long Rows, IReadOnlyDictionary<string, decimal> Totals)
{
    public bool Agrees(FeedCount other) => Rows == other.Rows && Totals.Count == other.Totals.Count && Totals.All(t => other.Totals.TryGetValue(t.Key, out var sum) && sum == t.Value);
}

/// <summary>One business day of one feed, in one revision.</summary>
/// <param name="Waits">What it waits for, in words; null: nothing, or it does not wait.</param>
/// <param name="Read">As its source counts; null before it was read.</param>
/// <param name="Written">As the file counts, read again.</param>
/// <param name="Differs">From the revision before it, in words.</param>
/// <param name="Why">What it failed at, or is tried again for.</param>
/// <param name="HasFile">The file is still kept here.</param>
public sealed record FeedRun(
    long Id, long Feed, DateOnly Day, int Revision, string State, DateTimeOffset DueAt, DateTimeOffset NextAt, Guid? Bundle, string AskedBy, string? Reason, int Attempt, string? Waits, string? File, FeedCount? Read,
    FeedCount? Written, long? Bytes, string? Sha256, string? Differs, string? Why, bool LateTold, DateTimeOffset? FinishedAt, bool HasFile)
{
    public bool IsOpen => State is FeedRunState.Waiting or FeedRunState.Running or FeedRunState.Written;
}

/// <summary>A feed in the list of them.</summary>
/// <param name="Last">Its newest business day that has a run; null: none yet.</param>
/// <param name="BackfillDone">Of the days that were last asked for together and are not all done; both 0 where there are none.</param>
public sealed record FeedLine(Feed Feed, FeedRun? Last, int BackfillDone, int BackfillTotal);
