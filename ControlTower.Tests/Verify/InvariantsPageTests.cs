using ControlTower.Tests.Support;
using ControlTower.Verify;
using Xunit;

namespace ControlTower.Tests.Verify;

/// <summary>docs/invariants.md is made from the checker itself, so that it lists nothing that is not checked. CT_REWRITE_GOLDENS=1 writes it anew.</summary>
public sealed class InvariantsPageTests
{
    [Fact]
    public Task The_page_lists_what_is_checked_and_what_is_not_yet() => Goldens.MatchAsync(Path.Combine(Repository.Root, "docs", "invariants.md"), Page());

    [Fact]
    public void Every_rule_is_checked_or_says_why_not_and_every_check_belongs_to_a_rule()
    {
        Assert.Equal(Enumerable.Range(1, Catalogue.Rules.Count), Catalogue.Rules.Select(r => r.Number));
        Assert.DoesNotContain(Catalogue.Rules, r => r.Names.Length == 0 && r.Missing is null);
        Assert.Equal(
            Catalogue.Checked.Select(c => c.Name).Order(StringComparer.Ordinal),
            Catalogue.Rules.SelectMany(r => r.Names).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
        Assert.Subset(Catalogue.Checked.Select(c => c.Name).ToHashSet(StringComparer.Ordinal), Catalogue.Windowed.ToHashSet(StringComparer.Ordinal));
    }

    [Fact]
    public void What_the_schedule_reads_only_lately_is_what_the_page_says() =>
        Assert.Equal(
            Checker.All.Where(i => i.Offenders.Contains("verify.since", StringComparison.Ordinal) && i.Name != "times-are-possible").Select(i => i.Name).Order(StringComparer.Ordinal),
            Catalogue.Windowed.Order(StringComparer.Ordinal));

    private static List<string> Page()
    {
        List<string> lines =
        [
            "# Invariants",
            "",
            "What must hold in the data of any tower, at any time, also under load: what is under way is no violation, each limit of time is in the sentence. `./tower verify` looks all of it up with",
            "a program of its own: own SQL, no code of the tower, one read-only snapshot. The tower runs the same by the clock (`Integrity:EveryMinutes`) and shows the outcome under Operations.",
            "",
            "Every check is made of scans, joins by key and sorts: the time grows with the history, not with its square. The snapshot holds back vacuum while it lasts, a statement ends after",
            "ten minutes (two by the clock). By the clock, rows that never change are read again only as far back as `Integrity:HistoryHours`; by the command, always whole. That concerns",
            $"{string.Join(", ", Catalogue.Windowed.Select(n => $"`{n}`"))} and the times of calls; everything else reads the whole history or what is open.",
            "",
            "Each check is tried by a planted violation that it must find. This page is made from the checker and checked with it.",
            "",
            "## Rules",
            "",
            "| | must hold | checked by | not checked, and why |",
            "|---|---|---|---|",
        ];
        lines.AddRange(Catalogue.Rules.Select(r => $"| {r.Number} | {r.Words} | {string.Join(", ", r.Names.Select(n => $"`{n}`"))} | {r.Missing} |"));
        lines.AddRange(["", "## Checks", "", "| check | sentence |", "|---|---|"]);
        lines.AddRange(Catalogue.Checked.Select(c => $"| `{c.Name}` | {c.Promise} |"));
        return lines;
    }
}
