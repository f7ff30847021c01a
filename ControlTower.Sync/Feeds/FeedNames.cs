using System.Globalization;
using System.Text.RegularExpressions;
using ControlTower.Data.Exports;
using ControlTower.Data.Feeds;

namespace ControlTower.Sync.Feeds;

/// <summary>Names and paths of files. The same run has the same name on every node and after every repeat. Pure.</summary>
public static partial class FeedNames
{
    public const int LongestPath = 200;

    /// <summary>Such as <c>nightly-sales-2026-11-26.csv</c>; the second revision of a day ends in <c>-r2</c>.</summary>
    public static string File(Feed feed, FeedRun run) => string.Create(
        CultureInfo.InvariantCulture, $"{Other().Replace(feed.Name, "-").ToLowerInvariant()}-{run.Day:yyyy-MM-dd}{(run.Revision > 1 ? $"-r{run.Revision}" : "")}.{feed.Format.Word()}");

    /// <summary>What is wrong with a folder, in words; null if nothing is. No step may lead upward, hide, or begin at the root.</summary>
    public static string? PathWrong(string path) =>
        path.Length > LongestPath ? string.Create(CultureInfo.InvariantCulture, $"At most {LongestPath} characters fit.")
        : path.Length > 0 && !Sound().IsMatch(path) ? "Write folders parted by /, of letters, digits, spaces, dots, dashes and underlines, such as finance/daily. No step may begin with a dot or at the root."
        : null;

    [GeneratedRegex("[^A-Za-z0-9]+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Other();

    [GeneratedRegex(@"\A[A-Za-z0-9_][A-Za-z0-9_. -]*(/[A-Za-z0-9_][A-Za-z0-9_. -]*)*\z", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Sound();
}
