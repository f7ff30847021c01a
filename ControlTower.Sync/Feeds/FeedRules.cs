using System.Globalization;
using System.Text.RegularExpressions;
using ControlTower.Data.Exports;
using ControlTower.Data.Feeds;
using ControlTower.Sync.Administration;
using ControlTower.Sync.Reconciliation;

namespace ControlTower.Sync.Feeds;

/// <summary>What a person asks a feed to be.</summary>
/// <param name="Secret">Password or private key; null keeps what is stored.</param>
public sealed record FeedDraft(
    string Name, string What, ExportFormat Format, string Brand, FeedPlace Place, string? Secret, FeedCalendar Calendar, bool WaitsComplete, IReadOnlyList<long> WaitsFor, int LateMinutes);

/// <summary>What is wrong with a draft, each problem beside its field. Pure.</summary>
public static partial class FeedRules
{
    public const int LongestName = 60;
    public const int LongestSecret = 20_000;

    /// <summary>Names of the fields, as problems give them.</summary>
    public const string Name = "name", What = "what", Brand = "brand", Target = "target", Path = "path", Host = "host", Port = "port", User = "user", HostKey = "hostkey", Secret = "secret", Zone = "zone", Cron = "cron",
        Weekdays = "weekdays", Holidays = "holidays", Since = "since", Waits = "waits", Late = "late";

    // Of several times of one date only the first counts.
    private const int LeastMinutes = 60;
    private const int MostHolidays = 400;

    private const string NotNamed = "Feeds:SftpHosts does not name this server. Have the operator of this installation name it.";
    private const string NoPort = "Between 1 and 65535.";

    /// <param name="id">0: a new one.</param>
    /// <param name="hasSecret">One is stored for this very user, server and key.</param>
    /// <param name="others">All feeds.</param>
    public static IReadOnlyList<ReconProblem> Wrong(FeedDraft draft, long id, bool hasSecret, IReadOnlyList<Feed> others, FeedOptions options, DateTimeOffset now)
    {
        var problems = new List<ReconProblem>();
        Must(SoundName().IsMatch(draft.Name), Name, string.Create(CultureInfo.InvariantCulture, $"Up to {LongestName} letters, digits, spaces, dashes and underlines, beginning with a letter or digit: the files are named after it."));
        Must(others.All(f => f.Id == id || Slug(f.Name) != Slug(draft.Name)), Name, "Another feed has this name, and files are named after it.");
        Must(FeedSources.Find(draft.What) is not null, What, "Choose a list.");
        Must(draft.Brand.Length <= 60, Brand, "Choose a brand, or all.");
        Must(draft.What != FeedSources.KeyFigures || HasWholeHours(draft.Calendar.TimeZone, now), Zone, "Key figures are counted by whole hours of UTC, and a day of this zone does not begin with one. Choose another zone.");
        Place(draft, hasSecret, options, Must);
        Calendar(draft.Calendar, now, Must);
        Must(draft.WaitsFor.All(w => others.Any(f => f.Id == w)), Waits, "One of these feeds is not there.");
        Must(!WaitsForItself(id, draft.WaitsFor, others), Waits, "These feeds would wait for each other, and none would ever go.");
        Must(draft.LateMinutes is >= 5 and <= 10_080, Late, "Between 5 minutes and a week (10,080 minutes).");
        return problems;

        void Must(bool sound, string field, string words)
        {
            if (!sound && problems.All(p => p.Field != field))
            {
                problems.Add(new ReconProblem(field, words));
            }
        }
    }

    /// <summary>What is wrong with a server before it is asked for its key; null if nothing is.</summary>
    public static ReconProblem? ServerWrong(string host, int port, FeedOptions options) =>
        !Named(host, options) ? new ReconProblem(Host, NotNamed) : !IsPort(port) ? new ReconProblem(Port, NoPort) : null;

    private static void Place(FeedDraft draft, bool hasSecret, FeedOptions options, Action<bool, string, string> must)
    {
        var place = draft.Place;
        must(place.Target is FeedPlace.Folder or FeedPlace.Sftp, Target, "Choose where it goes.");
        must(FeedNames.PathWrong(place.Path) is null, Path, FeedNames.PathWrong(place.Path) ?? "");
        if (!place.IsSftp)
        {
            must(options.Folder.Length > 0, Target, "This installation has no folder for feeds. Set Feeds:Folder.");
            return;
        }

        must(Named(place.Host, options), Host, NotNamed);
        must(IsPort(place.Port), Port, NoPort);
        must(place.User is { Length: >= 1 and <= 100 }, User, "Enter the user at the server.");
        must(place.HostKey is { } key && SoundKey().IsMatch(key), HostKey, "Enter the SHA-256 of the server's key, 43 characters, as ssh-keygen -l shows it behind SHA256:. Ask the operator of the server for it.");
        must(draft.Secret is { Length: > 0 and <= LongestSecret } || (draft.Secret is null && hasSecret), Secret, "Enter the password, or a private key without a passphrase. It must be entered again when server, user or key change.");
    }

    private static void Calendar(FeedCalendar calendar, DateTimeOffset now, Action<bool, string, string> must)
    {
        must(TimeZoneInfo.TryFindSystemTimeZoneById(calendar.TimeZone, out var zone) && zone.HasIanaId, Zone, "Choose a time zone, such as Europe/Berlin.");
        must(CronRule.Wrong(calendar.Cron, LeastMinutes, now) is null, Cron, CronRule.Wrong(calendar.Cron, LeastMinutes, now) ?? "");
        must(calendar.Weekdays is >= 1 and <= FeedCalendar.EveryDay, Weekdays, "Choose at least one day of the week.");
        must(calendar.Holidays.Count <= MostHolidays, Holidays, string.Create(CultureInfo.InvariantCulture, $"At most {MostHolidays} dates."));
        must(calendar.Since.Year is >= 2000 and <= 2200, Since, "Enter the first business day.");
    }

    private static bool WaitsForItself(long id, IReadOnlyList<long> waitsFor, IReadOnlyList<Feed> others)
    {
        var (seen, open) = (new HashSet<long>(), new Stack<long>(waitsFor));
        while (open.TryPop(out var next))
        {
            if (next == id && id != 0)
            {
                return true;
            }

            if (seen.Add(next) && others.FirstOrDefault(f => f.Id == next) is { } other)
            {
                foreach (var further in other.WaitsFor)
                {
                    open.Push(further);
                }
            }
        }

        return false;
    }

    // In summer and in winter.
    private static bool HasWholeHours(string id, DateTimeOffset now) =>
        !TimeZoneInfo.TryFindSystemTimeZoneById(id, out var zone) || (zone.GetUtcOffset(now).Minutes == 0 && zone.GetUtcOffset(now.AddDays(182)).Minutes == 0);

    private static bool Named(string? host, FeedOptions options) => !string.IsNullOrEmpty(host) && options.Allows(host);

    private static bool IsPort(int port) => port is >= 1 and <= 65_535;

    private static string Slug(string name) => Other().Replace(name, "-").ToLowerInvariant();

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9 _-]{0,59}\z", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex SoundName();

    [GeneratedRegex(@"\A[A-Za-z0-9+/]{43}\z", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex SoundKey();

    [GeneratedRegex("[^A-Za-z0-9]+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Other();
}
