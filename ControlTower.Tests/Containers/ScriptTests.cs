using System.Text.RegularExpressions;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Containers;

/// <summary>What can be known of the script without running it.</summary>
public sealed class ScriptTests
{
    [Fact]
    public void No_function_is_written_twice()
    {
        // The shell takes the last one without a word, for everybody who calls the first.
        var names = Regex.Matches(File.ReadAllText(Path.Combine(Repository.Root, "tower")), @"^(?<name>[a-z_]+)\(\)", RegexOptions.Multiline, TimeSpan.FromSeconds(1)).Select(match => match.Groups["name"].Value).ToList();
        Assert.True(names.Count > 20);
        Assert.Equal(names.Distinct(StringComparer.Ordinal), names);
    }
}
