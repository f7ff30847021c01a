using ControlTower.Data.Canonical;
using ControlTower.Sync.Flows;
using ControlTower.Sync.Flows.OrderToCash;
using Xunit;
using static ControlTower.Tests.Sync.Flows.OrderToCash.Sample;

namespace ControlTower.Tests.Sync.Flows.OrderToCash;

/// <summary>An order placed twice: the second waits for a person.</summary>
public sealed class TwinTests
{
    private const string Duplicate = "duplicate-order";

    [Fact]
    public void An_order_that_repeats_an_earlier_one_is_held_and_names_it()
    {
        var bench = Repeated();
        var problem = Assert.Single(bench.Reported);
        Assert.Equal((FailureKind.Duplicate, Duplicate), (problem.Kind, problem.Code));
        Assert.Contains("#1000", problem.Message, StringComparison.Ordinal);
        Assert.Equal(("captured", FlowStatus.Attention), (bench.Summary.Stage, bench.Summary.Status));
        Assert.Empty(bench.Asked);
        Assert.Empty(bench.Effects);
    }

    [Fact]
    public void An_order_without_a_twin_goes_on_and_keeps_nothing_of_the_search()
    {
        var bench = FlowBench.Started();
        Assert.Equal("reserved", bench.Summary.Stage);
        Assert.Single(bench.Sought);
        Assert.Equal(["order.captured", "order.checked"], bench.Facts.Take(2).Select(f => f.Type));
        Assert.DoesNotContain("Twin", FlowBench.Json(bench.State!), StringComparison.Ordinal);
    }

    [Fact]
    public void A_persons_retry_lets_it_pass_for_good()
    {
        var bench = Repeated();
        bench.Feed(new FlowEvent.Retried("olga"));
        Assert.Equal("reserved", bench.Summary.Stage);
        Assert.Empty(bench.OpenProblems);
        bench.Tell(Stated(Order(2, tees: 5)));
        Assert.Empty(bench.OpenProblems);
        Assert.Equal("reserved", bench.Summary.Stage);
    }

    [Fact]
    public void Cancelling_it_in_the_shop_ends_the_case()
    {
        var bench = Repeated();
        bench.Tell(CancelledAt(2));
        Assert.Equal(FlowStatus.Cancelled, bench.Summary.Status);
        Assert.Empty(bench.OpenProblems);
        Assert.Empty(bench.Asked);
    }

    [Fact]
    public void It_is_asked_once_when_the_order_is_first_heard_of()
    {
        var bench = FlowBench.Started();
        bench.Twin = "#1000";
        bench.Tell(Stated(Order(2, tees: 5)));
        bench.Tell(Stated(Order(3)));
        Assert.Single(bench.Sought);
        Assert.Empty(bench.OpenProblems);
        Assert.Equal(Verdict.Duplicate, bench.Feed(new FlowEvent.TwinSought("#1000")));
    }

    [Fact]
    public void An_edit_does_not_take_the_suspicion_back()
    {
        var bench = Repeated();
        bench.Tell(Stated(Order(2, tees: 5)));
        Assert.Equal([Duplicate], bench.OpenProblems);
        Assert.Empty(bench.Asked);
    }

    [Fact]
    public void Other_faults_are_told_beside_it_and_a_retry_approves_only_what_is_judgement()
    {
        var bench = new FlowBench { Twin = "#1000" };
        bench.Tell(Stated(Order() with { Totals = Order().Totals with { Total = 1m } }));
        Assert.Equal([Duplicate, "total-mismatch"], bench.OpenProblems.Order(StringComparer.Ordinal));
        bench.Feed(new FlowEvent.Retried("olga"));
        Assert.Equal(["total-mismatch"], bench.OpenProblems);
    }

    public static TheoryData<string, Order> NotAsked() => new()
    {
        { "no buyer is known", Order() with { Buyer = Order().Buyer with { Id = null, Email = " " } } },
        { "nothing is sold", Order() with { Lines = [] } },
        { "cancelled before it was heard of", Order() with { CancelledAt = Start } },
    };

    [Theory]
    [MemberData(nameof(NotAsked), DisableDiscoveryEnumeration = true)]
    public void Nothing_is_asked_where_nothing_can_be_said(string why, Order order)
    {
        var bench = new FlowBench { Twin = "#1000" };
        bench.Tell(Stated(order));
        Assert.True(bench.Sought.Count == 0, why);
        Assert.DoesNotContain(Duplicate, bench.OpenProblems);
    }

    [Fact]
    public void The_check_is_switched_off_by_the_policy()
    {
        var bench = new FlowBench { Twin = "#1000" };
        bench.Context = bench.Context with { Policy = new FlowPolicy(DuplicateWithin: TimeSpan.Zero) };
        bench.Tell(Stated(Order()));
        Assert.Empty(bench.Sought);
        Assert.Equal("reserved", bench.Summary.Stage);
    }

    [Fact]
    public void The_limit_of_the_policy_goes_with_the_question()
    {
        var bench = new FlowBench();
        bench.Context = bench.Context with { Policy = new FlowOptions { DuplicateWithinMinutes = 12 }.Policy };
        bench.Tell(Stated(Order()));
        var sought = Assert.Single(bench.Sought);
        Assert.Equal((TimeSpan.FromMinutes(12), Start, "#1001"), (sought.Within, sought.PlacedAt, sought.Name));
    }

    public static TheoryData<string, Order> Alike() => new()
    {
        { "another id, name and time", Order() with { Key = new OrderKey("shop-eu", "5502"), Name = "#1002", PlacedAt = Start.AddMinutes(2), Version = 7 } },
        { "the address in other letters", Order() with { Buyer = Order().Buyer with { Email = " ADA@example.test" } } },
        { "another customer number for the same address", Order() with { Buyer = Order().Buyer with { Id = "b2" } } },
        { "lines in another order", Order() with { Lines = [.. Order().Lines.Reverse()] } },
        { "a line split in two", Order() with { Lines = [Order().Lines[1], Order().Lines[0] with { Id = "l1a", Quantity = 1 }, Order().Lines[0] with { Id = "l1b", Quantity = 1 }] } },
        { "an amount with more noughts", Order() with { Totals = Order().Totals with { Total = Order().Totals.Total + 0.000m } } },
        { "paid", Paid(Order()) },
    };

    [Theory]
    [MemberData(nameof(Alike), DisableDiscoveryEnumeration = true)]
    public void Orders_are_alike_whatever_does_not_matter(string what, Order order) => Assert.True(Likeness(Order()) == Likeness(order), what);

    public static TheoryData<string, Order> Unlike() => new()
    {
        { "another buyer", Order() with { Buyer = Order().Buyer with { Email = "bob@example.test" } } },
        { "another quantity", Order() with { Lines = [Order().Lines[0] with { Quantity = 3 }, Order().Lines[1]] } },
        { "another article", Order() with { Lines = [Order().Lines[0] with { Sku = "TEE-2" }, Order().Lines[1]] } },
        { "another total", Order() with { Totals = Order().Totals with { Total = 62.41m } } },
        { "another currency", Order() with { Currency = "USD" } },
    };

    [Theory]
    [MemberData(nameof(Unlike), DisableDiscoveryEnumeration = true)]
    public void Orders_differ_by_buyer_goods_total_and_currency(string what, Order order) => Assert.True(Likeness(Order()) != Likeness(order), what);

    [Fact]
    public void A_buyer_without_an_address_is_known_by_the_shops_number_which_is_no_address()
    {
        var byId = Order() with { Buyer = Order().Buyer with { Email = null } };
        Assert.Equal(Likeness(byId), Likeness(byId with { Name = "#1002" }));
        Assert.NotEqual(Likeness(byId with { Buyer = byId.Buyer with { Id = "ada@example.test" } }), Likeness(Order()));
    }

    [Fact]
    public void What_is_kept_of_buyer_and_goods_is_a_hash() => Assert.Matches("^[A-Za-z0-9+/]{20}$", Likeness(Order()));

    [Theory]
    [InlineData(-1, false)]
    [InlineData(0, true)]
    [InlineData(1440, true)]
    [InlineData(1441, false)]
    public void The_option_is_checked_at_the_start(int minutes, bool good)
    {
        var result = new FlowOptionsValidator().Validate(null, new FlowOptions { DuplicateWithinMinutes = minutes });
        Assert.Equal(good, result.Succeeded);
        Assert.True(good || result.FailureMessage!.Contains("Flows:DuplicateWithinMinutes", StringComparison.Ordinal));
    }

    private static string Likeness(Order order) => Assert.Single(FlowBench.Started(order).Sought).Likeness;

    private static FlowBench Repeated()
    {
        var bench = new FlowBench { Twin = "#1000" };
        bench.Tell(Stated(Order()));
        return bench;
    }
}
