using System.Text.RegularExpressions;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Architecture;

/// <summary>docs/SECURITY.md names tests; each must be one.</summary>
public sealed partial class SecurityPageTests
{
    [Fact]
    public async Task Every_test_that_the_page_names_exists()
    {
        var page = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "SECURITY.md"), TestContext.Current.CancellationToken);
        var named = Named().Matches(page).Select(match => match.Groups["test"].Value).ToList();
        Assert.True(named.Count > 50);
        var tests = typeof(SecurityPageTests).Assembly.GetTypes().SelectMany(type => type.GetMethods().Where(method => method.GetCustomAttributes(typeof(FactAttribute), inherit: true).Length > 0).Select(method => $"{type.Name}.{method.Name}"))
            .ToHashSet(StringComparer.Ordinal);
        Assert.DoesNotContain(named, test => !tests.Contains(test));
    }

    [Fact]
    public async Task A_package_with_a_known_weakness_fails_the_restore()
    {
        var build = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "Directory.Build.props"), TestContext.Current.CancellationToken);
        Assert.All(
            new[] { "<NuGetAudit>true</NuGetAudit>", "<NuGetAuditMode>all</NuGetAuditMode>", "<NuGetAuditLevel>low</NuGetAuditLevel>", "<TreatWarningsAsErrors>true</TreatWarningsAsErrors>" },
            line => Assert.Contains(line, build, StringComparison.Ordinal));
    }

    [GeneratedRegex("`(?<test>[A-Z][A-Za-z0-9]+Tests\\.[A-Z][A-Za-z0-9_]+)`", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Named();
}
