using ControlTower.Data.Ownership;
using ControlTower.Sync.Ownership;
using Xunit;
using static ControlTower.Tests.Sync.Ownership.RuleBookTests;

namespace ControlTower.Tests.Sync.Ownership;

/// <summary>Which of several sources' values holds.</summary>
public sealed class SurvivorshipTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 27, 12, 0, 0, TimeSpan.Zero);

    private static readonly OwnershipRule Order = Rule() with { Owners = ["erp-1", "shop-1", "shop-2"], Adds = ["shop-3"], Kind = OwnershipKind.Order };

    [Fact]
    public void The_order_of_sources_decides_and_an_empty_value_is_as_none_only_where_the_rule_says_so()
    {
        SourceValue[] said = [Said("shop-2", "c", 0), Said("shop-1", "b", 5), Said("erp-1", "", 1)];
        Assert.Equal("b", Pick(Order, said));
        Assert.Equal("", Pick(Order with { IgnoreEmpty = false }, said));
    }

    [Fact]
    public void The_last_writer_among_owners_wins_whatever_others_wrote_later() =>
        Assert.Equal("a", Pick(Order with { Kind = OwnershipKind.Last }, Said("erp-1", "a", 1), Said("shop-1", "b", 2), Said("shop-9", "z", 0)));

    [Fact]
    public void The_most_frequent_value_wins_and_of_as_many_the_first_owners()
    {
        var rule = Order with { Kind = OwnershipKind.Frequent };
        Assert.Equal("b", Pick(rule, Said("erp-1", "a", 1), Said("shop-1", "b", 2), Said("shop-9", "b", 0)));
        Assert.Equal("a", Pick(rule, Said("erp-1", "a", 1), Said("shop-1", "b", 2)));
    }

    [Fact]
    public void Trust_ages_a_faded_word_yields_to_a_fresher_owners_and_holds_if_all_have_faded()
    {
        var rule = Order with { FadesAfterDays = 30 };
        Assert.Equal("b", Pick(rule, Said("erp-1", "a", 24 * 31), Said("shop-1", "b", 24 * 29)));
        Assert.Equal("a", Pick(rule, Said("erp-1", "a", 24 * 31), Said("shop-1", "b", 24 * 40)));
    }

    [Fact]
    public void What_was_let_through_holds_until_an_owner_speaks_again()
    {
        var through = Said("shop-9", "z", 2) with { LetThrough = true };
        Assert.Equal("z", Pick(Order, Said("erp-1", "a", 3), through));
        Assert.Equal("a", Pick(Order, Said("erp-1", "a", 1), through));
    }

    [Fact]
    public void Who_is_blocked_by_now_neither_holds_nor_votes_and_a_name_is_narrower_than_its_role()
    {
        var rule = Order with { Kind = OwnershipKind.Frequent, Blocked = ["shop-8", "shop-9"] };
        Assert.Equal("a", Pick(rule, Said("erp-1", "a", 3), Said("shop-1", "b", 3), Said("shop-8", "b", 0), Said("shop-9", "b", 0) with { LetThrough = true }));
        Assert.Equal("a", Pick(Order with { Kind = OwnershipKind.Last, Owners = ["@shop"], Adds = ["shop-9"] }, Said("shop-1", "a", 3), Said("shop-9", "z", 0)));
    }

    [Fact]
    public void Gaps_are_filled_by_who_adds_and_by_nobody_else()
    {
        Assert.Equal("d", Pick(Order, Said("shop-3", "d", 1), Said("shop-9", "z", 0)));
        Assert.Null(Pick(Order, Said("shop-9", "z", 0)));
    }

    [Fact]
    public void No_kind_ever_lets_a_blocked_source_or_a_stranger_win()
    {
        for (var seed = 0; seed < 2_000; seed++)
        {
            var random = new Random(seed);
            string[] sources = ["erp-1", "shop-1", "shop-2", "shop-3", "shop-9"];
            var shuffled = sources.OrderBy(_ => random.Next()).ToArray();
            var rule = new OwnershipRule(
                "price", Kind: (OwnershipKind)random.Next(4), Owners: shuffled[..random.Next(1, 3)], Adds: shuffled[2..3], Blocked: shuffled[3..4], IgnoreEmpty: random.Next(2) == 0, FadesAfterDays: random.Next(2) == 0 ? 3 : null);
            var said = sources.Where(_ => random.Next(3) > 0).Select(s => Said(s, random.Next(4) == 0 ? "" : $"v{random.Next(3)}", random.Next(200))).ToArray();
            var winner = Survivorship.Of(Book(Layer(1, rule)), rule, said, Now).Value;
            var allowed = said.Where(v => !rule.IgnoreEmpty || v.Value!.Length > 0).ToList();
            var owners = allowed.Where(v => rule.Owners.Contains(v.Source)).ToList();
            Assert.True(winner is null ? !allowed.Any(v => rule.Owners.Contains(v.Source) || rule.Adds.Contains(v.Source)) : owners.Count > 0 ? owners.Contains(winner) : rule.Adds.Contains(winner.Source), $"seed {seed}");
        }
    }

    private static string? Pick(OwnershipRule rule, params SourceValue[] said) => Survivorship.Of(Book(Layer(1, rule)), rule, said, Now).Value?.Value;

    private static SourceValue Said(string source, string value, int hoursAgo) => new(source, value, Now.AddHours(-hoursAgo));
}
