using System.Globalization;
using ControlTower.Data.Exports;
using ControlTower.Data.Feeds;
using ControlTower.Sync.Feeds;
using ControlTower.Sync.Reconciliation;

namespace ControlTower.Web.Pages.Reconciliation;

/// <summary>A feed as a person writes it. What cannot be read is wrong beside its field; what can be read is judged by the desk.</summary>
public sealed class FeedForm
{
    private readonly List<ReconProblem> unread = [];

    public FeedForm(Feed? feed, string zone, DateOnly since)
    {
        (From, Zone, Since) = (feed, zone, Write(since));
        if (feed is not null)
        {
            (Name, What, Format, Brand, Target, Path) = (feed.Name, feed.What, feed.Format, feed.Brand, feed.Place.Target, feed.Place.Path);
            (Host, Port, User, HostKey) = (feed.Place.Host ?? "", feed.Place.Port.ToString(CultureInfo.InvariantCulture), feed.Place.User ?? "", feed.Place.HostKey ?? "");
            (Zone, Cron, Weekdays, CatchesUp, Since) = (feed.Calendar.TimeZone, feed.Calendar.Cron, feed.Calendar.Weekdays, feed.Calendar.CatchesUp, Write(feed.Calendar.Since));
            Holidays = string.Join('\n', feed.Calendar.Holidays.Order().Select(Write));
            (WaitsComplete, Late) = (feed.WaitsComplete, feed.LateMinutes.ToString(CultureInfo.InvariantCulture));
            WaitsFor.UnionWith(feed.WaitsFor);
        }
    }

    /// <summary>What is changed; null for a new one.</summary>
    public Feed? From { get; }

    public string Name { get; set; } = "";
    public string What { get; set; } = FeedSources.Sales;
    public ExportFormat Format { get; set; }
    public string Brand { get; set; } = "";
    public string Target { get; set; } = FeedPlace.Folder;
    public string Path { get; set; } = "";
    public string Host { get; set; } = "";
    public string Port { get; set; } = "22";
    public string User { get; set; } = "";
    public string HostKey { get; set; } = "";

    /// <summary>Never shown: what is stored does not come back. Empty keeps it.</summary>
    public string Secret { get; set; } = "";
    public string Zone { get; set; }
    public string Cron { get; set; } = "0 4 * * *";
    public int Weekdays { get; set; } = FeedCalendar.EveryDay;
    public string Holidays { get; set; } = "";
    public bool CatchesUp { get; set; } = true;
    public string Since { get; set; }
    public bool WaitsComplete { get; set; }
    public HashSet<long> WaitsFor { get; } = [];
    public string Late { get; set; } = "120";

    /// <summary>What a server showed when it was asked, and which server that was; null: none was asked.</summary>
    public (string Host, string Port, SftpKey Key)? Shown { get; set; }

    public bool IsSftp => Target == FeedPlace.Sftp;

    /// <summary>The key that the server of this form showed; null: it was not asked.</summary>
    public SftpKey? ShownKey => Shown is { } shown && (shown.Host, shown.Port) == (Host, Port) ? shown.Key : null;

    /// <summary>The key that is entered, without what people write around it.</summary>
    public string EnteredKey => Key(HostKey);

    public bool Has(int weekday) => (Weekdays & (1 << weekday)) != 0;

    public void Turn(int weekday) => Weekdays ^= 1 << weekday;

    public void Turn(long feed)
    {
        if (!WaitsFor.Remove(feed))
        {
            WaitsFor.Add(feed);
        }
    }

    /// <summary>Wrong by field, before anything is sent; empty if the desk may judge it.</summary>
    public (FeedDraft Draft, IReadOnlyList<ReconProblem> Problems) Read()
    {
        unread.Clear();
        var place = IsSftp ? new FeedPlace(Target, Path.Trim(), Host.Trim(), Whole(FeedRules.Port, Port), User.Trim(), Key(HostKey)) : new FeedPlace(Target, Path.Trim());
        var calendar = new FeedCalendar(Zone.Trim(), Cron.Trim(), Weekdays, [.. Holidays.Split(['\n', ',', ' ', '\r'], StringSplitOptions.RemoveEmptyEntries).Select(d => Date(FeedRules.Holidays, d)).Distinct()], CatchesUp, Date(FeedRules.Since, Since));
        var draft = new FeedDraft(Name.Trim(), What, Format, Brand, place, IsSftp && Secret.Length > 0 ? Secret : null, calendar, WaitsComplete, [.. WaitsFor], Whole(FeedRules.Late, Late));
        return (draft, [.. unread.DistinctBy(p => p.Field)]);
    }

    /// <summary>The server that is to be asked for its key.</summary>
    public (string Host, int Port, IReadOnlyList<ReconProblem> Problems) Server()
    {
        unread.Clear();
        return (Host.Trim(), Whole(FeedRules.Port, Port), [.. unread]);
    }

    // As ssh-keygen shows it.
    private static string Key(string text) => (text.Trim() is ['S', 'H', 'A', '2', '5', '6', ':', .. var rest] ? rest : text.Trim()).TrimEnd('=');

    private static string Write(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private int Whole(string field, string text) => int.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : Unread(field, "Write a whole number.", 0);

    private DateOnly Date(string field, string text) =>
        DateOnly.TryParseExact(text.Trim(), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : Unread(field, "Write dates as 2026-12-25.", default(DateOnly));

    private T Unread<T>(string field, string words, T instead)
    {
        unread.Add(new ReconProblem(field, words));
        return instead;
    }
}
