using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Web;

/// <summary>What screens may not know.</summary>
public sealed class ScreenArrowTests
{
    [Theory]
    [InlineData("Npgsql")]
    [InlineData("EntityFrameworkCore")]
    [InlineData("HttpClient")]
    public void No_screen_names_a_database_driver_or_a_way_out_of_the_house(string name) =>
        Assert.Empty(new[] { "Pages", "Layout", "Shared", "Keys", "Live" }
            .SelectMany(room => Directory.EnumerateFiles(Path.Combine(Repository.Root, "ControlTower.Web", room), "*", SearchOption.AllDirectories))
            .Where(file => Path.GetExtension(file) is ".cs" or ".razor" && File.ReadAllText(file).Contains(name, StringComparison.Ordinal))
            .Select(Path.GetFileName));
}
