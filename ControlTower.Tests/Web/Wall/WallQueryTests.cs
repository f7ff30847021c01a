using ControlTower.Web.Pages.Wall;
using Xunit;

namespace ControlTower.Tests.Web.Wall;

public sealed class WallQueryTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 26, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void The_address_says_boards_pace_and_brand()
    {
        var query = WallQuery.Parse("http://tower/wall?boards=connections,flow&every=60&brand=Northlane&theme=light");
        Assert.Empty(query.Wrong);
        Assert.Equal([WallBoard.Connections, WallBoard.Flow], query.Boards);
        Assert.Equal(TimeSpan.FromMinutes(1), query.Every);
        Assert.Equal("Northlane", query.Brand);
    }

    [Fact]
    public void Without_a_word_it_is_the_order_flow_that_does_not_turn()
    {
        var query = WallQuery.Parse("http://tower/wall");
        Assert.Equal([WallBoard.Flow], query.Boards);
        Assert.Equal((0, null), query.TurnAt(Noon));
        Assert.Empty(query.Wrong);
    }

    [Theory]
    [InlineData("every=0", "every: a whole number of seconds from 5 to 3600.")]
    [InlineData("every=20.5", "every: a whole number of seconds from 5 to 3600.")]
    [InlineData("every=-9", "every: a whole number of seconds from 5 to 3600.")]
    [InlineData("every=99999999999999999999", "every: a whole number of seconds from 5 to 3600.")]
    [InlineData("boards=flow,stores", "boards: there is no board stores. There are flow, connections, exceptions.")]
    [InlineData("boards=flow,flow", "boards: flow stands there twice.")]
    [InlineData("boards=0", "boards: there is no board 0. There are flow, connections, exceptions.")]
    [InlineData("theme=pink", "theme: is dark or light.")]
    [InlineData("board=flow", "board: the wallboard has no such parameter. It has boards, every, brand and theme.")]
    [InlineData("every=20&every=30", "every: stands there 2 times.")]
    public void What_cannot_be_is_said_with_the_parameter(string asked, string said) => Assert.Equal(said, Assert.Single(WallQuery.Parse("http://tower/wall?" + asked).Wrong));

    [Fact]
    public void Whose_turn_it_is_follows_from_the_clock_so_that_a_restart_changes_nothing()
    {
        var query = WallQuery.Parse("http://tower/wall?boards=flow,connections,exceptions&every=20");
        var first = query.TurnAt(Noon);
        Assert.Equal((first.Board, TimeSpan.FromSeconds(13)), query.TurnAt(Noon.AddSeconds(7)));
        Assert.Equal(((first.Board + 1) % 3, TimeSpan.FromSeconds(20)), query.TurnAt(Noon.AddSeconds(20)));
        Assert.Equal(first, query.TurnAt(Noon.AddSeconds(60)));
    }
}
