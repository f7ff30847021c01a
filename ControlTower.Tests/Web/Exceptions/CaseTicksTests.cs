using ControlTower.Web.Pages.Exceptions;
using Xunit;

namespace ControlTower.Tests.Web.Exceptions;

public sealed class CaseTicksTests
{
    private static readonly long[] Order = [5, 3, 9, 1, 7];

    private readonly CaseTicks ticks = new();

    [Fact]
    public void A_second_tick_takes_the_first_back()
    {
        ticks.Toggle(3);
        ticks.Toggle(3);
        Assert.Equal(0, ticks.Count);
    }

    [Theory]
    [InlineData(3, 1, new long[] { 3, 9, 1 })]
    [InlineData(1, 3, new long[] { 3, 9, 1 })]
    [InlineData(9, 9, new long[] { 9 })]
    public void A_range_runs_in_the_order_of_the_list_either_way(long from, long to, long[] expected)
    {
        ticks.Toggle(from);
        ticks.Range(to, Order);
        Assert.Equal(expected.Order(), ticks.Ids.Order());
    }

    [Fact]
    public void A_range_from_a_row_that_is_gone_ticks_the_row_itself()
    {
        ticks.Toggle(404);
        ticks.Range(3, Order);
        Assert.True(ticks.Has(3));
    }

    [Fact]
    public void What_was_acted_on_is_ticked_no_more_and_the_rest_stays()
    {
        ticks.All(Order);
        ticks.Remove([5, 3]);
        Assert.Equal([1L, 7L, 9L], ticks.Ids.Order());
    }
}
