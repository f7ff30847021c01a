using ControlTower.Data.Flows;
using FsCheck.Xunit;
using Xunit;

namespace ControlTower.Tests.Data.Flows;

public sealed class OrderSearchTextTests
{
    [Theory]
    [InlineData("  NL-1048213 ", "NL-1048213")]
    [InlineData("\"NL-1048213\"", "NL-1048213")]
    [InlineData("'#1001',", "#1001")]
    [InlineData("«NL-1048213»", "NL-1048213")]
    [InlineData("\u200bNL-1048213\u00a0", "NL-1048213")]
    [InlineData("gid://shopify/Order/6104482130", "6104482130")]
    [InlineData("https://admin.shopify.com/store/northlane/orders/6104482130?tab=1#top", "6104482130")]
    [InlineData("<https://track.example/p/JD0002%2012/>", "JD0002 12")]
    public void What_people_paste_is_freed_of_its_wrapping(string pasted, string first) =>
        Assert.Equal(first, OrderSearchText.Parse(pasted).Terms[0]);

    [Fact]
    public void An_order_name_is_looked_for_with_and_without_its_sign()
    {
        Assert.Contains("1001", OrderSearchText.Parse("#1001").Terms);
        Assert.Contains("#1001", OrderSearchText.Parse("1001").Terms);
    }

    [Fact]
    public void A_global_id_is_looked_for_whole_and_by_its_number() =>
        Assert.Equal(["6104482130", "gid://shopify/Order/6104482130", "#6104482130"], OrderSearchText.Parse("gid://shopify/Order/6104482130").Terms);

    [Theory]
    [InlineData("ord-42", 42L, null)]
    [InlineData("ORD_42", 42L, null)]
    [InlineData("https://tower.example/orders/42?tab=list", 42L, null)]
    [InlineData("C-88412", null, 88412L)]
    [InlineData("c-88412", null, 88412L)]
    [InlineData("ord-99999999999999999999", null, null)]
    [InlineData("order", null, null)]
    public void Our_own_ids_are_recognised(string pasted, long? order, long? problem)
    {
        var text = OrderSearchText.Parse(pasted);
        Assert.Equal(order, text.FlowId);
        Assert.Equal(problem, text.CaseId);
    }

    [Theory]
    [InlineData("4BF92F3577B34DA6A3CE929D0E0E4736")]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")]
    public void A_trace_is_found_alone_and_inside_its_header(string pasted) =>
        Assert.Equal("4bf92f3577b34da6a3ce929d0e0e4736", OrderSearchText.Parse(pasted).TraceId);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("   \t\n")]
    [InlineData("\"\"")]
    [InlineData("\0\0")]
    [InlineData("\ud800")]
    public void Nothing_usable_is_no_search(string? pasted) => Assert.True(OrderSearchText.Parse(pasted).IsEmpty);

    [Property]
    public bool Any_text_gives_few_short_clean_terms(string? pasted)
    {
        var text = OrderSearchText.Parse(pasted);
        return text.Terms.Count <= 4 && text.Terms.All(term => term.Length is > 0 and <= OrderSearchText.MaxLength && !term.Any(char.IsControl) && !term.Any(char.IsSurrogate) | IsWellFormed(term));
    }

    private static bool IsWellFormed(string term) => term.EnumerateRunes().All(rune => rune.Value != 0xFFFD);
}
