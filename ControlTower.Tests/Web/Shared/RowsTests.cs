using ControlTower.Web.Keys;
using ControlTower.Web.Shared;
using Xunit;

namespace ControlTower.Tests.Web.Shared;

public sealed class RowsTests
{
    [Theory]
    [InlineData(null, 1, "a")]
    [InlineData(null, -1, "a")]
    [InlineData("a", 1, "b")]
    [InlineData("c", -1, "b")]
    [InlineData("c", 1, "c")]
    [InlineData("a", -1, "a")]
    [InlineData("gone", 1, "a")]
    public void Keys_go_row_by_row_and_stop_at_both_ends(string? current, int by, string then) => Assert.Equal(then, new[] { "a", "b", "c" }.Step(row => row == current, by));

    [Fact]
    public async Task Letters_and_arrows_go_the_same_way_and_only_letters_are_hinted()
    {
        var moved = new List<int>();
        var walk = KeyBinding.Walk(by =>
        {
            moved.Add(by);
            return Task.CompletedTask;
        }).ToList();
        foreach (var key in walk)
        {
            await key.Run!();
        }

        Assert.Equal(["j", "k", "ArrowDown", "ArrowUp"], walk.Select(key => key.Keys));
        Assert.Equal([1, -1, 1, -1], moved);
        Assert.Equal(["j", "k"], walk.Where(key => key.Hint).Select(key => key.Keys));
    }
}
