using ControlTower.Data.Ownership;
using ControlTower.Sync.Ownership;
using Xunit;

namespace ControlTower.Tests.Sync.Ownership;

/// <summary>Which rule decides, and what it makes of a source.</summary>
public sealed class RuleBookTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 27, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void The_narrowest_rule_that_fits_decides_and_a_field_comes_before_its_domain()
    {
        var book = Book(Layer(1,
            Rule(owners: "@erp"), Rule(brand: "fjell", owners: "a"), Rule(region: "eu", owners: "b"), Rule(channel: "shop-1", owners: "c"), Rule(store: "118", owners: "d"), Rule(field: "price", owners: "e")));
        Assert.Equal("@erp", OwnerAt(book, "compare-at", "nord", "us", "shop-2", ""));
        Assert.Equal("a", OwnerAt(book, "compare-at", "fjell", "us", "shop-2", ""));
        Assert.Equal("b", OwnerAt(book, "compare-at", "fjell", "eu", "shop-2", ""));
        Assert.Equal("c", OwnerAt(book, "compare-at", "fjell", "eu", "shop-1", ""));
        Assert.Equal("d", OwnerAt(book, "compare-at", "fjell", "eu", "shop-1", "118"));
        Assert.Equal("e", OwnerAt(book, "price", "fjell", "eu", "shop-1", "118"));
    }

    [Fact]
    public void A_layer_holds_in_its_time_and_leaves_what_was_below_it()
    {
        var layers = new[] { Layer(1, Rule(owners: "@erp")), Layer(2, Rule(owners: "pim")) with { FromAt = Now.AddHours(1), UntilAt = Now.AddHours(3) }, Layer(3, Rule(brand: "x", owners: "y")) };
        string At(double hours) => OwnerAt(RuleBook.At(layers, Now.AddHours(hours), Role), "price", "", "", "", "");
        Assert.Equal(["@erp", "pim", "pim", "@erp"], [At(0), At(1), At(2.9), At(3)]);
        Assert.Equal(Now.AddHours(1), RuleBook.At(layers, Now, Role).Until);
        Assert.Equal(Now.AddHours(3), RuleBook.At(layers, Now.AddHours(1), Role).Until);
        Assert.Null(RuleBook.At(layers, Now.AddHours(3), Role).Until);
        Assert.Equal(3, RuleBook.At(layers, Now, Role).Number);
    }

    [Fact]
    public void What_was_approved_later_lies_on_top_and_may_take_a_rule_away()
    {
        var layers = new[] { Layer(1, Rule(owners: "@erp")), Layer(5, Rule(owners: "a")), Layer(4, Rule(owners: "b")), Layer(6, Rule(owners: "") with { Removed = true, Owners = [] }) };
        Assert.Equal("b", OwnerAt(RuleBook.At(layers[..3], Now, Role), "price", "", "", "", ""));
        Assert.Null(RuleBook.At(layers, Now, Role).For("price", "price", "", "", "", ""));
        Assert.Equal("let-through", RuleBook.At(layers, Now, Role).Judge(Where("shop-1")).Verdict(ownerHasWord: true));
    }

    [Fact]
    public void A_name_is_narrower_than_a_role()
    {
        var book = Book(Layer(1, Rule(owners: "@shop", mode: OwnershipMode.Enforce) with { Blocked = ["shop-1"], Adds = ["@erp"] }));
        Assert.Equal(("blocked", "owned", "filled", "blocked"), (
            book.Judge(Where("shop-1")).Verdict(false), book.Judge(Where("shop-2")).Verdict(true), book.Judge(Where("erp-1")).Verdict(false), book.Judge(Where("erp-1")).Verdict(true)));
        Assert.Equal("blocked", book.Judge(Where("nobody-knows")).Verdict(false));
    }

    [Theory]
    [InlineData(OwnershipMode.Allow, "let-through")]
    [InlineData(OwnershipMode.Quarantine, "quarantined")]
    [InlineData(OwnershipMode.Enforce, "blocked")]
    public void The_mode_says_what_is_done_with_others_writes(OwnershipMode mode, string verdict)
    {
        var book = Book(Layer(1, Rule(owners: "erp-1", mode: mode)));
        Assert.Equal(verdict, book.Judge(Where("shop-1")).Verdict(ownerHasWord: true));
        Assert.Equal("owned", book.Judge(Where("erp-1")).Verdict(ownerHasWord: true));
    }

    [Fact]
    public void In_a_source_order_only_the_first_owns_and_the_others_fill_gaps()
    {
        var book = Book(Layer(1, Rule(owners: "erp-1", mode: OwnershipMode.Enforce) with { Owners = ["erp-1", "shop-1"], Kind = OwnershipKind.Order }));
        Assert.Equal(("owned", "filled", "blocked"), (book.Judge(Where("erp-1")).Verdict(true), book.Judge(Where("shop-1")).Verdict(false), book.Judge(Where("shop-1")).Verdict(true)));
    }

    internal static OwnershipChange Layer(int number, params OwnershipRule[] rules) => new(
        number, "t", "why", OwnershipStates.Approved, rules, DateTimeOffset.MinValue, null, null, "a", Now, null, null, "b", "", Now.AddDays(-30).AddMinutes(number), null, null, null, null, null, 1);

    internal static RuleBook Book(params OwnershipChange[] layers) => RuleBook.At(layers, Now, Role);

    internal static string Role(string source) => source.StartsWith("shop", StringComparison.Ordinal) ? "@shop" : source.StartsWith("erp", StringComparison.Ordinal) ? "@erp" : "";

    internal static OwnershipRule Rule(string field = "", string brand = "", string region = "", string channel = "", string store = "", string owners = "", OwnershipMode mode = OwnershipMode.Allow) =>
        new("price", field, brand, region, channel, store, Mode: mode, Owners: [owners]);

    private static OwnershipContext Where(string source) => new("price", "price", "", "", "", "", source);

    private static string OwnerAt(RuleBook book, string field, string brand, string region, string channel, string store) => Assert.Single(book.For("price", field, brand, region, channel, store)!.Rule.Owners);
}
