using System.Text.RegularExpressions;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Architecture;

/// <summary>docs/PROMOTIONS.md names every rule by which an act is refused and every check of the preflight.</summary>
public sealed partial class PromotionsGuideTests
{
    private static readonly string Guide = File.ReadAllText(Path.Combine(Repository.Root, "docs", "PROMOTIONS.md"));

    [Fact]
    public void It_names_every_rule_that_refuses()
    {
        var rules = Directory.GetFiles(Path.Combine(Repository.Root, "ControlTower.Sync", "Promotions"), "*Desk.cs").Append(Path.Combine(Repository.Root, "ControlTower.Sync", "Promotions", "PromotionActing.cs"))
            .SelectMany(file => Rule().Matches(File.ReadAllText(file))).Select(m => m.Groups["word"].Value).Append(ControlTower.Sync.Promotions.PromotionActing.FourEyes).Distinct().Order().ToList();
        Assert.Contains("state", rules);
        Assert.Contains("moved", rules);
        Assert.All(rules, rule => Assert.Contains($"`{rule}`", Guide, StringComparison.Ordinal));
    }

    [Fact]
    public void It_names_every_check()
    {
        var checks = Check().Matches(File.ReadAllText(Path.Combine(Repository.Root, "ControlTower.Web", "Pages", "Promotions", "CheckWords.cs"))).Select(m => m.Groups["word"].Value).ToList();
        Assert.Contains("margin", checks);
        Assert.All(checks, check => Assert.Contains($"`{check}`", Guide, StringComparison.Ordinal));
    }

    [GeneratedRegex("""(?:Refused|\?|:|=>)\s*\(?"(?<word>[a-z-]+)", """, RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Rule();

    [GeneratedRegex("""\n {8}"(?<word>[a-z-]+)" => """, RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Check();
}
