using System.Globalization;
using System.Text;
using ControlTower.Data.Incidents;

namespace ControlTower.Sync.Incidents;

/// <summary>One incident as a document to keep (Markdown, times in UTC): its times and how they are computed, what it harmed, the review, the timeline.</summary>
public static class IncidentReview
{
    /// <param name="transactions">All that are to be listed.</param>
    public static string Write(IncidentView view, IReadOnlyList<IncidentTransaction> transactions)
    {
        var (row, text) = (view.Row, new StringBuilder());
        Line($"# Incident I-{row.Id}: {Plain(row.Title)}");
        Line($"");
        Line($"As of {Time(view.AsOf)}. Severity {row.Severity}, status {row.Status}, opened by {Plain(row.OpenedBy ?? "a rule")}, lead {Plain(row.Lead ?? "nobody")}.");
        if (row.Status == IncidentStatus.Dismissed)
        {
            Line($"");
            Line($"A false alarm: it counts in no time to detect or to resolve.");
        }

        Line($"");
        Line($"| | at | how it is known |");
        Line($"|---|---|---|");
        Line($"| First harmed transaction | {Time(row.Times.Began)} | earliest harmed transaction in the data |");
        Line($"| Detected | {Time(row.Times.Detected)} | first alert, or first flag by a person |");
        Line($"| Cause over | {Time(row.Times.Restored)} | no condition and no flag holds |");
        Line($"| Drained | {Time(row.Times.Drained)} | last harmed transaction completed or written off |");
        Line($"| Time to detect | {Minutes(row.Times.ToDetect)} | detected less first harmed transaction |");
        Line($"| Time to resolve | {Minutes(row.Times.ToResolve)} | drained less detected |");
        Line($"| Time to resolve from the start | {Minutes(row.Times.ToResolveFromStart)} | drained less first harmed transaction |");
        Line($"");
        Line($"## Review");
        Line($"");
        // Quoted line by line, so that no heading of it can pass for one of the document.
        foreach (var line in (row.Review.Length > 0 ? row.Review : "Nobody has written it yet.").ReplaceLineEndings("\n").Split('\n'))
        {
            Line($"> {Plain(line)}");
        }

        Line($"");
        Line($"## Affected: {row.Affected}, of which {row.Unsettled} neither completed nor written off");
        Line($"");
        foreach (var worth in row.Worth)
        {
            Line($"- {worth.Count} of {worth.Value:0.00##} {worth.Currency}");
        }

        Line($"");
        Line($"| transaction | harmed | value | completed or written off |");
        Line($"|---|---|---|---|");
        foreach (var one in transactions)
        {
            Line($"| {Plain(one.Name)} | {Time(one.HarmedAt)} | {one.Value:0.00##} {one.Currency} | {Time(one.SettledAt)} |");
        }

        Line($"");
        Line($"## Timeline");
        Line($"");
        foreach (var entry in view.Log.Reverse())
        {
            Line($"- {Time(entry.At)}, {Plain(entry.By)}, {entry.Kind}: {Plain(entry.Words)}");
        }

        return text.ToString();

        void Line(FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
    }

    // What people and vendors write stays within its cell and its line, and makes no markup.
    private static string Plain(string words) => string.Concat(words.ReplaceLineEndings(" ").Select(c => c == '<' ? "&lt;" : Markup.Contains(c, StringComparison.Ordinal) ? $"\\{c}" : c.ToString()));

    private const string Markup = "\\|[]!*_`#";

    private static string Time(DateTimeOffset? at) => at is { } known ? known.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) : "not yet";

    private static string Minutes(TimeSpan? time) => time is { } known ? string.Create(CultureInfo.InvariantCulture, $"{known.TotalMinutes:0.0} min") : "not yet";
}
