using ControlTower.Data.Flows;
using ControlTower.Web.Pages.Orders;
using FsCheck.Xunit;
using Xunit;

namespace ControlTower.Tests.Web.Orders;

public sealed class OrdersQueryTests
{
    private static readonly TimeZoneInfo Amsterdam = TimeZoneInfo.FindSystemTimeZoneById("Europe/Amsterdam");

    [Fact]
    public void A_query_comes_back_from_its_own_address()
    {
        var query = OrdersQuery.All with
        {
            Text = "NL-1048213 & co #1",
            Stages = ["posted", "reserved"],
            Statuses = ["attention"],
            Brands = ["Fjord, Sons & Co"],
            Sources = ["shopify-eu"],
            Age = TimeSpan.FromHours(2),
            Least = 10.5m,
            Most = 99m,
            From = new DateOnly(2026, 11, 1),
            To = new DateOnly(2026, 11, 26),
            Sort = OrderSort.LongestInStage,
        };
        var back = OrdersQuery.Parse("http://tower" + query.Href());
        Assert.Equal(query.Href(), back.Href());
        Assert.Equal(query.Text, back.Text);
        Assert.Equal(query.Brands, back.Brands);
        Assert.Equal(query.Stages, back.Stages);
        Assert.Empty(back.Wrong);
    }

    [Theory]
    [InlineData("stage=shipped,lost", "stage")]
    [InlineData("status=<script>", "status")]
    [InlineData("age=-2h", "age")]
    [InlineData("age=9999999999h", "age")]
    [InlineData("min=1e9", "min")]
    [InlineData("max=NaN", "max")]
    [InlineData("from=2026-13-01", "from")]
    [InlineData("to=tomorrow", "to")]
    [InlineData("sort=name;drop", "sort")]
    public void A_part_that_makes_no_sense_is_left_out_and_explained(string part, string name)
    {
        var query = OrdersQuery.Parse($"http://tower/orders?{part}");
        Assert.Equal(name, Assert.Single(query.Wrong).Name);
        Assert.NotNull(query.Wrong[0].Wrong);
        Assert.DoesNotContain("lost", query.Href());
        Assert.Contains(query.Fields(new Dictionary<string, string>()), field => field.Wrong is not null);
    }

    [Theory]
    [InlineData("http://tower/orders?q=%00%01%E2%80%AE&stage=,,,,&brand=&brand=%00")]
    [InlineData("http://tower/orders?&&==&q&q=a&q=b")]
    [InlineData("http://tower/orders?stage=posted%2500#?q=x")]
    [InlineData("http://tower/orders?q=%ED%A0%80%FF%FE")]
    [InlineData("not an address at all ? q = 1")]
    public void Any_address_gives_a_query(string address) => Assert.NotNull(OrdersQuery.Parse(address).Filter(Amsterdam));

    [Property]
    public bool Any_text_in_any_part_survives_parsing_and_writing(string? text)
    {
        var value = Uri.EscapeDataString(text?.Replace("\ud800", "", StringComparison.Ordinal).Replace("\udc00", "", StringComparison.Ordinal) is { } t && !t.Any(char.IsSurrogate) ? t : "");
        foreach (var name in new[] { "q", "stage", "status", "brand", "shop", "age", "min", "max", "from", "to", "sort" })
        {
            var query = OrdersQuery.Parse($"http://tower/orders?{name}={value}");
            if (OrdersQuery.Parse("http://tower" + query.Href()).Href() != query.Href())
            {
                return false;
            }
        }

        return true;
    }

    [Fact]
    public void Very_long_lists_are_cut() =>
        Assert.True(OrdersQuery.Parse("http://tower/orders?shop=" + string.Join(',', Enumerable.Range(0, 5000))).Sources.Count <= 20);

    [Fact]
    public void Days_begin_and_end_in_the_stores_zone()
    {
        var filter = OrdersQuery.Parse("http://tower/orders?from=2026-11-26&to=2026-11-26").Filter(Amsterdam);
        Assert.Equal(new DateTimeOffset(2026, 11, 25, 23, 0, 0, TimeSpan.Zero), filter.PlacedFrom);
        Assert.Equal(new DateTimeOffset(2026, 11, 26, 23, 0, 0, TimeSpan.Zero), filter.PlacedBefore);
    }

    [Fact]
    public void Each_chip_takes_away_its_own_part_and_nothing_else()
    {
        var query = OrdersQuery.Parse("http://tower/orders?q=x&stage=posted&status=open&brand=A&shop=s&age=2h&min=1&max=2&from=2026-01-01&to=2026-01-02&sort=age");
        var rest = query.Fields(new Dictionary<string, string>()).Select(field => field.Name).ToList();
        Assert.Equal(9, rest.Count);
        foreach (var name in rest)
        {
            query = query.Without(name);
            Assert.DoesNotContain(query.Fields(new Dictionary<string, string>()), field => field.Name == name);
        }

        Assert.Equal("/orders?q=x&sort=age", query.Href());
    }

    [Fact]
    public void What_is_typed_in_the_menu_is_read_as_the_address_is()
    {
        var draft = OrdersDraft.Of(OrdersQuery.Parse("http://tower/orders?q=keep&stage=posted"));
        draft.Stages.Add("reserved");
        draft.Age = " nonsense ";
        draft.Least = "10";
        var query = OrdersQuery.Parse("http://tower" + draft.Href(OrdersQuery.Parse("http://tower/orders?q=keep")));
        Assert.Equal("keep", query.Text);
        Assert.Equal(["reserved", "posted"], query.Stages);
        Assert.Equal(10m, query.Least);
        Assert.Equal("age", Assert.Single(query.Wrong).Name);
    }
}
